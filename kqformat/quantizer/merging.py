"""Histograms of several images to the one that all of their pixels together have, exactly.

What is kept is a count for each colour; where there are over `MAX_COLORS`, a count and the sums of
coordinates for each cell, as small as `count_colors` would make it. All of it is integers, so the
order of the images makes no difference, nor how pixels are shared out among them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kqformat.errors import LimitError
from kqformat.quantizer import histogram_kernel
from kqformat.quantizer.histogram import MAX_COLORS, MAX_PIXELS, Histogram, unpack_keys
from kqformat.quantizer.points import WeightedPoints, rounded_means
from kqformat.quantizer.space import embed

_NO_SUMS = np.empty((0, 4), np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class MergedHistogram(WeightedPoints):
    """The colours of several images; like a `Histogram`, but no pixels can be looked up.

    Attributes
    ----------
    keys : ndarray, uint32, shape (n,)
        The colours, ``R << 24 | G << 16 | B << 8 | A``; corners of cells if not `exact`.
    exact : bool
        Whether each point is one colour.
    """

    keys: npt.NDArray[np.uint32]
    exact: bool

    @property
    def colors(self) -> npt.NDArray[np.uint8]:
        """The colours of the points: uint8, shape (n, 4); corners of cells if not `exact`."""
        return unpack_keys(self.keys)


class Merger:
    """Adds histograms up, one by one.

    Parameters
    ----------
    max_colors : int
        With more distinct colours than this (at least 16), cells take their place. No histogram
        that is added may have more.

    Examples
    --------
    >>> from kqformat.quantizer.histogram import count_colors
    >>> merger = Merger()
    >>> for samples in ([[1], [2]], [[2], [3]]):
    ...     merger.add(count_colors(np.array(samples, np.uint8)))
    >>> merged = merger.merged()
    >>> merged.colors[:, 0].tolist(), merged.counts.tolist()
    ([1, 2, 3], [1, 2, 1])
    """

    def __init__(self, max_colors: int = MAX_COLORS) -> None:
        self._max_colors = max_colors
        self._dropped_bits = 0
        self._keys = np.empty(0, np.uint32)
        self._counts = np.empty(0, np.int64)
        self._sums = _NO_SUMS  # of the coordinates of each cell's pixels, once there are cells
        self._pixels = 0

    def add(self, histogram: Histogram) -> None:
        """Add one image's colours.

        Raises
        ------
        LimitError
            If there are more pixels than `MAX_PIXELS`, all images together.
        """
        self._count_pixels(int(histogram.counts.sum()))
        if not histogram.exact:
            self._coarsen(8 - (histogram.table.key_mask & 0xFF).bit_count())
        keys, counts, sums = histogram.keys, histogram.counts, _NO_SUMS
        if self._dropped_bits:
            sums = histogram.table.sum_coordinates() if not histogram.exact else _sums_of(histogram)
        self._append(keys, counts, sums)

    def add_colors(self, keys: npt.NDArray[np.uint32], counts: npt.NDArray[np.int64]) -> None:
        """Add colours, none of them twice, and how often each occurs; raises what `add` does."""
        self._count_pixels(int(counts.sum()))
        sums = embed(unpack_keys(keys)) * counts[:, None] if self._dropped_bits else _NO_SUMS
        self._append(keys, counts, sums)

    def _count_pixels(self, count: int) -> None:
        self._pixels += count
        if self._pixels > MAX_PIXELS:
            raise LimitError("pixels", self._pixels, MAX_PIXELS)

    def _append(
        self,
        keys: npt.NDArray[np.uint32],
        counts: npt.NDArray[np.int64],
        sums: npt.NDArray[np.int64],
    ) -> None:
        self._keys = np.concatenate([self._keys, keys])
        self._counts = np.concatenate([self._counts, counts])
        self._sums = np.concatenate([self._sums, sums])
        self._gather()
        while len(self._keys) > self._max_colors:
            self._coarsen(self._dropped_bits + 1)

    def join(self, other: Merger) -> None:
        """Add all that has been added to another, which makes no difference to the result.

        Raises
        ------
        LimitError
            If there are more pixels than `MAX_PIXELS`, both together.
        """
        self._count_pixels(other.pixel_count)
        self._coarsen(other._dropped_bits)
        sums = other._sums
        if self._dropped_bits and not other._dropped_bits:
            sums = embed(unpack_keys(other._keys)) * other._counts[:, None]
        self._append(other._keys, other._counts, sums)

    @property
    def pixel_count(self) -> int:
        """How many pixels there are, all images together."""
        return self._pixels

    def merged(self) -> MergedHistogram:
        """Return what all images have together."""
        codes = np.empty(len(self._keys), np.uint64)
        histogram_kernel.morton_codes(self._keys, codes)
        codes.sort()
        order = codes.astype(np.uint32)  # the lower half: positions
        keys, counts = self._keys[order], self._counts[order]
        is_exact = self._dropped_bits == 0
        points = embed(unpack_keys(keys)) if is_exact else rounded_means(self._sums[order], counts)
        sorted_codes = (codes >> np.uint64(32)).astype(np.uint32)
        return MergedHistogram(sorted_codes, points, counts, keys, is_exact)

    def _coarsen(self, dropped_bits: int) -> None:
        """Drop at least so many bits."""
        if dropped_bits <= self._dropped_bits:
            return
        if self._dropped_bits == 0:
            self._sums = embed(unpack_keys(self._keys)) * self._counts[:, None]
        self._dropped_bits = dropped_bits
        self._gather()

    def _gather(self) -> None:
        """Make one of all that are of one colour or cell."""
        mask = np.uint32(0x01010101 * (0xFF >> self._dropped_bits << self._dropped_bits))
        keys = self._keys & mask
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        firsts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])[: len(keys)])
        self._keys = keys[firsts]
        if not len(firsts):
            return
        self._counts = np.add.reduceat(self._counts[order], firsts)
        if self._dropped_bits:
            self._sums = np.add.reduceat(self._sums[order], firsts, axis=0)


def _sums_of(histogram: Histogram) -> npt.NDArray[np.int64]:
    sums: npt.NDArray[np.int64] = histogram.points * histogram.counts[:, None]
    return sums
