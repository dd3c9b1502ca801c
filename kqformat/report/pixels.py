"""Pixels as they are drawn: in RGB over white, and shrunk to what a figure has room for."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Pixels: TypeAlias = npt.NDArray[np.uint8]


def as_drawn(pixels: Pixels) -> Pixels:
    """Return pixels as RGB over white.

    Parameters
    ----------
    pixels : ndarray, uint8, shape (H, W), (H, W, 3) or (H, W, 4)

    Returns
    -------
    ndarray, uint8, shape (H, W, 3)

    Examples
    --------
    >>> as_drawn(np.array([[[0, 0, 0, 0], [0, 0, 0, 255]]], np.uint8)).tolist()
    [[[255, 255, 255], [0, 0, 0]]]
    """
    if pixels.ndim == 2:
        return np.repeat(pixels[..., None], 3, axis=2)
    if pixels.shape[2] == 3:
        return pixels
    drawn = np.empty((*pixels.shape[:2], 3), np.uint8)
    for row, out in zip(pixels, drawn, strict=True):  # one by one, for the memory it takes
        alpha = row[:, 3:].astype(np.uint32)
        out[:] = (row[:, :3] * alpha + 255 * (255 - alpha) + 127) // 255
    return drawn


def shrunk(pixels: Pixels, most: int) -> Pixels:
    """Return pixels with no side longer than `most`, as `as_drawn` has them.

    Examples
    --------
    >>> shrunk(np.zeros((300, 600), np.uint8), 200).shape
    (100, 200, 3)
    """
    drawn = as_drawn(pixels)
    height, width = drawn.shape[:2]
    if max(height, width) <= most:
        return drawn
    from PIL import Image

    scale = most / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(drawn).resize(size, Image.Resampling.LANCZOS))
