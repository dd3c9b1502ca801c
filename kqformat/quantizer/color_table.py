"""Tables of the colours of pixels: what is counted, and looked up, by one thread.

Most are hash tables, whose colours have to be sorted. Pixels without alpha, unless they are few or
very many, are counted in leaves of a table of all opaque colours (see `leaves_kernel`), where they
are in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from kqformat import pages
from kqformat.model import Indices
from kqformat.quantizer import histogram_kernel, leaves_kernel

_Value = TypeVar("_Value", bound=np.generic)

_LOOK_UP_BLOCK = 1 << 20
_CELLS = 1 << 18
_LEAF = 64
_LEAST_IN_LEAVES = 1 << 15  # pixels; of fewer, a table of the cells takes longer than to hash them
_LEAST_ROOM, _MOST_ROOM_AT_FIRST = 1 << 8, 1 << 17


@dataclass(frozen=True, slots=True, eq=False)
class ColorTable:
    """A table from the colours of a run of pixels to points.

    Attributes
    ----------
    pixels : ndarray, uint8, shape (N, 1), (N, 3) or (N, 4)
        What was counted.
    size : int
        How many slots there are.
    slots : ndarray, uint64, shape (size,) or (0,)
        The hash table, if it is one.
    keys : ndarray, uint32, shape (m,)
        The colours found, in Morton order.
    counts : ndarray, int64, shape (m,)
        How often each.
    codes : ndarray, uint32, shape (m,)
        Their Morton codes.
    occupied : ndarray, uint32, shape (m,)
        The slot of each.
    places : ndarray, uint32, shape (N,) or (0,)
        The slot of each pixel, unless there are too many to remember.
    """

    pixels: npt.NDArray[np.uint8]
    size: int
    slots: npt.NDArray[np.uint64]
    keys: npt.NDArray[np.uint32]
    counts: npt.NDArray[np.int64]
    codes: npt.NDArray[np.uint32]
    occupied: npt.NDArray[np.uint32]
    places: npt.NDArray[np.uint32]

    def by_slot(self, values: npt.NDArray[_Value]) -> npt.NDArray[_Value]:
        """Return the value of each slot; `values` are in the order of the keys."""
        slots = np.empty(self.size, values.dtype)
        slots[self.occupied] = values
        return slots

    def look_up(self, labels: Indices, out: Indices) -> None:
        """Write the label of each pixel's colour; `labels` are in the order of the keys."""
        by_slot = self.by_slot(labels)
        for block, places in self._placed():
            histogram_kernel.gather(places, by_slot, out[block])

    def add_weights(
        self,
        weights: npt.NDArray[np.uint8],
        points: npt.NDArray[np.uint32],
        sums: npt.NDArray[np.int64],
    ) -> None:
        """Add the weight of each pixel to the sum of its point; `points` are those of the keys."""
        by_slot = self.by_slot(points)
        for block, places in self._placed():
            histogram_kernel.add_weights(places, weights[block], by_slot, sums)

    def _placed(self) -> Iterator[tuple[slice, npt.NDArray[np.uint32]]]:
        """Yield the slots of the pixels, block by block."""
        if len(self.places):
            yield slice(len(self.pixels)), self.places
            return
        for first in range(0, len(self.pixels), _LOOK_UP_BLOCK):
            block = self.pixels[first : first + _LOOK_UP_BLOCK]
            places = np.empty(len(block), np.uint32)
            if histogram_kernel.locate(block, self.slots, places) != len(block):
                raise RuntimeError("the pixels were changed while they were being quantized")
            yield slice(first, first + len(block)), places


def count(pixels: npt.NDArray[np.uint8], *, max_colors: int, remembers: bool) -> ColorTable | None:
    """Count the colours of a run of pixels.

    Parameters
    ----------
    pixels : ndarray, uint8, shape (N, 1), (N, 3) or (N, 4)
    max_colors : int
        The most that there may be.
    remembers : bool
        Whether the place of every pixel is kept.

    Returns
    -------
    ColorTable or None
        None if there are more colours.
    """
    if remembers and pixels.shape[1] != 4 and len(pixels) >= _LEAST_IN_LEAVES:
        return _counted_in_leaves(pixels, max_colors)
    size = 2 * _power_of_two(min(max(_LEAST_ROOM, len(pixels) // 4), _MOST_ROOM_AT_FIRST))
    slots = np.zeros(size, np.uint64)
    places = np.empty(len(pixels) if remembers else 0, np.uint32)
    counted = known = 0
    while True:
        room = min(len(slots) // 4 * 3, max_colors)
        rest = places[counted:]
        more, known = histogram_kernel.count(pixels[counted:], slots, rest, room, known)
        counted += more
        if counted == len(pixels):
            return _listed(pixels, slots, known, places)
        if room == max_colors:
            return None
        larger = np.zeros(min(4 * len(slots), 2 * _power_of_two(max_colors)), np.uint64)
        if remembers:  # places, which are others now
            counted = known = 0
        else:
            histogram_kernel.move(slots, larger)
        slots = larger


def _listed(
    pixels: npt.NDArray[np.uint8],
    slots: npt.NDArray[np.uint64],
    known: int,
    places: npt.NDArray[np.uint32],
) -> ColorTable:
    keys = np.empty(known + 1, np.uint32)
    counts = np.empty(known + 1, np.int64)
    occupied = np.empty(known + 1, np.uint32)
    histogram_kernel.collect(slots, keys, counts, occupied)
    keys, counts, occupied = keys[:-1], counts[:-1], occupied[:-1]
    codes, order = split_codes(sorted_codes(keys))
    listed = keys[order], counts[order], codes, occupied[order]
    return ColorTable(pixels, len(slots), slots, *listed, places)


def _counted_in_leaves(pixels: npt.NDArray[np.uint8], max_colors: int) -> ColorTable | None:
    leaf_of_cell, places = np.zeros(_CELLS, np.uint32), pages.empty(len(pixels), np.uint32)
    leaves = leaves_kernel.place_in_leaves(pixels, leaf_of_cell, places)
    size = _LEAF * (leaves + 1)
    often, carries = np.zeros(size, np.uint8), np.empty(len(pixels) // 255, np.uint32)
    carries = carries[: leaves_kernel.count_spots(places, often, carries)]
    carried = np.zeros(size if len(carries) else 0, np.uint32)
    np.add.at(carried, carries, 1)
    most = 2 * (min(_LEAF * leaves, len(pixels)) // 2 + 1)
    # Together, as a large piece of memory is had sooner than some that are not so large.
    room = np.empty((5, most), np.uint32)
    occupied, keys, codes = room[:3]
    counts = room[3:].reshape(-1).view(np.int64)
    cells = np.empty(leaves + 1, np.uint32)
    n = leaves_kernel.list_leaves(
        leaf_of_cell, often, carried, cells, occupied, keys, codes, counts
    )
    if n > max_colors:
        return None
    listed = keys[:n], counts[:n], codes[:n], occupied[:n]
    return ColorTable(pixels, size, np.empty(0, np.uint64), *listed, places)


def sorted_codes(keys: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint64]:
    """Return the Morton code of each key, times 2^32, plus the key's position: ascending."""
    codes = np.empty(len(keys), np.uint64)
    histogram_kernel.morton_codes(keys, codes)
    if not (codes[:-1] < codes[1:]).all():  # which keys from `opaque_counts` are
        codes.sort()
    return codes


def split_codes(
    codes: npt.NDArray[np.uint64],
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Return the Morton codes and the positions of `sorted_codes`."""
    return (codes >> np.uint64(32)).astype(np.uint32), codes.astype(np.uint32)


def _power_of_two(at_least: int) -> int:
    return 1 << (at_least - 1).bit_length()
