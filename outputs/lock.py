"""One writer at a time: the lock of an archive, and its errors as one line.

The kernel gives a lock back when its holder dies, however it dies.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from outputs.layout import ArchiveError, Layout


@contextmanager
def locked(layout: Layout, run_id: str) -> Iterator[None]:
    """Hold an archive for writing, making it where there is none. Raises ArchiveError where another run holds it."""
    with writing(layout):
        layout.runs.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(layout.lock, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _take(descriptor, layout, fcntl.LOCK_EX)
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, f"run {run_id}, process {os.getpid()}\n".encode(), 0)
        try:
            yield
        finally:
            os.truncate(descriptor, 0)
    finally:
        os.close(descriptor)


@contextmanager
def quiet(layout: Layout) -> Iterator[None]:
    """Hold writers off for a moment, to look. An archive that cannot be locked, as on a read-only disk, has none.

    Raises ArchiveError where a run is writing.
    """
    try:
        descriptor = os.open(layout.lock, os.O_RDONLY)
    except OSError:
        yield
        return
    try:
        _take(descriptor, layout, fcntl.LOCK_SH)
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
        holder = os.pread(descriptor, 200, 0).decode("utf-8", "replace").strip()
        raise ArchiveError(f"another run is writing to {layout.root} ({holder or 'it does not say which'})") from error
