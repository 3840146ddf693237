"""Tidying up after runs that were killed, so that the archive is whole before a run begins.

What a dead run can leave: files beside the archive, which are removed; text whose articles did not come into place,
which is removed; parts in place that no manifest names, which are good, and get the manifest that their run could not
write. A compaction or migration is completed or undone (see `outputs.rewrite`). Killed itself, the next recovery does
the rest.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from outputs import rewrite
from outputs.layout import COMMIT_ORDER, ArchiveError, Layout, Table, clear, flush, publish, run_of_part
from outputs.manifest import Counts, Manifest, Status, WrittenFile, read_manifests
from outputs.parquet import open_part
from outputs.staging import finish
from tasks.page import RejectReason


def recover(layout: Layout) -> list[Manifest]:
    """Make the archive whole. Returns the manifests of the runs that were found dead. The lock must be held."""
    rewrite.complete(layout)
    named = {file["path"] for manifest in read_manifests(layout) for file in manifest["files"]}
    _remove_orphaned_text(layout, named)
    manifests = [_adopt(layout, run, parts) for run, parts in _unnamed(layout, named).items()]
    clear(layout)
    return manifests


def write_manifest(layout: Layout, manifest: Manifest) -> None:
    """Put a run's manifest in place."""
    staged = layout.staging(manifest.run) / "manifest.json"
    staged.parent.mkdir(parents=True, exist_ok=True)
    staged.write_text(manifest.to_json(), "utf-8")
    flush(staged)
    publish(staged, layout.manifest(manifest.run))


def _remove_orphaned_text(layout: Layout, named: set[str]) -> None:
    for path in layout.parts(Table.TEXT):
        if layout.relative(path) not in named and not layout.sibling(path, Table.ARTICLES).exists():
            path.unlink()
            flush(path.parent)


def _unnamed(layout: Layout, named: set[str]) -> dict[str, list[tuple[Table, Path]]]:
    runs: dict[str, list[tuple[Table, Path]]] = defaultdict(list)
    for table in COMMIT_ORDER:
        for path in layout.parts(table):
            run = run_of_part(path.name)
            if run and layout.relative(path) not in named:
                runs[run].append((table, path))
    return dict(sorted(runs.items()))


def _adopt(layout: Layout, run: str, parts: Iterable[tuple[Table, Path]]) -> Manifest:
    intent = _read_intent(layout, run)
    files, counts = [], Counts()
    for table, path in parts:
        part_counts, rows = _measure(layout, table, path)
        counts += part_counts
        done = finish(table, path, rows)
        files.append(WrittenFile(layout.relative(path), rows, done.size, done.sha256))
    manifest = Manifest(
        run=run,
        status=Status.INTERRUPTED,
        started_at=datetime.strptime(run.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC),
        finished_at=datetime.now(UTC),
        sources=tuple(intent.get("sources", ())),
        counts=counts,
        versions=intent.get("versions", {}),
        files=tuple(files),
    )
    write_manifest(layout, manifest)
    return manifest


def _measure(layout: Layout, table: Table, path: Path) -> tuple[Counts, int]:
    try:
        if table is Table.TEXT:
            return Counts(), _rows(layout.sibling(path, Table.ARTICLES))
        if table is Table.ARTICLES:
            rows = _rows(path)
            return Counts(read=rows, archived=rows), rows
        with open_part(path) as file:
            reasons = Counter(map(RejectReason, file.read(columns=["reason"])["reason"].to_pylist()))
        return Counts(read=reasons.total(), rejected=dict(reasons)), reasons.total()
    except (OSError, pa.ArrowInvalid) as error:
        raise ArchiveError(f"{path} was left by a run that was killed, and is damaged; remove it: {error}") from error


def _rows(path: Path) -> int:
    with open_part(path) as file:
        rows: int = file.metadata.num_rows
    return rows


def _read_intent(layout: Layout, run: str) -> dict[str, Any]:
    intent: dict[str, Any] = {}
    with suppress(OSError, ValueError):  # the run may have died before it was written
        intent = json.loads(layout.intent(run).read_text("utf-8"))
    return intent
