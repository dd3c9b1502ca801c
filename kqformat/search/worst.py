"""The worst pixel: the greatest difference of a channel that a viewer can see.

It is the difference of red, green or blue, as `max_error` and near-lossless modes elsewhere have
it, not the Euclidean distance. Where there is alpha, what counts is what shows over a background:
the difference is linear in the background's brightness, so the greatest one is found over black or
over white. It is rounded up to whole sample values; for opaque colours nothing is rounded. The
pixels themselves are compared, so it holds for any way to map them, dithered ones too.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kqformat.model import IndexedImage

_BLOCK_PIXELS = 1 << 16


def worst_error(pixels: npt.NDArray[np.uint8], image: IndexedImage) -> int:
    """Return the greatest difference between pixels and the image made of them, 0 to 255.

    Parameters
    ----------
    pixels : ndarray, uint8, shape (N, 1), (N, 3) or (N, 4)
        Grey, RGB or straight-alpha RGBA, in raster order.
    image : IndexedImage
        Of N pixels.

    Examples
    --------
    >>> image = IndexedImage(np.zeros((1, 2), np.uint8), np.array([[9, 9, 9]], np.uint8))
    >>> worst_error(np.array([[9, 9, 9], [8, 9, 12]], np.uint8), image)
    3
    """
    indices = image.indices.reshape(-1)
    return max(
        worst_difference(
            pixels[first : first + _BLOCK_PIXELS],
            image.palette.take(indices[first : first + _BLOCK_PIXELS], axis=0),
        )
        for first in range(0, len(pixels), _BLOCK_PIXELS)
    )


def worst_difference(block: npt.NDArray[np.uint8], shown: npt.NDArray[np.uint8]) -> int:
    """Return the same for pixels that need no palette.

    Parameters
    ----------
    block : ndarray, uint8, shape (n, 1), (n, 3) or (n, 4)
    shown : ndarray, uint8, shape (n, 3) or (n, 4)
        What is shown in their places.

    Examples
    --------
    >>> worst_difference(np.array([[9, 9, 9]], np.uint8), np.array([[8, 9, 12]], np.uint8))
    3
    """
    is_opaque = max(block.shape[1], shown.shape[1]) == 3
    return _worst_opaque(block, shown) if is_opaque else _worst_seen(block, shown)


def _worst_opaque(block: npt.NDArray[np.uint8], shown: npt.NDArray[np.uint8]) -> int:
    return int((np.maximum(block, shown) - np.minimum(block, shown)).max())


def _worst_seen(block: npt.NDArray[np.uint8], shown: npt.NDArray[np.uint8]) -> int:
    difference = _premultiplied(block) - _premultiplied(shown)  # in 1/255 of a sample value
    over_white = difference[:, :3] - 255 * difference[:, 3:]
    greatest = max(int(np.abs(difference[:, :3]).max()), int(np.abs(over_white).max()))
    return -(-greatest // 255)


def _premultiplied(colors: npt.NDArray[np.uint8]) -> npt.NDArray[np.int32]:
    """Return red, green and blue times alpha, and alpha: int32, shape (n, 4)."""
    result = np.empty((len(colors), 4), np.int32)
    result[:, 3] = colors[:, 3] if colors.shape[1] == 4 else 255
    samples = colors[:, :3] if colors.shape[1] > 1 else colors
    np.multiply(samples, result[:, 3:], out=result[:, :3])
    return result
