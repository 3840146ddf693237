"""Which texts and addresses are known: sorted arrays on disk that are mapped into memory.

A text is found by locality-sensitive hashing (Indyk and Motwani 1998): its signature is cut into 32 bands of four
bytes, and texts that are alike have a band in common. For each band there is one sorted array of its 32 bits and the
text's row, so that a text costs 440 bytes on disk and a search a few pages of it. Addresses are one more such array.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from outputs.mapped import joined, let_go
from outputs.minhash import HASHES, least_equal
from outputs.schema import ID_DIGITS

BANDS = HASHES // 4
# Jaccard similarity of the texts' runs of three words. By measurement, see docs/care.md.
LEAST_SIMILARITY = 0.55
# Rows looked at for one band or address: of a text that thousands of sites repeat, the earliest are enough.
MOST = 64

_FRONT_PAGE = re.compile(r"[a-zA-Z]+://[^/?#]*/?(?:#.*)?")

_ROW_BITS = np.uint64(32)
_ROW = np.uint64(0xFFFFFFFF)
_COMPARED = 100_000  # pairs at a time

TEXT = np.dtype([
    ("minhash", "u1", (HASHES,)),  # zeros: a text without words
    ("id", f"V{ID_DIGITS // 2}"),
    ("root", f"V{ID_DIGITS // 2}"),  # the article that it repeats, else itself
    ("url", "<u8"),  # 0: none
    ("root_url", "<u8"),
    ("text", "<u8"),
    ("revision", "<u4"),
])  # fmt: skip

Texts = npt.NDArray[Any]  # of TEXT
Numbers = npt.NDArray[np.uint64]


def url_key(url: str | None) -> int:
    """Return 64 bits of an address; 0 where there is none, or one that is a site's front page, not an article's."""
    if not url or _FRONT_PAGE.fullmatch(url):
        return 0
    return int.from_bytes(hashlib.sha256(url.encode("utf-8", "replace")).digest()[:8], "big") or 1


def new_texts(
    minhashes: Sequence[str | None], ids: Sequence[str], urls: Sequence[str | None], digests: Sequence[str]
) -> Texts:
    """Make records of articles: signature, id, address, and digest of the text, the last two of any length in hex."""
    texts = np.zeros(len(ids), TEXT)
    if not len(ids):
        return texts
    signatures = bytes.fromhex("".join(minhash or "00" * HASHES for minhash in minhashes))
    texts["minhash"] = np.frombuffer(signatures, np.uint8).reshape(-1, HASHES)
    texts["id"] = texts["root"] = id_keys(ids)
    texts["url"] = texts["root_url"] = [url_key(url) for url in urls]
    texts["text"] = [int(digest[:16], 16) for digest in digests]
    return texts


def id_keys(ids: Sequence[str]) -> npt.NDArray[np.void]:
    """Return article_ids as bytes."""
    return np.frombuffer(bytes.fromhex("".join(ids)), f"V{ID_DIGITS // 2}")


def packed_bands(texts: Texts, rows: Numbers) -> Numbers:
    """Return what the sorted arrays hold of texts: for each band, and for the address, its 32 bits and the row."""
    return (_band_keys(texts).T << _ROW_BITS) | rows


def _band_keys(texts: Texts) -> Numbers:
    signatures = np.ascontiguousarray(texts["minhash"]).view("<u4")
    return np.column_stack([signatures.astype(np.uint64), texts["url"] >> _ROW_BITS])


@dataclass(frozen=True, slots=True)
class Segment:
    """Some texts, in the order in which they came, and their sorted bands, of which the last is the address."""

    texts: Texts
    bands: Numbers

    @classmethod
    def of(cls, texts: Texts) -> "Segment":
        """Index texts in memory."""
        return cls(texts, np.sort(packed_bands(texts, np.arange(len(texts), dtype=np.uint64)), axis=1))

    @classmethod
    def load(cls, folder: Path, name: str) -> "Segment":
        """Map what was written to files into memory."""
        texts = np.load(folder / f"{name}-texts.npy", mmap_mode="r")
        return cls(texts, np.load(folder / f"{name}-bands.npy", mmap_mode="r"))

    def merged(self, later: "Segment", folder: Path, name: str) -> "Segment":
        """Write this segment and a later one as one to files, and return it, mapped from there."""
        texts = joined([self.texts, later.texts], folder / f"{name}-texts.npy")
        bands = joined([self.bands, later.bands], folder / f"{name}-bands.npy")
        for band in bands:
            band[len(self) :] += np.uint64(len(self))
            band.sort()
            let_go(bands)
        let_go(texts)
        return Segment(texts, bands)

    def remove(self) -> None:
        """Remove the files of a segment that is merged; what is mapped of them stays until it is let go."""
        for array in (self.texts, self.bands):
            if isinstance(array, np.memmap) and array.filename is not None:
                Path(array.filename).unlink()

    def __len__(self) -> int:
        return len(self.texts)

    def __add__(self, later: "Segment") -> "Segment":
        bands = np.concatenate([self.bands, later.bands + np.uint64(len(self))], axis=1)
        bands.sort(axis=1)
        return Segment(np.concatenate([self.texts, later.texts]), bands)

    def near(self, asked: Texts) -> tuple[Numbers, Numbers, Numbers]:
        """Return pairs of alike texts: places in `asked`, rows of this segment, equal bytes of their signatures."""
        keys = _band_keys(asked) << _ROW_BITS
        keys = keys[:, :BANDS]
        worded = np.flatnonzero(asked["minhash"].any(axis=1)).astype(np.uint64)
        hits = []
        for band in range(BANDS):
            hits.append(_hits(self.bands[band], keys[worded, band], worded))
            let_go(self.bands)
        pairs = np.unique(np.concatenate(hits))
        places, rows = pairs >> _ROW_BITS, pairs & _ROW
        equal = self._equal_bytes(asked, places, rows)
        alike = equal >= least_equal(LEAST_SIMILARITY)
        return places[alike], rows[alike], equal[alike]

    def same_url(self, asked: Texts) -> tuple[Numbers, Numbers]:
        """Return pairs of texts of the same address, its latest: places in `asked`, rows of this segment."""
        placed = np.flatnonzero(asked["url"]).astype(np.uint64)
        keys = (asked["url"][placed] >> _ROW_BITS) << _ROW_BITS
        pairs = _hits(self.bands[BANDS], keys, placed, latest=True)
        places, rows = pairs >> _ROW_BITS, pairs & _ROW
        same = asked["url"][places] == self.texts["url"][rows]
        return places[same], rows[same]

    def _equal_bytes(self, asked: Texts, places: Numbers, rows: Numbers) -> Numbers:
        equal = np.empty(len(rows), np.uint64)
        for start in range(0, len(rows), _COMPARED):
            chosen = slice(start, start + _COMPARED)
            known = self.texts["minhash"][rows[chosen]]
            equal[chosen] = (asked["minhash"][places[chosen]] == known).sum(axis=1)
        let_go(self.texts)
        return equal


def _hits(band: Numbers, keys: Numbers, places: Numbers, *, latest: bool = False) -> Numbers:
    """Return the rows of a band with the keys, each packed with the place that asks: MOST at most, the earliest."""
    low, high = np.searchsorted(band, keys), np.searchsorted(band, keys | _ROW, "right")
    counts = np.minimum(high - low, MOST)
    if latest:
        low = high - counts
    starts = np.repeat(low - (np.cumsum(counts) - counts), counts)
    rows = band[starts + np.arange(len(starts))] & _ROW
    return (np.repeat(places, counts) << _ROW_BITS) | rows
