"""How many pages a run has: counted where each file is one, estimated where files hold many, without reading those."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from outputs.visits import Visit, Visits
from tasks.formats import Format
from tasks.read import PageRef, pages_of
from tasks.sources import SourceFile, find_files

_SECONDS = 2.0  # a listing that takes longer is not waited for
_CHECK_EVERY = 1000  # files
_PAGE_BYTES = 25_000  # of a packed page, until the file itself says better
_ENOUGH = 0.01  # share of the bytes that makes an estimate


@dataclass(frozen=True, slots=True)
class Extent:
    """What a listing of the sources shows. `packed` is the bytes of the files that hold many pages."""

    pages: int
    packed: int
    is_complete: bool

    @property
    def is_exact(self) -> bool:
        """Whether the pages are counted."""
        return self.is_complete and not self.packed

    @classmethod
    def of(cls, sources: Sequence[Path | str], seconds: float = _SECONDS) -> "Extent":
        """List the sources, for some seconds at the most. Raises SourceError."""
        pages, packed, until = 0, 0, time.monotonic() + seconds
        for number, file in enumerate(find_files(sources)):
            if file.format is Format.PAGE:
                pages += 1
            else:
                packed += file.size or _PAGE_BYTES
            if number % _CHECK_EVERY == 0 and time.monotonic() > until:
                return cls(pages, packed, False)
        return cls(pages, packed, True)


class Pages(Iterator[PageRef]):
    """The pages of sources that are to be read, and about how many there are in all."""

    def __init__(self, sources: Sequence[Path | str], extent: Extent, visits: Visits) -> None:
        self.is_over = False
        self.passed_over = 0  # pages of files that need not be read
        self._extent = extent
        self._visits = visits
        self._refs = (ref for visit in self._new(sources) for ref in self._of(visit))
        self._found = 0
        self._in_packed = 0
        self._passed = 0  # bytes of the files that hold many pages
        self._here = 0  # bytes of the one that is being gone through

    def __next__(self) -> PageRef:
        ref = next(self._refs, None)
        if ref is None:
            self.is_over = True
            raise StopIteration
        self._found += 1
        return ref

    @property
    def is_exact(self) -> bool:
        """Whether `total` is counted and not estimated."""
        return self.is_over or self._extent.is_exact

    @property
    def is_total_known(self) -> bool:
        """Whether `total` says more than how many pages have been found so far."""
        return self.is_over or self._extent.is_complete

    @property
    def total(self) -> int:
        """How many pages there are: counted, or estimated from those found so far; never less than those."""
        extent, passed = self._extent, self._passed + self._here
        if self.is_over or not extent.is_complete:
            return self._found
        if passed > _ENOUGH * extent.packed:
            in_packed = self._in_packed * extent.packed / passed
        else:
            in_packed = extent.packed / _PAGE_BYTES
        return max(self._found, extent.pages + round(in_packed))

    def _new(self, sources: Sequence[Path | str]) -> Iterator[Visit]:
        """The files that are to be read."""
        files = find_files(sources)
        while some := list(islice(files, _CHECK_EVERY)):
            for visit in self._visits.look(some):
                if visit.known is None:
                    self._visits.read(visit)
                    yield visit
                else:
                    self._pass_over(visit.file, visit.known)

    def _pass_over(self, file: SourceFile, pages: int) -> None:
        self.passed_over += pages
        self._found += pages
        if file.format is not Format.PAGE:
            self._in_packed += pages
            self._passed += file.size or _PAGE_BYTES

    def _of(self, visit: Visit) -> Iterator[PageRef]:
        file = visit.file
        size = 0 if file.format is Format.PAGE else file.size or _PAGE_BYTES
        for ref in pages_of(file):
            visit.found += 1
            if size:
                self._in_packed += 1
                self._here = min(getattr(ref.record, "start", 0), size)
            yield ref
        visit.is_over = True
        self._passed, self._here = self._passed + size, 0
