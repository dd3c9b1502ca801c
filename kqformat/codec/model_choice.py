"""Which of the two entropy models suits a band (spec §7.5): an encoder's choice."""

from __future__ import annotations

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
    """Tell whether the local model is likely to take no more bytes, and so half the time.

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
    part = indices[first - 1 : first + rows].astype(np.uint64)
    west, north = part[1:, :-2], part[:-1, 1:-1]
    north_west, north_east = part[:-1, :-2], part[:-1, 2:]
    keys = west << 48 | north << 32 | north_west << 16 | north_east
    uneven = (west != north) | (north != north_west) | (north != north_east)
    keys = keys[uneven]
    is_large = indices.size >= _LARGE
    if (10 if is_large else 4) * len(keys) < uneven.size:
        return False
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    entries = part[1:, 1:-1][uneven][order]
    met = keys[1:] == keys[:-1]
    recalled = int(np.count_nonzero(met & (entries[1:] == entries[:-1])))
    if 16 * recalled <= len(keys):
        return True
    return (is_large or 3 * recalled <= len(keys)) and 24 * recalled <= 17 * int(
        np.count_nonzero(met)
    )
