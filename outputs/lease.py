"""One writer at a time in a store that has no locks: an object that is there while a run holds the archive.

It is put on the condition that there is none, and put again every minute for as long as the run is at work. So the
lock of a run that died, which nobody gives back, is known by its age and may be taken over; on the machine that the run
died on at once. Ages are by the store's clock. In a store that knows no such condition, two runs that begin at the same
moment may both take it.
"""

import json
import os
import socket
import threading
import time
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, Self

from outputs.s3 import S3Path, Version

SECONDS: Final = 300.0  # after which a lock that was not put again is that of a dead run
_RENEWALS = 5  # in that time

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # goes on while the machine sleeps


class HeldError(Exception):
    """The lock is another run's. The message says whose."""


class Lease:
    """A lock that is held, and put again by a thread of its own, until it is released. Made by `take`."""

    def __init__(self, place: S3Path, content: bytes, since: float) -> None:
        self._place = place
        self._content = content
        self._since = since
        self._is_lost = False
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._keep, daemon=True)

    @classmethod
    def take(cls, place: S3Path, run: str, dead: Collection[str]) -> Self:
        """Take a lock; `dead` are runs that died on this machine. Raises HeldError, and OSError."""
        since, found = _now(), place.version()
        if found and (holder := holder_of(found, dead)):
            raise HeldError(holder)
        content = _holder(run)
        try:
            place.put_if(content, found.etag if found else None)
        except FileExistsError as error:  # another was faster
            found = place.version()
            raise HeldError((found and holder_of(found, ())) or "it has just ended") from error
        return cls(place, content, since)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        with suppress(OSError):  # then its age tells
            self.check()
            self._place.unlink()

    def check(self) -> None:
        """Raise OSError unless the lock is held, and will be for as long as a file takes to be put."""
        if self._is_lost:
            raise OSError("another run has taken its lock")
        if _now() - self._since > SECONDS / 2:
            raise OSError("the store was out of reach for so long that the lock may be lost")

    def _keep(self) -> None:
        while not self._is_lost and not self._end.wait(SECONDS / _RENEWALS):
            with suppress(OSError):  # tried again later; `check` says when that has failed for too long
                self._renew()

    def _renew(self) -> None:
        since, found = _now(), self._place.version()
        self._is_lost = found is None or found.content != self._content
        if found and not self._is_lost:
            self._place.put_if(self._content, found.etag)
            self._since = since


def holder_of(found: Version, dead: Collection[str]) -> str | None:
    """Who holds a lock; None where its run is dead."""
    holder = _read(found)
    left = SECONDS - found.age
    if left < 0 or (holder.get("host") == socket.gethostname() and holder.get("run") in dead):
        return None
    said = f"run {holder.get('run')}, process {holder.get('process')} on {holder.get('host')}"
    return f"{said}; should it be dead, its lock ends in {left:.0f} s"


def _holder(run: str) -> bytes:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return json.dumps({"run": run, "host": socket.gethostname(), "process": os.getpid(), "since": since}).encode()


def _read(found: Version) -> dict[str, Any]:
    with suppress(ValueError):
        record = json.loads(found.content)
        if isinstance(record, dict):
            return record
    return {}


def _now() -> float:
    return time.clock_gettime(_CLOCK)
