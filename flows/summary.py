"""What a run did, for people and for programs."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from outputs.layout import Layout, Table
from outputs.manifest import Counts, Manifest
from outputs.report_words import alarm_record
from tasks.page import Rejected
from tasks.watched import Alarm

_QUERY: Final = (
    "SELECT publisher, count(*) AS articles, min(published_at) AS first, max(published_at) AS last "
    "FROM latest GROUP BY ALL ORDER BY articles DESC LIMIT 10"
)


@dataclass(frozen=True, slots=True)
class Summary:
    """The outcome of a run."""

    run: str
    archive: Path
    counts: Counts
    seconds: float
    files: int
    bytes_written: int
    manifest: Path | None  # None where the run had nothing to write
    recovered: tuple[str, ...]  # runs found dead, whose pages are kept
    samples: tuple[Rejected, ...]
    report: Path | None = None  # None where the run had nothing to write
    alarms: tuple[Alarm, ...] = ()

    @classmethod
    def of(
        cls,
        manifest: Manifest,
        layout: Layout,
        seconds: float,
        recovered: Sequence[Manifest],
        samples: Sequence[Rejected],
    ) -> "Summary":
        """Sum up a finished run."""
        return cls(
            run=manifest.run,
            archive=layout.root,
            counts=manifest.counts,
            seconds=seconds,
            files=len(manifest.files),
            bytes_written=sum(file.size for file in manifest.files),
            manifest=layout.manifest(manifest.run) if manifest.files else None,
            recovered=tuple(dead.run for dead in recovered),
            samples=tuple(samples),
        )

    @property
    def pages_per_second(self) -> float:
        """The run's speed, its start included."""
        return self.counts.read / self.seconds if self.seconds > 0 else 0.0

    @property
    def articles(self) -> Path:
        """The folder that any tool opens."""
        return self.archive / Table.ARTICLES

    def to_record(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        counts = self.counts
        return {
            "run": self.run,
            "archive": str(self.archive),
            "read": counts.read,
            "archived": counts.archived,
            "unchanged": counts.unchanged,
            "duplicate": counts.duplicate,
            "rejected": counts.rejected_total,
            "rejected_by_reason": {reason.value: count for reason, count in counts.rejected.items()},
            "seconds": round(self.seconds, 3),
            "pages_per_second": round(self.pages_per_second, 1),
            "files": self.files,
            "bytes": self.bytes_written,
            "manifest": str(self.manifest) if self.manifest else None,
            "recovered_runs": list(self.recovered),
            "report": str(self.report) if self.report else None,
            "alarms": [alarm_record(alarm) for alarm in self.alarms],
        }

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield the lines of the table that people see: what, and how much."""
        counts = self.counts
        yield "read", f"{counts.read:,}"
        yield "archived", f"{counts.archived:,}"
        yield "unchanged", f"{counts.unchanged:,}"
        yield "duplicate", f"{counts.duplicate:,}"
        yield "rejected", f"{counts.rejected_total:,}"
        for reason, count in sorted(counts.rejected.items(), key=lambda item: (-item[1], item[0])):
            yield f"  {reason.value}", f"{count:,}"
        yield "pages a second", f"{self.pages_per_second:,.1f}"

    def query_line(self) -> str:
        """Return a command that a shell takes as it stands."""
        return f'stet query "{_QUERY}" {shlex.quote(str(self.archive))}'

    def markdown(self) -> str:
        """Return the counts as a table for Prefect's pages."""
        lines = [f"| {name.strip()} | {value} |" for name, value in self.rows()]
        return "\n".join(["| | |", "|---|--:|", *lines, "", f"Archive: `{self.archive}`, run `{self.run}`."])
