"""One writer at a time: the lock of an archive, and its errors as one line.

The kernel gives a lock back when its holder dies, however it dies. An archive at S3 has a lock there besides (see
`outputs.lease`); the one of this machine lies on its desk and names the runs that have died here.
"""

import fcntl
import os
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from outputs.layout import ArchiveError, Layout
from outputs.lease import HeldError, Lease, holder_of
from outputs.s3 import S3Path

_MOST = 10_000  # bytes of a lock's file
_NAMED = re.compile(rb"run (\S+), process [0-9]+\n")

Check = Callable[[], None]


@contextmanager
def locked(layout: Layout, run_id: str) -> Iterator[Check]:
    """Hold an archive for writing, making it where there is none. Raises ArchiveError where another run holds it.

    What is yielded raises ArchiveError once the lock is lost, which one of an archive that lies here never is.
    """
    here = Layout(layout.desk)
    with writing(layout):
        here.runs.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(here.lock, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _take(descriptor, layout, fcntl.LOCK_EX)
        left = before = _content(descriptor) if isinstance(layout.lock, S3Path) else b""
        os.truncate(descriptor, len(before))
        os.pwrite(descriptor, f"run {run_id}, process {os.getpid()}\n".encode(), len(before))
        try:
            with _lease(layout, run_id, before) as check:
                left = b""
                yield check
        finally:
            os.truncate(descriptor, len(left))
    finally:
        os.close(descriptor)


@contextmanager
def quiet(layout: Layout) -> Iterator[None]:
    """Hold writers off for a moment, to look. An archive that cannot be locked, as on a read-only disk, has none.

    At S3 nobody is held off: that a run has begun meanwhile is said afterwards. Raises ArchiveError where a run is
    writing.
    """
    try:
        descriptor = os.open(Layout(layout.desk).lock, os.O_RDONLY)
    except OSError:
        with _unleased(layout, b""):
            yield
        return
    try:
        _take(descriptor, layout, fcntl.LOCK_SH)
        with _unleased(layout, _content(descriptor)):
            yield
    finally:
        os.close(descriptor)


@contextmanager
def writing(layout: Layout) -> Iterator[None]:
    """Turn the system's errors into ArchiveError."""
    try:
        yield
    except OSError as error:
        raise ArchiveError(f"cannot write to the archive {layout.root}: {error.strerror or error}") from error


def _take(descriptor: int, layout: Layout, kind: int) -> None:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = _content(descriptor).decode("utf-8", "replace").strip()
        raise _in_use(layout, holder.rpartition("\n")[2] or "it does not say which") from error


def _lease(layout: Layout, run_id: str, before: bytes) -> AbstractContextManager[Check]:
    """The store's lock. `before` is what the runs that died here have left in that of this machine."""
    if not isinstance(layout.lock, S3Path):
        return nullcontext(lambda: None)
    return _leased(layout, layout.lock, run_id, before)


@contextmanager
def _leased(layout: Layout, place: S3Path, run_id: str, before: bytes) -> Iterator[Check]:
    try:
        with writing(layout):
            lease = Lease.take(place, run_id, _dead(before))
    except HeldError as error:
        raise _in_use(layout, str(error)) from error
    with lease:

        def check() -> None:
            with writing(layout):
                lease.check()

        yield check


@contextmanager
def _unleased(layout: Layout, before: bytes) -> Iterator[None]:
    """Refuse to look while a run holds the store's lock."""
    place = layout.lock
    if isinstance(place, S3Path):
        _refuse_held(layout, place, before)
    yield
    if isinstance(place, S3Path):
        _refuse_held(layout, place, before)


def _refuse_held(layout: Layout, place: S3Path, before: bytes) -> None:
    found = place.version()
    if found and (holder := holder_of(found, _dead(before))):
        raise _in_use(layout, holder)


def _dead(before: bytes) -> set[str]:
    return {run.decode() for run in _NAMED.findall(before)}


def _content(descriptor: int) -> bytes:
    return os.pread(descriptor, _MOST, 0)


def _in_use(layout: Layout, holder: str) -> ArchiveError:
    return ArchiveError(f"another run is writing to {layout.root} ({holder})")
