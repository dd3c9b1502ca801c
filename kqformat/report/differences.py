"""Where two pictures differ, and by how much for the eye: ΔE by CIE94, as `quantizer.lab` has it.

What is transparent is compared as it is drawn, over white.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kqformat.quantizer.lab import difference, lab
from kqformat.report.pixels import Pixels, as_drawn

_Errors = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Worst:
    """The pixel that looks most different.

    Attributes
    ----------
    x, y : int
        Where it is, from the top left; of equal ones the first in raster order.
    original, shown : ndarray, uint8, shape (3,)
        Its colour before and after.
    delta_e : float
        How different these look; from about 2 it can be seen.
    """

    x: int
    y: int
    original: npt.NDArray[np.uint8]
    shown: npt.NDArray[np.uint8]
    delta_e: float


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a picture, in pixels: `left`, `top`, `width`, `height`."""

    left: int
    top: int
    width: int
    height: int

    def cut(self, pixels: Pixels) -> Pixels:
        """Return the part of pixels, shape (H, W, …)."""
        return pixels[self.top : self.top + self.height, self.left : self.left + self.width]


def delta_e(original: Pixels, shown: Pixels) -> npt.NDArray[np.float32]:
    """Return how different each pixel looks.

    Parameters
    ----------
    original, shown : ndarray, uint8, shape (H, W), (H, W, 3) or (H, W, 4)
        Of the same size.

    Returns
    -------
    ndarray, float32, shape (H, W)

    Examples
    --------
    >>> grey = np.array([[100, 0]], np.uint8)
    >>> delta_e(grey, np.array([[100, 255]], np.uint8)).round().tolist()
    [[0.0, 100.0]]
    """
    one, other = as_drawn(original), as_drawn(shown)
    rows = [difference(lab(a), lab(b)) for a, b in zip(one, other, strict=True)]
    return np.stack(rows).astype(np.float32)


def worst_pixel(original: Pixels, shown: Pixels, errors: npt.NDArray[np.float32]) -> Worst:
    """Return the pixel with the greatest of the errors that `delta_e` found."""
    y, x = divmod(int(errors.argmax()), errors.shape[1])
    one, other = as_drawn(original), as_drawn(shown)
    return Worst(x, y, one[y, x], other[y, x], float(errors[y, x]))


def pooled(errors: _Errors, most: int) -> _Errors:
    """Return means of square blocks, as large as leave no side longer than `most`.

    Examples
    --------
    >>> pooled(np.array([[0, 2, 5], [4, 6, 5]], np.float32), 2).tolist()
    [[3.0]]
    """
    side = -(-max(errors.shape) // most)
    rows, columns = (length // side for length in errors.shape)
    if side == 1 or not rows or not columns:
        return errors
    blocks = errors[: rows * side, : columns * side].reshape(rows, side, columns, side)
    means: _Errors = blocks.mean(axis=(1, 3))
    return means


def around(x: int, y: int, shape: tuple[int, ...], width: int, height: int) -> Box:
    """Return a box of a size, or the picture's where that is less, about a pixel.

    Examples
    --------
    >>> around(3, 50, (100, 100), 20, 10)
    Box(left=0, top=45, width=20, height=10)
    """
    width, height = min(width, shape[1]), min(height, shape[0])
    left = min(max(0, x - width // 2), shape[1] - width)
    top = min(max(0, y - height // 2), shape[0] - height)
    return Box(left, top, width, height)


def strongest(values: npt.NDArray[np.floating], width: int, height: int) -> Box:
    """Return the box of a size in which values, shape (H, W), have the greatest sum.

    Of equal ones the first in raster order.

    Examples
    --------
    >>> values = np.zeros((9, 9))
    >>> values[4:6, 6:8] = 1
    >>> strongest(values, 2, 2)
    Box(left=6, top=4, width=2, height=2)
    """
    width, height = min(width, values.shape[1]), min(height, values.shape[0])
    sums = np.pad(values.astype(np.float64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    inside = sums[height:, width:] - sums[:-height, width:]
    inside -= sums[height:, :-width] - sums[:-height, :-width]
    top, left = divmod(int(np.round(inside, 6).argmax()), inside.shape[1])
    return Box(left, top, width, height)
