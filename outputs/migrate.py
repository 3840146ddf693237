"""Migration: lifts an archive of an older schema to the current one.

A step lifts by one version. It is two pure functions, of a table's rows and of a manifest's record, so that any version
is reached by the steps between. A day is one rewrite (`outputs.rewrite`), part by part; the manifests come last, each
replaced at once, so that a migration that was killed is done again from where it was.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa

from outputs import rewrite
from outputs.compact import check_replaceable, rewrite_manifest, write_text, written_file
from outputs.content import content_of_rows, read_batches
from outputs.layout import ArchiveError, Layout, Table, clear, flush, new_run_id, place_of, publish, reading
from outputs.lock import Check, locked, writing
from outputs.manifest import Kind, WrittenFile, live_files, read_manifests, sealed
from outputs.minhash import signature
from outputs.parquet import open_part, open_writer
from outputs.recovery import recover
from outputs.schema import ARTICLE_ORDER, ARTICLES, REJECT_ORDER, REJECTS, SCHEMA_VERSION

_SCHEMAS = {Table.ARTICLES: (ARTICLES, ARTICLE_ORDER), Table.REJECTS: (REJECTS, REJECT_ORDER)}
_READ_ROWS = 500

Record = dict[str, Any]
Files = Mapping[Table, Sequence[WrittenFile]]


@dataclass(frozen=True, slots=True)
class Step:
    """Lifts rows and manifests from one version of the schema to the next. Columns are put in order and typed later."""

    rows: Callable[[Table, pa.Table], pa.Table]
    manifest: Callable[[Record], Record]


def _rows_1_to_2(table: Table, rows: pa.Table) -> pa.Table:
    if table is not Table.ARTICLES:
        return rows
    signatures = [signature(text) for text in rows["text"].to_pylist()]
    return rows.append_column("minhash", pa.array(signatures, pa.string()))


def _manifest_1_to_2(record: Record) -> Record:
    return {**record, "kind": Kind.ARCHIVE.value, "replaces": []}


def _rows_2_to_3(_: Table, rows: pa.Table) -> pa.Table:
    return rows  # ids that schema 2 did not know


def _manifest_2_to_3(record: Record) -> Record:
    return record


# By the version that they lift from.
STEPS: dict[int, Step] = {1: Step(_rows_1_to_2, _manifest_1_to_2), 2: Step(_rows_2_to_3, _manifest_2_to_3)}


@dataclass(frozen=True, slots=True)
class Migrated:
    """What became of an archive. No days and no manifests: it was up to date."""

    days: tuple[date, ...]
    parts: int
    rows: int
    manifests: int

    def line(self) -> str:
        """Say it in one line."""
        if not self.days and not self.manifests:
            return f"nothing to migrate: the archive has schema {SCHEMA_VERSION}"
        done = f"{self.rows:,} rows in {len(self.days):,} days and {self.manifests:,} manifests"
        return f"{done}: now schema {SCHEMA_VERSION}"


def migrate(root: Path, *, now: datetime | None = None, told: Callable[[date], None] = lambda _: None) -> Migrated:
    """Lift an archive to the current schema; `told` is called after each day.

    Raises ArchiveError, also for an archive of a newer schema; days done before it stay done.
    """
    layout, now = Layout(root.absolute()), (now or datetime.now(UTC)).astimezone(UTC)
    with reading(root):
        if not layout.runs.is_dir():
            raise ArchiveError(f"no archive: {root}")
    days, parts, rows = [], 0, 0
    with locked(layout, f"migrate-{new_run_id(now)}") as check, writing(layout):
        recover(layout)
        for day, files in _days(layout):
            if not (old := _older(layout, files)):
                continue
            written = _migrate_day(layout, day, old, now, check)
            days.append(day)
            parts += len(written)
            rows += sum(file.rows for file in written if not file.path.startswith(Table.TEXT))
            told(day)
        manifests = sum(_lift_manifest(layout, record) for record in read_manifests(layout))
    return Migrated(tuple(days), parts, rows, manifests)


def lift(table: Table, rows: pa.Table, version: int) -> pa.Table:
    """Lift rows of a version to the current one. Raises ArchiveError where there is no way."""
    for number in range(version, SCHEMA_VERSION):
        rows = _step(number).rows(table, rows)
    schema = _SCHEMAS[table][0]
    try:
        return rows.select(schema.names).cast(schema)
    except (KeyError, ValueError) as error:
        raise ArchiveError(f"rows of schema {version} do not fit schema {SCHEMA_VERSION}: {error}") from error


def version_of(part: Path) -> int:
    """Return the version of the schema that a Parquet part was written by. Raises ArchiveError."""
    try:
        with open_part(part) as file:
            return int(file.schema_arrow.metadata[b"stet.schema_version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArchiveError(f"{part} does not say which schema it has: {error}") from error


def _days(layout: Layout) -> list[tuple[date, Files]]:
    days: dict[date, dict[Table, list[WrittenFile]]] = defaultdict(lambda: defaultdict(list))
    for path, file in sorted(live_files(read_manifests(layout)).items()):
        table, day = place_of(path)
        days[day][table].append(file)
    return sorted(days.items())


def _older(layout: Layout, files: Files) -> dict[Table, Sequence[WrittenFile]]:
    """The tables of a day with a part of an older schema, and the texts of its articles. Raises for a newer one."""
    found: dict[Table, Sequence[WrittenFile]] = {}
    for table in _SCHEMAS:
        versions = {version_of(layout.root / file.path) for file in files.get(table, ())}
        if any(version > SCHEMA_VERSION for version in versions):
            raise ArchiveError(f"{layout.root} has schema {max(versions)}; this version of Stet: {SCHEMA_VERSION}")
        if any(version < SCHEMA_VERSION for version in versions):
            found[table] = files[table]
    if Table.ARTICLES in found:
        found[Table.TEXT] = files.get(Table.TEXT, ())
    return found


def _migrate_day(layout: Layout, day: date, old: Files, now: datetime, check: Check) -> list[WrittenFile]:
    run = new_run_id(now)
    replaced = [file for files in old.values() for file in files]
    with rewrite.undone_on_error(layout, run):
        here = rewrite.brought(layout, run, replaced)
        check_replaceable(layout, here, day, old)
        numbers = count()
        written = [
            file
            for table in _SCHEMAS
            for part in old.get(table, ())
            for file in _migrate_part(layout, run, here.root / part.path, next(numbers))
        ]
        rewrite.commit(layout, rewrite_manifest(run, Kind.MIGRATE, now, written, replaced), check)
    return written


def _migrate_part(layout: Layout, run: str, part: Path, number: int) -> Iterator[WrittenFile]:
    table, day = place_of("/".join(part.parts[-3:]))
    schema, order = _SCHEMAS[table]
    place = rewrite.staged(layout, run)
    path = place.part(table, day, run, number)
    path.parent.mkdir(parents=True, exist_ok=True)
    version = version_of(part)
    with open_writer(path, schema, order) as writer:
        for rows in _lifted(table, part, version):
            writer.write_table(rows)
    old = content_of_rows(batch for rows in _lifted(table, part, version) for batch in rows.to_batches())
    if content_of_rows(read_batches([path])) != old:
        raise ArchiveError(f"{part}: the migrated part would not say what its rows say; left as it was")
    yield written_file(place, table, path, old.count)
    if table is Table.ARTICLES:
        yield write_text(layout, run, path, old.count)


def _lifted(table: Table, part: Path, version: int) -> Iterable[pa.Table]:
    for batch in read_batches([part], _READ_ROWS):
        yield lift(table, pa.Table.from_batches([batch]), version)


def _lift_manifest(layout: Layout, record: Record) -> bool:
    version = record["schema_version"]
    if version == SCHEMA_VERSION:
        return False
    for number in range(version, SCHEMA_VERSION):
        record = _step(number).manifest(record)
    staged = layout.staging(record["run"]) / "manifest.json"
    staged.parent.mkdir(parents=True, exist_ok=True)
    staged.write_text(sealed({**record, "schema_version": SCHEMA_VERSION}), "utf-8")
    flush(staged)
    publish(staged, layout.manifest(record["run"]))
    clear(layout, record["run"])
    return True


def _step(version: int) -> Step:
    if version not in STEPS:
        raise ArchiveError(f"there is no way from schema {version} to the next")
    return STEPS[version]
