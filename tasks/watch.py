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
from tasks.watched import ARTICLES, FIGURES, LEAST_DAYS, LEAST_PAGES, SHARES, SPREADS, Alarm, Board, Bools, Day, Numbers

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
    found = [*_shares(board, limit), *_spreads(board, limit), *_counts(board, limit)]
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


def _shares(board: Board, limit: float) -> Iterator[_Found]:
    usual_days = np.stack([_usual(board.alarmed(share.name)) for share in SHARES], axis=2)
    raised = np.zeros(board.having.shape[::2], np.bool_)
    today = board.having[:, -1] / np.maximum(board.of[:, -1], 1)
    for width in _WINDOWS:
        mask = usual_days[:, : len(board.days) - width]
        having, of = (array[:, : -width or None] * mask for array in (board.having, board.of))
        now, pages = (array[:, -width:].sum(axis=1) for array in (board.having, board.of))
        is_judged = (
            (pages >= LEAST_NOW) & ((of > 0).sum(axis=1) >= LEAST_DAYS) & (of.sum(axis=1) >= LEAST_PAGES) & ~raised
        )
        usual = having.sum(axis=1) / np.maximum(of.sum(axis=1), 1)
        moved = now / np.maximum(pages, 1) - usual
        is_so_today = (board.of[:, -1] > 0) & _matters(today - usual)
        for row, at in np.argwhere(is_judged & _matters(moved) & is_so_today):
            past = np.column_stack([having[row, :, at], of[row, :, at]])
            if abs(share_score(np.array([now[row, at], pages[row, at]]), past[past[:, 1] > 0])) > limit:
                raised[row, at] = True
                share_now = now[row, at] / pages[row, at]
                yield _Found(int(row), SHARES[at].name, usual[row, at], share_now, pages[row, at])


def _matters(moved: Numbers) -> Bools:
    least = np.array([share.least for share in SHARES])
    rises, falls = (np.array([sign in share.signs for share in SHARES]) for sign in (1, -1))
    flags: Bools = (rises & (moved >= least)) | (falls & (moved <= -least))
    return flags


def _spreads(board: Board, limit: float) -> Iterator[_Found]:
    for spread, numbers in zip(SPREADS, board.spreads, strict=True):
        usual_days = _usual(board.alarmed(spread.name))
        raised: set[int] = set()
        today = [spread.value(at) for at in _medians(numbers[:, -1])]
        for width in _WINDOWS:
            past = numbers[:, :-width] * usual_days[:, : len(board.days) - width, None]
            is_judged = ((past.sum(axis=2) > 0).sum(axis=1) >= LEAST_DAYS) & (past.sum(axis=(1, 2)) >= LEAST_PAGES)
            now = numbers[:, -width:].sum(axis=1)
            medians = [[spread.value(at) for at in _medians(counts)] for counts in (past.sum(axis=1), now)]
            for row in map(
                int, np.flatnonzero(is_judged & (now.sum(axis=1) >= LEAST_NOW) & numbers[:, -1].any(axis=1))
            ):
                usual_value, value = medians[0][row], medians[1][row]
                if row in raised or not (
                    spread.matters(usual_value, value) and spread.matters(usual_value, today[row])
                ):
                    continue
                if abs(rank_score(now[row], past[row])) > limit:
                    raised.add(row)
                    yield _Found(row, spread.name, usual_value, value, now[row].sum())


def _medians(counts: Numbers) -> Numbers:
    at: Numbers = (np.cumsum(counts, axis=1) >= counts.sum(axis=1, keepdims=True) / 2).argmax(axis=1)
    return at


def _counts(board: Board, limit: float) -> Iterator[_Found]:
    usual_days = _usual(board.alarmed(ARTICLES)) & board.has_count[:-1]
    slump = _slump(board)
    for row in range(len(board.publishers)):
        found = _count(board, row, usual_days[row], slump if row else 1.0, limit)
        if found:
            yield found


def _count(board: Board, row: int, is_usual: Bools, slump: float, limit: float) -> _Found | None:
    counts = board.counts[row]
    first = int(np.argmax(counts > 0))
    if counts[-1] > counts.max() / 2:
        return None
    for width in _COUNT_WINDOWS:
        past = [at for at in range(first, len(counts) - width) if is_usual[at]]
        if len(past) < LEAST_DAYS:
            return None
        expected = _Expected(board, row, past)
        usual = slump * sum(expected.on(at) for at in range(len(counts) - width, len(counts))) / width
        now = float(counts[-width:].sum())
        is_half = now / width <= usual / 2 and counts[-1] <= slump * expected.on(len(counts) - 1) / 2
        if is_half and fall_score(now, width, usual, expected.evidence, expected.spread) < -limit:
            return _Found(row, ARTICLES, usual, now / width, now)
    return None


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
        first = int(np.argmax(board.counts[row] > 0))
        past = [at for at in range(first, len(board.days) - 1) if board.has_count[at]]
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
