"""A limit of the memory that a piece of work may take, on top of what its process has."""

import resource
from contextlib import suppress
from pathlib import Path
from typing import Final

_STATUS: Final = Path("/proc/self/statm")
_DATA: Final = 5  # the field of the pages of memory that RLIMIT_DATA counts
_MEGABYTE: Final = 1_000_000


class MemoryLimit:
    """Used as a context, again and again: what asks for more memory in it gets a MemoryError; 0 megabytes is no limit.

    It is the system's limit of a process's private memory (RLIMIT_DATA), which Linux alone counts rightly; elsewhere
    there is none. Code that cannot do without the memory that it is refused may end the process.
    """

    def __init__(self, megabytes: int) -> None:
        self._megabytes = megabytes if _STATUS.exists() else 0

    @property
    def size(self) -> str:
        """The limit, for people, to go behind what the error says."""
        return f" (limit: {self._megabytes:,} MB)" if self._megabytes else ""

    def __enter__(self) -> None:
        """Set the limit."""
        if self._megabytes:
            self._soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
            limit = _held() + self._megabytes * _MEGABYTE
            others = [value for value in (self._soft, hard) if value != resource.RLIM_INFINITY]
            resource.setrlimit(resource.RLIMIT_DATA, (min([limit, *others]), hard))

    def __exit__(self, *_: object) -> None:
        """Lift it."""
        if self._megabytes:
            with suppress(ValueError):
                hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
                resource.setrlimit(resource.RLIMIT_DATA, (self._soft, hard))


def _held() -> int:
    """Bytes that the process has."""
    return int(_STATUS.read_bytes().split()[_DATA]) * resource.getpagesize()
