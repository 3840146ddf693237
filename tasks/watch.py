"""Watch each publisher's figures against its own recent past, and raise an alarm where they break with it.

A figure is out of the ordinary where chance explains it less than once in `DAYS_TO_FALSE_ALARM` days over *all*
publishers and figures together, and where the change is large enough to matter. Days that had an alarm are no part of
what is usual, until the figure has been as it is for `NEW_USUAL` days. What is judged is the day, then it and the one
or two days before: a small publisher needs more than a day to say something.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

import numpy as np

from tasks.surprise import count_spread, fall_score, rank_score, score_of_chance, share_score
from tasks.watched import (
    ARTICLES,
    FIGURES,
    LEAST_DAYS,
    LEAST_PAGES,
    WATCHED,
    Alarm,
    Board,
    Bools,
    Day,
    Ints,
    Numbers,
    Share,
    Watched,
)

HISTORY_DAYS: Final = 28
NEW_USUAL: Final = 14
DAYS_TO_FALSE_ALARM: Final = 90.0
LEAST_NOW: Final = 5  # pages that an alarm needs
_WINDOWS: Final = (1, 2, 3)  # days that are judged together
_COUNT_WINDOWS: Final = (1, 2, 3, 7)
_SLUMP_PUBLISHERS, _SLUMP_ARTICLES = 10, 5.0


@dataclass(frozen=True, slots=True)
class _Found:
    """A figure of a publisher that is out of the ordinary."""

    row: int
    figure: str
    usual: float
    now: float
    pages: float


def judge(today: Day, past: Sequence[Day]) -> list[Alarm]:
    """The alarms of a day. `past` are the days before it on which there was a run, oldest first."""
    board = Board([*past[-HISTORY_DAYS:], today])
    limit = score_of_chance(1 / DAYS_TO_FALSE_ALARM / (len(board.publishers) * len(FIGURES)))
    found = [one for figure in WATCHED for one in _changes(board, figure, limit)]
    found += _counts(board, limit)
    explained = {one.figure for one in found if one.row}  # of all together, what one publisher explains is not said
    told = [one for one in found if one.row or one.figure not in explained]
    return [_alarm(board, one) for one in sorted(told, key=lambda one: one.row)]


def _alarm(board: Board, found: _Found) -> Alarm:
    standing = 0
    marks = board.alarmed(found.figure)[found.row]
    while standing < len(marks) and marks[-1 - standing]:
        standing += 1
    since = board.days[-1 - standing].date
    publisher = board.publishers[found.row]
    return Alarm(publisher, found.figure, found.usual, found.now, int(found.pages), since, is_new=not standing)


def _changes(board: Board, figure: Watched, limit: float) -> Iterator[_Found]:
    numbers = board.numbers(figure)
    usual_days = _usual(board.alarmed(figure.name))
    for row in range(len(board.publishers)):
        if found := _change(row, figure, numbers[row], np.flatnonzero(usual_days[row]), limit):
            yield found


def _change(row: int, figure: Watched, days: Numbers, usual_days: Ints, limit: float) -> _Found | None:
    if not figure.pages(days[-1]) or not _matters(figure, days[usual_days], days[-1]):
        return None
    for width in _WINDOWS:
        past = days[usual_days[usual_days < len(days) - width]]
        past = past[past.any(axis=1)]
        now = days[-width:].sum(axis=0)
        if len(past) < LEAST_DAYS or figure.pages(past.sum(axis=0)) < LEAST_PAGES:
            return None
        if figure.pages(now) >= LEAST_NOW and _matters(figure, past, now) and abs(_score(figure, now, past)) > limit:
            return _Found(row, figure.name, figure.value(past.sum(axis=0)), figure.value(now), figure.pages(now))
    return None


def _matters(figure: Watched, past: Numbers, now: Numbers) -> bool:
    return figure.matters(figure.value(past.sum(axis=0)), figure.value(now))


def _score(figure: Watched, now: Numbers, past: Numbers) -> float:
    return share_score(now, past) if isinstance(figure, Share) else rank_score(now, past)


def _counts(board: Board, limit: float) -> Iterator[_Found]:
    usual_days = _usual(board.alarmed(ARTICLES))
    slump = _slump(board)
    for row in range(len(board.publishers)):
        if found := _fall(board, row, usual_days[row], limit, slump if row else 1.0):
            yield found


def _fall(board: Board, row: int, is_usual: Bools, limit: float, slump: float) -> _Found | None:
    counts = board.counts[row]
    if counts[-1] > counts.max() / 2:
        return None
    days = _counted_days(board, row)
    for width in _COUNT_WINDOWS:
        recent = days[-width:]
        past = [at for at in days[:-width] if is_usual[at]]
        if len(past) < LEAST_DAYS:
            return None
        expected = _Expected(board, row, past)
        mean = slump * sum(map(expected.on, recent)) / len(recent)
        now = float(counts[recent].sum())
        is_half = now / len(recent) <= mean / 2 and counts[-1] <= slump * expected.on(days[-1]) / 2
        if is_half and fall_score(now, len(recent), mean, expected.evidence, expected.spread) < -limit:
            return _Found(row, ARTICLES, mean, now / len(recent), now)
    return None


def _counted_days(board: Board, row: int) -> list[int]:
    """The days since a publisher's first article on which there was a run by this time of day."""
    first = int(np.argmax(board.counts[row] > 0))
    return [at for at in range(first, len(board.days)) if board.has_count[at]]


class _Expected:
    """How many articles a publisher has on a day of the week: the lesser of that day's mean and the median of all."""

    def __init__(self, board: Board, row: int, past: Sequence[int]) -> None:
        self._weekdays = [day.date.weekday() for day in board.days]
        counts = board.counts[row][past]
        self._median = float(np.median(counts))
        weekdays = np.array([self._weekdays[at] for at in past])
        self._means = {int(one): float(counts[weekdays == one].mean()) for one in np.unique(weekdays)}
        self.evidence = len(past) / 2  # half, since the days of the week differ
        usual = np.array([self._means[int(one)] for one in weekdays])
        self.spread = count_spread(counts, usual, len(self._means))

    def on(self, day: int) -> float:
        """The articles to expect on a day."""
        return min(self._median, self._means.get(self._weekdays[day], self._median))


def _slump(board: Board) -> float:
    """How far the articles of all publishers are down together, 0 to 1: a holiday is nobody's fault."""
    ratios = []
    for row in range(1, len(board.publishers)):
        past = _counted_days(board, row)[:-1]
        expected = _Expected(board, row, past).on(len(board.days) - 1) if len(past) >= LEAST_DAYS else 0
        if expected >= _SLUMP_ARTICLES:
            ratios.append(board.counts[row, -1] / expected)
    return min(1.0, median(ratios)) if len(ratios) >= _SLUMP_PUBLISHERS else 1.0


def _usual(alarmed: Bools) -> Bools:
    """Which days say what is usual: those without an alarm; after a long alarm, those since it began."""
    usual = ~alarmed
    for row in np.flatnonzero(alarmed.any(axis=1)):
        run = 0
        for at in reversed(range(alarmed.shape[1])):
            run = run + 1 if alarmed[row, at] else 0
            if run == NEW_USUAL:
                usual[row] = np.arange(alarmed.shape[1]) >= at
                break
    return usual
