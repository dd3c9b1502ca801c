"""Pixels as callers have them to one column of samples; checked once, here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kqformat.errors import ParameterError


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """One image or several that are chosen a palette for, where their pixels have to be looked at.

    Attributes
    ----------
    pixel_count : int
        All together.
    each : iterable of (ndarray, int)
        The pixels of each image, as `flat_pixels` returns them, and its width; can be gone through
        any number of times.
    neighbours : callable or None
        Does what `neighbours.count_neighbours` does, if the pixels are elsewhere; `each` is empty.
    """

    pixel_count: int
    each: Iterable[tuple[npt.NDArray[np.uint8], int]]
    neighbours: Callable[[npt.NDArray[np.uint8], int], npt.NDArray[np.int64]] | None = None


def flat_pixels(pixels: object) -> tuple[npt.NDArray[np.uint8], tuple[int, int]]:
    """Return pixels in one column, and the shape of their image.

    Parameters
    ----------
    pixels : ndarray, uint8, shape (H, W), (H, W, 3) or (H, W, 4)

    Returns
    -------
    flat : ndarray, uint8, shape (H·W, 1), (H·W, 3) or (H·W, 4)
    shape : tuple of int
        (H, W).

    Raises
    ------
    ParameterError
        If they are something else.
    """
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8:
        kind = f"{pixels.dtype} array" if isinstance(pixels, np.ndarray) else type(pixels).__name__
        raise ParameterError(f"pixels are a {kind}, expected a uint8 array")
    if not pixels.size or not (
        pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (3, 4))
    ):
        raise ParameterError(
            f"pixels have shape {pixels.shape}, expected (H, W), (H, W, 3) or (H, W, 4), not empty"
        )
    height, width = pixels.shape[:2]
    return np.ascontiguousarray(pixels).reshape(height * width, -1), (height, width)
