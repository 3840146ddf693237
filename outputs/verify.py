"""Checking an archive: every file against its manifest, every manifest against its seal, every count against the rows.

What is found is a `Finding`, one line. Nothing is written, and writers are held off only while the files are listed.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from outputs.audit import Audit
from outputs.checks import Finding, Tally, check_part
from outputs.layout import ArchiveError, Layout, Table, place_of, reading, run_of_derived, run_of_part
from outputs.lock import quiet
from outputs.manifest import WrittenFile, live_files, parse_manifest
from outputs.s3 import S3Path
from outputs.staging import sha256_of


@dataclass(frozen=True, slots=True)
class Verified:
    """What an archive holds and what is wrong with it."""

    archive: Path
    runs: int
    files: int
    size: int  # bytes
    articles: int
    rejects: int
    findings: tuple[Finding, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def line(self) -> str:
        """Say it in one line."""
        verdict = "sound" if self.is_sound else f"{len(self.findings):,} findings"
        return (
            f"{self.archive}: {verdict}; {self.articles:,} articles and {self.rejects:,} rejects of {self.runs:,} runs "
            f"in {self.files:,} files of {self.size:,} bytes"
        )

    def to_record(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "archive": str(self.archive),
            "sound": self.is_sound,
            "runs": self.runs,
            "files": self.files,
            "bytes": self.size,
            "articles": self.articles,
            "rejects": self.rejects,
            "findings": [{"path": finding.path, "problem": finding.problem} for finding in self.findings],
        }


@dataclass(slots=True)
class _Snapshot:
    """An archive's files at one moment. Paths are relative to it."""

    manifests: dict[str, dict[str, Any]] = field(default_factory=dict)  # by run
    damaged: set[str] = field(default_factory=set)  # runs whose manifests cannot be trusted
    parts: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)  # folders where a damaged manifest may have replaced parts
    findings: list[Finding] = field(default_factory=list)


def verify(root: Path, told: Callable[[str], None] = lambda _: None) -> Verified:
    """Check an archive; `told` is called with each file's path. Raises ArchiveError where there is none.

    Also where another run is writing to it.
    """
    layout = Layout(root.absolute())
    with reading(root):
        if not layout.runs.is_dir():
            raise ArchiveError(f"no archive: {root}")
        with quiet(layout):
            snapshot = _look(layout)
    live = live_files(snapshot.manifests.values())
    findings = [*snapshot.findings, *_unaccounted(snapshot, live)]
    tally = Tally()
    for path, file in sorted(live.items()):
        told(path)
        found = _check_file(layout, file, snapshot)
        findings += found
        if found and place_of(path)[0] is not Table.TEXT:
            tally.is_whole = False
    broken = {finding.path for finding in findings}
    for path, file in sorted(live.items()):
        if path not in broken and path in snapshot.parts:
            told(path)
            findings += check_part(layout, file, tally, has_text=_text_of(layout, path) not in broken)
    if tally.is_whole and not snapshot.damaged:
        findings += Audit(snapshot.manifests, tally).findings()
    return Verified(
        archive=layout.root,
        runs=len(snapshot.manifests),
        files=len(live),
        size=sum(file.size for file in live.values()),
        articles=sum(tally.articles.values()),
        rejects=sum(tally.rejects.values()),
        findings=tuple(sorted(set(findings))),
    )


def _look(layout: Layout) -> _Snapshot:
    snapshot = _Snapshot()
    for path in _files(layout.runs):
        if path not in (layout.lock, layout.journal) and not run_of_derived(path.name):
            _read_manifest(layout, path, snapshot)
    for table in Table:
        snapshot.parts.update(layout.relative(path) for path in _files(layout.root / table))
    snapshot.unknown = {
        path.rpartition("/")[0] for path in snapshot.parts if run_of_part(Path(path).name) in snapshot.damaged
    }
    if layout.all_staging.exists():
        snapshot.findings += [
            Finding(layout.relative(path), "left by a run that was killed; the next run completes or removes it")
            for path in sorted(layout.all_staging.iterdir())
        ]
    return snapshot


def _files(folder: Path) -> Iterator[Path]:
    """All that is under a folder and is no folder, links and what cannot be opened too."""
    if isinstance(folder, S3Path):
        yield from folder.below()
        return
    for parent, folders, names in os.walk(folder):
        for name in sorted(names) + [each for each in folders if (Path(parent) / each).is_symlink()]:
            yield Path(parent) / name


def _read_manifest(layout: Layout, path: Path, snapshot: _Snapshot) -> None:
    try:
        record = parse_manifest(path.read_bytes().decode("utf-8"))
        if path != layout.manifest(str(record["run"])):
            raise ValueError(f"it is that of run {record['run']!r}")
        for file in record["files"]:
            place_of(file["path"])
        snapshot.manifests[path.stem] = record
    except (ArchiveError, ValueError, KeyError, OSError) as error:
        snapshot.damaged.add(path.stem)
        snapshot.findings.append(Finding(layout.relative(path), f"no sound manifest: {_one_line(error)}"))


def _unaccounted(snapshot: _Snapshot, live: Mapping[str, WrittenFile]) -> Iterator[Finding]:
    replaced = {file["path"] for manifest in snapshot.manifests.values() for file in manifest.get("replaces", ())}
    for path in snapshot.parts - live.keys():
        run = run_of_part(Path(path).name)
        if run in snapshot.damaged:
            continue  # its manifest, which may name it, is the finding
        if path in replaced:
            yield Finding(path, "foreign: a compaction or migration has replaced it")
        elif run is None or run in snapshot.manifests:
            yield Finding(path, "foreign: no manifest names it")
        else:
            yield Finding(path, f"its manifest _runs/{run}.json is missing; the next run writes one if it was killed")


def _check_file(layout: Layout, file: WrittenFile, snapshot: _Snapshot) -> list[Finding]:
    path = layout.root / file.path
    if file.path not in snapshot.parts:
        return [] if file.path.rpartition("/")[0] in snapshot.unknown else [Finding(file.path, "missing")]
    try:
        if path.is_symlink() or not path.is_file():
            return [Finding(file.path, "no regular file")]
        size = path.stat().st_size
        if size != file.size:
            return [Finding(file.path, f"{size:,} bytes, its manifest says {file.size:,}")]
        return [] if sha256_of(path) == file.sha256 else [Finding(file.path, "sha256 differs from its manifest's")]
    except OSError as error:
        return [Finding(file.path, f"cannot be read: {_one_line(error)}")]


def _text_of(layout: Layout, path: str) -> str:
    return layout.relative(layout.sibling(layout.root / path, Table.TEXT))


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
