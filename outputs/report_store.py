"""A run's figures beside its manifest, `_runs/<run>.parquet`: what the watch looks back at.

Derived from the archive's rows. A row holds a publisher's figures of the run; where it was not the first run of its day
(UTC), a second one holds those of the day so far, so that looking back at a month reads one file a day however many
runs there were.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from outputs.layout import Layout, flush, publish, run_of_derived
from outputs.parquet import open_part
from outputs.report_figures import FiguresBy
from tasks.figures import ALL, Figures, total
from tasks.watched import Alarmed, Publisher

RUN, DAY = "run", "day"

_COUNTS = pa.map_(pa.string(), pa.int64())
_HISTOGRAM = pa.map_(pa.int32(), pa.int64())
SCHEMA = pa.schema(
    [
        pa.field("scope", pa.string(), nullable=False),
        pa.field("publisher", pa.string()),
        pa.field("articles", pa.int64(), nullable=False),
        pa.field("rejected", pa.int64(), nullable=False),
        *(pa.field(name, _COUNTS) for name in ("present", "rejects", "chars", "folders")),
        *(pa.field(name, _HISTOGRAM) for name in ("words", "confidence", "removed")),
        pa.field("alarms", pa.list_(pa.string()), nullable=False),
    ]
)
_PARTS: Final = tuple(part.name for part in fields(Figures))


@dataclass(frozen=True, slots=True)
class Stored:
    """Figures by publisher as a run has stored them, and the alarms that it raised."""

    figures: FiguresBy
    alarms: Alarmed


def started_at(run: str) -> datetime:
    """When a run began, from its id."""
    return datetime.strptime(run.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def stored_runs(layout: Layout) -> list[str]:
    """The runs that have figures in place, oldest first."""
    return sorted(path.stem for path in layout.runs.glob("*.parquet") if run_of_derived(path.name))


def by_day(runs: Iterable[str]) -> dict[date, list[str]]:
    """Runs by the day (UTC) that they began on, each day's oldest first."""
    days: dict[date, list[str]] = {}
    for run in sorted(runs):
        days.setdefault(started_at(run).date(), []).append(run)
    return days


def store(layout: Layout, run: str, of_run: FiguresBy, of_day: FiguresBy | None, alarms: Alarmed) -> None:
    """Put a run's figures in place; `of_day` where it was not the first run of its day."""
    scopes = {scope: _with_all(some) for scope, some in ((RUN, of_run), (DAY, of_day)) if some is not None}
    silent = {publisher: Figures() for publisher, _ in alarms}  # such as those of whom nothing came
    records = [
        _record(scope, publisher, figures, alarms)
        for scope, by_publisher in scopes.items()
        for publisher, figures in sorted((silent | by_publisher).items(), key=lambda item: item[0] or "")
    ]
    write_derived(layout, run, layout.figures(run), pa.Table.from_pylist(records, SCHEMA))


def largest(layout: Layout, runs: Iterable[str], most: int) -> list[Publisher]:
    """The publishers with the most pages in some runs, all together among them. Damaged files are passed over."""
    tables = []
    for run in runs:
        with suppress(OSError, pa.ArrowException):
            tables.append(_read(layout, run, ["publisher", "articles", "rejected"]))
    if not tables:
        return []
    sums = pa.concat_tables(tables).group_by("publisher").aggregate([("articles", "sum"), ("rejected", "sum")])
    pages = pc.add(sums["articles_sum"], sums["rejected_sum"])
    names: list[Publisher] = sums["publisher"].take(pc.sort_indices(pages, sort_keys=[("", "descending")])).to_pylist()
    return names[: most + 1]


def load(layout: Layout, run: str, scope: str, only: Sequence[Publisher] | None = None) -> Stored:
    """The figures of a run, or of its day up to it, with those of all publishers together; `only` of some.

    Raises OSError, or ArrowInvalid for a damaged file.
    """
    table = _read(layout, run, list(SCHEMA.names))
    if only is not None:
        table = table.filter(pc.is_in(table["publisher"], pa.array(only, pa.string())))
    records = table.to_pylist()
    if scope == DAY and not any(record["scope"] == DAY for record in records):
        scope = RUN
    chosen = [record for record in records if record["scope"] == scope]
    alarms = {(record["publisher"], figure) for record in chosen for figure in record["alarms"]}
    seen = {record["publisher"]: _figures(record) for record in chosen if record["articles"] or record["rejected"]}
    return Stored(seen, frozenset(alarms))


def _read(layout: Layout, run: str, columns: list[str]) -> pa.Table:
    with open_part(layout.figures(run)) as file:
        return file.read(columns=columns)


def _with_all(figures: FiguresBy) -> FiguresBy:
    return {**figures, ALL: replace(total(figures.values()), folders={})}


def write_derived(layout: Layout, run: str, place: Path, content: pa.Table | str) -> None:
    """Put a derived file in place, whole or not at all."""
    staged = layout.staging(run) / place.name
    staged.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, str):
        staged.write_text(content, "utf-8")
    else:
        pq.write_table(content, staged, compression="zstd")
    flush(staged)
    publish(staged, place)


def _record(scope: str, publisher: Publisher, figures: Figures, alarms: Alarmed) -> dict[str, Any]:
    counts = {name: sorted(getattr(figures, name).items()) for name in _PARTS}
    raised = sorted(figure for name, figure in alarms if name == publisher)
    own = {"scope": scope, "publisher": publisher, "articles": figures.articles, "rejected": figures.rejected}
    return {**own, **counts, "alarms": raised}


def _figures(record: Mapping[str, Any]) -> Figures:
    return Figures(**{name: dict(record[name]) for name in _PARTS})
