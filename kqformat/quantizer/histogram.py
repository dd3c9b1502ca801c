"""Distinct colours of an image and how often each occurs: the weighted points of k-means.

The histogram makes everything after it independent of the number of pixels. It is exact up to
`MAX_COLORS` distinct colours; an image with more (a noisy one of many megapixels) is gathered in
cells of 2, 4, … levels a side instead, each of which keeps the mean of its pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kqformat.errors import LimitError
from kqformat.model import Indices
from kqformat.quantizer import histogram_kernel
from kqformat.quantizer.space import Points, embed

MAX_COLORS = 1 << 20
"""Above this many distinct colours they are gathered in cells: a bound on memory."""

MAX_PIXELS = 2**32 - 1
"""The most pixels of one colour that a slot can count."""

_MAX_REMEMBERED = 1 << 23
_LOOK_UP_BLOCK = 1 << 20
_LEAST_ROOM, _MOST_ROOM_AT_FIRST = 1 << 8, 1 << 17


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Weighted points, in Morton order, which does not depend on the order of the pixels.

    Attributes
    ----------
    keys : ndarray, uint32, shape (n,)
        The colours, ``R << 24 | G << 16 | B << 8 | A``; corners of cells if not `exact`.
    codes : ndarray, uint32, shape (n,)
        Morton codes of the keys, ascending.
    points : ndarray, int16, shape (n, 4)
        See `space`.
    counts : ndarray, int64, shape (n,)
        Pixels of each point.
    exact : bool
        Whether each point is one colour.
    table : PixelTable
        From pixels to points.
    """

    keys: npt.NDArray[np.uint32]
    codes: npt.NDArray[np.uint32]
    points: Points
    counts: npt.NDArray[np.int64]
    exact: bool
    table: PixelTable

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.keys)

    @property
    def colors(self) -> npt.NDArray[np.uint8]:
        """The colours of the points: uint8, shape (n, 4); corners of cells if not `exact`."""
        return unpack_keys(self.keys)


@dataclass(frozen=True, slots=True, eq=False)
class PixelTable:
    """A hash table from the colours of counted pixels to points.

    Attributes
    ----------
    pixels : ndarray, uint8, shape (N, 1), (N, 3) or (N, 4)
        What was counted.
    slots : ndarray, uint64
        The table.
    occupied : ndarray, uint32, shape (n,)
        The slot of each point.
    places : ndarray, uint32, shape (N,) or (0,)
        The slot of each pixel, unless there are too many to remember.
    """

    pixels: npt.NDArray[np.uint8]
    slots: npt.NDArray[np.uint64]
    occupied: npt.NDArray[np.uint32]
    places: npt.NDArray[np.uint32]

    def look_up(self, labels: Indices, out: Indices) -> None:
        """Write the label of each pixel's colour; `labels` are in the order of the points."""
        by_slot = np.empty(len(self.slots), labels.dtype)
        by_slot[self.occupied] = labels
        if len(self.places):
            histogram_kernel.gather(self.places, by_slot, out)
            return
        for first in range(0, len(self.pixels), _LOOK_UP_BLOCK):
            block = self.pixels[first : first + _LOOK_UP_BLOCK]
            places = np.empty(len(block), np.uint32)
            if histogram_kernel.locate(block, self.slots, places) != len(block):
                raise RuntimeError("the pixels were changed while they were being quantized")
            histogram_kernel.gather(places, by_slot, out[first : first + len(block)])


def count_colors(pixels: npt.NDArray[np.uint8], max_colors: int = MAX_COLORS) -> Histogram:
    """Count the colours of pixels.

    Parameters
    ----------
    pixels : ndarray, uint8, shape (N, 1), (N, 3) or (N, 4)
        Grey, RGB or straight-alpha RGBA; all fully transparent colours are taken as one.
    max_colors : int
        With more distinct colours than this (at least 16), cells take their place.

    Returns
    -------
    Histogram

    Raises
    ------
    LimitError
        If there are more pixels than `MAX_PIXELS`.

    Examples
    --------
    >>> histogram = count_colors(np.array([[0, 0, 9], [0, 0, 8], [0, 0, 9]], np.uint8))
    >>> histogram.colors[:, 2].tolist(), histogram.counts.tolist()
    ([8, 9], [1, 2])
    """
    if len(pixels) > MAX_PIXELS:
        raise LimitError("pixels", len(pixels), MAX_PIXELS)
    dropped_bits = 0
    room = _power_of_two(min(max(_LEAST_ROOM, len(pixels) // 4), _MOST_ROOM_AT_FIRST))
    while True:
        # Two levels a channel are 16 cells at most, so this ends.
        histogram = _count(pixels, dropped_bits, min(room, max_colors))
        if histogram is not None:
            return histogram
        if room < max_colors:
            room *= 4
        else:
            dropped_bits += 1


def unpack_keys(keys: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    """Return keys as colours: uint8, shape (n, 4)."""
    return np.ascontiguousarray(keys).astype(">u4").view(np.uint8).reshape(-1, 4)


def _count(pixels: npt.NDArray[np.uint8], dropped_bits: int, room: int) -> Histogram | None:
    """Count with the lowest bits dropped; None if there are more colours than `room`."""
    exact = dropped_bits == 0
    key_mask = 0x01010101 * (0xFF >> dropped_bits << dropped_bits)
    slots = np.zeros(2 * _power_of_two(room), np.uint64)
    remembered = len(pixels) if exact and len(pixels) <= _MAX_REMEMBERED else 0
    places = np.empty(remembered, np.uint32)
    counted, known = histogram_kernel.count(pixels, key_mask, slots, places, room)
    if counted < len(pixels):
        return None
    keys = np.empty(known + 1, np.uint32)
    counts = np.empty(known + 1, np.int64)
    occupied = np.empty(known + 1, np.uint32)
    histogram_kernel.collect(slots, keys, counts, occupied)
    codes = np.empty(known, np.uint64)
    histogram_kernel.morton_codes(keys[:known], codes)
    codes.sort()
    order = codes.astype(np.uint32)  # the lower half: positions
    table = PixelTable(pixels, slots, occupied[order], places)
    keys, counts = keys[order], counts[order]
    points = embed(unpack_keys(keys)) if exact else _means(table, key_mask, counts)
    return Histogram(keys, (codes >> np.uint64(32)).astype(np.uint32), points, counts, exact, table)


def _means(table: PixelTable, key_mask: int, counts: npt.NDArray[np.int64]) -> Points:
    """Return the mean of the pixels of each cell."""
    ids = np.empty(len(table.slots), np.uint32)
    ids[table.occupied] = np.arange(len(counts), dtype=np.uint32)
    sums = np.zeros((len(counts), 4), np.int64)
    histogram_kernel.add_coordinates(table.pixels, key_mask, table.slots, ids, sums)
    return ((2 * sums + counts[:, None]) // (2 * counts[:, None])).astype(np.int16)


def _power_of_two(at_least: int) -> int:
    return 1 << (at_least - 1).bit_length()
