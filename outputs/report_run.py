"""Make a run's report: its figures, the watch's alarms, and the file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outputs.layout import ArchiveError, Layout
from outputs.manifest import Kind, Manifest, parse_manifest
from outputs.report import Report, render
from outputs.report_store import store, write_derived
from outputs.report_tally import Tally
from outputs.watch import day_so_far, look_back, watch


@dataclass(frozen=True, slots=True)
class Written:
    """A report, and where it lies; None where the run has put nothing in place."""

    report: Report
    path: Path | None


def write_report(layout: Layout, manifest: Mapping[str, Any], tally: Tally) -> Written:
    """Judge a run's figures and put them and its report in place. The lock must be held. Raises OSError.

    A run that has written nothing is judged, too: that nothing came in is worth knowing.
    """
    run = str(manifest["run"])
    past = look_back(layout, run)
    figures = tally.figures(past.folders())
    alarms = watch(run, figures, past)
    report = Report(manifest, figures, tally.samples, alarms, past.days)
    if not manifest["files"]:
        return Written(report, None)
    raised = frozenset((alarm.publisher, alarm.figure) for alarm in alarms)
    store(layout, run, figures, day_so_far(figures, past), raised)
    place = layout.report(run)
    write_derived(layout, run, place, render(report))
    return Written(report, place)


def manifest_record(manifest: Manifest) -> dict[str, Any]:
    """A manifest as the plain record that its file holds."""
    record: dict[str, Any] = json.loads(manifest.to_json())
    return record


def find_run(layout: Layout, run: str | None) -> dict[str, Any]:
    """The manifest of a run named by its id or how that begins, else of the last one. Raises ArchiveError."""
    if not layout.runs.is_dir():
        raise ArchiveError(f"no archive: {layout.root}")
    found = [path for path in sorted(layout.runs.glob("*.json")) if path.name.startswith(run or "")]
    for path in reversed(found):
        record = _read(path)
        if record.get("kind", Kind.ARCHIVE) == Kind.ARCHIVE:
            return record
    raise ArchiveError(f"no run {run} in {layout.root}" if run else f"no run in {layout.root}")


def _read(path: Path) -> dict[str, Any]:
    try:
        return parse_manifest(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ArchiveError(f"the manifest {path} cannot be read: {error}") from error
