"""Which of the two entropy models suits a band (spec §7.5): an encoder's choice."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kqformat.model import Indices

_FEWEST_COLORS = 129
_FEWEST_PIXELS = 1 << 16
"""Below these the recalling model is smaller, on photographs as well, or fast enough."""

_LARGE = 1 << 21
"""Pixels of bands that are photographs with less that is uneven, and more that is met again."""

_SAMPLE = 1 << 15
"""Pixels that are looked at, of rows in the middle."""


def is_for_local_model(indices: Indices, k: int) -> bool:
    """Tell whether the local model is likely to take no more bytes, in two thirds of the time.

    That is so where pictures do not repeat themselves: where of the pixels whose four nearest
    neighbours are not all equal, few have the same entry as the last one with such neighbours, or
    not many of those of a large band that have met them before.
    (`tools/bench_coding.py` has the figures; decision 11 those of single pictures.)

    Parameters
    ----------
    indices : ndarray, uint8 or uint16, shape (rows, width)
    k : int
        Entries of the palette.

    Returns
    -------
    bool
    """
    height, width = indices.shape
    if k < _FEWEST_COLORS or indices.size < _FEWEST_PIXELS or min(height, width) < 3:
        return False
    rows = min(max(_SAMPLE // width, 2), height - 1)
    first = (height - rows) // 2
    return _suits(_repeats(indices[first - 1 : first + rows]), is_large=indices.size >= _LARGE)


class _Repeats(NamedTuple):
    """How many pixels there are, and of how many W, N, NW and NE are not all equal.

    Of these, with how many neighbours a pixel had been met before, and how many have the entry of
    the last one that was.
    """

    pixels: int
    uneven: int
    met: int
    recalled: int


def _repeats(part: Indices) -> _Repeats:
    """Count repeats among the pixels of some rows that have all four neighbours in these."""
    wide = part.astype(np.uint64)
    west, north = wide[1:, :-2], wide[:-1, 1:-1]
    north_west, north_east = wide[:-1, :-2], wide[:-1, 2:]
    uneven = (west != north) | (north != north_west) | (north != north_east)
    keys = (west << 48 | north << 32 | north_west << 16 | north_east)[uneven]
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    entries = wide[1:, 1:-1][uneven][order]
    met = keys[1:] == keys[:-1]
    recalled = met & (entries[1:] == entries[:-1])
    counts = (np.count_nonzero(each) for each in (uneven, met, recalled))
    return _Repeats(uneven.size, *map(int, counts))


def _suits(repeats: _Repeats, *, is_large: bool) -> bool:
    """Tell by them whether the local model suits a band."""
    if (10 if is_large else 4) * repeats.uneven < repeats.pixels:
        return False
    if 16 * repeats.recalled <= repeats.uneven:
        return True
    return (is_large or 3 * repeats.recalled <= repeats.uneven) and (
        24 * repeats.recalled <= 17 * repeats.met
    )
