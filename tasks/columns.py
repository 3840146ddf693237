"""Named columns of numbers about the blocks of one page, and the ways to look around in them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float32]
Matrix = NDArray[np.float32]


def bits(values: NDArray[np.int64], width: int) -> Matrix:
    """A column of 0 or 1 a bit."""
    return ((values >> np.arange(width)[:, None]) & 1).astype(np.float32).T


def shift(column: Column, by: int, fill: float = np.nan) -> Column:
    """The column as its neighbours `by` rows further down see it."""
    out = np.full_like(column, fill)
    if by > 0:
        out[by:] = column[:-by]
    else:
        out[:by] = column[-by:]
    return out


def shifts(columns: Sequence[Column], reach: int) -> NDArray[np.float32]:
    """Each column as its neighbours see it (columns × 2 `reach` × rows): those 1 row further down, 1 up, 2 down, …"""
    count, rows = len(columns), len(columns[0])
    padded = np.full((count, rows + 2 * reach), np.nan, dtype=np.float32)
    padded[:, reach : reach + rows] = columns
    steps = [step for by in range(1, reach + 1) for step in (-by, by)]
    return np.stack([padded[:, reach + step : reach + step + rows] for step in steps], axis=1)


def rolling(column: Column, reach: int) -> Column:
    """The mean over the rows up to `reach` away, this one included."""
    total = np.concatenate(([0.0], np.cumsum(column, dtype=np.float64)))
    rows = np.arange(len(column))
    low, high = np.maximum(rows - reach, 0), np.minimum(rows + reach + 1, len(column))
    return np.asarray((total[high] - total[low]) / (high - low), dtype=np.float32)


class Columns:
    """Named columns of one page, in the order they were added."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.values: list[Column] = []

    def add(self, name: str, column: NDArray[np.generic] | Column) -> Column:
        """Add a column and hand it back as float32."""
        value = column.astype(np.float32, copy=False)
        self.names.append(name)
        self.values.append(value)
        return value

    def matrix(self) -> Matrix:
        """All columns side by side (rows × columns), a column's numbers next to each other in memory."""
        return np.array(self.values, dtype=np.float32).T

    def add_all(self, prefix: str, names: Sequence[str], matrix: Matrix) -> None:
        """Add a column a name."""
        self.names += [f"{prefix}_{name}" for name in names]
        self.values += list(matrix.T)
