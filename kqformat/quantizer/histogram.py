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
from kqformat.quantizer.points import WeightedPoints, rounded_means
from kqformat.quantizer.space import embed

MAX_COLORS = 1 << 20
"""Above this many distinct colours they are gathered in cells: a bound on memory."""

MAX_PIXELS = 2**32 - 1
"""The most pixels of one colour that a slot can count."""

_MAX_REMEMBERED = 1 << 23
_LOOK_UP_BLOCK = 1 << 20
_LEAST_ROOM, _MOST_ROOM_AT_FIRST = 1 << 8, 1 << 17


@dataclass(frozen=True, slots=True, eq=False)
class Histogram(WeightedPoints):
    """The colours of an image as weighted points, in an order independent of the pixels'.

    Attributes
    ----------
    keys : ndarray, uint32, shape (n,)
        The colours, ``R << 24 | G << 16 | B << 8 | A``; corners of cells if not `exact`.
    exact : bool
        Whether each point is one colour.
    table : PixelTable
        From pixels to points.
    """

    keys: npt.NDArray[np.uint32]
    exact: bool
    table: PixelTable

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
    key_mask : int
        What of a colour counts.
    """

    pixels: npt.NDArray[np.uint8]
    slots: npt.NDArray[np.uint64]
    occupied: npt.NDArray[np.uint32]
    places: npt.NDArray[np.uint32]
    key_mask: int

    def sum_weights(self, weights: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """Return the sum of the weights (uint8, shape (N,)) of each point's pixels."""
        sums = np.zeros(len(self.occupied), np.int64)
        histogram_kernel.add_weights(
            self.pixels, weights, self.key_mask, self.slots, self._points_of_slots(), sums
        )
        return sums

    def sum_coordinates(self) -> npt.NDArray[np.int64]:
        """Return the sums of the coordinates of each point's pixels: shape (n, 4)."""
        sums = np.zeros((len(self.occupied), 4), np.int64)
        histogram_kernel.add_coordinates(
            self.pixels, self.key_mask, self.slots, self._points_of_slots(), sums
        )
        return sums

    def _points_of_slots(self) -> npt.NDArray[np.uint32]:
        numbers = np.empty(len(self.slots), np.uint32)
        numbers[self.occupied] = np.arange(len(self.occupied), dtype=np.uint32)
        return numbers

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
    size = 2 * _power_of_two(min(max(_LEAST_ROOM, len(pixels) // 4), _MOST_ROOM_AT_FIRST))
    while True:
        # Two levels a channel are 16 cells at most, so this ends.
        histogram = _count(pixels, dropped_bits, size, min(size // 4 * 3, max_colors))
        if histogram is not None:
            return histogram
        if size // 4 * 3 < max_colors:
            size = min(4 * size, 2 * _power_of_two(max_colors))
        else:
            dropped_bits += 1


def unpack_keys(keys: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    """Return keys as colours: uint8, shape (n, 4)."""
    return np.ascontiguousarray(keys).astype(">u4").view(np.uint8).reshape(-1, 4)


def _count(
    pixels: npt.NDArray[np.uint8], dropped_bits: int, size: int, room: int
) -> Histogram | None:
    """Count in a table of a size with the lowest bits dropped; None if it has not room enough."""
    exact = dropped_bits == 0
    key_mask = 0x01010101 * (0xFF >> dropped_bits << dropped_bits)
    slots = np.zeros(size, np.uint64)
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
    table = PixelTable(pixels, slots, occupied[order], places, key_mask)
    keys, counts = keys[order], counts[order]
    points = embed(unpack_keys(keys)) if exact else rounded_means(table.sum_coordinates(), counts)
    sorted_codes = (codes >> np.uint64(32)).astype(np.uint32)
    return Histogram(sorted_codes, points, counts, keys, exact, table)


def _power_of_two(at_least: int) -> int:
    return 1 << (at_least - 1).bit_length()
