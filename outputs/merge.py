"""Merging sorted parts into one order, a few rows of each in memory at a time."""

import heapq
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from outputs.content import read_batches
from outputs.parquet import ROW_GROUP_ROWS, open_writer

# So many parts are merged at once. The pages of a row group that are unpacked are 13 MB a part with real articles.
FAN_IN = 16
_READ_ROWS = 64

_Item = tuple[tuple[Any, ...], pa.RecordBatch, int]


def merge(parts: Sequence[Path], order: Sequence[str], scratch: Path) -> Iterator[pa.Table]:
    """Yield the rows of parts, each sorted by `order` with nulls last, as row groups in that order.

    More parts than FAN_IN are merged in rounds, by way of files in the folder `scratch`.
    """
    number = 0
    while len(parts) > FAN_IN:
        merged = []
        for start in range(0, len(parts), FAN_IN):
            path = scratch / f"round-{number}.parquet"
            _write(_merged(parts[start : start + FAN_IN], order), order, path)
            merged.append(path)
            number += 1
        parts = merged
    yield from _merged(parts, order)


def sort_keys(batch: pa.RecordBatch, order: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Return what rows are sorted by: the columns of `order`, nulls last."""
    columns = [_comparable(batch.column(name)).to_pylist() for name in order]
    for values in zip(*columns, strict=True):
        yield tuple((value is None, value) for value in values)


def _comparable(column: pa.Array) -> pa.Array:
    # A moment as its microseconds: Python's dates end with the year 9999.
    return column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column


def _merged(parts: Sequence[Path], order: Sequence[str]) -> Iterator[pa.Table]:
    streams = [_items(part, order) for part in parts]
    slices: list[list[Any]] = []
    count = 0
    for _, batch, row in heapq.merge(*streams, key=lambda item: item[0]):
        if slices and slices[-1][0] is batch and slices[-1][1] + slices[-1][2] == row:
            slices[-1][2] += 1
        else:
            slices.append([batch, row, 1])
        count += 1
        if count == ROW_GROUP_ROWS:
            yield _table(slices)
            slices, count = [], 0
    if slices:
        yield _table(slices)


def _items(part: Path, order: Sequence[str]) -> Iterator[_Item]:
    for batch in read_batches([part], _READ_ROWS):
        for row, key in enumerate(sort_keys(batch, order)):
            yield key, batch, row


def _table(slices: list[list[Any]]) -> pa.Table:
    return pa.Table.from_batches([batch.slice(start, rows) for batch, start, rows in slices]).combine_chunks()


def _write(groups: Iterator[pa.Table], order: Sequence[str], path: Path) -> None:
    first = next(groups)
    with open_writer(path, first.schema, order) as writer:
        writer.write_table(first)
        for group in groups:
            writer.write_table(group)
