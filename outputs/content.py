"""What rows and texts say, as one number, whatever their order and the files that they lie in.

The sum, modulo 2^256, of a SHA-256 of each row with all its columns, or of each text with its name: equal for equal
multisets, and as good as never for others (Bellare and Micciancio 1997, "A New Paradigm for Collision-Free Hashing";
against faults, not against an adversary).
"""

import hashlib
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from outputs.parquet import open_part

_READ_ROWS = 200
_MODULUS = 1 << 256


@dataclass(frozen=True, slots=True)
class Content:
    """How many rows or texts, and the sum of their digests."""

    count: int
    digest: int

    @classmethod
    def of(cls, members: Iterable[bytes]) -> "Content":
        """Sum up the members' digests."""
        count = total = 0
        for member in members:
            count += 1
            total += int.from_bytes(hashlib.sha256(member).digest(), "big")
        return cls(count, total % _MODULUS)


def content_of_rows(batches: Iterable[pa.RecordBatch]) -> Content:
    """Sum up rows, their columns by name."""
    return Content.of(repr(row).encode() for batch in batches for row in _sorted(batch).to_pylist())


def content_of_texts(archives: Sequence[Path]) -> Content:
    """Sum up the members of ZIPs."""
    return Content.of(_texts(archives))


def read_batches(
    parts: Sequence[Path], rows: int = _READ_ROWS, columns: Sequence[str] | None = None
) -> Iterable[pa.RecordBatch]:
    """Read parts, a few rows in memory at a time; all columns unless some are named."""
    for part in parts:
        # Buffered: column chunks are not read whole.
        with open_part(part, buffer_size=1 << 16, pre_buffer=False) as file:
            yield from file.iter_batches(batch_size=rows, columns=columns and list(columns))


def _sorted(batch: pa.RecordBatch) -> pa.RecordBatch:
    return batch.select(sorted(batch.schema.names))


def _texts(archives: Sequence[Path]) -> Iterable[bytes]:
    for path in archives:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            for name in archive.namelist():
                yield name.encode() + b"\0" + archive.read(name)
