"""What a damaged band says that it is, and whether that can be so. Not normative.

Of a band in packed coding the head says all; in entropy coding the band's own tag and length do.
"""

from __future__ import annotations

from dataclasses import dataclass

from kqformat.codec.bands import band_rows, most_entropy_pixels
from kqformat.codec.head import Coding, Head
from kqformat.codec.layout import band_byte_length
from kqformat.codec.sections import ENTROPY_TAG, PACKED_TAG, SECTION_OVERHEAD, section_start

_START_BYTES = 5


@dataclass(frozen=True, slots=True)
class Claim:
    """The tag and length that a band has, if what stands before its payload is right."""

    tag: str
    length: int
    offset: int

    @property
    def end(self) -> int:
        """Offset of what comes after the band."""
        return self.offset + SECTION_OVERHEAD + self.length


class Claims:
    """The bands that a head promises, and what stands in the file for them.

    Parameters
    ----------
    view : memoryview
        The whole file.
    head : Head
        Its head.
    """

    def __init__(self, view: memoryview, head: Head) -> None:
        self._view, self._head = view, head
        self.rows = [*band_rows(head.height, head.band_shift)]

    def packed_length(self, number: int) -> int:
        """Return the bytes of this band's payload, packed."""
        top, bottom = self.rows[number]
        return band_byte_length(self._head, bottom - top)

    def is_length(self, tag: str, length: int, number: int) -> bool:
        """Whether this band can have this length (spec §6.1, §6.2)."""
        packed_length = self.packed_length(number)
        if tag == PACKED_TAG:
            return length == packed_length
        top, bottom = self.rows[number]
        pixels = (bottom - top) * self._head.width
        return (
            tag == ENTROPY_TAG
            and self._head.coding == Coding.ENTROPY
            and length < packed_length
            and pixels < most_entropy_pixels(length)
        )

    def at(self, offset: int, number: int) -> Claim | None:
        """Return what a damaged band says that it is, or None where that cannot be right."""
        if self._head.coding == Coding.PACKED:
            return Claim(PACKED_TAG, self.packed_length(number), offset)
        start = bytes(self._view[offset : offset + _START_BYTES])
        if len(start) < _START_BYTES:
            return None
        # Between tags in lower case, which bands never have, and those of bands is one bit.
        tag, length = chr(start[0]).upper(), int.from_bytes(start[1:], "big")
        return Claim(tag, length, offset) if self.is_length(tag, length, number) else None

    def length_at(self, offset: int) -> int:
        """Return the length that is stored in a section that starts at `offset`."""
        return int.from_bytes(self._view[offset + 1 : offset + _START_BYTES], "big")

    def has_start(self, claim: Claim) -> bool:
        """Whether a band that is cut begins as it must, as far as it goes."""
        stored = bytes(self._view[claim.offset : claim.offset + _START_BYTES])
        return section_start(claim.tag, claim.length).startswith(stored)

    def is_evident(self, offset: int, number: int, following: int) -> bool:
        """Whether more than its place speaks for a damaged band being this one.

        That is its start, but for one bit, with the length that it must have or that leads to
        `following`; or that packed bands from it on are just as long as what is left.
        """
        stored = int.from_bytes(self._view[offset : offset + _START_BYTES], "big")
        claim = self.at(offset, number)
        likely = [] if claim is None else [(claim.tag, claim.length)]
        length = following - offset - SECTION_OVERHEAD
        if self._head.coding == Coding.ENTROPY and length >= 0:
            tags = (PACKED_TAG, ENTROPY_TAG)
            likely += [(tag, length) for tag in tags if self.is_length(tag, length, number)]
        starts = [int.from_bytes(section_start(*expected), "big") for expected in likely]
        if any((stored ^ start).bit_count() <= 1 for start in starts):
            return True
        if self._head.coding == Coding.ENTROPY:
            return False
        lengths = self.packed_length(0), self.packed_length(len(self.rows) - 1)
        full, last = (SECTION_OVERHEAD + length for length in lengths)
        return offset + (len(self.rows) - number - 1) * full + last == len(self._view)

    def payload_of(self, claim: Claim, limit: int) -> memoryview:
        """Return what there is of a band's payload before `limit`."""
        end = min(limit, claim.offset + _START_BYTES + claim.length)
        return self._view[min(end, claim.offset + _START_BYTES) : end]
