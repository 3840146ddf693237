"""References to pages: what goes from the process that finds them to the one that reads them, never the page itself."""

import os
from dataclasses import dataclass
from typing import Protocol

from config.limits import Limits
from tasks.page import RawPage, Rejected, RejectReason
from tasks.storage import Place


class SourceError(ValueError):
    """A source that cannot be read at all: the user's mistake, said in one line."""


class Record(Protocol):
    """Where a page lies inside a file that holds many."""

    def approach(self, place: Place) -> None:
        """Go to the page, which in a packed stream takes time that is not the page's. Raises OSError."""

    def read(self, place: Place, source_name: str, limits: Limits) -> RawPage | Rejected:
        """The page, or why it cannot be read. Raises OSError, TooLargeError and UnpackError."""


@dataclass(frozen=True, slots=True)
class PageRef:
    """Where a raw page lies, and the name that the archive knows it by.

    `source_name` is relative to the source that holds the page, with POSIX slashes; a page inside a file that holds
    many has the file's name, `#`, and its member's name, row or offset. File names are unique over a call's sources.
    """

    path: Place
    source_name: str
    record: Record | None = None  # None: the file is the page


@dataclass(frozen=True, slots=True)
class Fault:
    """The record of a page that cannot be had: found broken when its file was gone through."""

    reason: RejectReason
    detail: str

    def approach(self, place: Place) -> None:
        """Nothing lies there."""

    def read(self, place: Place, source_name: str, limits: Limits) -> Rejected:
        """Why there is no page."""
        del place, limits
        return Rejected(source_name, self.reason, self.detail)


def unreadable(place: Place, source_name: str, detail: str) -> PageRef:
    """The reference of a page, or of a file full of them, that cannot be read."""
    return PageRef(place, source_name, Fault(RejectReason.UNREADABLE, " ".join(detail.split())))


def safe_name(name: str) -> str:
    """The name as text: bytes that are not UTF-8 as `\\xff`, control characters escaped likewise."""
    if name.isascii() and name.isprintable():  # most are, and there may be a million
        return name
    try:
        text = os.fsencode(name).decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # half of a surrogate pair, which no file system's name has
        text = name.encode("utf-8", "backslashreplace").decode()
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
