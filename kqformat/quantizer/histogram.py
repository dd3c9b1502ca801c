"""Distinct colours of an image and how often each occurs: the weighted points of k-means.

The histogram makes everything after it independent of the number of pixels. It is exact up to
`MAX_COLORS` distinct colours; an image with more (a noisy one of many megapixels) is gathered in
cells of 2, 4, … levels a side instead, each of which keeps the mean of its pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kqformat.model import Indices
from kqformat.quantizer import histogram_kernel
from kqformat.quantizer.space import Points, embed

MAX_COLORS = 1 << 20
"""Above this many distinct colours they are gathered in cells: a bound on memory."""

_ROOM_AT_FIRST = (1 << 8, 1 << 17)


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Weighted points, in Morton order, which does not depend on the order of the pixels.

    Attributes
    ----------
    keys : ndarray, uint32, shape (n,)
        The colours, ``R << 24 | G << 16 | B << 8 | A``, in the order of first sight.
    order : ndarray, int64, shape (n,)
        Which key each point stands for.
    codes : ndarray, uint32, shape (n,)
        Morton codes of the points, ascending.
    points : ndarray, int16, shape (n, 4)
        See `space`.
    counts : ndarray, int64, shape (n,)
        Pixels of each point.
    slots : ndarray, uint64
        The hash table from keys to their positions.
    exact : bool
        Whether each point is one colour.
    """

    keys: npt.NDArray[np.uint32]
    order: npt.NDArray[np.intp]
    codes: npt.NDArray[np.uint32]
    points: Points
    counts: npt.NDArray[np.int64]
    slots: npt.NDArray[np.uint64]
    exact: bool

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.keys)

    @property
    def colors(self) -> npt.NDArray[np.uint8]:
        """The colours of the points: uint8, shape (n, 4); corners of cells if not `exact`."""
        return unpack_keys(self.keys[self.order])

    def look_up(self, pixels: npt.NDArray[np.uint8], labels: Indices, out: Indices) -> None:
        """Write the label of each pixel's colour; `labels` are in the order of the points."""
        by_id = np.empty_like(labels)
        by_id[self.order] = labels
        histogram_kernel.look_up(pixels, self.slots, by_id, out)


def count_colors(pixels: npt.NDArray[np.uint8], max_colors: int = MAX_COLORS) -> Histogram:
    """Count the colours of pixels.

    Parameters
    ----------
    pixels : ndarray, uint8, shape (N, 3) or (N, 4)
        RGB or straight-alpha RGBA; all fully transparent colours are taken as one.
    max_colors : int
        With more distinct colours than this, cells take their place.

    Returns
    -------
    Histogram

    Examples
    --------
    >>> histogram = count_colors(np.array([[0, 0, 9], [0, 0, 8], [0, 0, 9]], np.uint8))
    >>> histogram.colors[:, 2].tolist(), histogram.counts.tolist()
    ([8, 9], [1, 2])
    """
    for dropped_bits in range(8):
        histogram = _count(pixels, dropped_bits, max_colors)
        if histogram is not None:
            return histogram
    raise AssertionError("two levels a channel are 16 cells at most")  # pragma: no cover


def unpack_keys(keys: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    """Return keys as colours: uint8, shape (n, 4)."""
    return np.ascontiguousarray(keys).astype(">u4").view(np.uint8).reshape(-1, 4)


def _count(pixels: npt.NDArray[np.uint8], dropped_bits: int, max_colors: int) -> Histogram | None:
    """Count with the lowest bits dropped; None if there are too many colours still."""
    exact = dropped_bits == 0
    key_mask = 0x01010101 * (0xFF >> dropped_bits << dropped_bits)
    # A photograph of half a megapixel has a colour for every four to eight pixels.
    least, most = _ROOM_AT_FIRST
    room = min(_power_of_two(max(least, min(len(pixels) // 4, most))), max_colors)
    keys = np.empty(room, np.uint32)
    counts = np.empty(room, np.int64)
    sums = np.zeros((0 if exact else room, 4), np.int64)
    position = known = 0
    while True:
        slots = np.zeros(2 * _power_of_two(room), np.uint64)
        histogram_kernel.fill(keys[:known], slots)
        position, known = histogram_kernel.count(
            pixels, position, key_mask, slots, keys, counts, sums, known
        )
        if position == len(pixels):
            break
        if room == max_colors:
            return None
        room = min(2 * room, max_colors)
        keys, counts = np.resize(keys, room), np.resize(counts, room)
        if not exact:
            sums = np.concatenate([sums, np.zeros((room - len(sums), 4), np.int64)])
    return _sorted(keys[:known], counts[:known], sums[:known], slots, exact)


def _sorted(
    keys: npt.NDArray[np.uint32],
    counts: npt.NDArray[np.int64],
    sums: npt.NDArray[np.int64],
    slots: npt.NDArray[np.uint64],
    exact: bool,
) -> Histogram:
    codes = morton_codes(keys)
    order = np.argsort(codes)
    counts = counts[order]
    if exact:
        points = embed(unpack_keys(keys[order]))
    else:
        points = ((2 * sums[order] + counts[:, None]) // (2 * counts[:, None])).astype(np.int16)
    return Histogram(keys, order, codes[order], points, counts, slots, exact)


def morton_codes(keys: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """Interleave the bits of four channels, so that near colours tend to be near in the order.

    Examples
    --------
    >>> [hex(code) for code in morton_codes(np.array([0xFF000000, 0x80808080], np.uint32))]
    ['0x88888888', '0xf0000000']
    """
    codes = np.zeros(len(keys), np.uint32)
    for channel in range(4):
        spread = _SPREAD[(keys >> np.uint32(8 * channel)) & np.uint32(255)]
        codes |= spread << np.uint32(channel)
    return codes


def _power_of_two(at_least: int) -> int:
    return 1 << (at_least - 1).bit_length()


_SPREAD = np.array([int(f"{byte:b}", 16) for byte in range(256)], np.uint32)
