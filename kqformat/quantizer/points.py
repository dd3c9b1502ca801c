"""Weighted points: what k-means works on, be they colours or cells of colours."""

from __future__ import annotations

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
    """Gather points in cells of 2^dropped_bits levels a side, each at the mean of its points.

    Parameters
    ----------
    fine : WeightedPoints
        Colours, 8 bits a channel.
    dropped_bits : int
        From 0 to 7.

    Returns
    -------
    WeightedPoints
    """
    n = len(fine)
    codes = np.empty(n, np.uint32)
    points = np.empty((n, 4), np.int16)
    counts = np.empty(n, np.int64)
    cells = cells_kernel.gather_cells(
        fine.codes, fine.points, fine.counts, 4 * dropped_bits, codes, points, counts
    )
    return WeightedPoints(codes[:cells], points[:cells], counts[:cells])


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
