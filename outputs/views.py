"""The archive as SQL: DuckDB over views of its Parquet and manifests, read-only and shut off from all other files.

`articles` and `rejects` are the rows as they lie there, `latest` the newest revision of each URL, `blocks` one row a
block of `articles`, `runs` one row a manifest. A query is one SELECT.
"""

import glob
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds

from outputs.layout import ArchiveError, Layout, Table, reading
from outputs.manifest import read_manifests
from outputs.s3 import S3Path
from outputs.schema import ARTICLES, REJECTS
from tasks.storage import reach

VIEWS = ("articles", "latest", "rejects", "blocks", "runs")
BATCH_ROWS = 500  # of a result, in memory at a time

# Revisions are numbered where there is an address. Without one, what was archived last of a page is the newest.
_LATEST = """
CREATE VIEW latest AS SELECT * FROM articles WHERE (article_id, run_id) IN (
  SELECT max_by((article_id, run_id), (coalesce(revision, 0), archived_at, article_id))
  FROM articles GROUP BY CASE WHEN revision IS NULL THEN source_sha256 ELSE url END)
"""
_BLOCKS = """
CREATE VIEW blocks AS
SELECT article_id, run_id, publisher, url, archived_on, position, block.label, block.text, block.kept, block.reason,
  block.confidence
FROM (SELECT *, unnest(blocks) AS block, generate_subscripts(blocks, 1) AS position FROM articles)
"""
_RUNS = pa.schema([
    ("run_id", pa.string()), ("kind", pa.string()), ("status", pa.string()),
    ("started_at", pa.timestamp("us", tz="UTC")), ("finished_at", pa.timestamp("us", tz="UTC")),
    ("sources", pa.list_(pa.string())), ("read", pa.int64()),
    ("archived", pa.int64()), ("unchanged", pa.int64()), ("duplicate", pa.int64()), ("rejected", pa.int64()),
    ("reasons", pa.map_(pa.string(), pa.int64())), ("versions", pa.map_(pa.string(), pa.string())),
    ("files", pa.int64()), ("bytes", pa.int64()),
])  # fmt: skip


class QueryError(ValueError):
    """A query that cannot be run; the message is one line for the user."""


class Views:
    """An open archive. Made by `open_views`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def read(self, query: str, values: Sequence[Any] | None = None) -> "Result":
        """The rows of one SELECT, its `?` filled with values. Raises QueryError."""
        try:
            # COPY may write where a query may read: what is no SELECT is not run at all.
            statements = self._connection.extract_statements(query)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise QueryError("a query is one SELECT")
            relation: Any = self._connection.sql(query, params=list(values) if values else None)
            return Result(relation.to_arrow_reader(BATCH_ROWS))
        except duckdb.Error as error:
            raise QueryError(_one_line(error)) from error

    def rows(self, query: str, values: Sequence[Any] | None = None) -> Iterator[dict[str, Any]]:
        """The records of `read`."""
        return iter(self.read(query, values))


class Result:
    """The rows of a query as plain records, a few hundred in memory at a time."""

    def __init__(self, reader: pa.RecordBatchReader) -> None:
        self.names = _unique(reader.schema.names)
        self._reader = reader

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Raises QueryError."""
        try:
            for batch in self._reader:
                yield from batch.rename_columns(self.names).to_pylist(maps_as_pydicts="lossy")
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            raise QueryError(_one_line(error)) from error


@contextmanager
def open_views(root: Path) -> Iterator[Views]:
    """Open an archive for reading. Raises ArchiveError."""
    root = root.resolve()
    with TemporaryDirectory(prefix="stet-") as spill, duckdb.connect() as connection:
        with reading(root):
            if not any((root / name).is_dir() for name in (Table.ARTICLES, Table.REJECTS, Layout(root).runs.name)):
                raise ArchiveError(f"no archive: {root}")
            for table, schema in ((Table.ARTICLES, ARTICLES), (Table.REJECTS, REJECTS)):
                _view(connection, Layout(root), table, schema)
            connection.register("runs", _runs(Layout(root)))
        connection.execute(_LATEST)
        connection.execute(_BLOCKS)
        _shut_off(connection, root, spill)
        yield Views(connection)


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def _unique(names: Sequence[str]) -> list[str]:
    """The names, a second `a` as `a_2`: records have one value a name."""
    taken: dict[str, int] = {}
    unique = []
    for name in names:
        taken[name] = taken.get(name, 0) + 1
        unique.append(name if taken[name] == 1 else f"{name}_{taken[name]}")
    return unique


def _view(connection: duckdb.DuckDBPyConnection, layout: Layout, table: Table, schema: pa.Schema) -> None:
    """Parts of an older schema lack columns: those are null. Without parts the view is empty."""
    if next(layout.parts(table), None) is None:
        empty = schema.append(pa.field("archived_on", pa.date32())).empty_table()
        connection.register(str(table), empty)
        return
    if isinstance(layout.root, S3Path):
        connection.register(str(table), _dataset(layout.root, table, schema))
        return
    parts = f"{glob.escape(str(layout.root / table))}/archived_on=*/part-*.parquet"
    options = "hive_partitioning = true, hive_types = {'archived_on': DATE}, union_by_name = true"
    connection.execute(f"CREATE VIEW {table} AS FROM read_parquet({quoted(parts)}, {options})")


def _dataset(root: S3Path, table: Table, schema: pa.Schema) -> ds.Dataset:
    """The parts at S3, of which DuckDB asks for the columns and days that a query needs."""
    filesystem, _ = reach(str(root))
    day = pa.schema([("archived_on", pa.date32())])
    return ds.dataset(
        [part.in_store for part in Layout(root).parts(table) if isinstance(part, S3Path)],
        schema=pa.schema([*schema, *day]),
        format="parquet",
        filesystem=filesystem,
        partitioning=ds.partitioning(day, flavor="hive"),
        partition_base_dir=root.in_store,
    )


def _runs(layout: Layout) -> pa.Table:
    return pa.Table.from_pylist([_run(manifest) for manifest in read_manifests(layout)], _RUNS)


def _run(manifest: dict[str, Any]) -> dict[str, Any]:
    counts = manifest.get("counts", {})
    reasons = counts.get("rejected", {})
    files = manifest["files"]
    return {
        "run_id": manifest.get("run"),
        "kind": manifest.get("kind", "archive"),
        "status": manifest.get("status"),
        "started_at": _moment(manifest.get("started_at")),
        "finished_at": _moment(manifest.get("finished_at")),
        "sources": manifest.get("sources"),
        **{name: counts.get(name) for name in ("read", "archived", "unchanged", "duplicate")},
        "rejected": sum(reasons.values()),
        "reasons": list(reasons.items()),
        "versions": [(name, str(version)) for name, version in manifest.get("versions", {}).items()],
        "files": len(files),
        "bytes": sum(file.get("size", 0) for file in files),
    }


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _shut_off(connection: duckdb.DuckDBPyConnection, root: Path, spill: str) -> None:
    """Nothing but the archive can be read from here on, nothing written, and no setting changed."""
    places = {f"{each}/" for table in (Table.ARTICLES, Table.REJECTS) for each in _spellings(str(root / table))}
    connection.execute(f"SET temp_directory = {quoted(spill)}")
    connection.execute(f"SET allowed_directories = [{', '.join(map(quoted, sorted(places)))}]")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET python_enable_replacements = false")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _spellings(folder: str) -> tuple[str, str]:
    """The folder, and as the views' pattern spells it: DuckDB checks both."""
    return folder, glob.escape(folder)


def _one_line(error: Exception) -> str:
    """The message without DuckDB's drawing of where it is."""
    return " ".join(str(error).partition("\n\nLINE ")[0].split())
