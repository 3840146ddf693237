"""Arrays in files that are mapped into memory, of which a process holds what it uses, however large they are."""

import mmap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_PIECE = 1 << 20  # bytes that are copied at a time


def joined(arrays: Sequence[npt.NDArray[Any]], file: Path) -> npt.NDArray[Any]:
    """Write arrays into one file, one after the other along their last axis, and map it, to be changed in place.

    Neither the file nor arrays that are mapped themselves are in memory as a whole at any moment.
    """
    first = arrays[0]
    shape = (*first.shape[:-1], sum(array.shape[-1] for array in arrays))
    whole: npt.NDArray[Any] = np.lib.format.open_memmap(file, "w+", first.dtype, shape)
    columns = max(_PIECE * whole.shape[-1] // max(whole.nbytes, 1), 1)
    start = 0
    for array in arrays:
        for at in range(0, array.shape[-1], columns):
            piece = array[..., at : at + columns]
            whole[..., start : start + piece.shape[-1]] = piece
            start += piece.shape[-1]
            let_go(array)
            let_go(whole)
    return whole


def let_go(array: npt.NDArray[Any]) -> None:
    """Leave a mapped file to the system's cache: until it is used again it is none of this process's memory."""
    mapped = getattr(array, "_mmap", None)
    if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)
