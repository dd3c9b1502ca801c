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

from kqformat.errors import LimitError
from kqformat.model import Indices
from kqformat.quantizer import histogram_kernel
from kqformat.quantizer.color_table import (
    ColorTable,
    Counting,
    are_within,
    coarser,
    key_mask,
    sorted_codes,
    split_codes,
)
from kqformat.quantizer.points import WeightedPoints, rounded_means
from kqformat.quantizer.space import embed
from kqformat.threads import available, for_each

_Value = TypeVar("_Value", bound=np.generic)

MAX_COLORS = 1 << 20
"""Above this many distinct colours they are gathered in cells: a bound on memory."""

MAX_PIXELS = 2**32 - 1
"""The most pixels of one colour that a slot can count."""

_MAX_REMEMBERED = 1 << 23
_RUN_PIXELS = 1 << 20  # fewer are counted sooner than a thread is made
_ROUNDS = 4  # after each, threads see whether they have too many colours together


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
    """From the colours of counted pixels to points, in parts that threads share.

    Attributes
    ----------
    pixels : ndarray, uint8, shape (N, 1), (N, 3) or (N, 4)
        What was counted.
    parts : tuple of ColorTable
        Of runs of the pixels, in order.
    points : tuple of ndarray, intp, shape (m,)
        The point that each key of each part belongs to.
    key_mask : int
        What of a colour counts.
    """

    pixels: npt.NDArray[np.uint8]
    parts: tuple[ColorTable, ...]
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
    parts = [Counting(run, max_colors=max_colors, remembers=remembers) for run in runs]
    rounds = 1 if len(parts) == 1 else _ROUNDS
    for number in range(1, rounds + 1):
        for_each(partial(Counting.go_on, part=number / rounds), parts, len(parts))
        _make_alike(parts, max_colors)
    tables = for_each(Counting.listed, parts, len(parts))
    return _joined(pixels, tuple(tables), parts[0].dropped_bits)


def _make_alike(parts: list[Counting], max_colors: int) -> None:
    """Have all parts drop as many bits, and as many as it takes for all colours together."""
    dropped_bits = max(part.dropped_bits for part in parts)
    while True:
        for_each(partial(Counting.coarsen, dropped_bits=dropped_bits), parts, len(parts))
        if are_within(parts, max_colors):
            return
        dropped_bits = coarser(dropped_bits, max_colors)


def count_keys(
    pixels: npt.NDArray[np.uint8],
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """Return the keys of the colours of up to `MAX_COLORS` pixels, and how often each occurs."""
    if len(pixels) > MAX_COLORS:
        raise LimitError("pixels", len(pixels), MAX_COLORS)
    counting = Counting(pixels, max_colors=MAX_COLORS, remembers=False)
    counting.go_on()
    part = counting.listed()
    return part.keys, part.counts


def unpack_keys(keys: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    """Return keys as colours: uint8, shape (n, 4)."""
    return np.ascontiguousarray(keys).astype(">u4").view(np.uint8).reshape(-1, 4)


def in_morton_order(
    keys: npt.NDArray[np.uint32],
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Return the Morton codes of keys, ascending, and the position of each one's key."""
    return split_codes(sorted_codes(keys))


def _runs(pixels: npt.NDArray[np.uint8]) -> list[npt.NDArray[np.uint8]]:
    """Split pixels into as many runs as threads are worth it."""
    count = max(1, min(available(), len(pixels) // _RUN_PIXELS))
    edges = [len(pixels) * number // count for number in range(count + 1)]
    return [pixels[first:end] for first, end in itertools.pairwise(edges)]


def _joined(
    pixels: npt.NDArray[np.uint8], parts: tuple[ColorTable, ...], dropped_bits: int
) -> Histogram:
    """Make one histogram of the parts."""
    keys = _concatenated([part.keys for part in parts])
    counts = _concatenated([part.counts for part in parts])
    edges = [0, *itertools.accumulate(len(part.keys) for part in parts)]
    ordered = _concatenated(
        [part.codes + np.uint64(edge) for part, edge in zip(parts, edges, strict=False)]
    )
    if len(parts) > 1:
        ordered.sort(kind="stable")  # which merges what is in order
    codes, order = split_codes(ordered)
    points = np.empty(len(order), np.intp)
    if len(parts) == 1:  # each colour once
        points[order] = np.arange(len(order))
        keys, counts = keys[order], counts[order]
    else:
        is_first = np.concatenate([[True], codes[1:] != codes[:-1]])
        firsts = np.flatnonzero(is_first)
        points[order] = np.cumsum(is_first) - 1
        codes, keys = codes[firsts], keys[order[firsts]]
        counts = np.add.reduceat(counts[order], firsts)
    points_of_parts = tuple(points[first:end] for first, end in itertools.pairwise(edges))
    table = PixelTable(pixels, parts, points_of_parts, key_mask(dropped_bits))
    is_exact = dropped_bits == 0
    means = embed(unpack_keys(keys)) if is_exact else rounded_means(table.sum_coordinates(), counts)
    return Histogram(codes, means, counts, keys, is_exact, table)


def _concatenated(arrays: list[npt.NDArray[_Value]]) -> npt.NDArray[_Value]:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
