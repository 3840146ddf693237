"""`stet report`: says where a run's report is, and makes it where it is missing."""

import webbrowser
from pathlib import Path

import pyarrow as pa

from flows.errors import CommandError, usage
from outputs.layout import ArchiveError, Layout, clear, reading
from outputs.lock import locked, writing
from outputs.report_run import find_run, write_report
from outputs.report_tally import Tally
from outputs.report_words import alarm_line
from outputs.s3 import S3Path
from outputs.watch import stored_alarms


def report(archive: Path, run: str | None, *, again: bool, show: bool) -> None:
    """Print the path of a run's report and its alarms; `show` opens it in the browser."""
    layout = Layout(archive.absolute())
    try:
        with reading(archive):
            manifest = find_run(layout, run)
    except ArchiveError as error:
        raise usage(error) from error
    run = str(manifest["run"])
    place = layout.report(run)
    try:
        if again or not (place.is_file() and layout.figures(run).is_file()):
            _make(layout, run, manifest)
        alarms = stored_alarms(layout, run)
    except (ArchiveError, OSError, pa.ArrowException) as error:
        raise CommandError(f"no report of run {run}: {' '.join(str(error).split())}") from error
    print(place)
    for alarm in alarms:
        print(f"alarm: {alarm_line(alarm)}")
    if show and not webbrowser.open(_here(layout, place).as_uri()):
        raise CommandError(f"no browser to open {place} with")


def _here(layout: Layout, report: Path) -> Path:
    """The report as a file that a browser opens."""
    if not isinstance(report, S3Path):
        return report
    copy = layout.desk / report.name
    copy.parent.mkdir(parents=True, exist_ok=True)
    report.bring(copy)
    return copy


def _make(layout: Layout, run: str, manifest: dict[str, object]) -> None:
    with locked(layout, run), writing(layout):
        try:
            write_report(layout, manifest, Tally.of(layout, run))
        finally:
            clear(layout, run)
