"""A simulated month of publishers' figures, with the weekday's rhythm and slow and odd days, some of them broken."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from tasks.figures import ALL, Figures, share_bin, total, words_bin
from tasks.watch import judge
from tasks.watched import Alarm, Day

BEFORE, MONTH = 14, 30  # days of history, days that are judged
START = date(2026, 9, 1)
LABELS = ("promo", "related", "share", "advert", "comment", "legal", "navigation", "paywall", "read_time")


@dataclass(frozen=True)
class Publisher:
    """How a publisher's pages turn out: each number a chance, but for the rate, the lengths and the shape of a week."""

    name: str
    rate: float  # articles a day
    week: tuple[float, ...]
    restless: float  # standard deviation of a day's log-odds from the usual ones
    present: dict[str, float]
    rejected: float
    words: float  # median
    spread: float  # of the logarithm of the lengths
    confidence: float
    removed: float


def publisher(rng: np.random.Generator, number: int) -> Publisher:
    often = lambda low: float(rng.choice([0.995, rng.uniform(low, 0.99)]))  # noqa: E731
    weekend = rng.choice([1.0, rng.uniform(0.2, 0.8)])
    week = (*rng.uniform(0.85, 1.15, 5), weekend * rng.uniform(0.8, 1.2), weekend)
    present = {"title": 0.999, "author": often(0.6), "date": often(0.93), "image": often(0.5), "language": 0.998}
    present["deck"] = float(rng.choice([0.0, 0.03, rng.uniform(0.3, 0.9), 0.98]))
    present["recent_date"] = present["date"] * rng.uniform(0.93, 1.0)
    present["repeated"] = float(rng.choice([0.0, 0.01, 0.05, rng.uniform(0.1, 0.5)]))
    present |= {label: float(rng.choice([0.0, 0.02, rng.uniform(0.1, 0.9), 0.98, 1.0])) for label in LABELS}
    return Publisher(
        name=f"publisher-{number:03d}.example",
        rate=float(np.clip(rng.lognormal(np.log(11), 1.0), 2, 120)),
        week=week,
        restless=rng.uniform(0.1, 0.5),
        present=present,
        rejected=float(rng.choice([0.0, 0.005, 0.03])),
        words=rng.uniform(180, 900),
        spread=rng.uniform(0.4, 0.8),
        confidence=rng.uniform(0.9, 0.97),
        removed=rng.uniform(0.15, 0.5),
    )


def figures(rng: np.random.Generator, of: Publisher, weekday: int) -> Figures:
    """A day of a publisher."""
    pages = int(rng.poisson(of.rate * of.week[weekday] * rng.gamma(12, 1 / 12)))
    rejected = int(rng.binomial(pages, of.rejected))
    count = pages - rejected
    chances = {name: _daily(rng, chance, of.restless) for name, chance in of.present.items()}
    words = rng.lognormal(np.log(of.words) + rng.normal(0, 0.06), of.spread, count)
    doubt = _beta(rng, 1 - of.confidence, 30, count)
    removed = _beta(rng, of.removed, 12, count)
    return Figures(
        present={name: int(rng.binomial(count, chance)) for name, chance in chances.items()},
        rejects={"no_article": rejected} if rejected else {},
        words=Counter(words_bin(int(one)) for one in words),
        confidence=Counter(share_bin(1 - one) for one in doubt),
        removed=Counter(share_bin(one) for one in removed),
    )


def _daily(rng: np.random.Generator, chance: float, restless: float) -> float:
    odds = chance / (1 - chance) * np.exp(rng.normal(0, restless)) if chance < 1 else np.inf
    return float(odds / (1 + odds)) if np.isfinite(odds) else 1.0


def _beta(rng: np.random.Generator, mean: float, sure: float, count: int) -> np.ndarray:
    return rng.beta(mean * sure, (1 - mean) * sure, count)


def _present(of: Publisher, **chances: float) -> Publisher:
    return replace(of, present=of.present | chances)


BREAKS: dict[str, Callable[[Publisher], Publisher]] = {
    "class names changed": lambda of: replace(
        _present(of, repeated=0.9, promo=0.05, related=0.1, deck=0.02), confidence=of.confidence - 0.12
    ),
    "body behind a script": lambda of: replace(of, rejected=0.9, words=45),
    "promo added to each page": lambda of: _present(of, promo=0.99, repeated=0.95),
    "date format changed": lambda of: _present(of, date=0.05, recent_date=0.03),
    "days and months swapped": lambda of: _present(of, recent_date=0.1),
    "byline gone": lambda of: _present(of, author=0.01),
    "consent wall": lambda of: replace(of, rejected=1.0),
    "body cut after the first paragraph": lambda of: replace(of, words=0.12 * of.words, removed=0.75),
    "comments in the text": lambda of: replace(of, words=1.9 * of.words, confidence=of.confidence - 0.15),
    "pages no longer there": lambda of: replace(of, rate=0.0),
}


@dataclass(frozen=True)
class Month:
    """What came of a month: the alarms by day, and when and how each broken publisher broke."""

    publishers: list[Publisher]
    alarms: list[tuple[int, Alarm]]
    broken: dict[str, tuple[int, str]]

    def delay(self, name: str) -> int | None:
        """Days from a publisher's break to its first alarm; None where there was none."""
        broke = self.broken[name][0]
        return min(
            (day - broke for day, alarm in self.alarms if alarm.publisher == name and day >= broke), default=None
        )

    def false(self) -> list[tuple[int, Alarm]]:
        """New alarms of publishers that are not broken (yet)."""
        return [(day, alarm) for day, alarm in self.alarms if alarm.is_new and self._is_healthy(alarm.publisher, day)]

    def _is_healthy(self, name: str | None, day: int) -> bool:
        return name not in self.broken or day < self.broken[name][0]


def simulate(seed: int, publishers: int = 110, least_rate: float = 0.0) -> Month:
    """Run a month with one publisher broken in each way; its rate is `least_rate` articles a day or more."""
    rng = np.random.default_rng(seed)
    everyone = [publisher(rng, number) for number in range(publishers)]
    breakable = [one.name for one in everyone if one.rate >= least_rate]
    names = rng.choice(breakable, len(BREAKS), replace=False)
    broken = {
        str(name): (int(rng.integers(BEFORE, BEFORE + MONTH - 3)), kind)
        for name, kind in zip(names, BREAKS, strict=True)
    }
    days: list[Day] = []
    alarms: list[tuple[int, Alarm]] = []
    for number in range(BEFORE + MONTH):
        when = START + timedelta(number)
        today = {}
        for one in everyone:
            broke, kind = broken.get(one.name, (BEFORE + MONTH, ""))
            today[one.name] = figures(rng, BREAKS[kind](one) if number >= broke else one, when.weekday())
        today = {name: some for name, some in today.items() if some.pages}
        so_far = {name: some.articles for name, some in today.items()}
        day = Day(when, {**today, ALL: total(today.values())}, so_far)
        raised = judge(day, days)
        alarms += [(number, alarm) for alarm in raised] if number >= BEFORE else []
        days.append(replace(day, alarms=frozenset((alarm.publisher, alarm.figure) for alarm in raised)))
    return Month(everyone, alarms, broken)
