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
from kqformat.quantizer.spaces import DEFAULT_SPACE, Space, space_named

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
    if isinstance(price, bool) or not isinstance(price, int | float | np.integer | np.floating):
        raise ParameterError(f"rdo is {price!r}, expected a number")
    if not 0 <= price <= 100_000:
        raise ParameterError(f"rdo is {price}, expected 0 to 100,000")
    return price


def spare_bits(
    chosen: Quantization,
    pixels: npt.NDArray[np.uint8],
    price: float,
    fixed: npt.NDArray[np.uint8] | None = None,
    space_name: str = DEFAULT_SPACE,
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
    space_name : str
        Where errors are measured, as the quantizer's `space`; importance has no part in it.

    Returns
    -------
    Quantization
        Its palette is in the order that suits entropy coding, without entries that are not used,
        but for fixed ones. No pixel takes an entry over 40 samples away unless its nearest is.

    Examples
    --------
    >>> from kqformat.quantizer.pipeline import quantize
    >>> ramp = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)
    >>> chosen = quantize(ramp, 32)
    >>> spared = spare_bits(chosen, ramp.reshape(-1, 1), 10)
    >>> round(chosen.psnr, 1), round(spared.psnr, 1)
    (47.7, 42.0)
    """
    if price == 0 or chosen.image.colors < 2:
        return chosen
    image = coded_palette.sort(chosen.image)
    chosen_space = space_named(space_name)
    colors = _rgba(image.palette)
    shown = _rgba(pixels)
    points = chosen_space.embed(shown).reshape(image.height, image.width, 4)
    indices = entropy.choose(
        image.indices,
        image.palette,
        points,
        chosen_space.embed(colors),
        bit_price=checked_price(price),
        farthest=FARTHEST,
    )
    is_fixed = _among(colors, fixed)
    colors = _means(points, indices, colors, is_fixed, chosen_space)
    used, indices = _without_unused(indices, is_fixed)
    colors = colors[used]
    palette = np.ascontiguousarray(colors[:, : image.channels])
    flat = indices.reshape(-1)
    apart = space.embed(shown).astype(np.int32) - space.embed(colors)[flat]
    distortion = float(np.einsum("ij,ij->", apart, apart, dtype=np.int64)) / _FIXED_POINT
    lossless = distortion == 0 and bool((_visible(shown) == _visible(colors)[flat]).all())
    changed = coded_palette.sort(replace(image, indices=indices, palette=palette))
    return replace(chosen, image=changed, distortion=distortion, lossless=lossless)


def _rgba(colors: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return grey, RGB or RGBA as RGBA."""
    whole = np.full((len(colors), 4), 255, np.uint8)
    whole[:, : max(3, colors.shape[1])] = colors
    return whole


def _means(
    points: npt.NDArray[np.int16],
    indices: Indices,
    colors: npt.NDArray[np.uint8],
    is_fixed: npt.NDArray[np.bool_],
    chosen_space: Space,
) -> npt.NDArray[np.uint8]:
    """Return each entry's mean colour; its own where it is not used, is fixed, or is as near."""
    flat, k = indices.reshape(-1), len(colors)
    counts = np.bincount(flat, minlength=k)
    means = chosen_space.embed(colors).astype(np.int64)
    own = means.copy()
    for axis in range(4):
        sums = np.bincount(flat, points[:, :, axis].reshape(-1), k)
        means[:, axis] = np.where(counts, np.rint(sums / np.maximum(counts, 1)), means[:, axis])
    better = chosen_space.nearest_colors(means.astype(np.int16))
    before = ((own - means) ** 2).sum(axis=1)
    after = ((chosen_space.embed(better) - means) ** 2).sum(axis=1)
    return np.where((is_fixed | (counts == 0) | (before <= after))[:, None], colors, better)


def _among(
    colors: npt.NDArray[np.uint8], fixed: npt.NDArray[np.uint8] | None
) -> npt.NDArray[np.bool_]:
    """Return which colours are among the fixed ones."""
    if fixed is None:
        return np.zeros(len(colors), bool)
    packed, kept = (np.ascontiguousarray(each).view(np.uint32)[:, 0] for each in (colors, fixed))
    return np.isin(packed, kept)


def _visible(colors: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return colours as they are seen: all zeros where they are fully transparent."""
    return np.where(colors[:, 3:] > 0, colors, np.uint8(0))


def _without_unused(
    indices: Indices, is_fixed: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.intp], Indices]:
    """Return the entries in use, and the fixed ones, and the indices among these."""
    stays = is_fixed | (np.bincount(indices.reshape(-1), minlength=len(is_fixed)) > 0)
    used = np.flatnonzero(stays)
    places = np.cumsum(stays) - 1
    table: Indices = places.astype(np.uint8) if len(used) <= 256 else places.astype(np.uint16)
    return used, table[indices]
