"""Which blocks of a page are its article's body, told by the body's known text: labels to learn from.

Blocks and body are matched in order: of all the places where a block's text occurs in the body, the chain of blocks
that runs forward through the body and explains most of its characters wins. A short line of a menu that also occurs
somewhere in the body is left out, since the paragraph around it already explains that place.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.folding import squeeze
from tasks.shingles import shingles

MAX_PLACES = 12  # of one block's text in the body
PROBE = 24  # characters that find a block of which only a part stands in the body
MIN_COVERED = 0.5  # share of a long block's shingles that must stand in the body
STRAY_CHARS, STRAY_ROWS = 21, 6  # letters and digits of a short text; blocks to the next one
SLACK = 3  # characters that two neighbours in the chain may overlap, if that is no more than an eighth of the second


@dataclass(frozen=True, slots=True)
class _Place:
    start: int
    end: int
    weight: float


def align(texts: Sequence[str], body: str) -> NDArray[np.bool_]:
    """Whether each text, in order, is a part of the body."""
    flat, wanted = squeeze(body), shingles(body)
    places = [_places(text, flat, wanted) for text in texts]
    return _without_strays(_best_chain(places), texts)


def _without_strays(chosen: NDArray[np.bool_], texts: Sequence[str]) -> NDArray[np.bool_]:
    """Without short texts far from all others: a menu's word that the body happens to hold."""
    rows = np.flatnonzero(chosen).tolist()
    out = chosen.copy()
    for at, row in enumerate(rows):
        if len(squeeze(texts[row])) < STRAY_CHARS:
            near = [abs(rows[other] - row) for other in (at - 1, at + 1) if 0 <= other < len(rows)]
            out[row] = bool(near) and min(near) <= STRAY_ROWS
    return out


def _places(text: str, flat: str, wanted: set[tuple[str, ...]]) -> list[_Place]:
    """Where a block may stand in the squeezed body."""
    own = squeeze(text)
    if not own:
        return []
    found: list[_Place] = []
    at = flat.find(own)
    while at >= 0 and len(found) < MAX_PLACES:
        found.append(_Place(at, at + len(own), float(len(own))))
        at = flat.find(own, at + 1)
    if found or len(own) < PROBE * 2:
        return found
    own_shingles = shingles(text)
    covered = len(own_shingles & wanted) / len(own_shingles)
    if covered < MIN_COVERED:
        return []
    for begin in range(0, len(own) - PROBE, PROBE):
        at = flat.find(own[begin : begin + PROBE])
        if at >= 0:
            start = max(0, at - begin)
            return [_Place(start, min(len(flat), start + int(len(own) * covered)), len(own) * covered)]
    return []


def _best_chain(places: Sequence[Sequence[_Place]]) -> NDArray[np.bool_]:
    """The blocks of the heaviest chain of places that runs forward without overlap."""
    flat = [(block, place) for block, candidates in enumerate(places) for place in candidates]
    chosen = np.zeros(len(places), bool)
    if not flat:
        return chosen
    ends = np.array([place.end for _, place in flat])
    best = np.zeros(len(flat))
    back = np.full(len(flat), -1)
    first_of_block: dict[int, int] = {}
    for i, (block, place) in enumerate(flat):
        upto = first_of_block.setdefault(block, i)
        best[i] = place.weight
        slack = min(SLACK, (place.end - place.start) // 8)
        fits = np.flatnonzero(ends[:upto] <= place.start + slack)
        if fits.size:
            before = fits[np.argmax(best[fits])]
            best[i] += best[before]
            back[i] = before
    i = int(np.argmax(best))
    while i >= 0:
        chosen[flat[i][0]] = True
        i = int(back[i])
    return chosen
