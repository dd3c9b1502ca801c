"""The colours of a picture that comes in blocks, counted by threads in bounded memory.

Opaque colours are counted in a table of all of them. Others are gathered by a `Merger`, which keeps
2^20 and makes cells of more. So the result is that of the whole, at any size of blocks and in any
order.
"""

from __future__ import annotations

from threading import Lock

import numpy as np
import numpy.typing as npt

from kqformat.errors import LimitError
from kqformat.quantizer.histogram import MAX_COLORS, MAX_PIXELS
from kqformat.quantizer.merging import Merger
from kqformat.quantizer.opaque_counts import OpaqueCounts
from kqformat.quantizer.tabled import tabled_block


class Census:
    """Counts the colours of blocks of pixels.

    Parameters
    ----------
    max_colors : int
        With more distinct colours than this (at least 16), cells take their place.

    Attributes
    ----------
    opaque : OpaqueCounts
        The opaque colours.

    Examples
    --------
    >>> census = Census()
    >>> for samples in ([[1], [2]], [[2], [3]]):
    ...     census.add(np.array(samples, np.uint8))
    >>> counted = census.merger().merged()
    >>> counted.colors[:, 0].tolist(), counted.counts.tolist()
    ([1, 2, 3], [1, 2, 1])
    """

    def __init__(self, max_colors: int = MAX_COLORS) -> None:
        self.opaque = OpaqueCounts()
        self._lock = Lock()
        self._pixels = 0
        self._max_colors = max_colors
        self._others = Merger(max_colors)
        self._waiting: list[tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]] = []

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
        if self.opaque.add(pixels):
            self._add_others(pixels[pixels[:, 3] < 255])

    def merger(self) -> Merger:
        """Return what was counted, for what was counted elsewhere to be added."""
        self._gather_others()
        self.opaque.gather()
        merger = Merger(self._max_colors)
        merger.join(self._others)
        dropped_bits, numbers = next(
            (dropped_bits, numbers)
            for dropped_bits, numbers in enumerate(self.opaque.count_cells())
            if dropped_bits >= merger.dropped_bits and sum(numbers) <= self._max_colors
        )
        if dropped_bits == 0:
            merger.add_colors(*self.opaque.colors(numbers))
        else:
            merger.add_cells(dropped_bits, *self.opaque.cells(dropped_bits, numbers))
        return merger

    def _add_others(self, pixels: npt.NDArray[np.uint8]) -> None:
        for first in range(0, len(pixels), MAX_COLORS):
            found = tabled_block(pixels[first : first + MAX_COLORS]).histogram
            with self._lock:
                self._waiting.append((found.keys, found.counts))
                if sum(len(keys) for keys, _ in self._waiting) >= MAX_COLORS:
                    self._gather_others()

    def _gather_others(self) -> None:
        for keys, counts in self._waiting:
            self._others.add_colors(keys, counts)
        self._waiting.clear()
