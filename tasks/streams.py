"""Files that hold many pages, kept open from one page to the next.

A packed stream can only be gone through from its beginning. The pages of a file come in order, so a process that keeps
its place in the stream unpacks it once, however many batches it has of it. One file is kept, a thread.
"""

import io
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tasks.storage import Place, open_file
from tasks.unpack import CHUNK, Packing, check_end, unpacked


class Closable(Protocol):
    """What can be kept."""

    def close(self) -> None:
        """Let it go."""


@dataclass(slots=True)
class _Kept:
    key: object
    thing: Closable


_thread = threading.local()


def take(key: object) -> Closable | None:
    """What was kept under a key, which is then the caller's to keep again or close."""
    kept: _Kept | None = getattr(_thread, "kept", None)
    _thread.kept = None
    if kept and kept.key == key:
        return kept.thing
    if kept:
        kept.thing.close()
    return None


def keep(key: object, thing: Closable) -> None:
    """Keep a thing for the next page."""
    _thread.kept = _Kept(key, thing)


def identity(place: Place) -> object:
    """What tells a file from another that has come in its place. Raises OSError."""
    if isinstance(place, Path):
        status = os.stat(place)  # noqa: PTH116  (half the time of Path.stat, and there is one for each page)
        return os.fspath(place), status.st_ino, status.st_size, status.st_mtime_ns
    return place


@contextmanager
def stream_at(place: Place, packing: Packing | None, start: int) -> Iterator[io.BufferedReader]:
    """A file's data from an offset on. Who reads to the end calls `check_end`. Raises OSError."""
    key = identity(place), packing
    kept = take(key)
    stream = kept if isinstance(kept, io.BufferedReader) else unpacked(open_file(place), packing)
    try:
        stream = _forward(place, packing, stream, start)
        yield stream
    except BaseException:  # its place is not known any more
        stream.close()
        raise
    keep(key, stream)


def span(place: Place, packing: Packing | None, start: int, size: int) -> bytes:
    """Some bytes of a file's data. Raises OSError, also where the data end early."""
    with stream_at(place, packing, start) as stream:
        data = stream.read(size)
        if len(data) < size:
            check_end(stream)
            raise OSError("the file ends early")
    return data


def _forward(place: Place, packing: Packing | None, stream: io.BufferedReader, start: int) -> io.BufferedReader:
    if packing is None:
        stream.seek(start)
        return stream
    here = stream.tell()
    if here > start:
        stream.close()
        stream, here = unpacked(open_file(place), packing), 0
    while here < start:
        passed = len(stream.read(min(CHUNK, start - here)))
        if not passed:
            check_end(stream)
            raise OSError("the file ends early")
        here += passed
    return stream
