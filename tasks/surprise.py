"""How surprising a sample is beside earlier ones, as a signed normal score: 0 is usual, beyond ±4.5 is one in 150,000.

The tails are exact predictions with the uncertainty of what is usual in them, so that few pages never say much. Where
earlier days spread beyond chance (weekends, a slow day), a figure must move further than one that is steady.
"""

import math
from typing import Final

import numpy as np
from scipy.special import betainc, betaln, gammaln, ndtri, stdtr

from tasks.watched import Numbers

_WORST = 1e-300
_OUTLIER: Final = 9.0  # what one earlier day can add to the spread, in variances


def share_score(now: Numbers, past: Numbers) -> float:
    """The score of `now` = (having, of) after `past`, a row for each day: beta-binomial, with Jeffreys' prior."""
    having, of = past.sum(axis=0)
    alpha, beta = having + 0.5, of - having + 0.5
    usual = alpha / (alpha + beta)
    count, size = now
    sign = -1 if count < usual * size else 1
    ways = np.arange(count + 1) if sign < 0 else np.arange(count, size + 1)
    chance = np.exp(
        gammaln(size + 1) - gammaln(ways + 1) - gammaln(size - ways + 1)
        + betaln(ways + alpha, size - ways + beta) - betaln(alpha, beta)
    ).sum()  # fmt: skip
    misses = (past[:, 0] - usual * past[:, 1]) ** 2 / np.maximum(usual * (1 - usual) * past[:, 1], 1e-9)
    return _calmed(sign * _score(float(chance)), misses)


def rank_score(now: Numbers, past: Numbers) -> float:
    """The score of a histogram after `past`, one a day: the rank-sum test (Mann and Whitney 1947), ties corrected."""
    pooled = past.sum(axis=0)
    earlier = np.array([_rank_sum(day, pooled - day) for day in past if day.any()])
    return _calmed(_rank_sum(now, pooled), earlier**2)


def fall_score(now: float, days: int, usual: float, evidence: float, spread: float) -> float:
    """The score of a count over some days where `usual` a day is expected, which is known from `evidence` days.

    A negative binomial: a day's count has `spread` times the variance of a Poisson. Never above 0.
    """
    mean = max(days * usual, 1e-9)
    variance = mean * spread * (1 + days / evidence)
    size = mean**2 / (variance - mean)
    return min(0.0, -_score(float(betainc(size, now + 1, size / (size + mean)))))


def count_spread(counts: Numbers, usual: Numbers, means: int) -> float:
    """How many times the variance of a Poisson earlier counts have, 1 at the least.

    `usual` was taken from the same counts as so many means, to which they are closer than to the truth.
    """
    free = len(counts) / max(len(counts) - means, 1)
    return _spread(free * (counts - usual) ** 2 / np.maximum(usual, 1.0)) ** 2


def score_of_chance(chance: float) -> float:
    """The score that is exceeded with a chance, on either side."""
    return _score(chance / 2)


def _score(chance: float) -> float:
    return -float(ndtri(min(max(chance, _WORST), 0.5)))


def _calmed(score: float, squares: Numbers) -> float:
    """A score beside the squares of earlier days' scores, which are 1 on average where there is chance alone.

    As far as days spread beyond chance, and as few as they are, a far day is less of a surprise: Student's t.
    """
    spread = _spread(squares)
    scaled = score / spread
    student = math.copysign(_score(float(stdtr(max(len(squares) - 1, 1), -abs(scaled)))), scaled)
    restless = 1 - 1 / spread**2
    return (1 - restless) * scaled + restless * student


def _spread(squares: Numbers) -> float:
    return math.sqrt(max(1.0, float(np.minimum(squares, _OUTLIER).mean()))) if len(squares) else 1.0


def _rank_sum(now: Numbers, past: Numbers) -> float:
    few, many = now.sum(), past.sum()
    if not few or not many:
        return 0.0
    below = np.cumsum(past) - past / 2
    both, size = now + past, few + many
    ties = (both**3 - both).sum() / (size * (size - 1))
    deviation = math.sqrt(max(few * many / 12 * (size + 1 - ties), 1e-9))
    score = ((now * below).sum() - few * many / 2) / deviation
    # The normal tail says more than the few orders that so few pages can come in.
    orders = gammaln(size + 1) - gammaln(few + 1) - gammaln(many + 1)
    most = _score(math.exp(-float(orders))) if orders < 600 else math.inf
    return float(np.clip(score, -most, most))
