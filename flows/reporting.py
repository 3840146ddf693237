"""A run's report as the flow makes it: gathered while batches come in, then the file, and what Prefect is told."""

from dataclasses import replace
from typing import Any, Final

import pyarrow as pa
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.events import emit_event
from prefect.logging import get_run_logger

from flows.archiving import Archiving
from flows.summary import Summary
from outputs.report import ROWS, Report
from outputs.report_run import manifest_record, write_report
from outputs.report_tally import Tally
from outputs.report_words import MEANINGS, alarm_record, figure_name, percent, plain, publisher_name, value_text
from tasks.page import RejectReason
from tasks.watched import Alarm

EVENT: Final = "stet.quality.alarm"
_KEY = "archive-news"


class Reporting:
    """Gathers what a run's report says. A report that cannot be made is a warning: the archive is whole without it."""

    def __init__(self, archiving: Archiving) -> None:
        self._archiving = archiving
        self._tally = Tally()
        self._taken = 0
        self._is_well = True

    def take(self) -> None:
        """Take the figures of the parts that have come into place since the last call."""
        files = self._archiving.run.files
        new, self._taken = files[self._taken :], len(files)
        if self._is_well:
            try:
                self._tally.add(self._archiving.run.layout, (file.path for file in new))
            except (OSError, pa.ArrowException) as error:
                self._give_up(error)

    def finish(self, summary: Summary) -> Summary:
        """Write the report of a finished run, and tell Prefect. Returns the summary with its path and the alarms."""
        manifest = self._archiving.run.manifest
        if not (self._is_well and manifest):
            return summary
        try:
            written = write_report(self._archiving.run.layout, manifest_record(manifest), self._tally)
        except (OSError, pa.ArrowException) as error:
            self._give_up(error)
            return summary
        summary = replace(summary, report=written.path, alarms=tuple(written.report.alarms))
        create_artifacts(summary, written.report)
        emit_alarms(written.report, str(summary.archive))
        return summary

    def _give_up(self, error: Exception) -> None:
        self._is_well = False
        get_run_logger().warning("no report of this run: %s", error)


def create_artifacts(summary: Summary, report: Report) -> None:
    """Show the report's tables in Prefect."""
    create_markdown_artifact(summary.markdown(), key=_KEY, description="What became of every page")
    create_table_artifact([_alarm_row(alarm) for alarm in report.alarms], key=f"{_KEY}-alarms", description="Alarms")
    create_table_artifact(_publisher_rows(report), key=f"{_KEY}-publishers", description="Figures by publisher")
    create_table_artifact(_reject_rows(report), key=f"{_KEY}-rejects", description="Rejected pages by reason")


def emit_alarms(report: Report, archive: str) -> None:
    """Emit an event for each publisher with new alarms."""
    new: dict[str | None, list[Alarm]] = {}
    for alarm in report.alarms:
        if alarm.is_new:
            new.setdefault(alarm.publisher, []).append(alarm)
    for publisher, alarms in new.items():
        name = publisher_name(publisher)
        emit_event(
            EVENT,
            resource={
                "prefect.resource.id": f"stet.publisher.{name}",
                "prefect.resource.name": name,
                "stet.archive": archive,
            },
            payload={"run": report.run, "publisher": name, "figures": [alarm_record(alarm) for alarm in alarms]},
        )


def _alarm_row(alarm: Alarm) -> dict[str, Any]:
    return {
        "publisher": publisher_name(alarm.publisher),
        "figure": figure_name(alarm.figure),
        "usual": value_text(alarm.figure, alarm.usual),
        "now": value_text(alarm.figure, alarm.now),
        "pages": alarm.pages,
        "since": alarm.since.isoformat(),
    }


def _publisher_rows(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "publisher": publisher_name(publisher),
            "articles": figures.articles,
            "rejected": figures.rejected,
            "length": round(figures.median_words or 0),
            **{name: percent(figures.share(name)) for name in ("title", "author", "date", "deck", "image", "language")},
            "taken out": percent(figures.median_removed),
            "confidence": figures.median_confidence,
        }
        for publisher, figures in report.publishers()[:ROWS]
    ]


def _reject_rows(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "reason": reason,
            "pages": count,
            "what": MEANINGS[RejectReason(reason)],
            "samples": ", ".join(plain(sample.source_name) for sample in report.samples.get(reason, ())),
        }
        for reason, count in report.reasons()
    ]
