"""What cleaning makes of a publisher's pages, in sums that add up over batches, runs and days.

Each figure is a mapping of counts, so that two sets of figures are added key by key, and a median can still be read
from the sum: lengths, confidences and shares are counted in bins.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

FIELDS: Final = ("title", "author", "date", "recent_date", "deck", "image", "language")
# An article has a paragraph that another article of the publisher in the same batch has, too: boilerplate left in.
REPEATED: Final = "repeated"
RECENT_DAYS: Final = 3  # a date is recent that is no further from the day of the run

_LENGTH_STEP = math.log(1.1)  # a bin of lengths is a tenth wider than the one before
SHARE_BINS: Final = 50
# Of all publishers together, and of those too many to tell apart. No name that a page gives begins with a space.
ALL: Final = " all"
OTHERS: Final = " others"
_FOLDERS = 8  # of a publisher that are remembered: with more, they do not tell whose a page is

Counts = Mapping[str, int]
Histogram = Mapping[int, int]  # articles by bin
Key = TypeVar("Key", int, str)


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of one publisher's pages."""

    present: Counts = field(default_factory=dict)  # articles with a field, or with a block of a label that is removed
    rejects: Counts = field(default_factory=dict)  # pages by reason
    chars: Counts = field(default_factory=dict)  # characters of the pages' blocks by label
    folders: Counts = field(default_factory=dict)  # articles by the folder of their source
    words: Histogram = field(default_factory=dict)
    confidence: Histogram = field(default_factory=dict)
    removed: Histogram = field(default_factory=dict)  # by the share of a page's characters that is boilerplate

    @property
    def articles(self) -> int:
        """The articles."""
        return sum(self.words.values())

    @property
    def rejected(self) -> int:
        """The rejected pages."""
        return sum(self.rejects.values())

    @property
    def pages(self) -> int:
        """Articles and rejected pages."""
        return self.articles + self.rejected

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            _added(self.present, other.present),
            _added(self.rejects, other.rejects),
            _added(self.chars, other.chars),
            _few(_added(self.folders, other.folders)),
            _added(self.words, other.words),
            _added(self.confidence, other.confidence),
            _added(self.removed, other.removed),
        )

    def share(self, name: str) -> float | None:
        """The share of the articles that have a field or a label; None without articles."""
        return self.present.get(name, 0) / self.articles if self.articles else None

    @property
    def median_words(self) -> float | None:
        """The median of the articles' words, to within 5 %."""
        return median(self.words, lambda at: math.exp((at + 0.5) * _LENGTH_STEP))

    @property
    def median_confidence(self) -> float | None:
        """The median of the articles' confidence, to within 0.01."""
        return median(self.confidence, bin_share)

    @property
    def median_removed(self) -> float | None:
        """The median of the shares of a page's characters that are boilerplate, to within 0.01."""
        return median(self.removed, bin_share)


def total(figures: Iterable[Figures]) -> Figures:
    """Add figures up."""
    return sum(figures, Figures())


def owners(days: Iterable[Mapping[str | None, Figures]]) -> dict[str, str | None]:
    """Whose pages lie in which folder: those of which all articles are of one publisher."""
    found: dict[str, set[str | None]] = {}
    for figures in days:
        for publisher, some in figures.items():
            for folder in some.folders:
                found.setdefault(folder, set()).add(publisher)
    return {folder: next(iter(some)) for folder, some in found.items() if len(some) == 1}


def words_bin(words: int) -> int:
    """The bin of a length in words."""
    return int(math.log(max(words, 1)) / _LENGTH_STEP)


def bin_words(at: int) -> int:
    """The smallest length of a bin."""
    return math.ceil(math.exp(at * _LENGTH_STEP) - 1e-9)


def share_bin(share: float) -> int:
    """The bin of a share or probability."""
    return min(int(share * SHARE_BINS), SHARE_BINS - 1)


def bin_share(at: float) -> float:
    """The middle of a bin of shares."""
    return (at + 0.5) / SHARE_BINS


def median(histogram: Histogram, value: Callable[[int], float]) -> float | None:
    """The median of what was counted; `value` gives the value that stands for a bin."""
    half, seen = sum(histogram.values()) / 2, 0
    for at in sorted(histogram):
        seen += histogram[at]
        if seen >= half:
            return value(at)
    return None


def _few(folders: Counts) -> Counts:
    if len(folders) <= _FOLDERS:
        return folders
    return dict(sorted(folders.items(), key=lambda item: (-item[1], item[0]))[:_FOLDERS])


def _added(mine: Mapping[Key, int], others: Mapping[Key, int]) -> Mapping[Key, int]:
    if not mine or not others:
        return mine or others
    return {key: mine.get(key, 0) + others.get(key, 0) for key in mine.keys() | others.keys()}
