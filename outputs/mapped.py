"""Arrays in files that are mapped into memory, of which a process holds what it uses, however large they are."""

import mmap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


def joined(arrays: Sequence[npt.NDArray[Any]], file: Path) -> npt.NDArray[Any]:
    """Write arrays into one file, one after the other along their last axis, and map it, to be changed in place."""
    first = arrays[0]
    shape = (*first.shape[:-1], sum(array.shape[-1] for array in arrays))
    whole: npt.NDArray[Any] = np.lib.format.open_memmap(file, "w+", first.dtype, shape)
    start = 0
    for array in arrays:
        whole[..., start : start + array.shape[-1]] = array
        start += array.shape[-1]
    return whole


def let_go(array: npt.NDArray[Any]) -> None:
    """Leave a mapped file to the system's cache: until it is used again it is none of this process's memory."""
    mapped = getattr(array, "_mmap", None)
    if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)
