"""Finding the whole bands of a damaged file by their CRC-32, wherever they stand.

Not normative; for `salvage` and `damaged_opening` only. The work is bounded by the file's length,
whatever stands in it: only what looks like a band is checked, only so many bytes of that, and
nothing of it twice.
"""

from __future__ import annotations

from bisect import bisect_left
from zlib import crc32

import numpy as np
import numpy.typing as npt

from kqformat.codec.bands import band_count, band_rows
from kqformat.codec.head import Coding, Head
from kqformat.codec.layout import band_byte_length
from kqformat.codec.sections import ENTROPY_TAG, PACKED_TAG, SECTION_OVERHEAD, Section

_STEP = 1 << 16
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
        self._known_from: int | None = None
        self._found: Section | None = None
        self._step_start = -1
        self._step: list[tuple[int, int]] = []
        self._most_bands = band_count(head.height, head.band_shift)
        self._counts: dict[int, int | None] = {}

    @property
    def is_given_up(self) -> bool:
        """Whether so much looked like a band that the search has ended early."""
        return self._left < 0

    def may_go_on(self, byte_length: int = 0) -> bool:
        """Take the cost of one more check from what is left; whether there was enough."""
        self._left -= byte_length + _COST_OF_A_CHECK
        return not self.is_given_up

    def first(self, offset: int) -> Section | None:
        """Return the first whole band that starts at `offset` or later, if there is one."""
        is_known = self._known_from is not None and self._known_from <= offset
        if not is_known or (self._found is not None and self._found.offset < offset):
            self._found = self._next(offset)
            self._known_from = offset
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
        """Return how many whole bands there are from `offset` to the end, if nothing else is.

        None, too, where there are more than the picture has.
        """
        if offset not in self._counts:
            if len(self._counts) > self._most_bands:
                self._counts.clear()  # they are only to spare time
            self._count(offset)
        return self._counts[offset]

    def _count(self, offset: int) -> None:
        """Go from band to band to the end, or to a place from where that was done before."""
        passed = [offset]
        while passed[-1] < len(self._view) and passed[-1] not in self._counts:
            section = self.at(passed[-1])
            may_go_on = self.may_go_on(0 if section is None else section.length)
            if section is None or not may_go_on:
                self._counts |= dict.fromkeys(passed)
                return
            if len(passed) > self._most_bands:
                self._counts[offset] = None
                return
            passed.append(section.end)
        last = passed.pop()
        count = self._counts.setdefault(last, 0)  # it is the end, if nothing is known of it
        for number, place in enumerate(reversed(passed), 1):
            self._counts[place] = None if count is None else count + number

    def _is_possible(self, tag: str, length: int) -> bool:
        if tag == PACKED_TAG:
            return length in self._packed_lengths
        return tag in self._tags and length < max(self._packed_lengths)

    def _next(self, offset: int) -> Section | None:
        for start in range(offset - offset % _STEP, len(self._view), _STEP):
            candidates = self._candidates(start)
            for place, length in candidates[bisect_left(candidates, (offset, 0)) :]:
                if not self.may_go_on(length):
                    return None
                section = self.at(place)
                if section is not None:
                    return section
        return None

    def _candidates(self, start: int) -> list[tuple[int, int]]:
        """Return where, in the step from `start`, a band could begin, and its length."""
        if self._step_start != start:
            data = np.frombuffer(self._view, np.uint8)
            self._step_start, self._step = start, self._looks_like_bands(data, start)
        return self._step

    def _looks_like_bands(self, data: npt.NDArray[np.uint8], start: int) -> list[tuple[int, int]]:
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
