"""The figures that are watched, and their numbers as arrays: publishers by days by figures.

Row 0 of the publishers is all of them together.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from tasks.figures import ALL, OTHERS, REPEATED, SHARE_BINS, Figures, Histogram, bin_share, bin_words, total
from tasks.page import BOILERPLATE

Publisher = str | None  # None: of pages that do not say whose they are
Numbers = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.intp]
Alarmed = frozenset[tuple[Publisher, str]]

LEAST_DAYS, LEAST_PAGES = 7, 20  # of history, before a publisher is judged
MOST_PUBLISHERS = 1_000  # the largest are watched one by one; 70 kB each
UP, DOWN, BOTH = (1,), (-1,), (-1, 1)
ARTICLES: Final = "articles"
REJECTED: Final = "rejected"


@dataclass(frozen=True, slots=True)
class Day:
    """The figures of a day by publisher.

    `so_far` counts the articles up to the time of day of the run that is judged: at 03:00 it is no alarm that the
    articles of the afternoon are not there yet. None where the day had no run by then.
    """

    date: date
    figures: Mapping[Publisher, Figures]
    so_far: Mapping[Publisher, int] | None
    alarms: Alarmed = field(default_factory=frozenset)

    @property
    def total(self) -> Figures:
        """The figures of all publishers together, which stand among them where not all of them do."""
        return self.figures.get(ALL) or total(self.figures.values())

    @property
    def total_so_far(self) -> int:
        """The articles so far of all publishers together."""
        counts = self.so_far or {}
        return counts.get(ALL) or sum(counts.values())


@dataclass(frozen=True, slots=True)
class Alarm:
    """A publisher's figure that breaks with its past. `usual` and `now` are in the figure's own unit."""

    publisher: Publisher
    figure: str
    usual: float
    now: float
    pages: int  # that say so
    since: date
    is_new: bool


@dataclass(frozen=True, slots=True)
class Share:
    """A share of the articles, or of the pages, and the change of it that matters: how large, and which way.

    Its numbers of a day are how many have it, and of how many.
    """

    name: str
    least: float
    signs: tuple[int, ...]

    def of(self, figures: Figures) -> tuple[int, int]:
        """The numbers of some figures."""
        if self.name == REJECTED:
            return figures.rejected, figures.pages
        return figures.present.get(self.name, 0), figures.articles

    def value(self, numbers: Numbers) -> float:
        """The share."""
        return float(numbers[0] / max(numbers[1], 1))

    def pages(self, numbers: Numbers) -> float:
        """The pages that it is a share of."""
        return float(numbers[1])

    def matters(self, usual: float, now: float) -> bool:
        """Whether a change is large enough to be an alarm."""
        return any(sign * (now - usual) >= self.least for sign in self.signs)


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure of which every article has one; the change of its median that matters.

    Its numbers of a day are the articles by bin.
    """

    name: str
    bins: int
    least: float
    signs: tuple[int, ...]
    is_length: bool = False

    def of(self, figures: Figures) -> Histogram:
        """The histogram of some figures."""
        histogram: Histogram = getattr(figures, self.name)
        return histogram

    def value(self, numbers: Numbers) -> float:
        """The median."""
        at = int(np.searchsorted(np.cumsum(numbers), numbers.sum() / 2))
        return float(bin_words(at)) if self.is_length else bin_share(at)

    def pages(self, numbers: Numbers) -> float:
        """The articles that it is the median of."""
        return float(numbers.sum())

    def matters(self, usual: float, now: float) -> bool:
        """Whether a change is large enough to be an alarm."""
        moved = math.log(max(now, 1) / max(usual, 1)) if self.is_length else now - usual
        return any(sign * moved >= self.least for sign in self.signs)


Watched = Share | Spread

SHARES: Final = (
    *(Share(name, 0.25, DOWN) for name in ("title", "author", "date", "recent_date", "deck", "image", "language")),
    Share(REPEATED, 0.25, UP),
    *(Share(label.value, 0.5, BOTH) for label in sorted(BOILERPLATE)),
    Share(REJECTED, 0.25, UP),
)
SPREADS: Final = (
    Spread("words", 160, math.log(1.3), BOTH, is_length=True),
    Spread("confidence", SHARE_BINS, 0.06, DOWN),
    Spread("removed", SHARE_BINS, 0.12, BOTH),
)
WATCHED: Final[tuple[Watched, ...]] = (*SHARES, *SPREADS)
FIGURES: Final = (*(figure.name for figure in WATCHED), ARTICLES)


class Board:
    """The numbers of some days, the last one judged."""

    def __init__(self, days: Sequence[Day]) -> None:
        self.days = days
        self.publishers: list[Publisher] = [ALL, *_watched_publishers(days[:-1])]
        shape = len(self.publishers), len(days)
        self._shares: Numbers = np.zeros((*shape, len(SHARES), 2))
        self._spreads = {spread.name: np.zeros((*shape, spread.bins)) for spread in SPREADS}
        self.counts: Numbers = np.zeros(shape)
        self.has_count: Bools = np.array([day.so_far is not None for day in days])
        self._rows = {publisher: at for at, publisher in enumerate(self.publishers)}
        for at, day in enumerate(days):
            for publisher, figures in {**day.figures, ALL: day.total}.items():
                if publisher in self._rows:
                    self._enter(self._rows[publisher], at, figures)
            for publisher, count in {**(day.so_far or {}), ALL: day.total_so_far}.items():
                if publisher in self._rows:
                    self.counts[self._rows[publisher], at] = count

    def alarmed(self, figure: str) -> Bools:
        """Which earlier days had an alarm of a figure, by publisher."""
        marks = np.zeros((len(self.publishers), len(self.days) - 1), np.bool_)
        for at, day in enumerate(self.days[:-1]):
            for publisher, name in day.alarms:
                if name == figure and publisher in self._rows:
                    marks[self._rows[publisher], at] = True
        return marks

    def numbers(self, figure: Watched) -> Numbers:
        """The numbers of a figure: publishers by days by what a day has of it."""
        if isinstance(figure, Share):
            return self._shares[:, :, SHARES.index(figure)]
        return self._spreads[figure.name]

    def _enter(self, row: int, day: int, figures: Figures) -> None:
        self._shares[row, day] += [share.of(figures) for share in SHARES]
        for spread in SPREADS:
            if histogram := spread.of(figures):
                bins = np.minimum(list(histogram), spread.bins - 1)
                np.add.at(self._spreads[spread.name][row, day], bins, list(histogram.values()))


def _watched_publishers(past: Sequence[Day]) -> list[Publisher]:
    pages: Counter[Publisher] = Counter()
    first: dict[Publisher, int] = {}
    for at, day in enumerate(past):
        for publisher, figures in day.figures.items():
            if publisher not in (ALL, OTHERS):
                pages[publisher] += figures.pages
                first.setdefault(publisher, at)
    known = [
        name
        for name, count in pages.most_common(MOST_PUBLISHERS)
        if count >= LEAST_PAGES and len(past) - first[name] >= LEAST_DAYS
    ]
    return sorted(known, key=lambda name: name or "")
