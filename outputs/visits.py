"""Which files of its sources a run need not read, since an earlier one has read them as they are.

For each set of sources a file in the archive's `_index` holds the state in which each of their files was read (see
`tasks.states`) and the keys of its pages in the ledger. A file that is in the same state, and whose pages are all still
in the ledger, is passed over, and its pages count as unchanged: what reading it would come to, too. What is not certain
is read: above all, files of which a page could not be read the last time. The kept file can be removed at any time.
"""

import hashlib
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from outputs.layout import Layout
from outputs.ledger import KEY, KEY_BYTES, NO_KEY, KnownPages
from outputs.mapped import let_go
from outputs.visits_file import FILE, Files, Writer, load, row
from tasks.sources import SourceFile
from tasks.states import name_key, state_of
from tasks.storage import absolute

_BLOCK: Final = 100_000  # pages at a time
_FORGOTTEN_SECONDS: Final = 30 * 86_400

Rows = npt.NDArray[np.intp]


@dataclass(slots=True)
class Visit:
    """A file on a run's way through its sources. `known` is how many pages it has, where it need not be read."""

    file: SourceFile
    name: bytes
    state: bytes | None
    known: int | None = None
    found: int = 0  # pages so far
    is_over: bool = False  # all its pages are found
    settled: int = 0  # pages of which it is known what became of them
    is_whole: bool = True  # all of these could be read
    start: int = 0  # the number of its first page's key

    @property
    def is_settled(self) -> bool:
        """Whether it is known what became of all its pages."""
        return self.is_over and self.settled == self.found


class Visits:
    """What earlier runs and this one know of the files of some sources. For the coordinating process.

    `folder` is the run's own, `known` the archive's pages; `reread` has all files read.
    """

    def __init__(
        self, layout: Layout, folder: Path, sources: Sequence[Path | str], known: KnownPages, *, reread: bool = False
    ) -> None:
        self._place = layout.index / f"visits-{_sources_key(sources)}.bin"
        self._known = known
        self._files, self._pages = load(Path() if reread else self._place)
        self._names = np.ascontiguousarray(self._files["name"])
        self._passed_over = [np.empty(0, np.intp)]  # rows of `_files`
        self._under_way: deque[Visit] = deque()
        self._rows = bytearray()  # of the files that this run has read
        self._staged = folder / "visits.bin"
        self._writer = Writer(self._staged)

    @property
    def is_first(self) -> bool:
        """Whether there is nothing to go by."""
        return not len(self._files)

    def look(self, files: Sequence[SourceFile]) -> list[Visit]:
        """Say of files, in the order of the source, which need not be read."""
        visits = [Visit(file, name_key(file), state_of(file)) for file in files]
        if visits and not self.is_first:
            self._find(visits)
        return visits

    def read(self, visit: Visit) -> None:
        """Begin with a file that is read, whose `found` and `is_over` are the caller's to keep."""
        self._under_way.append(visit)

    def settle(self, keys: bytes) -> None:
        """Take the keys of the next pages in the order of the source; `NO_KEY` for one that could not be read.

        Raises OSError.
        """
        first = self._writer.pages
        self._writer.add(keys)
        for at in range(len(keys) // KEY_BYTES):
            self._close_settled()
            visit = self._under_way[0]
            if not visit.settled:
                visit.start = first + at
            visit.settled += 1
            visit.is_whole = visit.is_whole and not keys.startswith(NO_KEY, at * KEY_BYTES)

    def keep(self) -> None:
        """Keep what is known for the next run. Where that fails, it reads what it need not, and no harm is done."""
        self._close_settled()
        with suppress(OSError):
            passed_over = np.sort(np.concatenate(self._passed_over))
            if self._rows or len(passed_over) < len(self._files):
                starts = self._carry(passed_over)
                self._writer.end(self._merged(passed_over, starts, np.frombuffer(self._rows, FILE)))
                self._place.parent.mkdir(exist_ok=True)
                self._staged.rename(self._place)
                _forget_old(self._place.parent)
            elif passed_over.size:
                self._place.touch()

    def _find(self, visits: Sequence[Visit]) -> None:
        """Fill in `known`."""
        names = np.array([visit.name for visit in visits], KEY)
        states = np.array([visit.state or NO_KEY for visit in visits], KEY)
        rows = np.minimum(np.searchsorted(self._names, names), len(self._files) - 1)
        files = self._files[rows]
        is_same = (files["name"] == names) & (files["state"] == states) & (states != NO_KEY)
        is_page = is_same & (files["pages"] == 1)
        is_same[is_page] = self._known.holds(self._pages[files["start"][is_page]])
        for at in np.flatnonzero(is_same & ~is_page):
            is_same[at] = self._holds_all(int(files["start"][at]), int(files["pages"][at]))
        self._passed_over.append(rows[is_same])
        for place in np.flatnonzero(is_same).tolist():
            visits[place].known = int(files["pages"][place])
        self._known.let_go()
        let_go(self._pages)

    def _holds_all(self, start: int, count: int) -> bool:
        return all(
            self._known.holds(self._pages[at : min(at + _BLOCK, start + count)]).all()
            for at in range(start, start + count, _BLOCK)
        )

    def _close_settled(self) -> None:
        while self._under_way and self._under_way[0].is_settled:
            visit = self._under_way.popleft()
            if visit.state and visit.is_whole:
                self._rows += row(visit.name, visit.state, visit.start, visit.found)

    def _carry(self, rows: Rows) -> npt.NDArray[np.int64]:
        """Write the pages of files that were passed over, and say where each one's lie now."""
        counts = self._files["pages"][rows].astype(np.int64)
        before = self._files["start"][rows].astype(np.int64)
        order = np.argsort(before)
        starts = np.empty(len(rows), np.int64)
        starts[order] = self._writer.pages + np.cumsum(counts[order]) - counts[order]
        for start, end in _stretches(before[order], before[order] + counts[order]) if len(rows) else ():
            for at in range(start, end, _BLOCK):
                self._writer.add(self._pages[at : min(at + _BLOCK, end)].tobytes())
        return starts

    def _merged(self, rows: Rows, starts: npt.NDArray[np.int64], read: Files) -> Iterator[Files]:
        """The files that were passed over and those that were read, by name, some at a time: there may be millions."""
        order = np.argsort(np.concatenate([self._names[rows], read["name"]]))
        for at in range(0, len(order), _BLOCK):
            some = order[at : at + _BLOCK]
            is_read = some >= len(rows)
            files = np.empty(len(some), FILE)
            files[is_read] = read[some[is_read] - len(rows)]
            carried = some[~is_read]
            files[~is_read] = self._files[rows[carried]]
            files["start"][~is_read] = starts[carried]
            let_go(self._files)
            yield files


def _stretches(starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
    """Join ranges, of which each may begin where the one before it ends."""
    gaps = np.flatnonzero(starts[1:] != ends[:-1])
    firsts, lasts = starts[np.append(0, gaps + 1)], ends[np.append(gaps, -1)]
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def _sources_key(sources: Sequence[Path | str]) -> str:
    places = "\0".join(str(absolute(source)) for source in sources)
    return hashlib.sha256(places.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _forget_old(folder: Path) -> None:
    for path in folder.glob("visits-*.bin"):
        if path.stat().st_mtime < time.time() - _FORGOTTEN_SECONDS:
            path.unlink()
