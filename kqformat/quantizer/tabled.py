"""Pixels of at most `MAX_COLORS` colours, counted in tables, and what belongs to each of them.

Threads have a run of the pixels each, and a table of its colours.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kqformat.errors import LimitError
from kqformat.model import Indices
from kqformat.quantizer import color_table
from kqformat.quantizer.color_table import ColorTable, split_codes
from kqformat.quantizer.histogram import MAX_COLORS, Histogram, unpack_keys
from kqformat.quantizer.space import embed
from kqformat.threads import available, for_each

_MAX_REMEMBERED = 1 << 23
_RUN_PIXELS = 1 << 20  # fewer are counted by one thread


@dataclass(frozen=True, slots=True, eq=False)
class TabledPixels:
    """Pixels and their histogram, which is exact.

    Attributes
    ----------
    histogram : Histogram
        That of the pixels.
    parts : tuple of ColorTable
        Of runs of the pixels, in order.
    points : tuple of slice, or of ndarray, intp, shape (m,)
        The points that the keys of each part belong to.
    """

    histogram: Histogram
    parts: tuple[ColorTable, ...]
    points: tuple[slice | npt.NDArray[np.intp], ...]

    @property
    def pixel_count(self) -> int:
        """How many pixels there are."""
        return sum(len(part.pixels) for part in self.parts)

    def sum_weights(self, weights: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """Return the sum of the weights (uint8, shape (N,)) of each point's pixels."""

        def sums_of(number: int) -> npt.NDArray[np.int64]:
            sums = np.zeros(len(self.histogram), np.int64)
            part, first = self.parts[number], self._firsts[number]
            own = weights[first : first + len(part.pixels)]
            points = np.arange(len(sums), dtype=np.uint32)[self.points[number]]
            part.add_weights(own, points, sums)
            return sums

        total, *others = for_each(sums_of, range(len(self.parts)), len(self.parts))
        for sums in others:
            total += sums
        return total

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


def tabled(pixels: npt.NDArray[np.uint8], max_colors: int = MAX_COLORS) -> TabledPixels | None:
    """Count the colours of pixels; None if there are more than `max_colors`."""
    remembers = len(pixels) <= _MAX_REMEMBERED

    def count(run: npt.NDArray[np.uint8]) -> ColorTable | None:
        return color_table.count(run, max_colors=max_colors, remembers=remembers)

    runs = _runs(pixels)
    found = for_each(count, runs, len(runs))
    parts = tuple(part for part in found if part is not None)
    if len(parts) < len(runs):
        return None
    joined = _joined(parts)
    return joined if len(joined.histogram) <= max_colors else None


def tabled_block(pixels: npt.NDArray[np.uint8]) -> TabledPixels:
    """Count the colours of at most `MAX_COLORS` pixels.

    Raises
    ------
    LimitError
        If there are more.
    """
    found = tabled(pixels) if len(pixels) <= MAX_COLORS else None
    if found is None:
        raise LimitError("pixels", len(pixels), MAX_COLORS)
    return found


def _runs(pixels: npt.NDArray[np.uint8]) -> list[npt.NDArray[np.uint8]]:
    """Split pixels into as many runs as threads are worth it."""
    count = max(1, min(available(), len(pixels) // _RUN_PIXELS))
    edges = [len(pixels) * number // count for number in range(count + 1)]
    return [pixels[first:end] for first, end in itertools.pairwise(edges)]


def _joined(parts: tuple[ColorTable, ...]) -> TabledPixels:
    """Make one histogram of the parts."""
    if len(parts) == 1:  # each colour once
        keys, counts, codes = parts[0].keys, parts[0].counts, parts[0].codes
        every = slice(len(keys))
        return TabledPixels(_histogram(codes, keys, counts), parts, (every,))
    keys = np.concatenate([part.keys for part in parts])
    counts = np.concatenate([part.counts for part in parts])
    edges = [0, *itertools.accumulate(len(part.keys) for part in parts)]
    ordered = np.concatenate([part.codes for part in parts]).astype(np.uint64) << np.uint64(32)
    ordered |= np.arange(len(keys), dtype=np.uint64)
    ordered.sort(kind="stable")  # which merges what is in order
    codes, order = split_codes(ordered)
    points = np.empty(len(order), np.intp)
    is_first = np.concatenate([[True], codes[1:] != codes[:-1]])
    firsts = np.flatnonzero(is_first)
    points[order] = np.cumsum(is_first) - 1
    codes, keys = codes[firsts], keys[order[firsts]]
    counts = np.add.reduceat(counts[order], firsts)
    points_of_parts = tuple(points[first:end] for first, end in itertools.pairwise(edges))
    return TabledPixels(_histogram(codes, keys, counts), parts, points_of_parts)


def _histogram(
    codes: npt.NDArray[np.uint32], keys: npt.NDArray[np.uint32], counts: npt.NDArray[np.int64]
) -> Histogram:
    return Histogram(codes, embed(unpack_keys(keys)), counts, keys, exact=True)
