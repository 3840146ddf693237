"""The texts of a whole archive, read from its columns into the files that `outputs.text_index` maps into memory.

They are put in the order in which they were archived, by id within a run, so that the same articles are found whatever
the parts that they lie in. Reading a million takes some seconds, so the index of a large archive is kept in its folder
`_index`, with the names of the parts that it covers: the next run reads those that came since. It can be removed at any
time, and is made anew where one of its parts is gone, as after a compaction.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from outputs.layout import Layout, Table
from outputs.mapped import let_go
from outputs.parquet import read_columns
from outputs.text_index import BANDS, TEXT, Segment, id_keys, new_texts, packed_bands

_KEPT_TEXTS = 50_000  # smaller archives are read in less than a second
_GROWTH = 0.25  # where more than this has come since, all is read and kept again
_COVERS = "covers.json"
_READ_ROWS = 20_000
_COLUMNS = ["minhash", "article_id", "url", "text_sha256", "duplicate_of", "revision"]
_FORMAT = 1  # of the kept files


def read_texts(layout: Layout, folder: Path) -> list[Segment]:
    """Index the texts of an archive in files in a folder, in one segment, or two where the first was kept.

    A few arrays of 8 bytes a text are in memory at a time.
    """
    parts = list(layout.parts(Table.ARTICLES))
    kept, covered = _kept(layout, {layout.relative(part) for part in parts})
    recent = _index([part for part in parts if layout.relative(part) not in covered], folder, "recent", kept)
    if kept is not None and len(recent) <= _GROWTH * len(kept):
        return [kept, recent]
    if kept is None and len(recent) < _KEPT_TEXTS:
        return [recent]
    whole = recent if kept is None else _index(parts, folder, "whole", None)
    return [_keep(layout, folder, "recent" if kept is None else "whole", parts) or whole]


def _kept(layout: Layout, parts: set[str]) -> tuple[Segment | None, set[str]]:
    """The kept index, if all that it covers is still in place, and what it covers."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        covers = json.loads((layout.index / _COVERS).read_text("utf-8"))
        covered = set(covers["parts"])
        if covers["format"] == _FORMAT and covered <= parts:
            kept = Segment.load(layout.index, covers["name"])
            if kept.texts.dtype == TEXT and kept.bands.shape == (BANDS + 1, len(kept)):
                return kept, covered
    return None, set()


def _keep(layout: Layout, folder: Path, name: str, parts: Sequence[Path]) -> Segment | None:
    """Move an index into the archive; None where that fails, since a run needs no kept index."""
    with suppress(OSError):
        layout.index.mkdir(exist_ok=True)
        (layout.index / _COVERS).unlink(missing_ok=True)
        for path in layout.index.glob("*.npy"):
            path.unlink()
        for path in folder.glob(f"{name}-*.npy"):
            path.rename(layout.index / path.name)
        covers = {"format": _FORMAT, "name": name, "parts": [layout.relative(part) for part in parts]}
        # Last, and at once: files without it count for nothing.
        staged = layout.index / f".{_COVERS}"
        staged.write_text(json.dumps(covers), "utf-8")
        staged.rename(layout.index / _COVERS)
        return Segment.load(layout.index, name)
    return None


def _index(parts: Sequence[Path], folder: Path, name: str, earlier: Segment | None) -> Segment:
    ranks = _ranks(parts)
    if not len(ranks):  # an empty file cannot be mapped
        return Segment.of(np.zeros(0, TEXT))
    texts = np.lib.format.open_memmap(folder / f"{name}-texts.npy", "w+", TEXT, (len(ranks),))
    shape = (BANDS + 1, len(ranks))
    bands = np.lib.format.open_memmap(folder / f"{name}-bands.npy", "w+", np.dtype("<u8"), shape)
    start = 0
    for batch in _batches(parts, _COLUMNS):
        rows = ranks[start : start + len(batch)]
        chunk = _texts(batch)
        texts[rows] = chunk
        bands[:, start : start + len(batch)] = packed_bands(chunk, rows)
        start += len(batch)
        let_go(texts)
        let_go(bands)
    for band in bands:
        band.sort()
        let_go(bands)
    for known in [texts] if earlier is None else [texts, earlier.texts]:
        _find_root_urls(texts, known)
    texts.flush()
    bands.flush()
    del texts, bands
    return Segment.load(folder, name)


def _ranks(parts: Sequence[Path]) -> npt.NDArray[np.uint64]:
    """The row that each article gets, in the order in which the parts are read."""
    moments, heads = [], []
    for batch in _batches(parts, ["archived_at", "article_id"]):
        moments.append(batch.column("archived_at").cast(pa.int64()).to_numpy())
        ids = id_keys(batch.column("article_id").to_pylist())
        heads.append(ids.view("u1").reshape(len(ids), -1)[:, :8].copy().view(">u8").ravel())
    if not moments:
        return np.zeros(0, np.uint64)
    order = np.lexsort((np.concatenate(heads), np.concatenate(moments)))
    ranks = np.empty(len(order), np.uint64)
    ranks[order] = np.arange(len(order), dtype=np.uint64)
    return ranks


def _batches(parts: Sequence[Path], columns: list[str]) -> Iterator[pa.RecordBatch]:
    for rows in read_columns(parts, columns):
        yield from rows.combine_chunks().to_batches(_READ_ROWS)


def _texts(batch: pa.RecordBatch) -> npt.NDArray[Any]:
    columns = {name: batch.column(name).to_pylist() for name in _COLUMNS[:4]}
    texts = new_texts(*columns.values())
    texts["root"] = id_keys(pc.coalesce(batch.column("duplicate_of"), batch.column("article_id")).to_pylist())
    texts["revision"] = batch.column("revision").fill_null(0).to_numpy()
    return texts


def _find_root_urls(texts: npt.NDArray[Any], known: npt.NDArray[Any]) -> None:
    """Fill in the address of what each duplicate repeats, for those that repeat one of `known`."""
    repeats = np.flatnonzero(texts["root"] != texts["id"])
    if not len(repeats):
        return
    roots, which = np.unique(texts["root"][repeats], return_inverse=True)
    urls, found = np.zeros(len(roots), np.uint64), np.zeros(len(roots), bool)
    for start in range(0, len(known), _READ_ROWS):
        chunk = known[start : start + _READ_ROWS]
        places = np.minimum(np.searchsorted(roots, chunk["id"]), len(roots) - 1)
        are_roots = roots[places] == chunk["id"]
        urls[places[are_roots]] = chunk["url"][are_roots]
        found[places[are_roots]] = True
    texts["root_url"][repeats[found[which]]] = urls[which[found[which]]]
