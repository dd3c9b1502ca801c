"""The space in which colours are compared: sRGB, with alpha as a fourth dimension.

The distance of two colours is what a viewer sees of their difference: the squared difference over
a background, summed over red, green and blue, and averaged over all grey backgrounds from black
to white. For opaque colours that is the squared Euclidean distance in RGB. For others, with
premultiplied samples p = c·a / 255 and a background β·255,

    E over β of Σ (Δp - β·Δa)²  =  Σ (Δp - Δa/2)²  +  Δa²/4 ,

so it is again a squared Euclidean distance, between points (p - a/2, a/2) of four dimensions: a
transparent colour counts by what shows of it, and a mean of such points is the colour of their
mixture, without a dark fringe.

Coordinates are integers, 64 to a sample value (so that every step of k-means is exact, on every
machine and in any order of summation), shifted to start at 0: 0 to 16,320, int16. Squared
distances fit 31 bits.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Points: TypeAlias = npt.NDArray[np.int16]

UNIT = 64
"""Coordinates to a sample value."""

_HALF_RANGE = 8160  # 127.5 sample values

MAX_COORDINATE = 16_320
"""The greatest coordinate of a colour."""

OPAQUE = 8160
"""The fourth coordinate of an opaque colour."""


def embed(colors: npt.NDArray[np.uint8]) -> Points:
    """Return the points of colours.

    Parameters
    ----------
    colors : ndarray, uint8, shape (n, 4)
        Straight-alpha RGBA.

    Returns
    -------
    ndarray, int16, shape (n, 4)

    Examples
    --------
    >>> embed(np.array([[255, 0, 10, 255], [0, 0, 0, 0]], np.uint8)).tolist()
    [[16320, 0, 640, 8160], [8160, 8160, 8160, 0]]
    """
    if (colors[:, 3] == 255).all():
        points = colors.astype(np.int16) * UNIT
        points[:, 3] = OPAQUE
        return points
    wide = colors.astype(np.int32)
    alpha = wide[:, 3:]
    points = np.empty(colors.shape, np.int16)
    premultiplied = (2 * UNIT * wide[:, :3] * alpha + 255) // 510
    points[:, :3] = premultiplied - UNIT // 2 * alpha + _HALF_RANGE
    points[:, 3:] = UNIT // 2 * alpha
    return points


def nearest_colors(points: Points) -> npt.NDArray[np.uint8]:
    """Return the 8-bit colours nearest to points, the inverse of `embed` up to rounding.

    Parameters
    ----------
    points : ndarray, int16, shape (n, 4)

    Returns
    -------
    ndarray, uint8, shape (n, 4)
        Fully transparent colours are all zeros.

    Examples
    --------
    >>> nearest_colors(np.array([[16320, 0, 650, 8160], [8160, 8160, 8160, 10]], np.int16)).tolist()
    [[255, 0, 10, 255], [0, 0, 0, 0]]
    """
    wide = points.astype(np.int64)
    half = UNIT // 2
    alpha = np.clip((wide[:, 3:] + half // 2) // half, 0, 255)
    premultiplied = wide[:, :3] - _HALF_RANGE + wide[:, 3:]
    scale = 2 * UNIT * np.maximum(alpha, 1)
    straight = np.clip((510 * premultiplied + scale // 2) // scale, 0, 255)
    return np.where(alpha > 0, np.concatenate([straight, alpha], axis=1), 0).astype(np.uint8)
