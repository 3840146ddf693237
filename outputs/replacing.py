"""Writing one file whole: what was there stands until the new one is."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from outputs.layout import flush


@contextmanager
def replacing(place: Path) -> Iterator[BinaryIO]:
    """A file to write beside its place, put there when all went well. Raises OSError."""
    draft = beside(place)
    try:
        with draft.open("xb") as file:
            yield file
        flush(draft)
        draft.replace(place)
    finally:
        draft.unlink(missing_ok=True)


def beside(place: Path) -> Path:
    """A hidden name in the same folder, of this process alone."""
    return place.with_name(f".{place.name}.{os.getpid()}")
