"""Writing parts as Parquet.

zstd; sorted within a part (see the schema), which the file says of itself, too; statistics for the columns that one
filters by and none for long texts. The same rows give the same bytes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from outputs.rows import ArticleRow, RejectRow, article_table, reject_table, sort_articles, sort_rejects
from outputs.s3 import S3Path, fetched
from outputs.schema import ARTICLE_ORDER, ARTICLES, REJECT_ORDER, REJECTS
from tasks.storage import open_ranges

# Measured on 2,000 rows of real pages: 500 rows are 12 MB of columns and 3.4 MB in the file. Larger groups save under
# 1 % and make a query for one publisher read twice as much; smaller ones cost size and speed on scans.
ROW_GROUP_ROWS = 500
# Level 6 writes 6 % less and takes a quarter longer; 9 gains 2 % more.
ZSTD_LEVEL = 3

# Few distinct values: a dictionary pays. Elsewhere it is tried in vain on every column chunk.
_REPEATED = [
    "publisher", "authors.list.element", "section", "tags.list.element", "language", "published_zone", "dateline",
    "images.list.element.credit", "blocks.list.element.label", "blocks.list.element.reason",
    "archived_at", "run_id", "cleaner_version", "reason",
]  # fmt: skip
_FILTERED = [
    "article_id", "source_name", "source_sha256", "url", "publisher", "section", "language", "published_at",
    "modified_at", "word_count", "is_live_blog", "is_paywalled", "confidence", "text_sha256", "duplicate_of",
    "revision", "fetched_at", "archived_at", "run_id", "cleaner_version", "reason", "size",
]  # fmt: skip


def write_articles(rows: Sequence[ArticleRow], path: Path) -> None:
    """Write articles, sorted by ARTICLE_ORDER, as one part."""
    _write(sort_articles(rows), article_table, ARTICLES, ARTICLE_ORDER, path)


def write_rejects(rows: Sequence[RejectRow], path: Path) -> None:
    """Write rejects, sorted by REJECT_ORDER, as one part."""
    _write(sort_rejects(rows), reject_table, REJECTS, REJECT_ORDER, path)


def write_table(table: pa.Table, order: Sequence[str], path: Path) -> None:
    """Write a table that is already in `order` and has one of the archive's schemas."""
    with open_writer(path, table.schema, order) as writer:
        writer.write_table(table, row_group_size=ROW_GROUP_ROWS)


def _write(
    rows: Sequence[Any], build: Callable[[Sequence[Any]], pa.Table], schema: pa.Schema, order: Sequence[str], path: Path
) -> None:
    # One row group at a time: the columns of no more than one are in memory beside the rows.
    with open_writer(path, schema, order) as writer:
        for start in range(0, len(rows), ROW_GROUP_ROWS):
            writer.write_table(build(rows[start : start + ROW_GROUP_ROWS]))


def open_part(part: Path, **options: Any) -> pq.ParquetFile:
    """Open a part for reading, with Arrow's options; at S3 what is asked for alone is fetched, in few requests.

    Raises OSError or ArrowInvalid.
    """
    if isinstance(part, S3Path):
        return pq.ParquetFile(open_ranges(str(part)))
    return pq.ParquetFile(part, **options)


def read_columns(parts: Iterable[Path], columns: Sequence[str]) -> Iterator[pa.Table]:
    """Some columns of one part after the other, each whole in memory. Raises OSError or ArrowInvalid."""

    def read(part: Path) -> pa.Table:
        with open_part(part) as file:
            return file.read(columns=list(columns))

    return fetched(read, parts)


def open_writer(path: Path | BinaryIO, schema: pa.Schema, order: Sequence[str]) -> pq.ParquetWriter:
    """Open a part for row groups that are sorted by `order`."""
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=ZSTD_LEVEL,
        use_dictionary=_REPEATED,
        write_statistics=_FILTERED,
        sorting_columns=_sorting(schema, order),
    )


def _sorting(schema: pa.Schema, order: Sequence[str]) -> list[pq.SortingColumn]:
    leaves = _leaf_indexes(schema)
    return [pq.SortingColumn(leaves[name], nulls_first=False) for name in order]


def _leaf_indexes(schema: pa.Schema) -> dict[str, int]:
    indexes, leaf = {}, 0
    for column in schema:
        indexes[column.name] = leaf
        leaf += _leaves(column.type)
    return indexes


def _leaves(kind: pa.DataType) -> int:
    if pa.types.is_list(kind):
        return _leaves(kind.value_type)
    return sum(_leaves(part.type) for part in kind) if pa.types.is_struct(kind) else 1
