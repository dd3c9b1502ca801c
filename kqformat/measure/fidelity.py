"""How far a picture is from its original: squared error, PSNR, worst pixel, SSIMULACRA2.

Pixels are compared in sRGB, over all channels. Where there is alpha, what counts is what a viewer
sees: the squared error is that over a grey background, averaged over all from black to white, as
the quantizer has it (`quantizer.space`). For opaque pixels this is the plain squared error.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from kqformat.errors import MissingExtraError, ParameterError
from kqformat.search.worst import worst_difference

Pixels: TypeAlias = npt.NDArray[np.uint8]

MAX_SSIMULACRA2_PIXELS = 1 << 22
"""Above this SSIMULACRA2 is not measured: it takes half a kilobyte of memory a pixel."""

MIN_SSIMULACRA2_SIDE = 8
"""Below this it says nothing: there is not one block of its coarsest filter."""

_BLOCK_PIXELS = 1 << 16
_GREYS = (26, 230)  # a tenth and nine tenths of white, as the reference implementation has them


@dataclass(frozen=True, slots=True)
class Fidelity:
    """How far a picture is from its original.

    Attributes
    ----------
    mean_squared_error : float
        Per pixel and channel (red, green, blue), in squared sample values.
    worst_error : int
        The greatest difference of a channel, 0 to 255.
    ssimulacra2 : float or None
        100 for equal pictures, about 70 where a difference is hard to find; can be negative. None
        where it was not measured.
    """

    mean_squared_error: float
    worst_error: int
    ssimulacra2: float | None = None

    @property
    def psnr(self) -> float:
        """Peak signal-to-noise ratio in dB, infinite where lossless."""
        return psnr_of(self.mean_squared_error)


def fidelity_of(original: Pixels, other: Pixels, *, ssimulacra2: bool = True) -> Fidelity:
    """Compare a picture with its original.

    Parameters
    ----------
    original, other : ndarray, uint8, shape (H, W, 3) or (H, W, 4)
        RGB or straight-alpha RGBA; one may have alpha and the other not.
    ssimulacra2 : bool
        Whether to measure SSIMULACRA2, too, where `has_ssimulacra2`.

    Raises
    ------
    ParameterError
        If they are of different sizes.
    MissingExtraError
        If SSIMULACRA2 is to be measured and its package is not installed.

    Examples
    --------
    >>> black, grey = np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 10, np.uint8)
    >>> found = fidelity_of(black, grey)
    >>> found.mean_squared_error, round(found.psnr, 2), found.worst_error
    (100.0, 28.13, 10)
    """
    if original.shape[:2] != other.shape[:2]:
        raise ParameterError(f"pictures of {original.shape} and {other.shape} cannot be compared")
    is_scored = ssimulacra2 and has_ssimulacra2(original)
    score = ssimulacra2_of(original, other) if is_scored else None
    return Fidelity(mean_squared_error(original, other), worst_error(original, other), score)


def mean_squared_error(original: Pixels, other: Pixels) -> float:
    """Return the squared error per pixel and channel (red, green, blue).

    Examples
    --------
    >>> clear, white = np.zeros((1, 1, 4), np.uint8), np.full((1, 1, 4), 255, np.uint8)
    >>> mean_squared_error(clear, white)  # a third of that of black and white
    21675.0
    """
    total = sum(_squared_error(*blocks) for blocks in _blocks(original, other))
    return total / (3 * int(original.shape[0]) * int(original.shape[1]))


def psnr_of(mean_squared_error: float) -> float:
    """Return the peak signal-to-noise ratio in dB, infinite for no error.

    Examples
    --------
    >>> psnr_of(255**2), psnr_of(0.0)
    (0.0, inf)
    """
    if mean_squared_error == 0:
        return math.inf
    return 10 * math.log10(255**2 / mean_squared_error)


def worst_error(original: Pixels, other: Pixels) -> int:
    """Return the greatest difference of a channel that can be seen, 0 to 255.

    Examples
    --------
    >>> worst_error(np.zeros((1, 2, 3), np.uint8), np.array([[[0, 0, 0], [1, 0, 9]]], np.uint8))
    9
    """
    return max(worst_difference(*blocks) for blocks in _blocks(original, other))


def has_ssimulacra2(picture: Pixels) -> bool:
    """Whether a picture is of a size at which SSIMULACRA2 is measured."""
    height, width = (int(side) for side in picture.shape[:2])
    return min(height, width) >= MIN_SSIMULACRA2_SIDE and height * width <= MAX_SSIMULACRA2_PIXELS


def ssimulacra2_of(original: Pixels, other: Pixels) -> float:
    """Return SSIMULACRA2, by the package of that name.

    Where there is alpha, it is the lower one of those over a dark and over a light grey.

    Raises
    ------
    MissingExtraError
        If the package is not installed.
    """
    try:
        from ssimulacra2 import compute_ssimulacra2
    except ImportError as error:
        raise MissingExtraError("SSIMULACRA2", "ssimulacra2") from error
    has_alpha = 4 in (original.shape[2], other.shape[2])
    return min(
        float(compute_ssimulacra2(_file(original, grey), _file(other, grey)))
        for grey in (_GREYS if has_alpha else _GREYS[:1])
    )


def _file(picture: Pixels, grey: int) -> io.BytesIO:
    """Return a picture over a background as a file, which is all that the package takes."""
    height, width, channels = picture.shape
    if channels == 4:
        alpha = picture[..., 3:].astype(np.uint32)
        mixed = (picture[..., :3] * alpha + grey * (255 - alpha) + 127) // 255
        picture = mixed.astype(np.uint8)
    return io.BytesIO(b"P6 %d %d 255\n" % (width, height) + picture.tobytes())


def _blocks(original: Pixels, other: Pixels) -> Iterator[tuple[Pixels, Pixels]]:
    """Yield both in pieces, shape (n, channels), of which no measure takes much memory."""
    flat = [picture.reshape(-1, picture.shape[2]) for picture in (original, other)]
    for first in range(0, len(flat[0]), _BLOCK_PIXELS):
        own, others = (pixels[first : first + _BLOCK_PIXELS] for pixels in flat)
        yield own, others


def _squared_error(original: Pixels, other: Pixels) -> float:
    """Return the squared error of a block, summed over pixels and channels."""
    if original.shape[1] == other.shape[1] == 3:
        difference = original.astype(np.int32) - other
        return float(np.einsum("ij,ij->", difference, difference, dtype=np.int64))
    # Over a grey β, from 0 to 1, a channel differs by Δp - β·255·Δa: with its square averaged over
    # all β, it is (Δp - Δa/2)² + Δa²/12. Here Δp is in 1/255 of a sample value.
    difference = _premultiplied(original) - _premultiplied(other)
    alpha = difference[:, 3]
    colour = 2 * difference[:, :3] - 255 * alpha[:, None]
    squares = int(np.einsum("ij,ij->", colour, colour)) / 510**2
    return squares + int(np.einsum("i,i->", alpha, alpha)) / 4


def _premultiplied(block: Pixels) -> npt.NDArray[np.int64]:
    """Return red, green and blue times alpha, and alpha: shape (n, 4)."""
    result = np.full((len(block), 4), 255, np.int64)
    result[:, : block.shape[1]] = block
    result[:, :3] *= result[:, 3:]
    return result
