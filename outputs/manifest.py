"""A run's manifest: what was asked, what became of every page, with which versions, and every file that it wrote.

A manifest is sealed: it holds the SHA-256 of all else in it, so that a changed bit is found in it as in the files that
it names.
"""

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import Any

from outputs.layout import ArchiveError, Layout
from outputs.s3 import fetched
from outputs.schema import SCHEMA_VERSION
from tasks.page import RejectReason

SEAL = "sha256"
UNSEALED = 1  # the schema version whose manifests had no seal


class AccountingError(ArchiveError):
    """A page was read and is in none of the counts, or in two."""


class Status(StrEnum):
    """How a run ended."""

    COMPLETE = "complete"
    INTERRUPTED = "interrupted"  # killed or failed; its counts are those of the files that it left in place


class Kind(StrEnum):
    """What a run was for."""

    ARCHIVE = "archive"
    COMPACT = "compact"  # the same rows in fewer, larger files
    MIGRATE = "migrate"  # the same rows with the columns of a newer schema


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
    """The record of a run. Times are aware and in UTC. `replaces` are files that are gone, their rows in `files`."""

    run: str
    status: Status
    started_at: datetime
    finished_at: datetime
    sources: tuple[str, ...]
    counts: Counts
    versions: Mapping[str, str]
    files: tuple[WrittenFile, ...] = ()
    kind: Kind = Kind.ARCHIVE
    replaces: tuple[WrittenFile, ...] = ()
    schema_version: int = SCHEMA_VERSION

    def to_json(self) -> str:
        """Render as the manifest file holds it."""
        record = asdict(self)
        record["counts"]["rejected"] = {reason.value: count for reason, count in self.counts.rejected.items()}
        return sealed(json.loads(json.dumps(record, default=_plain)))


def sealed(record: Mapping[str, Any]) -> str:
    """Render a record as a manifest's file holds it, with its seal."""
    body = {name: value for name, value in record.items() if name != SEAL}
    digest = hashlib.sha256(_rendered(body).encode("utf-8", "replace")).hexdigest()
    return _rendered(body | {SEAL: digest})


def parse_manifest(text: str) -> dict[str, Any]:
    """Read what `sealed` wrote. Raises ArchiveError for a newer schema's, ValueError for what is damaged.

    Manifests of schema 1 had no seal.
    """
    try:
        record: dict[str, Any] = json.loads(text)
        version = int(record["schema_version"])
        for file in record["files"] + record.get("replaces", []):
            WrittenFile(**file)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error
    if version > SCHEMA_VERSION:
        raise ArchiveError(f"written by a newer version of Stet (schema {version}; this one: {SCHEMA_VERSION})")
    if (version > UNSEALED or SEAL in record) and sealed(record) != text:
        raise ValueError("its content is not what its sha256 says")
    return record


def refuse_older(layout: Layout, manifests: Iterable[Mapping[str, Any]]) -> None:
    """Refuse to write to an archive of an older schema. Raises ArchiveError."""
    for manifest in manifests:
        if manifest["schema_version"] < SCHEMA_VERSION:
            version = manifest["schema_version"]
            raise ArchiveError(
                f"{layout.root} has schema {version}, this version of Stet {SCHEMA_VERSION}: stet migrate {layout.root}"
            )


def live_files(manifests: Iterable[Mapping[str, Any]]) -> dict[str, WrittenFile]:
    """Return the files that must be in place, by path: all that were written and that no later run has replaced."""
    manifests = list(manifests)
    files = {file["path"]: WrittenFile(**file) for manifest in manifests for file in manifest["files"]}
    for manifest in manifests:
        for file in manifest.get("replaces", []):
            files.pop(file["path"], None)
    return files


def _rendered(record: Mapping[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False, indent=2) + "\n"


def versions(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the versions that decide what a run writes. `extra` adds to them: the model's and the rules' digests."""
    found = {name: _version(name) for name in ("stet", "lxml", "pyarrow")}
    return {"stet": found.pop("stet"), "python": platform.python_version(), **found, **(extra or {})}


def read_manifests(layout: Layout) -> list[dict[str, Any]]:
    """Read all manifests of an archive, oldest first. Raises ArchiveError for one that cannot be understood."""
    return list(fetched(_read, sorted(layout.runs.glob("*.json"))))


def _read(path: Path) -> dict[str, Any]:
    try:
        return parse_manifest(path.read_text("utf-8"))
    except ArchiveError as error:
        raise ArchiveError(f"{path} was {error}") from error
    except (ValueError, OSError) as error:
        raise ArchiveError(f"the manifest {path} cannot be read: {error}") from error


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "unknown"  # run from a checkout that is not installed


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"not for JSON: {value!r}")
