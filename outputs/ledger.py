"""The archive as its own ledger: which pages it already has, read from the Parquet itself.

A page is known by 16 bytes: for an article the head of its source's SHA-256; for a reject the head of a SHA-256 over
that and the source's name, since many different broken files have the same bytes (an empty file, an error page), and
each is accounted for. On a run's start the keys are written to one sorted file that the workers map into memory, so
that it is there once for all of them; those of the run itself go to such files as it goes.
"""

import hashlib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from outputs.layout import Layout, Table
from outputs.mapped import joined, let_go
from outputs.parquet import read_columns
from tasks.page import RejectReason

KEY_BYTES = 16
NO_KEY = bytes(KEY_BYTES)  # of a page that could not be read
KEY: Final = np.dtype(f"S{KEY_BYTES}")

_OUR_FAULTS = (RejectReason.CRASHED, RejectReason.TIMEOUT)

Keys = npt.NDArray[np.bytes_]


def article_key(source_sha256: str) -> bytes:
    """Return the key of a page that became an article."""
    return bytes.fromhex(source_sha256[: 2 * KEY_BYTES])


def reject_key(source_sha256: str | None, source_name: str) -> bytes:
    """Return the key of a page that was rejected."""
    name = source_name.encode("utf-8", "replace")
    return hashlib.sha256((source_sha256 or "").encode() + b"\0" + name).digest()[:KEY_BYTES]


class KnownPages:
    """A sorted array of keys and, in a run that cleans known pages again, of what each says: see `outputs.again`."""

    def __init__(self, keys: Keys, contents: Keys | None = None) -> None:
        self.keys = keys
        self._contents = contents

    def __contains__(self, key: bytes) -> bool:
        place = np.searchsorted(self.keys, np.array(key, KEY))
        # numpy drops a key's trailing zeros when it hands one out.
        return bool(place < len(self.keys) and self.keys[place] == key.rstrip(b"\0"))

    def content(self, key: bytes) -> bytes | None:
        """What a known page says, where it is to be cleaned again."""
        if self._contents is None:
            return None
        found = bytes(self._contents[np.searchsorted(self.keys, np.array(key, KEY))])
        return found.ljust(KEY_BYTES, b"\0") if found else None

    def holds(self, keys: Keys) -> npt.NDArray[np.bool_]:
        """Say of each of some keys whether it is known."""
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        known: npt.NDArray[np.bool_] = self.keys[places] == keys
        return known

    def __len__(self) -> int:
        return len(self.keys)

    def let_go(self) -> None:
        """Hold no more of a mapped file in memory than is used from now on."""
        let_go(self.keys)

    def save(self, path: Path) -> None:
        """Write them to a file for `load`; it may be the one that they were loaded from, and are not used any more."""
        rows = np.stack([self.keys] if self._contents is None else [self.keys, self._contents])
        with path.open("wb") as file:
            np.save(file, rows)

    @classmethod
    def load(cls, path: Path) -> "KnownPages":
        """Map a file of them into memory."""
        return cls(*np.load(path, mmap_mode="r"))


class SeenPages:
    """A growing set of keys: the pages that a run has put in place. All but the latest lie in files of a folder."""

    _RECENT = 20_000

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._recent: set[bytes] = set()
        self._older: list[Keys] = []  # each sorted, in a file of its own
        self._saved = 0

    def __contains__(self, key: bytes) -> bool:
        return key in self._recent or any(key in KnownPages(older) for older in self._older)

    def update(self, keys: Iterable[bytes]) -> None:
        """Add keys. Raises OSError."""
        self._recent.update(keys)
        if len(self._recent) >= self._RECENT:
            self._save(np.array(list(self._recent), KEY))
            self._recent = set()

    def let_go(self) -> None:
        """Hold no more of the files in memory than is used from now on."""
        for older in self._older:
            let_go(older)

    def _save(self, recent: Keys) -> None:
        """Files double in size, so that there are few, and none is merged often."""
        together = [recent]
        while self._older and len(self._older[-1]) <= sum(map(len, together)):
            together.append(self._older.pop())
        self._saved += 1
        keys = joined(together, self._folder / f"seen-{self._saved}.npy")
        keys.sort()
        self._older.append(keys)
        for merged in together[1:]:
            Path(merged.filename).unlink()  # type: ignore[attr-defined]


def write_ledger(layout: Layout, cleaner_version: str, path: Path) -> None:
    """Write the keys of all articles and rejects in place to a file for `KnownPages.load`.

    A page that was rejected for a fault of ours is known to the version that had the fault alone: a later one may clean
    it. Raises OSError.
    """
    unsorted = path.with_suffix(".raw")
    with unsorted.open("wb") as file:
        file.write(NO_KEY)  # an empty file cannot be mapped into memory
        for keys in chain(_article_keys(layout), _reject_keys(layout, cleaner_version)):
            file.write(keys.tobytes())
    joined([np.memmap(unsorted, KEY, "r")[np.newaxis]], path).sort()
    unsorted.unlink()


def _article_keys(layout: Layout) -> Iterator[Keys]:
    for rows in read_columns(layout.parts(Table.ARTICLES), ["source_sha256"]):
        digests = bytes.fromhex("".join(rows["source_sha256"].to_pylist()))
        yield np.frombuffer(digests, np.uint8).reshape(-1, 32)[:, :KEY_BYTES].copy().view(KEY).ravel()


def _reject_keys(layout: Layout, cleaner_version: str) -> Iterator[Keys]:
    names = ["source_sha256", "source_name", "reason", "cleaner_version"]
    for rows in read_columns(layout.parts(Table.REJECTS), names):
        keys = [
            reject_key(digest, name)
            for digest, name, reason, version in zip(*(rows[name].to_pylist() for name in names), strict=True)
            if reason not in _OUR_FAULTS or version == cleaner_version
        ]
        yield np.frombuffer(b"".join(keys), KEY)
