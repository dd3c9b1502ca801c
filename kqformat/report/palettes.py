"""A palette as people look at it: by hue or by population, with shares, and names of colours."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kqformat.model import IndexedImage
from kqformat.quantizer.lab import chroma, lab

_GREYISH = 8.0
"""With less chroma than this a colour has no hue worth sorting by."""


def shares(image: IndexedImage) -> npt.NDArray[np.float64]:
    """Return which share of the pixels each palette entry has: float64, shape (k,), sum 1.

    Examples
    --------
    >>> palette = np.array([[0, 0, 0], [255, 255, 255]], np.uint8)
    >>> shares(IndexedImage(np.array([[0, 1, 1, 1]], np.uint8), palette)).tolist()
    [0.25, 0.75]
    """
    counts = np.bincount(image.indices.reshape(-1), minlength=image.colors)
    return counts / image.indices.size


def by_population(image: IndexedImage) -> npt.NDArray[np.intp]:
    """Return the entries' positions, those with most pixels first."""
    return np.argsort(-shares(image), kind="stable")


def by_hue(palette: npt.NDArray[np.uint8]) -> npt.NDArray[np.intp]:
    """Return the entries' positions: greys from dark to light, then round the hues from red on.

    Examples
    --------
    >>> colors = np.array([[0, 0, 255], [200, 200, 200], [255, 0, 0], [9, 9, 9]], np.uint8)
    >>> by_hue(colors).tolist()
    [3, 1, 2, 0]
    """
    coordinates = lab(palette)
    hues = np.degrees(np.arctan2(coordinates[:, 2], coordinates[:, 1])) % 360
    hues = (hues + 20) % 360  # crimson, at 350°, is a red
    hues[chroma(coordinates) < _GREYISH] = -1
    # In steps, within which the eye is led by lightness.
    return np.lexsort((coordinates[:, 0], np.floor(hues / 30)))


def hexadecimal(color: npt.NDArray[np.uint8]) -> str:
    """Return a colour as ``#rrggbb``, with two more digits where it is not opaque.

    Examples
    --------
    >>> hexadecimal(np.array([255, 128, 0], np.uint8)), hexadecimal(np.zeros(4, np.uint8))
    ('#ff8000', '#00000000')
    """
    samples = bytes(color.tolist())
    return f"#{(samples[:3] if samples[3:] == bytes([255]) else samples).hex()}"


def is_dark(color: npt.NDArray[np.uint8]) -> bool:
    """Whether white is easier to read on a colour than black."""
    return float(lab(np.asarray(color)[None])[0, 0]) < 55


def share_text(share: float) -> str:
    """Return a share as a percentage of two digits that count.

    Examples
    --------
    >>> share_text(0.25), share_text(0.0314), share_text(0.00004), share_text(0.0)
    ('25 %', '3.1 %', '0.004 %', '0 %')
    """
    percent = 100 * share
    if percent >= 10 or percent == 0:
        return f"{percent:.0f} %"
    return f"{percent:.1f} %" if percent >= 1 else f"{percent:.1g} %"
