"""Finding the whole bands of a damaged file by their CRC-32, wherever they stand.

Not normative; `salvage` is the only caller. The work is bounded by the file's length, whatever
stands in it: only what looks like a band is checked, and only so many bytes of that.
"""

from __future__ import annotations

from zlib import crc32

import numpy as np
import numpy.typing as npt

from kqformat.codec.bands import band_rows
from kqformat.codec.head import Coding, Head
from kqformat.codec.layout import band_byte_length
from kqformat.codec.sections import ENTROPY_TAG, PACKED_TAG, SECTION_OVERHEAD, Section

_STEP = 1 << 20
_CHECKS_A_BYTE = 32
"""Of bands of 4 megapixels in entropy coding, each byte is in about 8 of what looks like one."""

_FEWEST_CHECKS = 1 << 20
_COST_OF_A_CHECK = 64


class Search:
    """The bands of a file whose CRC-32 is right, found one after the other.

    Parameters
    ----------
    view : memoryview
        The whole file.
    head : Head
        Its head, which says how long a band can be.
    """

    def __init__(self, view: memoryview, head: Head) -> None:
        self._view = view
        rows = {bottom - top for top, bottom in band_rows(head.height, head.band_shift)}
        self._packed_lengths = {band_byte_length(head, count) for count in rows}
        self._tags = (PACKED_TAG, ENTROPY_TAG) if head.coding == Coding.ENTROPY else (PACKED_TAG,)
        self._left = _FEWEST_CHECKS + _CHECKS_A_BYTE * len(view)
        self._is_searched, self._from = False, 0
        self._found: Section | None = None
        self._counted_from = -1
        self._count: int | None = None

    @property
    def is_given_up(self) -> bool:
        """Whether so much looked like a band that the search has ended early."""
        return self._left < 0

    def first(self, offset: int) -> Section | None:
        """Return the first whole band that starts at `offset` or later, if there is one."""
        is_known = self._from <= offset and (self._found is None or offset <= self._found.offset)
        if not (self._is_searched and is_known):
            self._found = self._next(offset)
            self._is_searched, self._from = True, offset
        return self._found

    def at(self, offset: int) -> Section | None:
        """Return the band that starts at `offset` if it is whole and its CRC-32 is right."""
        if offset + SECTION_OVERHEAD > len(self._view):
            return None
        tag = chr(self._view[offset])
        length = int.from_bytes(self._view[offset + 1 : offset + 5], "big")
        if not self._is_possible(tag, length):
            return None
        end = offset + SECTION_OVERHEAD + length
        if end > len(self._view):
            return None
        stored = int.from_bytes(self._view[end - 4 : end], "big")
        with self._view[offset : end - 4] as covered:
            is_right = crc32(covered) == stored
        return Section(tag, length, offset, stored) if is_right else None

    def count_to_end(self, offset: int) -> int | None:
        """Return how many whole bands there are from `offset` to the end, if nothing else is."""
        if self._counted_from != offset:
            self._counted_from, self._count = offset, self._counted(offset)
        return self._count

    def _counted(self, offset: int) -> int | None:
        count = 0
        while offset < len(self._view):
            section = self.at(offset)
            if section is None:
                return None
            offset, count = section.end, count + 1
        return count

    def _is_possible(self, tag: str, length: int) -> bool:
        if tag == PACKED_TAG:
            return length in self._packed_lengths
        return tag in self._tags and length < max(self._packed_lengths)

    def _next(self, offset: int) -> Section | None:
        data = np.frombuffer(self._view, np.uint8)
        for start in range(offset, len(data), _STEP):
            for place, length in self._candidates(data, start):
                self._left -= length + _COST_OF_A_CHECK
                if self.is_given_up:
                    return None
                section = self.at(place)
                if section is not None:
                    return section
        return None

    def _candidates(self, data: npt.NDArray[np.uint8], start: int) -> list[tuple[int, int]]:
        """Return where, in one step from `start`, a band could begin, and its length."""
        places = np.flatnonzero(np.isin(data[start : start + _STEP], [ord(t) for t in self._tags]))
        places = places[places + start + SECTION_OVERHEAD <= len(data)] + start
        lengths = np.zeros(len(places), np.int64)
        for byte in range(1, 5):
            lengths = 256 * lengths + data[places + byte]
        is_packed = data[places] == ord(PACKED_TAG)
        is_possible = np.where(
            is_packed,
            np.isin(lengths, [*self._packed_lengths]),
            lengths < max(self._packed_lengths),
        ) & (places + SECTION_OVERHEAD + lengths <= len(data))
        return list(zip(places[is_possible].tolist(), lengths[is_possible].tolist(), strict=True))
