"""Pixels that take another entry where that spares more bits than it costs error.

Entropy-constrained vector quantization after Chou, Lookabaugh & Gray (1989): each pixel takes the
entry with the least squared error plus a price times bits, the bits being what the entropy coder's
model would ask for as it stands there, and then each entry becomes the mean of its pixels.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from kqformat.codec import coded_palette, entropy
from kqformat.errors import ParameterError
from kqformat.model import Indices
from kqformat.quantizer import space
from kqformat.quantizer.pipeline import Quantization

FARTHEST = 40.0
"""How far from its pixel's colour an entry may be, in samples, if it is not the nearest."""

_FIXED_POINT = space.UNIT**2


def checked_price(price: float) -> float:
    """Return the price of a bit, in squared samples.

    Raises
    ------
    ParameterError
        If it is not from 0 to 100,000.
    """
    if not 0 <= price <= 100_000:
        raise ParameterError(f"rdo is {price}, expected 0 to 100,000")
    return price


def spare_bits(
    chosen: Quantization,
    pixels: npt.NDArray[np.uint8],
    price: float,
    fixed: npt.NDArray[np.uint8] | None = None,
) -> Quantization:
    """Give pixels entries that take fewer bits in entropy coding, and entries better colours.

    Parameters
    ----------
    chosen : Quantization
        Each pixel with its nearest entry.
    pixels : ndarray, uint8, shape (N, 1), (N, 3) or (N, 4)
        What was quantized, in one column.
    price : float
        What a bit may cost, in squared samples summed over the channels; 0 changes nothing.
    fixed : ndarray, uint8, shape (n, 4), or None
        Colours of entries that are to stay.

    Returns
    -------
    Quantization
        Its palette is in the order that suits entropy coding, without entries that are not used.
        No pixel is more than 40 samples from its colour unless its nearest entry is.

    Examples
    --------
    >>> from kqformat.quantizer.pipeline import quantize
    >>> ramp = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)
    >>> chosen = quantize(ramp, 32)
    >>> spared = spare_bits(chosen, ramp.reshape(-1, 1), 10)
    >>> round(chosen.psnr, 1), round(spared.psnr, 1)
    (47.7, 42.1)
    """
    if price == 0 or chosen.image.colors < 2:
        return chosen
    image = coded_palette.sort(chosen.image)
    colors = _rgba(image.palette)
    points = space.embed(_rgba(pixels)).reshape(image.height, image.width, 4)
    indices = entropy.choose(
        image.indices,
        image.palette,
        points,
        space.embed(colors),
        bit_price=checked_price(price),
        farthest=FARTHEST,
    )
    colors = _means(points, indices, colors, fixed)
    used, indices = _without_unused(indices, len(colors))
    colors = colors[used]
    palette = np.ascontiguousarray(colors[:, : image.channels])
    apart = points.reshape(-1, 4).astype(np.int32) - space.embed(colors)[indices.reshape(-1)]
    distortion = float(np.einsum("ij,ij->", apart, apart, dtype=np.int64)) / _FIXED_POINT
    changed = coded_palette.sort(replace(image, indices=indices, palette=palette))
    return replace(chosen, image=changed, distortion=distortion, lossless=distortion == 0)


def _rgba(colors: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return grey, RGB or RGBA as RGBA."""
    whole = np.full((len(colors), 4), 255, np.uint8)
    whole[:, : max(3, colors.shape[1])] = colors
    return whole


def _means(
    points: npt.NDArray[np.int16],
    indices: Indices,
    colors: npt.NDArray[np.uint8],
    fixed: npt.NDArray[np.uint8] | None,
) -> npt.NDArray[np.uint8]:
    """Return each entry's mean colour; that of one which is not used, or fixed, is its own."""
    flat, k = indices.reshape(-1), len(colors)
    counts = np.bincount(flat, minlength=k)
    means = space.embed(colors)
    for axis in range(4):
        sums = np.bincount(flat, points[:, :, axis].reshape(-1), k)
        means[:, axis] = np.where(counts, np.rint(sums / np.maximum(counts, 1)), means[:, axis])
    better = space.nearest_colors(means)
    stays = counts == 0
    if fixed is not None and len(fixed):
        stays |= (colors[:, None] == fixed).all(axis=2).any(axis=1)
    return np.where(stays[:, None], colors, better)


def _without_unused(indices: Indices, k: int) -> tuple[npt.NDArray[np.intp], Indices]:
    """Return the entries in use, and the indices among these."""
    counts = np.bincount(indices.reshape(-1), minlength=k)
    used = np.flatnonzero(counts)
    places = np.cumsum(counts > 0) - 1
    table: Indices = places.astype(np.uint8) if len(used) <= 256 else places.astype(np.uint16)
    return used, table[indices]
