"""Whether the labeller's probabilities mean what they say: of the blocks that it gives 0.8, four in five are body.

A reliability diagram as numbers (DeGroot and Fienberg 1983), and the expected calibration error: the mean distance
between what was said and what was so, each bin counted by its blocks (Naeini et al. 2015).
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Blocks whose probability is from `low` on: how many, the mean of what was said of them, and their body share."""

    low: float
    blocks: int
    said: float
    found: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """The bins that hold blocks, from the lowest; `error` is the expected calibration error, 0 to 1."""

    bins: tuple[Bin, ...]
    error: float

    def to_record(self) -> dict[str, Any]:
        """Error and bins, as JSON takes them."""
        bins = [{name: round(value, 4) for name, value in asdict(each).items()} for each in self.bins]
        return {"error": round(self.error, 4), "bins": bins}


def reliability(said: NDArray[np.float32], found: NDArray[np.bool_]) -> Reliability:
    """Compare the probabilities of blocks with whether they are body; both of one length."""
    place = np.minimum((said * BINS).astype(np.int64), BINS - 1)
    bins = [
        Bin(at / BINS, int(own.sum()), float(said[own].mean()), float(found[own].mean()))
        for at in range(BINS)
        if (own := place == at).any()
    ]
    error = sum(each.blocks * abs(each.said - each.found) for each in bins) / max(1, len(said))
    return Reliability(tuple(bins), error)
