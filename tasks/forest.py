"""Gradient-boosted forests as LightGBM writes them, by its C library (lightgbm.readthedocs.io/en/latest/C-API.html).

Only prediction: importing LightGBM's package takes half a second where pandas is installed, the library 10 ms.
"""

import ctypes
import functools
import platform
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.columns import Matrix

_FLOAT32, _NORMAL, _ALL_TREES = 0, 0, -1
# A row whose raw score is beyond 7, half the margin, is left after some trees: that saves a fifth of the time on real
# pages, and moves no probability by more than .001. (With a margin of 10 it saved two fifths, but the second forest
# sees sums over a page's rows, which moved with it: F1 fell by .001 to .003.)
_PARAMETERS = b"num_threads=1 verbosity=-1 pred_early_stop=true pred_early_stop_freq=20 pred_early_stop_margin=14"
_SUFFIX = {"Windows": ".dll", "Darwin": ".dylib"}
_LOGGER = ctypes.CFUNCTYPE(None, ctypes.c_char_p)


class ForestError(ValueError):
    """A text that LightGBM does not take for a forest; the message is what it says."""


class Forest:
    """One forest; `text` is its file. Raises `ForestError`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._library = _library()
        self._handle = ctypes.c_void_p()
        trees = ctypes.c_int()
        self._call("LoadModelFromString", text.encode(), ctypes.byref(trees), ctypes.byref(self._handle))
        self.trees = trees.value

    def __del__(self) -> None:
        if self._handle:
            self._library.LGBM_BoosterFree(self._handle)

    @property
    def width(self) -> int:
        """How many columns it reads."""
        count = ctypes.c_int()
        self._call("GetNumFeature", self._handle, ctypes.byref(count))
        return count.value

    def predict(self, matrix: Matrix) -> NDArray[np.float64]:
        """The probability (0 to 1) of each row of a float32 matrix, rows × `width`."""
        rows, width = matrix.shape
        by_row = not matrix.flags.f_contiguous
        data = np.ascontiguousarray(matrix) if by_row else matrix
        out = np.empty(rows, dtype=np.float64)
        written = ctypes.c_int64()
        self._call(
            *("PredictForMat", self._handle, data.ctypes.data_as(ctypes.c_void_p), _FLOAT32, rows, width, int(by_row)),
            *(_NORMAL, 0, _ALL_TREES, _PARAMETERS, ctypes.byref(written), out.ctypes.data_as(ctypes.c_void_p)),
        )
        return out

    def _call(self, name: str, *arguments: Any) -> None:
        if getattr(self._library, f"LGBM_Booster{name}")(*arguments):
            raise ForestError(self._library.LGBM_GetLastError().decode("utf-8", "replace"))


_SILENT = _LOGGER(lambda _: None)  # the library would write to standard output what it also raises


@functools.cache
def _library() -> ctypes.CDLL:
    """LightGBM's library, where its package has it."""
    package = find_spec("lightgbm")
    name = f"lib_lightgbm{_SUFFIX.get(platform.system(), '.so')}"
    places = [Path(place) for place in (package.submodule_search_locations or ())] if package else []
    found = [file for place in places for file in (place / "lib" / name, place / "bin" / name) if file.is_file()]
    if not found:
        raise ModuleNotFoundError(f"no {name} in LightGBM's package", name="lightgbm")
    library = ctypes.CDLL(str(found[0]))
    library.LGBM_GetLastError.restype = ctypes.c_char_p
    library.LGBM_RegisterLogCallback(_SILENT)
    return library
