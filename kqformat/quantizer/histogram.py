"""Distinct colours of an image and how often each occurs: the weighted points of k-means.

The histogram makes everything after it independent of the number of pixels. It is exact up to
`MAX_COLORS` distinct colours; an image with more (a noisy one of many megapixels) is gathered in
cells of 2, 4, … levels a side instead, each of which keeps the mean of its pixels.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from kqformat.errors import LimitError, ParameterError
from kqformat.model import Indices
from kqformat.quantizer import histogram_kernel
from kqformat.quantizer.points import WeightedPoints, rounded_means
from kqformat.quantizer.space import embed
from kqformat.threads import available, for_each

_Value = TypeVar("_Value", bound=np.generic)

MAX_COLORS = 1 << 20
"""Above this many distinct colours they are gathered in cells: a bound on memory."""

MAX_PIXELS = 2**32 - 1
"""The most pixels of one colour that a slot can count."""

_MAX_REMEMBERED = 1 << 23
_LOOK_UP_BLOCK = 1 << 20
_RUN_PIXELS = 1 << 20  # fewer are counted sooner than a thread is made
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
class TablePart:
    """A hash table from the colours of a run of pixels to points.

    Attributes
    ----------
    pixels : ndarray, uint8, shape (N, 1), (N, 3) or (N, 4)
        What was counted.
    slots : ndarray, uint64
        The table.
    keys : ndarray, uint32, shape (m,)
        The colours found.
    counts : ndarray, int64, shape (m,)
        How often each.
    occupied : ndarray, uint32, shape (m,)
        The slot of each.
    places : ndarray, uint32, shape (N,) or (0,)
        The slot of each pixel, unless there are too many to remember.
    """

    pixels: npt.NDArray[np.uint8]
    slots: npt.NDArray[np.uint64]
    keys: npt.NDArray[np.uint32]
    counts: npt.NDArray[np.int64]
    occupied: npt.NDArray[np.uint32]
    places: npt.NDArray[np.uint32]

    def by_slot(self, values: npt.NDArray[_Value]) -> npt.NDArray[_Value]:
        """Return the value of each slot; `values` are in the order of the keys."""
        slots = np.empty(len(self.slots), values.dtype)
        slots[self.occupied] = values
        return slots

    def look_up(self, labels: Indices, out: Indices) -> None:
        """Write the label of each pixel's colour; `labels` are in the order of the keys."""
        by_slot = self.by_slot(labels)
        if len(self.places):
            histogram_kernel.gather(self.places, by_slot, out)
            return
        for first in range(0, len(self.pixels), _LOOK_UP_BLOCK):
            block = self.pixels[first : first + _LOOK_UP_BLOCK]
            places = np.empty(len(block), np.uint32)
            if histogram_kernel.locate(block, self.slots, places) != len(block):
                raise RuntimeError("the pixels were changed while they were being quantized")
            histogram_kernel.gather(places, by_slot, out[first : first + len(block)])


@dataclass(frozen=True, slots=True, eq=False)
class PixelTable:
    """From the colours of counted pixels to points, in parts that threads share.

    Attributes
    ----------
    pixels : ndarray, uint8, shape (N, 1), (N, 3) or (N, 4)
        What was counted.
    parts : tuple of TablePart
        Of runs of the pixels, in order.
    points : tuple of ndarray, intp, shape (m,)
        The point that each key of each part belongs to.
    key_mask : int
        What of a colour counts.
    """

    pixels: npt.NDArray[np.uint8]
    parts: tuple[TablePart, ...]
    points: tuple[npt.NDArray[np.intp], ...]
    key_mask: int

    def sum_weights(self, weights: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """Return the sum of the weights (uint8, shape (N,)) of each point's pixels."""

        def add(number: int, sums: npt.NDArray[np.int64]) -> None:
            part, first = self.parts[number], self._firsts[number]
            own = weights[first : first + len(part.pixels)]
            points = part.by_slot(self.points[number].astype(np.uint32))
            histogram_kernel.add_weights(part.pixels, own, self.key_mask, part.slots, points, sums)

        return self._summed(add, ())

    def sum_coordinates(self) -> npt.NDArray[np.int64]:
        """Return the sums of the coordinates of each point's pixels: shape (n, 4)."""

        def add(number: int, sums: npt.NDArray[np.int64]) -> None:
            part = self.parts[number]
            points = part.by_slot(self.points[number].astype(np.uint32))
            histogram_kernel.add_coordinates(part.pixels, self.key_mask, part.slots, points, sums)

        return self._summed(add, (4,))

    def look_up(self, labels: Indices, out: Indices) -> None:
        """Write the label of each pixel's colour; `labels` are in the order of the points."""

        def write(number: int) -> None:
            part, first = self.parts[number], self._firsts[number]
            part.look_up(labels[self.points[number]], out[first : first + len(part.pixels)])

        for_each(write, range(len(self.parts)), len(self.parts))

    @property
    def _firsts(self) -> list[int]:
        """The place of each part's first pixel."""
        return [0, *itertools.accumulate(len(part.pixels) for part in self.parts)]

    def _summed(
        self, add: Callable[[int, npt.NDArray[np.int64]], None], row: tuple[int, ...]
    ) -> npt.NDArray[np.int64]:
        """Return the sum of what `add` adds for each part to zeros, a row for each point."""
        shape = 1 + max(int(points.max()) for points in self.points), *row

        def sums_of(number: int) -> npt.NDArray[np.int64]:
            sums = np.zeros(shape, np.int64)
            add(number, sums)
            return sums

        total = np.zeros(shape, np.int64)
        for sums in for_each(sums_of, range(len(self.parts)), len(self.parts)):
            total += sums
        return total


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
    runs = _runs(pixels)
    remembers = len(pixels) <= _MAX_REMEMBERED
    for dropped_bits in range(8):  # two levels a channel are 16 cells at most, so this ends
        count = partial(
            _count, dropped_bits=dropped_bits, max_colors=max_colors, remembers=remembers
        )
        parts = [part for part in for_each(count, runs, len(runs)) if part is not None]
        if len(parts) == len(runs):
            histogram = _joined(pixels, tuple(parts), dropped_bits, max_colors)
            if histogram is not None:
                return histogram
    raise ParameterError(f"max_colors is {max_colors}, expected 16 or more")


def count_keys(
    pixels: npt.NDArray[np.uint8],
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """Return the keys of the colours of up to `MAX_COLORS` pixels, and how often each occurs."""
    part = _count(pixels, dropped_bits=0, max_colors=MAX_COLORS, remembers=False)
    if part is None:
        raise LimitError("pixels", len(pixels), MAX_COLORS)
    return part.keys, part.counts


def unpack_keys(keys: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    """Return keys as colours: uint8, shape (n, 4)."""
    return np.ascontiguousarray(keys).astype(">u4").view(np.uint8).reshape(-1, 4)


def key_mask(dropped_bits: int) -> int:
    """Return what of a key counts in cells of 2^dropped_bits levels a side."""
    return 0x01010101 * (0xFF >> dropped_bits << dropped_bits)


def in_morton_order(
    keys: npt.NDArray[np.uint32],
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Return the Morton codes of keys, ascending, and the position of each one's key."""
    codes = np.empty(len(keys), np.uint64)
    histogram_kernel.morton_codes(keys, codes)
    codes.sort()
    return (codes >> np.uint64(32)).astype(np.uint32), codes.astype(np.uint32)


def _runs(pixels: npt.NDArray[np.uint8]) -> list[npt.NDArray[np.uint8]]:
    """Split pixels into as many runs as threads are worth it."""
    count = max(1, min(available(), len(pixels) // _RUN_PIXELS))
    edges = [len(pixels) * number // count for number in range(count + 1)]
    return [pixels[first:end] for first, end in itertools.pairwise(edges)]


def _count(
    pixels: npt.NDArray[np.uint8], *, dropped_bits: int, max_colors: int, remembers: bool
) -> TablePart | None:
    """Count with the lowest bits dropped; None if there are more than `max_colors`."""
    size = 2 * _power_of_two(min(max(_LEAST_ROOM, len(pixels) // 4), _MOST_ROOM_AT_FIRST))
    remembered = len(pixels) if remembers and dropped_bits == 0 else 0
    places = np.empty(remembered, np.uint32)
    slots = np.zeros(size, np.uint64)
    counted = known = 0
    while True:
        room = min(size // 4 * 3, max_colors)
        more, known = histogram_kernel.count(
            pixels[counted:], key_mask(dropped_bits), slots, places, room, known
        )
        counted += more
        if counted == len(pixels):
            break
        if room == max_colors:
            return None
        size = min(4 * size, 2 * _power_of_two(max_colors))
        larger = np.zeros(size, np.uint64)
        if remembered:  # places, which are others now
            counted = known = 0
        else:
            histogram_kernel.move(slots, larger)
        slots = larger
    keys = np.empty(known + 1, np.uint32)
    counts = np.empty(known + 1, np.int64)
    occupied = np.empty(known + 1, np.uint32)
    histogram_kernel.collect(slots, keys, counts, occupied)
    return TablePart(pixels, slots, keys[:known], counts[:known], occupied[:known], places)


def _joined(
    pixels: npt.NDArray[np.uint8], parts: tuple[TablePart, ...], dropped_bits: int, max_colors: int
) -> Histogram | None:
    """Make one histogram of the parts; None if it had more than `max_colors`."""
    keys = _concatenated([part.keys for part in parts])
    counts = _concatenated([part.counts for part in parts])
    codes, order = in_morton_order(keys)
    points = np.empty(len(order), np.intp)
    if len(parts) == 1:  # each colour once
        points[order] = np.arange(len(order))
        keys, counts = keys[order], counts[order]
    else:
        is_first = np.concatenate([[True], codes[1:] != codes[:-1]])
        firsts = np.flatnonzero(is_first)
        if len(firsts) > max_colors:
            return None
        points[order] = np.cumsum(is_first) - 1
        codes, keys = codes[firsts], keys[order[firsts]]
        counts = np.add.reduceat(counts[order], firsts)
    edges = [0, *itertools.accumulate(len(part.keys) for part in parts)]
    points_of_parts = tuple(points[first:end] for first, end in itertools.pairwise(edges))
    table = PixelTable(pixels, parts, points_of_parts, key_mask(dropped_bits))
    is_exact = dropped_bits == 0
    means = embed(unpack_keys(keys)) if is_exact else rounded_means(table.sum_coordinates(), counts)
    return Histogram(codes, means, counts, keys, is_exact, table)


def _concatenated(arrays: list[npt.NDArray[_Value]]) -> npt.NDArray[_Value]:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _power_of_two(at_least: int) -> int:
    return 1 << (at_least - 1).bit_length()
