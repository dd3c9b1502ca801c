"""Weighted points: what k-means works on, be they colours or cells of colours."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kqformat.quantizer import cells_kernel
from kqformat.quantizer.space import OPAQUE, Points


@dataclass(frozen=True, slots=True, eq=False)
class WeightedPoints:
    """Points in Morton order, each with the number of pixels it stands for.

    Attributes
    ----------
    codes : ndarray, uint32, shape (n,)
        Morton codes, ascending, all different.
    points : ndarray, int16, shape (n, 4)
        See `space`.
    counts : ndarray, int64, shape (n,)
        Their weights: pixels.
    """

    codes: npt.NDArray[np.uint32]
    points: Points
    counts: npt.NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.counts)

    @property
    def opaque(self) -> bool:
        """Whether no point is transparent."""
        return bool((self.points[:, 3] == OPAQUE).all())


def gather_cells(fine: WeightedPoints, dropped_bits: int) -> WeightedPoints:
    """Gather points in cells, each at the mean of its points.

    Parameters
    ----------
    fine : WeightedPoints
        Colours.
    dropped_bits : int
        Bits of the Morton codes that do not matter, from 0 to 31: the channels take turns, so 4
        for cells of 2 levels a side, 8 for 4 levels; what is between halves cells along some of
        their sides.

    Returns
    -------
    WeightedPoints
    """
    n = len(fine)
    codes = np.empty(n, np.uint32)
    points = np.empty((n, 4), np.int16)
    counts = np.empty(n, np.int64)
    cells = cells_kernel.gather_cells(
        fine.codes, fine.points, fine.counts, dropped_bits, codes, points, counts
    )
    return WeightedPoints(codes[:cells], points[:cells], counts[:cells])


def bits_to_drop(codes: npt.NDArray[np.uint32], cells: int, most: int) -> int:
    """Return the most bits, up to `most`, of which a drop leaves so many cells or more; or 0.

    Parameters
    ----------
    codes : ndarray, uint32, shape (n,)
        Morton codes, ascending, all different.
    cells, most : int

    Examples
    --------
    >>> bits_to_drop(np.array([0b000, 0b001, 0b100, 0b110], np.uint32), 3, 8)
    1
    """
    steps = codes[1:] ^ codes[:-1]
    # A cell begins wherever a bit differs that is not dropped.
    return bisect_left(range(1, most + 1), True, key=lambda dropped: _runs(steps, dropped) < cells)


def _runs(steps: npt.NDArray[np.uint32], dropped_bits: int) -> int:
    return 1 + int(np.count_nonzero(steps >> np.uint32(dropped_bits)))


def rounded_means(sums: npt.NDArray[np.int64], weights: npt.NDArray[np.int64]) -> Points:
    """Return sums / weights, each coordinate rounded to the nearest integer.

    Parameters
    ----------
    sums : ndarray, int64, shape (n, 4)
        Not negative.
    weights : ndarray, int64, shape (n,)
        From 1.
    """
    means = np.empty(sums.shape, np.int16)
    cells_kernel.rounded_means(sums, weights, means)
    return means
