"""Distinct colours of an image and how often each occurs: the weighted points of k-means.

The histogram makes everything after it independent of the number of pixels. It is exact up to
`MAX_COLORS` distinct colours; an image with more (a noisy one of many megapixels) is gathered in
cells of 2, 4, … levels a side instead, each of which keeps the mean of its pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kqformat.quantizer.points import WeightedPoints
from kqformat.quantizer.space import embed

MAX_COLORS = 1 << 20
"""Above this many distinct colours they are gathered in cells: a bound on memory."""

MAX_PIXELS = 2**32 - 1
"""The most pixels that can be counted."""


@dataclass(frozen=True, slots=True, eq=False)
class Histogram(WeightedPoints):
    """The colours of pixels as weighted points, in an order independent of the pixels'.

    Attributes
    ----------
    keys : ndarray, uint32, shape (n,)
        The colours, ``R << 24 | G << 16 | B << 8 | A``; corners of cells if not `exact`.
    exact : bool
        Whether each point is one colour.
    """

    keys: npt.NDArray[np.uint32]
    exact: bool

    @property
    def colors(self) -> npt.NDArray[np.uint8]:
        """The colours of the points: uint8, shape (n, 4); corners of cells if not `exact`."""
        return unpack_keys(self.keys)


def unpack_keys(keys: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    """Return keys as colours: uint8, shape (n, 4)."""
    return np.ascontiguousarray(keys).astype(">u4").view(np.uint8).reshape(-1, 4)


def coordinate_sums(
    keys: npt.NDArray[np.uint32], counts: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return the sums of the coordinates of each colour's pixels: shape (n, 4)."""
    sums: npt.NDArray[np.int64] = embed(unpack_keys(keys)) * counts[:, None]
    return sums


def masked(keys: npt.NDArray[np.uint32], dropped_bits: int) -> npt.NDArray[np.uint32]:
    """Return the corner of the cell, of 2^dropped_bits levels a side, that each colour is in."""
    return keys & np.uint32(0x01010101 * (0xFF >> dropped_bits << dropped_bits))
