"""Hash tables of the colours of pixels: what is counted, and looked up, by one thread.

Pixels are gone through once. A table of more colours than it may have becomes coarser by a bit of
each channel, and the pixels that are left are counted as coarsely.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from kqformat.errors import ParameterError
from kqformat.model import Indices
from kqformat.quantizer import histogram_kernel

_Value = TypeVar("_Value", bound=np.generic)

_LOOK_UP_BLOCK = 1 << 20
_LEAST_ROOM, _MOST_ROOM_AT_FIRST = 1 << 8, 1 << 17
_NO_PLACES = np.empty(0, np.uint32)


@dataclass(frozen=True, slots=True, eq=False)
class ColorTable:
    """A hash table from the colours of a run of pixels to points.

    Attributes
    ----------
    pixels : ndarray, uint8, shape (N, 1), (N, 3) or (N, 4)
        What was counted.
    slots : ndarray, uint64
        The table.
    keys : ndarray, uint32, shape (m,)
        The colours found, or corners of cells.
    counts : ndarray, int64, shape (m,)
        How often each.
    codes : ndarray, uint64, shape (m,)
        See `sorted_codes`.
    occupied : ndarray, uint32, shape (m,)
        The slot of each.
    places : ndarray, uint32, shape (N,) or (0,)
        The slot of each pixel, unless there are too many to remember.
    """

    pixels: npt.NDArray[np.uint8]
    slots: npt.NDArray[np.uint64]
    keys: npt.NDArray[np.uint32]
    counts: npt.NDArray[np.int64]
    codes: npt.NDArray[np.uint64]
    occupied: npt.NDArray[np.uint32]
    places: npt.NDArray[np.uint32]

    def by_slot(self, values: npt.NDArray[_Value]) -> npt.NDArray[_Value]:
        """Return the value of each slot; `values` are in the order of the keys."""
        slots = np.empty(len(self.slots), values.dtype)
        slots[self.occupied] = values
        return slots

    def look_up(self, labels: Indices, out: Indices) -> None:
        """Write the label of each pixel's colour; `labels` are in the order of the keys."""
        by_slot = self.by_slot(labels)
        if len(self.places):
            histogram_kernel.gather(self.places, by_slot, out)
            return
        for first in range(0, len(self.pixels), _LOOK_UP_BLOCK):
            block = self.pixels[first : first + _LOOK_UP_BLOCK]
            places = np.empty(len(block), np.uint32)
            if histogram_kernel.locate(block, self.slots, places) != len(block):
                raise RuntimeError("the pixels were changed while they were being quantized")
            histogram_kernel.gather(places, by_slot, out[first : first + len(block)])


class Counting:
    """The colours of a run of pixels while they are counted; see `ColorTable`.

    Parameters
    ----------
    pixels : ndarray, uint8, shape (N, 1), (N, 3) or (N, 4)
    max_colors : int
        They are counted as finely as at most so many allow.
    remembers : bool
        Whether the place of every pixel is kept, as long as no bits are dropped.
    """

    def __init__(self, pixels: npt.NDArray[np.uint8], *, max_colors: int, remembers: bool) -> None:
        size = 2 * _power_of_two(min(max(_LEAST_ROOM, len(pixels) // 4), _MOST_ROOM_AT_FIRST))
        self._pixels = pixels
        self._max_colors = max_colors
        self._places = np.empty(len(pixels) if remembers else 0, np.uint32)
        self._counted = 0
        self.slots = np.zeros(size, np.uint64)
        self.known = 0
        self.dropped_bits = 0

    def go_on(self, part: float = 1.0) -> None:
        """Count up to this part of all pixels.

        Raises
        ------
        ParameterError
            If there are more than `max_colors` of the coarsest cells.
        """
        end = round(part * len(self._pixels))
        while True:
            room = min(len(self.slots) // 4 * 3, self._max_colors)
            more, self.known = histogram_kernel.count(
                self._pixels[self._counted : end],
                key_mask(self.dropped_bits),
                self.slots,
                self._places[self._counted : end],
                room,
                self.known,
            )
            self._counted += more
            if self._counted == end:
                return
            if room == self._max_colors:
                self.coarsen(coarser(self.dropped_bits, self._max_colors))
            else:
                self._grow()

    def coarsen(self, dropped_bits: int) -> None:
        """Drop as many bits, which are not less than now."""
        if dropped_bits > self.dropped_bits:
            self.dropped_bits = dropped_bits
            self.slots, self.known = _merged(self.slots, dropped_bits)
            self._places = _NO_PLACES

    def listed(self) -> ColorTable:
        """Return the table with its colours listed."""
        keys = np.empty(self.known + 1, np.uint32)
        counts = np.empty(self.known + 1, np.int64)
        occupied = np.empty(self.known + 1, np.uint32)
        histogram_kernel.collect(self.slots, keys, counts, occupied)
        keys, counts, occupied = keys[:-1], counts[:-1], occupied[:-1]
        codes = sorted_codes(keys)
        return ColorTable(self._pixels, self.slots, keys, counts, codes, occupied, self._places)

    def _grow(self) -> None:
        most = 2 * _power_of_two(self._max_colors)
        larger = np.zeros(min(4 * len(self.slots), most), np.uint64)
        if len(self._places):  # which are others now
            self._counted = self.known = 0
        else:
            mask = key_mask(self.dropped_bits)
            histogram_kernel.move(self.slots, larger, mask, self.known, 0)
        self.slots = larger


def are_within(parts: Sequence[Counting], max_colors: int) -> bool:
    """Whether there are at most so many different colours in all; the parts are equally coarse."""
    if sum(part.known for part in parts) <= max_colors:
        return True
    mask = key_mask(parts[0].dropped_bits)
    union = np.zeros(2 * _power_of_two(max_colors), np.uint64)
    known = 0
    for part in parts:
        known = histogram_kernel.move(part.slots, union, mask, max_colors, known)
        if known > max_colors:
            return False
    return True


def coarser(dropped_bits: int, max_colors: int) -> int:
    """Return the next number of bits to drop.

    Raises
    ------
    ParameterError
        If there is none: two levels a channel are 16 cells at most.
    """
    if dropped_bits == 7:
        raise ParameterError(f"max_colors is {max_colors}, expected 16 or more")
    return dropped_bits + 1


def key_mask(dropped_bits: int) -> int:
    """Return what of a key counts in cells of 2^dropped_bits levels a side."""
    return 0x01010101 * (0xFF >> dropped_bits << dropped_bits)


def sorted_codes(keys: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint64]:
    """Return the Morton code of each key, times 2^32, plus the key's position: ascending."""
    codes = np.empty(len(keys), np.uint64)
    histogram_kernel.morton_codes(keys, codes)
    codes.sort()
    return codes


def split_codes(
    codes: npt.NDArray[np.uint64],
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Return the Morton codes and the positions of `sorted_codes`."""
    return (codes >> np.uint64(32)).astype(np.uint32), codes.astype(np.uint32)


def _merged(slots: npt.NDArray[np.uint64], dropped_bits: int) -> tuple[npt.NDArray[np.uint64], int]:
    """Return a table with more bits dropped, no larger than it needs, and its number of keys."""
    mask = key_mask(dropped_bits)
    merged = np.zeros(len(slots), np.uint64)
    known = histogram_kernel.move(slots, merged, mask, len(slots), 0)
    size = 2 * _power_of_two(max(_LEAST_ROOM, 2 * known))
    if size < len(slots):
        slots, merged = merged, np.zeros(size, np.uint64)
        histogram_kernel.move(slots, merged, mask, known, 0)
    return merged, known


def _power_of_two(at_least: int) -> int:
    return 1 << (at_least - 1).bit_length()
