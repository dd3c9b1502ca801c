"""The colours of an image file as a palette, and a palette as an image of swatches."""

from __future__ import annotations

import io
from math import isqrt

import numpy as np
import numpy.typing as npt

from kqformat.errors import PaletteError
from kqformat.fields import MAX_COLORS
from kqformat.model import IndexedImage, Indices, index_dtype
from kqformat.rasters import image_from, read_raster

_BLOCK_PIXELS = 1 << 20
_FEW = 256


def colors_of(data: bytes, max_pixels: int) -> npt.NDArray[np.uint8]:
    """Return the palette of an image file that has one, else its distinct colours.

    Parameters
    ----------
    data : bytes
        The file.
    max_pixels : int
        The most pixels to accept.

    Returns
    -------
    ndarray, uint8, shape (k, 3), or (k, 4) where there is transparency
        In the order of the palette, or that in which the colours first come, row after row.

    Raises
    ------
    RasterError, LimitError
        See `read_raster`.
    PaletteError
        If there are more than 65,536 colours.
    """
    content = read_raster(io.BytesIO(data), max_pixels=max_pixels).content
    if isinstance(content, IndexedImage):
        return content.palette.copy()
    return distinct_colors(content)


def distinct_colors(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the colours of pixels in the order in which they first come.

    Parameters
    ----------
    pixels : ndarray, uint8, shape (H, W), (H, W, 3) or (H, W, 4)
        All fully transparent colours are taken as one.

    Examples
    --------
    >>> distinct_colors(np.array([[7, 9, 7, 0]], np.uint8)).tolist()
    [[7, 7, 7], [9, 9, 9], [0, 0, 0]]
    """
    flat = pixels.reshape(pixels.shape[0] * pixels.shape[1], -1)
    seen = np.empty(0, np.uint32)
    in_order = []
    for first in range(0, len(flat), _BLOCK_PIXELS):
        keys, places = np.unique(_keys(flat[first : first + _BLOCK_PIXELS]), return_index=True)
        is_new = ~np.isin(keys, seen, assume_unique=True)
        in_order.append(keys[is_new][np.argsort(places[is_new])])
        seen = np.concatenate([seen, in_order[-1]])
        if len(seen) > MAX_COLORS:
            raise PaletteError(f"has more than {MAX_COLORS:,} colours, too many for a palette")
    colors = np.concatenate(in_order).astype(">u4").view(np.uint8).reshape(-1, 4)
    channels = 3 if (colors[:, 3] == 255).all() else 4
    return np.ascontiguousarray(colors[:, :channels])


def swatches(palette: npt.NDArray[np.uint8]) -> bytes:
    """Return a PNG file with a square for each entry, from which `colors_of` has them back.

    It has the palette itself where that has 256 entries or fewer; of more, the colours only, each
    of them once.
    """
    k = len(palette)
    columns = max(min(k, 16), isqrt(k - 1) + 1)
    rows = -(-k // columns)
    side = 16 if k <= _FEW else 4
    # The last row is filled up with the last entry, so that no colour is added.
    entries = np.minimum(np.arange(rows * columns), k - 1).reshape(rows, columns)
    squares: Indices = entries.repeat(side, axis=0).repeat(side, axis=1).astype(index_dtype(k))
    stream = io.BytesIO()
    image_from(IndexedImage(squares, palette)).save(stream, "PNG")
    return stream.getvalue()


def _keys(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint32]:
    """Return colours as numbers, ``R << 24 | G << 16 | B << 8 | A``."""
    wide = pixels.astype(np.uint32)
    if wide.shape[1] == 1:
        return wide[:, 0] * np.uint32(0x01010100) | np.uint32(255)
    keys: npt.NDArray[np.uint32] = wide[:, :3] @ np.array([1 << 24, 1 << 16, 1 << 8], np.uint32)
    if wide.shape[1] == 3:
        return keys | np.uint32(255)
    return np.where(wide[:, 3] > 0, keys | wide[:, 3], np.uint32(0))
