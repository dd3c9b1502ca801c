"""Colours that were counted apart to the histogram that all pixels together have, exactly.

What is kept is a count for each colour; where there are over `MAX_COLORS`, a count and the sums of
coordinates for each cell, as small as few enough of them can be. All of it is integers, so their
order makes no difference, nor how pixels are shared out.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kqformat.errors import LimitError
from kqformat.quantizer.color_table import sorted_codes, split_codes
from kqformat.quantizer.histogram import (
    MAX_COLORS,
    MAX_PIXELS,
    Histogram,
    coordinate_sums,
    masked,
    unpack_keys,
)
from kqformat.quantizer.points import rounded_means
from kqformat.quantizer.space import Points, embed
from kqformat.threads import for_each_slice

_SOME = 1 << 16
_NO_SUMS = np.empty((0, 4), np.int64)


class Merger:
    """Adds colours and cells of them up.

    Parameters
    ----------
    max_colors : int
        With more distinct colours than this (at least 16), cells take their place.

    Examples
    --------
    >>> merger = Merger()
    >>> for keys in ([0x010101FF, 0x020202FF], [0x020202FF, 0x030303FF]):
    ...     merger.add_colors(np.array(keys, np.uint32), np.array([1, 1]))
    >>> merged = merger.merged()
    >>> merged.colors[:, 0].tolist(), merged.counts.tolist()
    ([1, 2, 3], [1, 2, 1])
    """

    def __init__(self, max_colors: int = MAX_COLORS) -> None:
        self.max_colors = max_colors
        self._dropped_bits = 0
        self._keys = np.empty(0, np.uint32)
        self._counts = np.empty(0, np.int64)
        self._sums = _NO_SUMS  # of the coordinates of each cell's pixels, once there are cells
        self._pixels = 0

    def add_colors(self, keys: npt.NDArray[np.uint32], counts: npt.NDArray[np.int64]) -> None:
        """Add colours, none of them twice, and how often each occurs.

        Raises
        ------
        LimitError
            If there are more pixels than `MAX_PIXELS`, all that is added together.
        """
        self._count_pixels(int(counts.sum()))
        sums = coordinate_sums(keys, counts) if self._dropped_bits else _NO_SUMS
        self._append(keys, counts, sums, 0)

    def add_cells(
        self,
        dropped_bits: int,
        keys: npt.NDArray[np.uint32],
        counts: npt.NDArray[np.int64],
        sums: npt.NDArray[np.int64],
    ) -> None:
        """Add cells, none of them twice: their corners, pixels, and sums of these' coordinates.

        Raises what `add_colors` does.
        """
        self._count_pixels(int(counts.sum()))
        self._coarsen(dropped_bits)
        self._append(keys, counts, sums, dropped_bits)

    def _count_pixels(self, count: int) -> None:
        self._pixels += count
        if self._pixels > MAX_PIXELS:
            raise LimitError("pixels", self._pixels, MAX_PIXELS)

    def _append(
        self,
        keys: npt.NDArray[np.uint32],
        counts: npt.NDArray[np.int64],
        sums: npt.NDArray[np.int64],
        dropped_bits: int,
    ) -> None:
        """Add colours or cells, as fine as said, none of them twice."""
        if not len(self._keys) and dropped_bits == self._dropped_bits:
            self._keys, self._counts, self._sums = keys, counts, sums
        else:
            self._keys = np.concatenate([self._keys, keys])
            self._counts = np.concatenate([self._counts, counts])
            self._sums = np.concatenate([self._sums, sums])
            self._gather()
        while len(self._keys) > self.max_colors:
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
            sums = coordinate_sums(other._keys, other._counts)
        self._append(other._keys, other._counts, sums, other._dropped_bits)

    @property
    def pixel_count(self) -> int:
        """How many pixels there are, all that is added together."""
        return self._pixels

    def merged(self) -> Histogram:
        """Return what all that is added makes together."""
        codes, order = split_codes(sorted_codes(self._keys))
        keys, counts = self._keys, self._counts
        is_in_order = bool((order[:-1] < order[1:]).all())
        if not is_in_order:
            keys, counts = keys[order], counts[order]
        is_exact = self._dropped_bits == 0
        points: Points = np.empty((len(order), 4), np.int16)

        def write(some: slice) -> None:  # some at a time, which takes less memory
            if is_exact:
                points[some] = embed(unpack_keys(keys[some]))
            else:
                sums = self._sums[some if is_in_order else order[some]]
                points[some] = rounded_means(sums, counts[some])

        for_each_slice(write, len(order), _SOME)
        return Histogram(codes, points, counts, keys, is_exact)

    @property
    def dropped_bits(self) -> int:
        """How coarse the cells are; 0 where colours are counted one by one."""
        return self._dropped_bits

    def _coarsen(self, dropped_bits: int) -> None:
        """Drop at least so many bits."""
        if dropped_bits <= self._dropped_bits:
            return
        if self._dropped_bits == 0:
            self._sums = coordinate_sums(self._keys, self._counts)
        self._dropped_bits = dropped_bits
        self._gather()

    def _gather(self) -> None:
        """Make one of all that are of one colour or cell."""
        keys = masked(self._keys, self._dropped_bits)
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        firsts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])[: len(keys)])
        self._keys = keys[firsts]
        if not len(firsts):
            return
        self._counts = np.add.reduceat(self._counts[order], firsts)
        if self._dropped_bits:
            self._sums = np.add.reduceat(self._sums[order], firsts, axis=0)
