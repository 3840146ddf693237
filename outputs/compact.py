"""Compaction: the small parts of a closed day become few large ones, sorted by publisher and date across the day.

A day is one rewrite (`outputs.rewrite`) with a manifest of its own, which names what it replaces. Before it is put in
place its rows and texts, read back, are proven to be those of the old parts, and the old parts to be what their
manifests say, so that a damaged file is never made to look whole.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from outputs import rewrite
from outputs.content import content_of_rows, content_of_texts, read_batches
from outputs.layout import ArchiveError, Layout, Table, new_run_id, place_of, reading, run_of_part
from outputs.lock import Check, locked, writing
from outputs.manifest import (
    Counts,
    Kind,
    Manifest,
    Status,
    WrittenFile,
    live_files,
    read_manifests,
    refuse_older,
    versions,
)
from outputs.merge import merge
from outputs.parquet import open_writer
from outputs.recovery import recover
from outputs.schema import ARTICLE_ORDER, ARTICLES, REJECT_ORDER, REJECTS
from outputs.staging import finish, sha256_of
from outputs.text import write_texts

# A part ends with the row group that reaches one of these. 50,000 real articles are about 340 MB; a ZIP of more than
# 65,535 members is one that old programs cannot open.
LARGEST_PART_ROWS = 50_000
LARGEST_PART_BYTES = 256 * 1024 * 1024
DAY_OLD = timedelta(days=1)

_TABLES = {Table.ARTICLES: (ARTICLES, ARTICLE_ORDER), Table.REJECTS: (REJECTS, REJECT_ORDER)}

Parts = Mapping[Table, Sequence[WrittenFile]]


@dataclass(frozen=True, slots=True)
class Compacted:
    """What became of a day."""

    day: date
    run: str
    replaced: int  # files
    written: int
    rows: int
    bytes_before: int
    bytes_after: int

    def line(self) -> str:
        """Say it in one line."""
        return (
            f"{self.day}: {self.rows:,} rows, {self.replaced:,} files of {self.bytes_before:,} bytes are now "
            f"{self.written:,} of {self.bytes_after:,}"
        )


def compact(
    root: Path,
    *,
    older_than: timedelta = DAY_OLD,
    now: datetime | None = None,
    told: Callable[[Compacted], None] = lambda _: None,
) -> list[Compacted]:
    """Compact the days that ended at least `older_than` before today (UTC), a whole number of days. Today's is open.

    Returns the days that had something to merge. Raises ArchiveError; days done before it stay done.
    """
    layout, now = Layout(root.absolute()), (now or datetime.now(UTC)).astimezone(UTC)
    with reading(root):
        if not layout.runs.is_dir():
            raise ArchiveError(f"no archive: {root}")
    last = now.date() - max(older_than, DAY_OLD)
    done = []
    with locked(layout, f"compact-{new_run_id(now)}") as check, writing(layout):
        recover(layout)
        for day, parts in _due(layout, last):
            done.append(_compact_day(layout, day, parts, now, check))
            told(done[-1])
    return done


def _due(layout: Layout, last: date) -> list[tuple[date, Parts]]:
    """The days to compact, oldest first, each with the parts to merge."""
    manifests = read_manifests(layout)
    refuse_older(layout, manifests)
    compacted = {manifest["run"] for manifest in manifests if manifest["kind"] == Kind.COMPACT}
    days: dict[date, dict[Table, list[WrittenFile]]] = defaultdict(lambda: defaultdict(list))
    for path, file in sorted(live_files(manifests).items()):
        table, day = place_of(path)
        if day <= last:
            days[day][table].append(file)
    return [(day, parts) for day, all_parts in sorted(days.items()) if (parts := _to_merge(all_parts, compacted))]


def _to_merge(parts: Parts, compacted: set[str]) -> dict[Table, Sequence[WrittenFile]]:
    found: dict[Table, Sequence[WrittenFile]] = {}
    for table in _TABLES:
        runs = {run_of_part(Path(file.path).name) for file in parts.get(table, ())}
        if len(parts.get(table, ())) > 1 and not (len(runs) == 1 and runs <= compacted):
            found[table] = parts[table]
    if Table.ARTICLES in found:
        found[Table.TEXT] = parts.get(Table.TEXT, ())
    return found


def _compact_day(layout: Layout, day: date, parts: Parts, now: datetime, check: Check) -> Compacted:
    run = new_run_id(now)
    replaced = [file for files in parts.values() for file in files]
    with rewrite.undone_on_error(layout, run):
        here = rewrite.brought(layout, run, replaced)
        check_replaceable(layout, here, day, parts)
        names = [(table, day, run) for table in _TABLES if table in parts]
        written = [file for name in names for file in _merge_table(layout, here, name, parts)]
        rewrite.commit(layout, rewrite_manifest(run, Kind.COMPACT, now, written, replaced), check)
    return Compacted(
        day=day,
        run=run,
        replaced=len(replaced),
        written=len(written),
        rows=sum(file.rows for table in _TABLES for file in parts.get(table, ())),
        bytes_before=sum(file.size for file in replaced),
        bytes_after=sum(file.size for file in written),
    )


def rewrite_manifest(
    run: str, kind: Kind, begun: datetime, written: Sequence[WrittenFile], replaced: Sequence[WrittenFile]
) -> Manifest:
    """The manifest of a rewrite: it read no page."""
    return Manifest(
        run=run,
        status=Status.COMPLETE,
        started_at=begun,
        finished_at=datetime.now(UTC),
        sources=(),
        counts=Counts(),
        versions=versions(),
        files=tuple(written),
        kind=kind,
        replaces=tuple(replaced),
    )


def check_replaceable(layout: Layout, here: Layout, day: date, parts: Parts) -> None:
    """Refuse parts that are not what their manifests say, and folders that hold anything else. Raises ArchiveError.

    `here` is where the parts lie as files: see `rewrite.brought`.
    """
    for table, files in parts.items():
        for file in files:
            path = here.root / file.path
            if not path.is_file() or path.stat().st_size != file.size or sha256_of(path) != file.sha256:
                raise ArchiveError(f"{layout.root / file.path} is missing or damaged; see: stet verify {layout.root}")
        named = {Path(file.path).name for file in files}
        for path in sorted(layout.day(table, day).iterdir()):
            if path.name not in named:
                raise ArchiveError(f"{path} is no part that a manifest names; see: stet verify {layout.root}")


def _merge_table(layout: Layout, here: Layout, name: tuple[Table, date, str], parts: Parts) -> list[WrittenFile]:
    table, day, run = name
    schema, order = _TABLES[table]
    old = [here.root / file.path for file in parts[table]]
    groups = merge(old, order, _scratch(layout, run))
    new = list(_write_parts(groups, schema, order, rewrite.staged(layout, run), name))
    _prove(content_of_rows(read_batches(old)), content_of_rows(read_batches([path for path, _ in new])), table, day)
    written = [written_file(rewrite.staged(layout, run), table, path, rows) for path, rows in new]
    if table is Table.ARTICLES:
        texts = [write_text(layout, run, path, rows) for path, rows in new]
        staged = rewrite.staged(layout, run).root
        old_texts = content_of_texts([here.root / file.path for file in parts[Table.TEXT]])
        _prove(old_texts, content_of_texts([staged / text.path for text in texts]), Table.TEXT, day)
        written += texts
    return written


def write_text(layout: Layout, run: str, part: Path, rows: int) -> WrittenFile:
    """Write the text of a staged part of articles beside it."""
    place = rewrite.staged(layout, run)
    path = place.sibling(part, Table.TEXT)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_texts(part, path)
    return written_file(place, Table.TEXT, path, rows)


def written_file(layout: Layout, table: Table, path: Path, rows: int) -> WrittenFile:
    """Flush a staged file and take its measure."""
    done = finish(table, path, rows)
    return WrittenFile(layout.relative(path), rows, done.size, done.sha256)


def _scratch(layout: Layout, run: str) -> Path:
    folder = layout.staging(run) / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write_parts(
    groups: Iterator[pa.Table], schema: pa.Schema, order: Sequence[str], place: Layout, name: tuple[Table, date, str]
) -> Iterator[tuple[Path, int]]:
    number = 0
    group = next(groups, None)
    while group is not None:
        path, rows = place.part(*name, number), 0
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as sink, open_writer(sink, schema, order) as writer:
            while group is not None:
                writer.write_table(group)
                rows += group.num_rows
                group = next(groups, None)
                if rows >= LARGEST_PART_ROWS or sink.tell() >= LARGEST_PART_BYTES:
                    break
        yield path, rows
        number += 1


def _prove(old: object, new: object, table: Table, day: date) -> None:
    if old != new:
        raise ArchiveError(f"{table} of {day}: the merged parts would not say the same as the old ones; left as it was")
