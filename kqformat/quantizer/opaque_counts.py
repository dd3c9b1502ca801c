"""How often each opaque colour occurs: tables of all 2^24, 16 MB for each thread that counts.

A count is a byte, so that the processor's caches hold more of a table; where it overflows, as few
do, the place is listed, which takes 4 bytes for 255 pixels at most. `opaque_kernel` says where in a
table a colour is: in Morton order, so that what is listed from it is sorted, and a coarse cell is a
run of places.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from threading import Lock, Semaphore
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from kqformat import pages
from kqformat.model import Indices
from kqformat.quantizer import cubes_kernel, opaque_kernel
from kqformat.quantizer.space import UNIT, Points
from kqformat.threads import for_each_slice

OPAQUE_COLORS = 1 << 24

CUBE = 1 << 18
"""The colours of a cube of 64 levels a side, which are listed together."""

_SLAB = 1 << 19
_PART = 1 << 21
_PARTS = OPAQUE_COLORS // _PART
"""In so many parts, each a cube of 128 levels a side, cells are gathered."""

_MOST_TABLES = 4
"""How many threads may count at once."""

_Places: TypeAlias = npt.NDArray[np.uint32]
_Keys: TypeAlias = npt.NDArray[np.uint32]
_Codes: TypeAlias = npt.NDArray[np.uint32]
_Counts: TypeAlias = npt.NDArray[np.int64]
_Colors: TypeAlias = tuple[_Keys, _Codes, _Counts]


class OpaqueCounts:
    """Counts opaque pixels.

    Examples
    --------
    >>> counts = OpaqueCounts()
    >>> counts.add(np.array([[0, 0, 9, 255], [0, 0, 8, 254], [0, 0, 9, 255]], np.uint8))
    1
    >>> counts.gather()
    >>> keys, counts = counts.colors(next(counts.count_cells()))
    >>> [hex(key) for key in keys], counts.tolist()
    (['0x9ff'], [2])
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._permits = Semaphore(_MOST_TABLES)
        self._tables: list[npt.NDArray[np.uint8]] = []
        """Those of threads, of which the first gets what all have counted."""
        self._free: list[npt.NDArray[np.uint8]] = []
        self._spare: list[npt.NDArray[np.uint8]] = []
        """One that is gathered, for `room`."""
        self._carries: list[_Places] = []
        self._further: _Places = np.empty(0, np.uint32)
        """Where, in ascending order, colours occur more often than the tables say: by 255 each."""

    def add(self, pixels: npt.NDArray[np.uint8]) -> int:
        """Count pixels: uint8, shape (N, 1), (N, 3) or (N, 4). Threads may do so at once.

        Returns how many are not opaque, and so not counted.
        """
        carries = np.empty(len(pixels) + 1, np.uint32)
        with self._own_table() as own:
            others, count = opaque_kernel.count_opaque(pixels, own, carries)
        if count:
            carried = carries[:count].copy()
            with self._lock:
                self._carries.append(carried)
        return others

    def gather(self) -> None:
        """Gather what all threads have counted, before it is asked for: none may do so any more."""
        if not self._tables:
            self._tables = [pages.zeros(OPAQUE_COLORS, np.uint8)]
        total, *others = self._tables

        def add(slab: slice) -> _Places:
            carries = np.empty((len(others), _SLAB), np.uint32)
            counts = [
                opaque_kernel.add_counts(own, total, slab.start, slab.stop, room)
                for own, room in zip(others, carries, strict=True)
            ]
            return np.concatenate([row[:n] for row, n in zip(carries, counts, strict=True)])

        if others:
            self._carries += for_each_slice(add, OPAQUE_COLORS, _SLAB)
            self._tables, self._free, self._spare = [total], [total], others[:1]
        if self._carries:
            self._further = np.concatenate([self._further, *self._carries])
            self._further.sort()
            self._carries = []

    def room(self, dtype: type[np.uint8] | type[np.uint16]) -> Indices:
        """Return an array of anything with an entry for each place, after `gather`.

        It is a thread's table, whose memory is there already, where one is left and it will do.
        """
        if dtype is np.uint8 and self._spare:
            return self._spare.pop()
        rest: Indices = pages.empty(OPAQUE_COLORS, dtype)
        return rest

    def _further_of(self, part: slice) -> _Places:
        """Return those of `_further` among some places."""
        edges = np.array([part.start, part.stop], np.uint32)
        return self._further[slice(*np.searchsorted(self._further, edges))]

    def colors_of(self, part: slice) -> _Colors:
        """Return the colours that occur among some places: keys, ascending codes, and counts."""
        length = part.stop - part.start
        keys, codes = np.empty((2, length), np.uint32)
        counts = np.empty(length, np.int64)
        n = self._list(part, keys, codes, counts)
        return keys[:n], codes[:n], counts[:n]

    def _list(self, part: slice, keys: _Keys, codes: _Codes, counts: _Counts) -> int:
        """Write what `colors_of` returns to arrays that have room for it; return how many."""
        further = self._further_of(part)
        return opaque_kernel.list_colors(
            self._tables[0], part.start, part.stop, further, keys, codes, counts
        )

    def colors(self, numbers: list[int]) -> tuple[_Keys, _Counts]:
        """Return the keys of all colours, in Morton order, and their counts.

        `numbers` are what `count_cells` yields first.
        """
        edges = [0, *accumulate(numbers)]
        keys, codes = np.empty((2, edges[-1]), np.uint32)
        counts = np.empty(edges[-1], np.int64)

        def write(part: slice) -> None:
            number = part.start // _PART
            own = slice(edges[number], edges[number + 1])
            self._list(part, keys[own], codes[own], counts[own])

        for_each_slice(write, OPAQUE_COLORS, _PART)
        return keys, counts

    def label(
        self,
        part: slice,
        points: Points,
        shown: Points,
        units: tuple[int, int, int],
        labels: Indices,
        known: npt.NDArray[np.uint8],
    ) -> float:
        """Write the nearest of some points for each colour that occurs among some places.

        Parameters
        ----------
        part : slice
            The places, multiples of 512.
        points, shown : ndarray, int16, shape (k, 4)
            In a space, and in sRGB (`space`); of equally near points it is the first.
        units : tuple of int
            Those of the space.
        labels : ndarray, uint8 or uint16, shape (2^24,)
            What is written to, at the colour's place.
        known : ndarray, uint8, shape (2^21,)
            Gets a bit for each place of a colour that occurs, the first in the highest of a byte.

        Returns
        -------
        float
            The distortion of their pixels in sRGB, in squared sample values.
        """
        distortion = cubes_kernel.label_places(
            self._tables[0],
            part.start,
            part.stop,
            self._further_of(part),
            np.array(units, np.int16),
            points,
            shown,
            np.empty(7 * len(points), np.int32),
            labels,
            known,
        )
        return distortion / UNIT**2

    def count_cells(self) -> Iterator[list[int]]:
        """Yield how many cells of 1, 2, 4, … levels a side have colours, part by part."""
        occurs = np.empty(OPAQUE_COLORS // 8, np.bool_)

        def halve(part: slice) -> int:
            finer = self._tables[0][part] > 0
            occurs[part.start // 8 : part.stop // 8] = finer.view(np.uint64) > 0
            return int(np.count_nonzero(finer))

        yield for_each_slice(halve, OPAQUE_COLORS, _PART)
        for _ in range(1, 8):
            yield [int(np.count_nonzero(part)) for part in occurs.reshape(_PARTS, -1)]
            occurs = occurs.view(np.uint64) > 0

    def cells(self, dropped_bits: int, numbers: list[int]) -> tuple[_Keys, _Counts, _Counts]:
        """Return the corners of cells of 2^dropped_bits levels, their pixels, and these' sums.

        In Morton order. `numbers` are what `count_cells` yields for them.
        """
        edges = [0, *accumulate(numbers)]
        keys = np.empty(edges[-1], np.uint32)
        counts, sums = np.empty(edges[-1], np.int64), np.empty((edges[-1], 4), np.int64)

        def gather(part: slice) -> None:
            number = part.start // _PART
            own = slice(edges[number], edges[number + 1])
            opaque_kernel.gather_cells(
                self._tables[0],
                dropped_bits,
                part.start,
                part.stop,
                self._further_of(part),
                keys[own],
                counts[own],
                sums[own],
            )

        for_each_slice(gather, OPAQUE_COLORS, _PART)
        return keys, counts, sums

    @contextmanager
    def _own_table(self) -> Iterator[npt.NDArray[np.uint8]]:
        """Lend a table that no other thread has."""
        with self._permits:
            with self._lock:
                if not self._free:
                    self._tables.append(pages.zeros(OPAQUE_COLORS, np.uint8))
                    self._free.append(self._tables[-1])
                own = self._free.pop()
            try:
                yield own
            finally:
                with self._lock:
                    self._free.append(own)
