"""How often each opaque colour occurs: a table of all 2^24, 32 MB whatever the picture.

A thread that counts has a table of bytes of its own, 16 MB, which the processor's caches hold more
of; what overflows is carried to the table of all threads, of 16 bits. The few colours of which even
that overflows are remembered apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate, pairwise
from threading import Lock, Semaphore
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from kqformat.quantizer import histogram_kernel
from kqformat.quantizer.color_table import sorted_codes, split_codes
from kqformat.quantizer.histogram import coordinate_sums, masked
from kqformat.threads import for_each, for_each_slice

OPAQUE_COLORS = 1 << 24

_OCTANTS = [r << 16 | g << 8 | b for r in (0, 64) for g in (0, 64) for b in (0, 64)]
CUBES = [2 * octant + smaller for octant in _OCTANTS for smaller in _OCTANTS]
"""The first colours of the cubes, of 64 levels a side, that colours are listed in: Morton order."""

_CUBE = 1 << 18
_SLAB = 1 << 20
_PARTS = 16

_MOST = 65_535
"""The most that the table counts."""

_MOST_TABLES = 4
"""How many threads may count at once."""

_Keys: TypeAlias = npt.NDArray[np.uint32]
_Counts: TypeAlias = npt.NDArray[np.int64]
_Colors: TypeAlias = tuple[_Keys, npt.NDArray[np.uint32], _Counts]
_NO_COLORS: _Colors = np.empty(0, np.uint32), np.empty(0, np.uint32), np.empty(0, np.int64)


class OpaqueCounts:
    """Counts opaque pixels.

    Examples
    --------
    >>> counts = OpaqueCounts()
    >>> counts.add(np.array([[0, 0, 9, 255], [0, 0, 8, 254], [0, 0, 9, 255]], np.uint8))
    1
    >>> keys, counts = counts.colors()
    >>> [hex(key) for key in keys], counts.tolist()
    (['0x9ff'], [2])
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._permits = Semaphore(_MOST_TABLES)
        self._table = np.zeros(OPAQUE_COLORS, np.uint16)
        self._bytes: list[npt.NDArray[np.uint8]] = []
        self._free: list[npt.NDArray[np.uint8]] = []
        self._overflows: list[_Keys] = []
        self._further = _NO_COLORS
        """Of the colours that occur more often than the table says, as `colors_of`: how much."""

    def add(self, pixels: npt.NDArray[np.uint8]) -> int:
        """Count pixels: uint8, shape (N, 1), (N, 3) or (N, 4). Threads may do so at once.

        Returns how many are not opaque, and so not counted. At most 2^32 - 1 may be.
        """
        carries = np.empty(len(pixels) + 1, np.uint32)
        with self._own_bytes() as own:
            others, count = histogram_kernel.count_opaque(pixels, own, carries)
        further = np.empty(count, np.uint32)
        with self._lock:
            count = histogram_kernel.carry(carries[:count], self._table, further)
            if count:
                self._overflows.append(further[:count].copy())
        return others

    def occurring(self) -> npt.NDArray[np.uint16]:
        """Return what is not 0 where a colour occurs, at ``R << 16 | G << 8 | B``: shape (2^24,).

        No thread may be counting.
        """

        def gather(slab: slice) -> _Keys:
            further = np.empty((len(self._bytes), _SLAB + 1), np.uint32)
            counts = [
                histogram_kernel.add_counts(own, self._table, slab.start, slab.stop, room)
                for own, room in zip(self._bytes, further, strict=True)
            ]
            return np.concatenate([row[:n] for row, n in zip(further, counts, strict=True)])

        if self._bytes:
            self._overflows += for_each_slice(gather, OPAQUE_COLORS, _SLAB)
            self._bytes, self._free = [], []
            colors, times = np.unique(np.concatenate(self._overflows), return_counts=True)
            keys = colors << np.uint32(8) | np.uint32(255)
            codes, order = split_codes(sorted_codes(keys))
            self._further = keys[order], codes, times[order] * _MOST
        return self._table

    def known(self) -> npt.NDArray[np.uint8]:
        """Return a bit for each colour, the first in the highest of a byte: whether it occurs."""
        table, bits = self.occurring(), np.empty(OPAQUE_COLORS // 8, np.uint8)

        def write(slab: slice) -> None:
            bits[slab.start // 8 : slab.stop // 8] = np.packbits(table[slab] > 0)

        for_each_slice(write, OPAQUE_COLORS, _SLAB)
        return bits

    def colors_of(self, corner: int) -> _Colors:
        """Return the colours of one of `CUBES`: keys, ascending Morton codes, and counts."""
        keys, codes = np.empty((2, _CUBE + 1), np.uint32)
        counts = np.empty(_CUBE + 1, np.int64)
        n = histogram_kernel.list_cube(self.occurring(), corner, keys, codes, counts)
        keys, codes, counts = keys[:n], codes[:n], counts[:n]
        if n:
            _, further, times = self._further
            places = np.searchsorted(codes, further)
            is_here = codes.take(places, mode="clip") == further
            counts[places[is_here]] += times[is_here]
        return keys, codes, counts

    def colors(self) -> tuple[_Keys, _Counts]:
        """Return the keys of all colours, in Morton order, and their counts."""
        self.occurring()
        keys, _, counts = zip(*for_each(self.colors_of, CUBES, _PARTS), strict=True)
        return np.concatenate(keys), np.concatenate(counts)

    def count_cells(self) -> Iterator[list[int]]:
        """Yield how many cells of 1, 2, 4, … levels a side have colours, part by part."""
        table = self.occurring()

        def count(slab: slice) -> int:
            return int(np.count_nonzero(table[slab]))

        yield for_each_slice(count, OPAQUE_COLORS, _SLAB)
        finer: npt.NDArray[np.uint16] | npt.NDArray[np.uint8] = table
        for dropped_bits in range(1, 8):
            finer, numbers = _halved(finer, dropped_bits)
            yield numbers

    def cells(self, dropped_bits: int, numbers: list[int]) -> tuple[_Keys, _Counts, _Counts]:
        """Return the corners of cells of 2^dropped_bits levels, their pixels, and these' sums.

        `numbers` are what `count_cells` yields for them.
        """
        table, edges = self.occurring(), [0, *accumulate(numbers)]
        keys, counts = np.empty(edges[-1], np.uint32), np.empty(edges[-1], np.int64)
        sums = np.empty((edges[-1], 4), np.int64)

        def gather(part: tuple[tuple[int, int], int, int]) -> None:
            reds, first, end = part
            histogram_kernel.gather_opaque(
                table, dropped_bits, *reds, keys[first:end], counts[first:end], sums[first:end]
            )

        for_each(gather, list(zip(_reds(dropped_bits), edges, edges[1:], strict=False)), _PARTS)
        further, _, times = self._further
        places = np.searchsorted(keys, masked(further, dropped_bits))
        np.add.at(counts, places, times)
        np.add.at(sums, places, coordinate_sums(further, times))
        return keys, counts, sums

    @contextmanager
    def _own_bytes(self) -> Iterator[npt.NDArray[np.uint8]]:
        """Lend a table that no other thread has."""
        with self._permits:
            with self._lock:
                if not self._free:
                    self._bytes.append(np.zeros(OPAQUE_COLORS, np.uint8))
                    self._free.append(self._bytes[-1])
                own = self._free.pop()
            try:
                yield own
            finally:
                with self._lock:
                    self._free.append(own)


def _halved(
    finer: npt.NDArray[np.uint16] | npt.NDArray[np.uint8], dropped_bits: int
) -> tuple[npt.NDArray[np.uint8], list[int]]:
    """Return which cells occur, of those half as fine, and how many in each part."""
    occurs = np.empty(OPAQUE_COLORS >> 3 * dropped_bits, np.uint8)

    def halve(reds: tuple[int, int]) -> int:
        first, end = (red >> dropped_bits for red in reds)
        return histogram_kernel.halve(finer, 512 >> dropped_bits, first, end, occurs)

    return occurs, for_each(halve, _reds(dropped_bits), _PARTS)


def _reds(dropped_bits: int) -> list[tuple[int, int]]:
    """Return the first red of each part, and the one after its last, so that no cell is cut."""
    edges = [*range(0, 256, max(256 // _PARTS, 1 << dropped_bits)), 256]
    return list(pairwise(edges))
