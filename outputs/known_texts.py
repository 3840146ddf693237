"""The texts of a whole archive, read from its columns into the files that `outputs.text_index` maps into memory.

They are put in the order in which they were archived, by id within a run, so that the same articles are found whatever
the parts that they lie in, before and after a compaction.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from outputs.layout import Layout, Table
from outputs.text_index import BANDS, TEXT, Segment, id_keys, new_texts, packed_bands

_NAME = "known"
_READ_ROWS = 20_000
_COLUMNS = ["minhash", "article_id", "url", "text_sha256", "duplicate_of", "revision"]


def read_texts(layout: Layout, folder: Path) -> Segment:
    """Index the texts of an archive in files in a folder. A few arrays of 8 bytes a text are in memory at a time."""
    ranks = _ranks(layout)
    if not len(ranks):  # an empty file cannot be mapped
        return Segment.of(np.zeros(0, TEXT))
    texts = np.lib.format.open_memmap(folder / f"{_NAME}-texts.npy", "w+", TEXT, (len(ranks),))
    shape = (BANDS + 1, len(ranks))
    bands = np.lib.format.open_memmap(folder / f"{_NAME}-bands.npy", "w+", np.dtype("<u8"), shape)
    start = 0
    for batch in _batches(layout, _COLUMNS):
        rows = ranks[start : start + len(batch)]
        chunk = _texts(batch)
        texts[rows] = chunk
        bands[:, start : start + len(batch)] = packed_bands(chunk, rows)
        start += len(batch)
    for band in bands:
        band.sort()
    _find_root_urls(texts)
    texts.flush()
    bands.flush()
    del texts, bands
    return Segment.load(folder, _NAME)


def _ranks(layout: Layout) -> npt.NDArray[np.uint64]:
    """The row that each article gets, in the order in which the parts are read."""
    moments, heads = [], []
    for batch in _batches(layout, ["archived_at", "article_id"]):
        moments.append(batch.column("archived_at").cast(pa.int64()).to_numpy())
        ids = id_keys(batch.column("article_id").to_pylist())
        heads.append(ids.view("u1").reshape(len(ids), -1)[:, :8].copy().view(">u8").ravel())
    if not moments:
        return np.zeros(0, np.uint64)
    order = np.lexsort((np.concatenate(heads), np.concatenate(moments)))
    ranks = np.empty(len(order), np.uint64)
    ranks[order] = np.arange(len(order), dtype=np.uint64)
    return ranks


def _batches(layout: Layout, columns: list[str]) -> Iterator[pa.RecordBatch]:
    for part in layout.parts(Table.ARTICLES):
        with pq.ParquetFile(part) as file:
            yield from file.iter_batches(_READ_ROWS, columns=columns)


def _texts(batch: pa.RecordBatch) -> npt.NDArray[Any]:
    columns = {name: batch.column(name).to_pylist() for name in _COLUMNS[:4]}
    texts = new_texts(*columns.values())
    texts["root"] = id_keys(pc.coalesce(batch.column("duplicate_of"), batch.column("article_id")).to_pylist())
    texts["revision"] = batch.column("revision").fill_null(0).to_numpy()
    return texts


def _find_root_urls(texts: npt.NDArray[Any]) -> None:
    """Fill in the address of what each duplicate repeats."""
    repeats = np.flatnonzero(texts["root"] != texts["id"])
    if not len(repeats):
        return
    order = np.argsort(texts["id"])
    places = np.searchsorted(texts["id"], texts["root"][repeats], sorter=order)
    roots = order[np.minimum(places, len(order) - 1)]
    found = texts["id"][roots] == texts["root"][repeats]
    texts["root_url"][repeats[found]] = texts["url"][roots[found]]
