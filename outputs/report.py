"""The report of a run: one HTML file that needs nothing else, no script and no network.

What comes from pages (names of publishers and sources, details of rejects) is escaped by the template, cut to a length,
and freed of characters that HTML has no place for. A Content-Security-Policy lets the page's own style through and
nothing else.
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from outputs.report_charts import Chart, articles_a_day, confidences, labels, lengths
from outputs.report_figures import FiguresBy, RejectSample
from outputs.report_words import MEANINGS, figure_name, percent, plain, publisher_name, value_text
from tasks.figures import Figures, total
from tasks.watched import Alarm, Day, Publisher

ROWS: Final = 200  # publishers that are shown one by one


@dataclass(frozen=True, slots=True)
class Report:
    """All that a run's report says. `manifest` is the run's, as a plain record."""

    manifest: Mapping[str, Any]
    figures: FiguresBy
    samples: Mapping[str, Sequence[RejectSample]] = field(default_factory=dict)
    alarms: Sequence[Alarm] = ()
    past: Sequence[Day] = ()

    @property
    def run(self) -> str:
        """The run's id."""
        return str(self.manifest["run"])

    @property
    def started(self) -> datetime:
        """When the run began, in UTC."""
        return datetime.fromisoformat(self.manifest["started_at"]).astimezone(UTC)

    @property
    def seconds(self) -> float:
        """How long the run took."""
        finished = datetime.fromisoformat(self.manifest["finished_at"])
        return max((finished - self.started).total_seconds(), 0.0)

    @property
    def total(self) -> Figures:
        """The figures of all publishers together."""
        return total(self.figures.values())

    def outcomes(self) -> Iterator[tuple[str, int]]:
        """What became of the pages read."""
        counts = self.manifest["counts"]
        yield from ((name, int(counts[name])) for name in ("archived", "unchanged", "duplicate"))
        yield "rejected", sum(counts["rejected"].values())

    def reasons(self) -> list[tuple[str, int]]:
        """The rejected pages by reason, most first."""
        return sorted(self.manifest["counts"]["rejected"].items(), key=lambda item: (-item[1], item[0]))

    def publishers(self) -> list[tuple[Publisher, Figures]]:
        """Publishers with their figures, most pages first."""
        return sorted(self.figures.items(), key=lambda item: (-item[1].pages, item[0] or ""))


def render(report: Report) -> str:
    """Render a report as HTML."""
    style = _environment().get_template("report.css").render()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    listed = report.publishers()
    return _environment().get_template("report.html").render(
        report=report,
        style=style,
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        charts=_charts(report),
        listed=listed[:ROWS],
        others=total(figures for _, figures in listed[ROWS:]),
        other_count=len(listed[ROWS:]),
        alarmed=_by_publisher(report.alarms),
        meanings={reason.value: meaning for reason, meaning in MEANINGS.items()},
    )  # fmt: skip


def _by_publisher(alarms: Sequence[Alarm]) -> dict[Publisher, list[Alarm]]:
    found: dict[Publisher, list[Alarm]] = {}
    for alarm in alarms:
        found.setdefault(alarm.publisher, []).append(alarm)
    return found


def _charts(report: Report) -> list[Chart]:
    if not report.total.articles:
        return []
    charts = [lengths(report.total), labels(report.total), confidences(report.total)]
    if report.past:
        days = [(day.date, day.total.articles) for day in report.past]
        today = report.started.date(), report.total.articles
        charts.append(articles_a_day([(_short(day), count) for day, count in [*days, today]]))
    return charts


def _short(day: date) -> str:
    return f"{day.day} {day:%b}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("outputs"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "plain": plain,
        "percent": percent,
        "publisher": publisher_name,
        "value": value_text,
        "figure": figure_name,
        "number": lambda number: f"{number:,.0f}",
        "day": lambda day: f"{day.day} {day:%B %Y}",
    }
    return environment
