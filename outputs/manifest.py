"""A run's manifest: what was asked, what became of every page, with which versions, and every file that it wrote."""

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import Any

from outputs.layout import ArchiveError, Layout
from outputs.schema import SCHEMA_VERSION
from tasks.page import RejectReason


class AccountingError(ArchiveError):
    """A page was read and is in none of the counts, or in two."""


class Status(StrEnum):
    """How a run ended."""

    COMPLETE = "complete"
    INTERRUPTED = "interrupted"  # killed or failed; its counts are those of the files that it left in place


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the pages of a run."""

    read: int = 0
    archived: int = 0
    unchanged: int = 0  # archived or rejected by an earlier run
    duplicate: int = 0  # the same bytes as an earlier page of this run
    rejected: Mapping[RejectReason, int] = field(default_factory=dict)

    @property
    def rejected_total(self) -> int:
        """The rejected pages, whatever the reason."""
        return sum(self.rejected.values())

    def __add__(self, other: "Counts") -> "Counts":
        reasons = [reason for reason in RejectReason if reason in self.rejected or reason in other.rejected]
        return Counts(
            self.read + other.read,
            self.archived + other.archived,
            self.unchanged + other.unchanged,
            self.duplicate + other.duplicate,
            {reason: self.rejected.get(reason, 0) + other.rejected.get(reason, 0) for reason in reasons},
        )

    def check(self, pages_found: int) -> None:
        """Hold the promise that every page is accounted for. The one place where it is checked.

        Raises AccountingError.
        """
        outcomes = self.archived + self.unchanged + self.duplicate + self.rejected_total
        if not pages_found == self.read == outcomes:
            raise AccountingError(
                f"{pages_found} pages found, {self.read} read, but {self.archived} archived + {self.unchanged} "
                f"unchanged + {self.duplicate} duplicate + {self.rejected_total} rejected = {outcomes}"
            )


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file in place. `path` is relative to the archive, with POSIX slashes; `size` in bytes."""

    path: str
    rows: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The record of a run. Times are aware and in UTC."""

    run: str
    status: Status
    started_at: datetime
    finished_at: datetime
    sources: tuple[str, ...]
    counts: Counts
    versions: Mapping[str, str]
    files: tuple[WrittenFile, ...] = ()
    schema_version: int = SCHEMA_VERSION

    def to_json(self) -> str:
        """Render as the manifest file holds it."""
        record = asdict(self)
        record["counts"]["rejected"] = {reason.value: count for reason, count in self.counts.rejected.items()}
        return json.dumps(record, default=_plain, ensure_ascii=False, indent=2) + "\n"


def versions(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the versions that decide what a run writes. `extra` adds to them: the model's and the rules' digests."""
    found = {name: _version(name) for name in ("stet", "lxml", "pyarrow")}
    return {"stet": found.pop("stet"), "python": platform.python_version(), **found, **(extra or {})}


def read_manifests(layout: Layout) -> list[dict[str, Any]]:
    """Read all manifests of an archive, oldest first. Raises ArchiveError for one that cannot be understood."""
    return [_read(path) for path in sorted(layout.runs.glob("*.json"))]


def _read(path: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(path.read_text("utf-8"))
        version = int(record["schema_version"])
        [file["path"] for file in record["files"]]
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise ArchiveError(f"the manifest {path} cannot be read: {error}") from error
    if version > SCHEMA_VERSION:
        raise ArchiveError(
            f"{path} was written by a newer version of Stet (schema {version}; this one: {SCHEMA_VERSION})"
        )
    return record


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "unknown"  # run from a checkout that is not installed


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"not for JSON: {value!r}")
