"""The colours of a picture that comes in blocks, counted by threads in bounded memory.

Opaque colours have a cell each in a table of all 2^24, 64 MB whatever the picture, of which up to
four threads have one each. Others are gathered by a `Merger`, which keeps 2^20 and makes cells of
more. So the result is what `count_colors` finds in the whole, at any size of blocks and in any
order.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Semaphore

import numpy as np
import numpy.typing as npt

from kqformat.errors import LimitError
from kqformat.quantizer import histogram_kernel
from kqformat.quantizer.histogram import MAX_COLORS, MAX_PIXELS, count_keys
from kqformat.quantizer.merging import MergedHistogram, Merger

OPAQUE_COLORS = 1 << 24
SLAB = 1 << 20
"""Opaque colours that are looked at together: those of sixteen reds."""

_MOST_TABLES = 4
"""How many threads may count at once, each in a table of its own."""


class Census:
    """Counts the colours of blocks of pixels.

    Parameters
    ----------
    max_colors : int
        As in `count_colors`.

    Examples
    --------
    >>> census = Census()
    >>> for samples in ([[1], [2]], [[2], [3]]):
    ...     census.add(np.array(samples, np.uint8))
    >>> counted = census.counted()
    >>> counted.colors[:, 0].tolist(), counted.counts.tolist()
    ([1, 2, 3], [1, 2, 1])
    """

    def __init__(self, max_colors: int = MAX_COLORS) -> None:
        self._lock = Lock()
        self._pixels = 0
        self._tables = [np.zeros(OPAQUE_COLORS, np.uint32)]
        self._free = list(self._tables)
        self._permits = Semaphore(_MOST_TABLES)
        self._others = Merger(max_colors)
        self._waiting: list[tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]] = []

    @property
    def opaque(self) -> npt.NDArray[np.uint32]:
        """How often each opaque colour occurs, at ``R << 16 | G << 8 | B``: shape (2^24,)."""
        self._gather()
        return self._tables[0]

    def add(self, pixels: npt.NDArray[np.uint8]) -> None:
        """Count pixels: uint8, shape (N, 1), (N, 3) or (N, 4). Threads may do so at once.

        Raises
        ------
        LimitError
            If there are more than `MAX_PIXELS`, all blocks together.
        """
        with self._lock:
            self._pixels += len(pixels)
            if self._pixels > MAX_PIXELS:
                raise LimitError("pixels", self._pixels, MAX_PIXELS)
        with self._table() as table:
            others = histogram_kernel.count_opaque(pixels, table)
        if others:
            self._add_others(pixels[pixels[:, 3] < 255])

    def counted(self) -> MergedHistogram:
        """Return what was counted; nothing can be added afterwards."""
        self._gather()
        for first in range(0, OPAQUE_COLORS, SLAB):
            slab = self._tables[0][first : first + SLAB]
            found = np.flatnonzero(slab)
            if len(found):
                keys = (first + found).astype(np.uint32) << np.uint32(8) | np.uint32(255)
                self._others.add_colors(keys, slab[found].astype(np.int64))
        return self._others.merged()

    @contextmanager
    def _table(self) -> Iterator[npt.NDArray[np.uint32]]:
        """Lend a table that no other thread has."""
        with self._permits:
            with self._lock:
                if not self._free:
                    self._tables.append(np.zeros(OPAQUE_COLORS, np.uint32))
                    self._free.append(self._tables[-1])
                table = self._free.pop()
            try:
                yield table
            finally:
                with self._lock:
                    self._free.append(table)

    def _add_others(self, pixels: npt.NDArray[np.uint8]) -> None:
        for first in range(0, len(pixels), MAX_COLORS):
            found = count_keys(pixels[first : first + MAX_COLORS])
            with self._lock:
                self._waiting.append(found)
                if sum(len(keys) for keys, _ in self._waiting) >= MAX_COLORS:
                    self._gather_others()

    def _gather(self) -> None:
        for table in self._tables[1:]:
            self._tables[0] += table
        del self._tables[1:]
        self._gather_others()

    def _gather_others(self) -> None:
        for keys, counts in self._waiting:
            self._others.add_colors(keys, counts)
        self._waiting.clear()
