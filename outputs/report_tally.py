"""Gather what a run's report says, part by part as they come into place."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

from outputs.layout import Layout, Table, place_of
from outputs.report_figures import FiguresBy, RejectSample, article_figures, folder_of, merge, reject_rows
from outputs.report_store import started_at
from tasks.addresses import registered_domain
from tasks.figures import OTHERS, Figures, owners, total
from tasks.watched import Publisher

SAMPLES: Final = 5  # rejects of each reason that are shown
_MOST_FOLDERS = 10_000  # beyond it, a reject's folder is not asked for
_MOST_PUBLISHERS = 20_000  # beyond it, the smaller half goes together: 3 kB each


class Tally:
    """The figures of a run by publisher, and a few of its rejects of each reason."""

    def __init__(self) -> None:
        self.samples: dict[str, list[RejectSample]] = {}
        self._figures: FiguresBy = {}
        self._homeless: Counter[tuple[str | None, str]] = Counter()  # rejects without an address: folder, reason

    @classmethod
    def of(cls, layout: Layout, run: str) -> "Tally":
        """Gather the figures of a run from the archive's rows, wherever a compaction has put them."""
        tally = cls()
        day: date = started_at(run).date()
        for table in (Table.ARTICLES, Table.REJECTS):
            for part in layout.parts(table, day):
                tally._add_part(table, part, run)
        return tally

    def add(self, layout: Layout, paths: Iterable[str]) -> None:
        """Add parts that a run has put in place, by their paths in the archive."""
        for path in paths:
            self._add_part(place_of(path)[0], layout.root / path)

    def figures(self, folders: Mapping[str, Publisher]) -> FiguresBy:
        """The figures by publisher. `folders` says whose pages lie where, for rejects that do not say it themselves."""
        figures = dict(self._figures)
        known = {**folders, **owners([self._figures])}
        for (folder, reason), count in self._homeless.items():
            publisher = known.get(folder) if folder else None
            merge(figures, {publisher: Figures(rejects={reason: count})})
        return figures

    def _add_part(self, table: Table, path: Path, run: str | None = None) -> None:
        if table is Table.ARTICLES:
            self._merge(article_figures(path, run))
        elif table is Table.REJECTS:
            self._add_rejects(reject_rows(path, run))

    def _add_rejects(self, rejects: Iterable[RejectSample]) -> None:
        found: dict[Publisher, Counter[str]] = {}
        for reject in rejects:
            samples = self.samples.setdefault(reject.reason, [])
            if len(samples) < SAMPLES:
                samples.append(reject)
            if publisher := registered_domain(reject.url):
                found.setdefault(publisher, Counter())[reject.reason] += 1
            else:
                folder = folder_of(reject.source_name) if len(self._homeless) < _MOST_FOLDERS else None
                self._homeless[folder, reject.reason] += 1
        self._merge({publisher: Figures(rejects=dict(some)) for publisher, some in found.items()})

    def _merge(self, more: FiguresBy) -> None:
        merge(self._figures, more)
        if len(self._figures) > _MOST_PUBLISHERS:
            by_size = sorted(self._figures, key=lambda name: (-self._figures[name].pages, name or ""))
            small = [self._figures.pop(name) for name in by_size[_MOST_PUBLISHERS // 2 :]]
            merge(self._figures, {OTHERS: replace(total(small), folders={})})
