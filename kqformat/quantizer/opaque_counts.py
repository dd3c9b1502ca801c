"""How often each opaque colour occurs: a table of all 2^24, 32 MB whatever the picture.

A thread that counts has a table of bytes of its own, 16 MB, which the processor's caches hold more
of; what overflows is carried to the table of all threads, of 16 bits. The few colours of which even
that overflows are remembered apart. `opaque_kernel` says where in a table a colour is: in Morton
order, so that what is listed from it is sorted, and a coarse cell is a run of places.
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
from kqformat.quantizer.histogram import coordinate_sums, unpack_keys
from kqformat.quantizer.space import UNIT, Points, embed
from kqformat.quantizer.tree import squared_distances
from kqformat.threads import for_each, for_each_slice

OPAQUE_COLORS = 1 << 24

CUBE = 1 << 18
"""The colours of a cube of 64 levels a side, which are listed together."""

_SLAB = 1 << 19
_PART = 1 << 21
_PARTS = OPAQUE_COLORS // _PART
"""In so many parts, each a cube of 128 levels a side, cells are gathered."""

_MOST = 65_535
"""The most that the table counts."""

_MOST_TABLES = 4
"""How many threads may count at once."""

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
        self._table = pages.zeros(OPAQUE_COLORS, np.uint16)
        self._bytes: list[npt.NDArray[np.uint8]] = []
        self._free: list[npt.NDArray[np.uint8]] = []
        self._overflows: list[npt.NDArray[np.uint32]] = []
        self._further = np.empty(0, np.uint32), np.empty(0, np.int64)
        """Where, in ascending order, colours occur more often than the table says, and how much."""

    def add(self, pixels: npt.NDArray[np.uint8]) -> int:
        """Count pixels: uint8, shape (N, 1), (N, 3) or (N, 4). Threads may do so at once.

        Returns how many are not opaque, and so not counted. At most 2^32 - 1 may be.
        """
        carries = np.empty(len(pixels) + 1, np.uint32)
        with self._own_bytes() as own:
            others, count = opaque_kernel.count_opaque(pixels, own, carries)
        further = np.empty(count, np.uint32)
        with self._lock:
            count = opaque_kernel.carry(carries[:count], self._table, further)
            if count:
                self._overflows.append(further[:count].copy())
        return others

    def gather(self) -> None:
        """Gather what all threads have counted, before it is asked for: none may do so any more."""

        def add(slab: slice) -> npt.NDArray[np.uint32]:
            further = np.empty((len(self._bytes), _SLAB), np.uint32)
            counts = [
                opaque_kernel.add_counts(own, self._table, slab.start, slab.stop, room)
                for own, room in zip(self._bytes, further, strict=True)
            ]
            return np.concatenate([row[:n] for row, n in zip(further, counts, strict=True)])

        if self._bytes:
            self._overflows += for_each_slice(add, OPAQUE_COLORS, _SLAB)
            self._bytes, self._free = [], []
            places, times = np.unique(np.concatenate(self._overflows), return_counts=True)
            self._further = places, times * _MOST

    def colors_of(self, part: slice) -> _Colors:
        """Return the colours that occur among some places: keys, ascending codes, and counts."""
        length = part.stop - part.start
        keys, codes = np.empty((2, length), np.uint32)
        counts = np.empty(length, np.int64)
        n = self._list(part, keys, codes, counts)
        return keys[:n], codes[:n], counts[:n]

    def _list(self, part: slice, keys: _Keys, codes: _Codes, counts: _Counts) -> int:
        """Write what `colors_of` returns to arrays that have room for it; return how many."""
        n = opaque_kernel.list_colors(self._table, part.start, part.stop, keys, codes, counts)
        places, times = self._further
        here = slice(*np.searchsorted(places, (part.start, part.stop)))
        further = np.empty(len(places[here]), np.uint32)
        opaque_kernel.codes_of_places(places[here], further)
        counts[np.searchsorted(codes[:n], further)] += times[here]
        return n

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
            self._table,
            part.start,
            part.stop,
            np.array(units, np.int16),
            points,
            shown,
            np.empty(7 * len(points), np.int32),
            labels,
            known,
        )
        places, times = self._further
        here = slice(*np.searchsorted(places, (part.start, part.stop)))
        keys = np.empty(len(places[here]), np.uint32)
        opaque_kernel.keys_of_places(places[here], keys)
        own = labels[places[here]].astype(np.int32)
        squares = squared_distances(embed(unpack_keys(keys)), shown, own)
        return (distortion + int(squares @ times[here])) / UNIT**2

    def count_cells(self) -> Iterator[list[int]]:
        """Yield how many cells of 1, 2, 4, … levels a side have colours, part by part."""
        occurs = np.empty(OPAQUE_COLORS // 8, np.bool_)

        def halve(part: slice) -> int:
            finer = self._table[part] > 0
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
        cells, keys = np.empty((2, edges[-1]), np.uint32)
        counts, sums = np.empty(edges[-1], np.int64), np.empty((edges[-1], 4), np.int64)

        def gather(number: int) -> None:
            first, own = number * _PART, slice(edges[number], edges[number + 1])
            opaque_kernel.gather_cells(
                self._table,
                dropped_bits,
                first,
                first + _PART,
                cells[own],
                keys[own],
                counts[own],
                sums[own],
            )

        for_each(gather, range(_PARTS), _PARTS)
        places, times = self._further
        further = np.empty(len(places), np.uint32)
        opaque_kernel.keys_of_places(places, further)
        theirs = np.searchsorted(cells, places >> np.uint32(3 * dropped_bits))
        np.add.at(counts, theirs, times)
        np.add.at(sums, theirs, coordinate_sums(further, times))
        return keys, counts, sums

    @contextmanager
    def _own_bytes(self) -> Iterator[npt.NDArray[np.uint8]]:
        """Lend a table that no other thread has."""
        with self._permits:
            with self._lock:
                if not self._free:
                    self._bytes.append(pages.zeros(OPAQUE_COLORS, np.uint8))
                    self._free.append(self._bytes[-1])
                own = self._free.pop()
            try:
                yield own
            finally:
                with self._lock:
                    self._free.append(own)
