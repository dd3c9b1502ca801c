"""The space in which equal distances look equal: Oklab, as another choice for k-means.

Ottosson, "A perceptual color space for image processing" (2020). A transparent colour stands where
it would be over mid-grey, and its alpha is the fourth coordinate, at a quarter of lightness's
scale. Coordinates are integers like those of `space`; lightness 0 to 1 is 0 to 16,320.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt

from kqformat.quantizer import space
from kqformat.quantizer.space import MAX_COORDINATE, Points

_Floats = npt.NDArray[np.float64]

_TO_CONE = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_FROM_CONE = np.linalg.inv(_TO_CONE)
_FROM_LAB = np.linalg.inv(_TO_LAB)

_MID = np.array([0.5, 0.0, 0.0])
_OFFSET = np.array([0.0, 0.5, 0.5])
_ALPHA_SCALE = MAX_COORDINATE // 4
_BESIDE = np.array([step for step in product((0, -1, 1), repeat=3) if any(step)], np.int16)


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
    >>> embed(np.array([[255, 255, 255, 255], [0, 0, 0, 255], [1, 2, 3, 0]], np.uint8)).tolist()
    [[16320, 8160, 8160, 4080], [0, 8160, 8160, 4080], [8160, 8160, 8160, 0]]
    """
    alpha = colors[:, 3:] / 255
    lab = np.cbrt(_LINEAR[colors[:, :3]] @ _TO_CONE.T) @ _TO_LAB.T
    shown = alpha * lab + (1 - alpha) * _MID
    points = np.concatenate([(shown + _OFFSET) * MAX_COORDINATE, alpha * _ALPHA_SCALE], axis=1)
    coordinates: Points = np.clip(np.rint(points), 0, MAX_COORDINATE).astype(np.int16)
    return coordinates


def from_srgb(points: Points) -> Points:
    """Return the points here of the colours nearest to points of `space`, shape (n, 4)."""
    return embed(space.nearest_colors(points))


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
    >>> colors = np.array([[200, 100, 50, 255], [10, 20, 30, 128]], np.uint8)
    >>> nearest_colors(embed(colors)).tolist()
    [[200, 100, 50, 255], [10, 20, 30, 128]]
    """
    alpha = np.rint(points[:, 3:] * (255 / _ALPHA_SCALE)).clip(0, 255) / 255
    shown = points[:, :3] / MAX_COORDINATE - _OFFSET
    lab = (shown - (1 - alpha) * _MID) / np.maximum(alpha, 1 / 255)
    linear = (lab @ _FROM_LAB.T) ** 3 @ _FROM_CONE.T
    straight = np.rint(_encoded(np.clip(linear, 0, 1)) * 255)
    colors = np.concatenate([straight, np.rint(alpha * 255)], axis=1)
    nearest: npt.NDArray[np.uint8] = np.where(alpha > 0, colors, 0).astype(np.uint8)
    _put_right(nearest, points)
    return nearest


def _put_right(colors: npt.NDArray[np.uint8], points: Points) -> None:
    """Replace opaque colours by those beside them whose points the points are.

    Of a thousand very green colours, rounding takes a channel that is nearly 0 for the next level.
    """
    wrong = np.flatnonzero((embed(colors) != points).any(axis=1) & (colors[:, 3] == 255))
    for step in _BESIDE:
        beside = colors[wrong]
        beside[:, :3] = np.clip(beside[:, :3].astype(np.int16) + step, 0, 255)
        is_it = (embed(beside) == points[wrong]).all(axis=1)
        colors[wrong[is_it]] = beside[is_it]
        wrong = wrong[~is_it]


def _decoded(samples: _Floats) -> _Floats:
    """Return linear light (IEC 61966-2-1)."""
    return np.where(samples <= 0.04045, samples / 12.92, ((samples + 0.055) / 1.055) ** 2.4)


def _encoded(linear: _Floats) -> _Floats:
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


_LINEAR = _decoded(np.arange(256) / 255)
