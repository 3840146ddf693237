"""The watch on quality over an archive: a day's figures against those of the days before, as runs have stored them."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import chain
from typing import Final

import pyarrow as pa

from outputs.layout import Layout
from outputs.report_figures import FiguresBy, merge
from outputs.report_store import DAY, RUN, Stored, by_day, largest, load, started_at, stored_runs
from tasks.figures import ALL, Figures, owners
from tasks.watch import HISTORY_DAYS, judge
from tasks.watched import MOST_PUBLISHERS, Alarm, Day, Publisher

_LONGEST: Final = timedelta(days=2 * HISTORY_DAYS)  # how far back a day still says what is usual
_LATER: Final = timedelta(minutes=30)  # what a schedule's start may differ from day to day


@dataclass(frozen=True, slots=True)
class Past:
    """The days before a run: of each the last run, and the one up to the same time of day."""

    days: tuple[Day, ...]
    earlier_today: Stored | None  # None where the run is the first of its day

    def folders(self) -> dict[str, Publisher]:
        """Whose pages lie in which source folder, where all known ones are of one publisher."""
        known: Iterable[Mapping[Publisher, Figures]] = [day.figures for day in self.days]
        return owners(chain(known, [self.earlier_today.figures] if self.earlier_today else []))


def look_back(layout: Layout, run: str) -> Past:
    """Read what the runs before this one have stored. Files that are damaged are passed over."""
    days = by_day(stored for stored in stored_runs(layout) if stored < run)
    today = started_at(run).date()
    earlier = [day for day in sorted(days) if today - _LONGEST <= day < today][-HISTORY_DAYS:]
    only = largest(layout, (days[day][-1] for day in earlier), MOST_PUBLISHERS)
    until = _time_of_day(run) + _LATER
    loaded = [_day(layout, day, days[day], until, only) for day in earlier]
    now = _load(layout, days[today][-1]) if today in days else None
    return Past(tuple(day for day in loaded if day), now)


def watch(run: str, figures: FiguresBy, past: Past) -> list[Alarm]:
    """The alarms of a run: of the figures of its day, its own included."""
    so_far = day_so_far(figures, past) or figures
    alarms = judge(Day(started_at(run).date(), so_far, _articles(so_far)), past.days)
    raised = past.earlier_today.alarms if past.earlier_today else frozenset()
    return [replace(alarm, is_new=alarm.is_new and (alarm.publisher, alarm.figure) not in raised) for alarm in alarms]


def stored_alarms(layout: Layout, run: str) -> list[Alarm]:
    """The alarms of an earlier run, judged again from what it and the runs before it have stored.

    Raises OSError, or ArrowInvalid for a damaged file.
    """
    figures = {publisher: some for publisher, some in load(layout, run, RUN).figures.items() if publisher != ALL}
    return watch(run, figures, look_back(layout, run))


def day_so_far(figures: FiguresBy, past: Past) -> FiguresBy | None:
    """A run's figures with those of the runs before it on its day; None where there were none."""
    if past.earlier_today is None:
        return None
    so_far = {publisher: some for publisher, some in past.earlier_today.figures.items() if publisher != ALL}
    merge(so_far, figures)
    return so_far


def _day(layout: Layout, day: date, runs: Sequence[str], until: timedelta, only: Sequence[Publisher]) -> Day | None:
    last = _load(layout, runs[-1], only)
    if last is None:
        return None
    in_time = [run for run in runs if _time_of_day(run) <= until]
    up_to = last if in_time[-1:] == runs[-1:] else _load(layout, in_time[-1], only) if in_time else None
    return Day(day, last.figures, _articles(up_to.figures) if up_to else None, last.alarms)


def _load(layout: Layout, run: str, only: Sequence[Publisher] | None = None) -> Stored | None:
    with suppress(OSError, pa.ArrowException):
        return load(layout, run, DAY, only)
    return None


def _articles(figures: Mapping[Publisher, Figures]) -> dict[Publisher, int]:
    return {publisher: some.articles for publisher, some in figures.items()}


def _time_of_day(run: str) -> timedelta:
    start = started_at(run)
    return timedelta(hours=start.hour, minutes=start.minute, seconds=start.second)
