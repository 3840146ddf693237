"""The file that keeps which files of its sources a run has read, in which state, and with which pages.

::

    pages     16 bytes each, those of a file in a row
    files     FILE each, sorted by name
    footer    how many of both, and the SHA-256 of all that is before it
"""

import hashlib
import struct
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from outputs.ledger import KEY, KEY_BYTES, Keys
from outputs.mapped import let_go

FILE: Final = np.dtype([("name", KEY), ("state", KEY), ("start", "<u8"), ("pages", "<u8")])
_ROW: Final = struct.Struct(f"<{KEY_BYTES}s{KEY_BYTES}sQQ")
_FOOTER: Final = struct.Struct("<8sQQ32s")
_MAGIC: Final = b"stetvis1"

Files = npt.NDArray[Any]  # of FILE


def row(name: bytes, state: bytes, start: int, pages: int) -> bytes:
    """A FILE: its name, the state that it was read in, the number of its first page's key, and how many it has."""
    return _ROW.pack(name, state, start, pages)


class Writer:
    """Writes the file from its first byte to its last."""

    def __init__(self, path: Path) -> None:
        self.pages = 0  # keys so far
        self._path = path
        self._digest = hashlib.sha256()

    def add(self, keys: bytes) -> None:
        """Write the keys of some pages. Raises OSError."""
        self._write(keys)
        self.pages += len(keys) // KEY_BYTES

    def end(self, files: Iterable[Files]) -> None:
        """Write what follows the pages; the files come by name, some at a time. Raises OSError."""
        count = 0
        for some in files:
            self._write(some.tobytes())
            count += len(some)
        self._write(_FOOTER.pack(_MAGIC, self.pages, count, self._digest.digest()))

    def _write(self, data: bytes) -> None:
        self._digest.update(data)
        with self._path.open("ab") as file:
            file.write(data)


def load(path: Path) -> tuple[Files, Keys]:
    """Map the files and their pages into memory; none where the file is not there or is damaged."""
    with suppress(OSError, ValueError, struct.error):
        data = np.memmap(path, np.uint8, "r")
        body, footer = data[: -_FOOTER.size], bytes(data[-_FOOTER.size :])
        magic, pages, files, digest = _FOOTER.unpack(footer)
        middle = pages * KEY_BYTES
        is_whole = magic == _MAGIC and len(body) == middle + files * FILE.itemsize
        is_whole = is_whole and hashlib.sha256(body.data).digest() == digest
        let_go(data)
        if is_whole:
            return body[middle:].view(FILE), body[:middle].view(KEY)
    return np.empty(0, FILE), np.empty(0, KEY)
