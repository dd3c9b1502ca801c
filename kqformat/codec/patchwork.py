"""The picture of a damaged file, put together from what bands are left. Not normative.

Of packed bands the indices are read as far as they go; an entropy-coded one is read as a whole or
not at all. Where a band stands is not decided here.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from kqformat.codec import packed, packed_kernel, strips
from kqformat.codec.bands import packed_byte_length
from kqformat.codec.head import Head
from kqformat.codec.payloads import read_band
from kqformat.codec.recovered import PixelState
from kqformat.codec.sections import PACKED_TAG, Section
from kqformat.codec.stream import palette_array
from kqformat.errors import FormatError
from kqformat.model import Indices

_BLOCK = 1 << 20
"""States that are counted at once: NumPy makes eight bytes of each."""


class Patchwork:
    """The pixels of one file, as they are found.

    Parameters
    ----------
    head : Head
        The file's head.
    rows : list of (int, int)
        The first row of each band, and the one after its last.

    Attributes
    ----------
    indices : ndarray, uint8 or uint16, shape (H, W)
        Entry 0 where a pixel is lost.
    states : ndarray, uint8, shape (H, W)
        A `PixelState` for each.
    """

    def __init__(self, head: Head, rows: list[tuple[int, int]]) -> None:
        self._head, self._rows = head, rows
        self._palette = palette_array(head)
        shape = (head.height, head.width)
        self.indices = np.zeros(shape, packed.empty_indices(head.palette_size, 0).dtype)
        # With one colour the head says all of the pixels.
        known = PixelState.CHECKED if head.palette_size == 1 else PixelState.LOST
        self.states = np.full(shape, known, np.uint8) if known else np.zeros(shape, np.uint8)
        self._damaged: list[tuple[int, int]] = []
        """The first band of each run of them that is not right, and the one after its last."""

    def note_damage(self, first: int, end: int) -> None:
        """Remember bands, in order, that are not right: `first` and those before `end`."""
        if self._damaged and self._damaged[-1][1] == first:
            self._damaged[-1] = (self._damaged[-1][0], end)
        elif first < end:
            self._damaged.append((first, end))

    def put_whole(self, view: memoryview, section: Section, number: int, is_certain: bool) -> None:
        """Read a band whose CRC-32 is right; it may break another rule, or be another one."""
        top, bottom = self._rows[number]
        try:
            read_band(view, section, self._palette, self.indices[top:bottom])
        except FormatError:
            self.indices[top:bottom] = 0
            if section.tag == PACKED_TAG:
                with view[section.payload_offset : section.crc_offset] as payload:
                    self.put_packed(payload, number, PixelState.DOUBTFUL)
            self.note_damage(number, number + 1)
            return
        self.states[top:bottom] = PixelState.CHECKED if is_certain else PixelState.DOUBTFUL
        if not is_certain:
            self.note_damage(number, number + 1)

    def put_packed(self, payload: memoryview, number: int, state: PixelState) -> None:
        """Read as many whole indices as the bytes hold; those without an entry are lost."""
        width = self._head.index_width
        if width == 0:  # known already
            return
        top, bottom = self._rows[number]
        indices: Indices = self.indices[top:bottom].reshape(-1)
        states = self.states[top:bottom].reshape(-1)
        count = min(len(indices), 8 * len(payload) // width)
        needed = packed_byte_length(count, width)
        indices, states = indices[:count], states[:count]
        packed_kernel.unpack(np.frombuffer(payload[:needed], np.uint8), width, indices)
        states[:] = state
        is_wrong = indices >= self._head.palette_size
        states[is_wrong] = PixelState.LOST
        indices[is_wrong] = 0

    def put_entropy(self, payload: memoryview, number: int) -> None:
        """Decode an entropy-coded band of which the CRC-32 only is cut, if it is right."""
        top, bottom = self._rows[number]
        try:
            strips.decode(payload, self._palette, self.indices[top:bottom])
        except FormatError:
            self.indices[top:bottom] = 0
        else:
            self.states[top:bottom] = PixelState.UNCHECKED

    def losses(self) -> list[str]:
        """Say which rows are not right."""
        lines = []
        for first, end in self._damaged:
            top, bottom = self._rows[first][0], self._rows[end - 1][1]
            counts = self._counts(top, bottom)
            states = ", ".join(state.name.lower() for state in PixelState if counts[state])
            lines.append(f"rows {top:,} to {bottom - 1:,}: {states}")
        return lines

    def summary(self) -> str:
        """Say how many pixels are what."""
        counts = self._counts(0, self._head.height)
        told = [f"{counts[state]:,} {state.name.lower()}" for state in reversed(PixelState)]
        return f"of {self.states.size:,} pixels: {', '.join(told)}"

    def _counts(self, top: int, bottom: int) -> Counter[int]:
        states = self.states[top:bottom].reshape(-1)
        counts: Counter[int] = Counter()
        for start in range(0, len(states), _BLOCK):
            counts.update(dict(enumerate(np.bincount(states[start : start + _BLOCK]).tolist())))
        return counts
