"""What a block's wording speaks for: runs of four characters, and how much oftener publishers use each in bodies.

A naive Bayes classifier over character n-grams (Cavnar and Trenkle 1994 tell languages by them), hashed into a table of
fixed size (Weinberger et al. 2009). All blocks of a page are looked up at once, in arrays. Its sums are columns of the
model's features, which weigh them against everything else that is known of a block.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tasks.columns import Column, Columns, rolling

LENGTH = 4  # characters of a gram
BITS = 17
SIZE = 1 << BITS  # places of the table; grams that share one are not told apart
EDGE = 24  # grams of a block's begin and end
PRIOR = 0.5  # pages that each gram is taken to have been seen in besides
STEP = 1 / 16  # of weights: they are kept as single bytes
REACHES = (2, 6, 15)
_END = 10  # the newline that stands between blocks
_BEYOND = 0xFFFF  # stands for all characters above the basic plane
_MULTIPLIERS = np.array([0x01000193**power & 0xFFFFFFFF for power in range(LENGTH - 1, -1, -1)], dtype=np.uint32)
_MIX, _SHIFT, _DROP = np.uint32(2654435761), np.uint32(15), np.uint32(32 - BITS)

Weights = NDArray[np.int8]


def _folded_characters() -> NDArray[np.uint32]:
    """The lower case of each character of the basic plane, where it is one character; every digit is 0."""
    table = np.arange(_BEYOND + 1, dtype=np.uint32)
    for code in range(_BEYOND):
        lower = chr(code).lower()
        if len(lower) == 1:
            table[code] = ord(lower)
    table[ord("0") : ord("9") + 1] = ord("0")
    return table


_FOLDED = _folded_characters()


@dataclass(frozen=True, slots=True)
class Grams:
    """The grams of a page's blocks in reading order: the place of each in the table, and how many each block has.

    A gram may begin or end with the edge of its block: "sub" at the begin says more than within.
    """

    places: NDArray[np.uint32] = field(repr=False)
    counts: NDArray[np.int64] = field(repr=False)

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Grams":
        """The grams of texts."""
        joined = "\n".join(["", *(text.replace("\n", " ") for text in texts), ""])
        codes = np.frombuffer(joined.encode("utf-32-le", "replace"), dtype=np.uint32)
        codes = _FOLDED[np.minimum(codes, _BEYOND)]
        count = len(codes) - LENGTH + 1
        if count <= 0:
            return cls(np.empty(0, dtype=np.uint32), np.zeros(len(texts), dtype=np.int64))
        mixed = np.zeros(count, dtype=np.uint32)
        for at, multiplier in enumerate(_MULTIPLIERS):
            mixed += codes[at : at + count] * multiplier
        is_end = codes == _END
        across = is_end[1 : count + 1] | is_end[2 : count + 2]  # grams that reach from a block into the next
        block = np.cumsum(is_end)[1 : count + 1][~across] - 1
        places = ((mixed ^ (mixed >> _SHIFT)) * _MIX) >> _DROP
        return cls(places[~across], np.bincount(block, minlength=len(texts)))


def add_wording(out: Columns, grams: Grams, weights: Weights) -> None:
    """Add the columns of a page's wording: the mean weight of each block's grams, in several ways."""
    counts = grams.counts
    total, begin, end, against = _sums(grams, weights)
    some = np.maximum(counts, 1)
    mean = np.where(counts > 0, total / some, np.nan)
    out.add("wording", mean)
    out.add("wording_begin", np.where(counts > 0, begin / np.minimum(some, EDGE), np.nan))
    out.add("wording_end", np.where(counts > 0, end / np.minimum(some, EDGE), np.nan))
    out.add("wording_against", np.where(counts > 0, against / some, np.nan))
    mass: Column = (total / np.sqrt(some)).astype(np.float32)
    for reach in REACHES:
        out.add(f"wording_around_{reach}", rolling(mass, reach))


def _sums(grams: Grams, weights: Weights) -> tuple[NDArray[np.float64], ...]:
    """For each block the sums of its grams' weights: all, the first ones, the last ones, and those below zero."""
    value = weights[grams.places].astype(np.float64) * STEP
    last = np.cumsum(grams.counts)
    first = last - grams.counts
    edge = np.minimum(grams.counts, EDGE)

    def between(start: NDArray[np.int64], stop: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
        running = np.concatenate(([0.0], np.cumsum(values)))
        return np.asarray(running[stop] - running[start])

    return (
        between(first, last, value),
        between(first, first + edge, value),
        between(last - edge, last, value),
        between(first, last, np.minimum(value, 0.0)),
    )


class Usage:
    """In the bodies, and outside the bodies, of how many pages each gram occurs; for learning.

    A publisher's pages count by the root of their number, so that none has the say.
    """

    def __init__(self, pages: Iterable[tuple[str, Grams, NDArray[np.bool_]]]) -> None:
        """`pages` are of a publisher each, and say which blocks are body."""
        self._found: dict[str, list[NDArray[np.uint32]]] = {}
        for group, grams, body in pages:
            inside = np.repeat(body, grams.counts)
            places = np.unique(grams.places[inside]), np.unique(grams.places[~inside]) + np.uint32(SIZE)
            self._found.setdefault(group, []).append(np.concatenate(places))
        self._all = sum((self._of(group) for group in self._found), np.zeros(2 * SIZE))

    def weights(self, without: str | None = None) -> Weights:
        """The weights of all pages, or of all but one publisher's: log likelihood ratios in steps of `STEP`."""
        pages = self._all - self._of(without) if without in self._found else self._all
        inside, outside = np.maximum(pages[:SIZE], 0), np.maximum(pages[SIZE:], 0)
        chances = [np.log((side + PRIOR) / (side.sum() + PRIOR * SIZE)) for side in (inside, outside)]
        return np.asarray(np.clip(np.round((chances[0] - chances[1]) / STEP), -127, 127), dtype=np.int8)

    def _of(self, group: str | None) -> NDArray[np.float64]:
        found = self._found[group or ""]
        return np.asarray(np.bincount(np.concatenate(found), minlength=2 * SIZE) / np.sqrt(len(found)))
