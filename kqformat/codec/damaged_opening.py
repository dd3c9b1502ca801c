"""The metadata of a damaged file, and where its first band starts. Not normative."""

from __future__ import annotations

from typing import TypeAlias

from kqformat.codec.ancillary import check_length
from kqformat.codec.claims import Claims
from kqformat.codec.cursor import MemoryCursor
from kqformat.codec.head import Coding, Head
from kqformat.codec.resync import Search
from kqformat.codec.sections import Section, read_payload, read_start
from kqformat.errors import ChecksumError, FormatError, LimitError
from kqformat.limits import Limits
from kqformat.metadata import KNOWN_TAGS

Contents: TypeAlias = list[tuple[str, bytes]]
"""The tag and payload of metadata sections."""


class DamagedOpening:
    """What stands between the head of a file and its first band.

    Parameters
    ----------
    head : Head
        The file's head.
    claims : Claims
        What its bands say that they are.
    search : Search
        What finds whole bands.
    losses : list of str
        Where lines are added that say what is lost.
    """

    def __init__(self, head: Head, claims: Claims, search: Search, losses: list[str]) -> None:
        self._head, self._claims, self._search, self._losses = head, claims, search, losses

    def read(self, cursor: MemoryCursor, limits: Limits) -> tuple[Contents, int | None]:
        """Return the sections that are right, and where the first band starts, if that is known.

        `cursor` stands after the head. Metadata over the limits, and what is behind it, is lost.
        """
        contents: Contents = []
        damaged: list[int] = []
        count = byte_length = 0
        while True:
            offset = cursor.offset
            try:
                start = read_start(cursor)
                if start.tag.isupper():
                    return contents, self._first_band(cursor, damaged, offset)
                check_length(start.tag, start.length, offset + 1)
                count, byte_length = count + 1, byte_length + start.length
                limits.check_metadata(count, byte_length)
                _, payload = read_payload(cursor, start)
            except (FormatError, LimitError) as error:
                self._losses.append(f"metadata from byte {offset:,} on is lost: {error}")
                damaged.append(offset)
                if not isinstance(error, ChecksumError):
                    return contents, self._first_band(cursor, damaged, None)
                continue
            if start.tag in KNOWN_TAGS and start.tag in dict(contents):
                self._losses.append(f"metadata is lost: section {start.tag!r} occurs again")
            else:
                contents.append((start.tag, payload))

    def _first_band(
        self, cursor: MemoryCursor, damaged: list[int], offset: int | None
    ) -> int | None:
        """Return where the first band starts: at `offset`, unless there was damage before.

        Then at any place from which as many bands as there must be lead to the end: a damaged
        section may have been a band whose tag is wrong now. In a file that is also cut, where a
        whole packed band follows on a section that was none.
        """
        if not damaged:
            return offset
        found = self._search.first(damaged[0])
        places = [] if offset is None else [offset]
        places += [place for place in damaged if self._has_length_of_band(place)]
        for place in places if found is None else [*places, found.offset]:
            if self._leads_to_end(place, len(cursor.view)):
                return place
        if found is None:
            return None
        if found.offset == offset and self._head.coding == Coding.PACKED:
            lengths = [self._claims.length_at(place) for place in damaged]
            if self._claims.packed_length(0) not in lengths:
                return offset
        self._losses.append(misplaced(found))
        return None

    def _has_length_of_band(self, offset: int) -> bool:
        """Whether the length at `offset` is one of the first band."""
        claim = self._claims.at(offset, 0)
        return claim is not None and claim.length == self._claims.length_at(offset)

    def _leads_to_end(self, offset: int, end: int) -> bool:
        """Whether the lengths of all bands, the first of them at `offset`, lead to the end."""
        for number in range(len(self._claims.rows)):
            claim = self._claims.at(offset, number)
            if claim is None or offset >= end or not self._search.may_go_on():
                return False
            offset = claim.end
        return offset == end


def misplaced(section: Section) -> str:
    """Say that a whole band was found whose place in the picture is unknown."""
    return f"bands from byte {section.offset:,} on are whole, but which is unknown"
