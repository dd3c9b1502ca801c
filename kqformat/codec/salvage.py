"""What is left of a file that is damaged or cut short, for callers who ask for that explicitly.

Lenient, and not normative: spec §10 allows it as an option that is not the default, and says
nothing of what it gives. The head, which has one CRC-32 with the palette, must be right: without
it no pixel has a meaning.
"""

from __future__ import annotations

import numpy as np

from kqformat.codec.ancillary import metadata_from
from kqformat.codec.claims import Claim, Claims
from kqformat.codec.cursor import BytesLike, MemoryCursor
from kqformat.codec.damaged_opening import DamagedOpening, misplaced
from kqformat.codec.head import Head, read_head
from kqformat.codec.layout import read_opening
from kqformat.codec.patchwork import Patchwork
from kqformat.codec.recovered import PixelState, Recovered
from kqformat.codec.resync import Search
from kqformat.codec.sections import PACKED_TAG, Section
from kqformat.codec.stream import decode_indexed, palette_array
from kqformat.errors import FormatError, LimitError
from kqformat.limits import DEFAULT_LIMITS, Limits, checked_limits
from kqformat.model import IndexedImage


def recover(data: BytesLike, *, limits: Limits = DEFAULT_LIMITS) -> Recovered:
    """Decode what can be read of a file that is damaged or cut short.

    Bands with a right CRC-32 are kept, also after damaged ones, where it is certain which they
    are. Of packed bands that are cut or damaged the indices are read as they stand, and marked;
    an entropy-coded band is lost as a whole. A file from which whole bands were taken out, or in
    which they were exchanged, looks like one that is not damaged there (spec §11).

    Parameters
    ----------
    data : bytes-like
        What there is of the file, from its first byte.
    limits : Limits
        What the file may ask for.

    Returns
    -------
    Recovered

    Raises
    ------
    FormatError
        If the head is not whole and right, or not one pixel can be read: what decoding raises.
    LimitError
        If the picture is larger than `limits`. Metadata over them is left out.

    Examples
    --------
    >>> from kqformat.codec.stream import encode_indexed
    >>> image = IndexedImage(np.array([[0, 1, 2, 1]], np.uint8), np.eye(3, dtype=np.uint8))
    >>> found = recover(encode_indexed(image, band_shift=31)[:-4])
    >>> found.image.indices.tolist(), found.states.tolist()
    ([[0, 1, 2, 1]], [[2, 2, 2, 2]])
    """
    try:
        image = decode_indexed(data, limits=limits)
    except (FormatError, LimitError) as error:
        failure = error.with_traceback(None)  # which holds what had been decoded
    else:
        return Recovered(image, np.full(image.indices.shape, PixelState.CHECKED, np.uint8), ())
    found = _salvaged(data, limits, [str(failure)])
    if not found.states.any():  # all pixels are lost
        raise failure
    return found


def decode_truncated(data: BytesLike, *, limits: Limits = DEFAULT_LIMITS) -> IndexedImage:
    """Decode the pixels that are there; the others, and impossible indices, become entry 0.

    What Pillow's `LOAD_TRUNCATED_IMAGES` asks for: `recover` without saying what is lost. The
    head, metadata and palette must be whole.

    Raises
    ------
    FormatError
        If the end comes before the first band, or what is before it is wrong.
    """
    cursor = MemoryCursor(data)
    with cursor.view:
        read_opening(cursor, limits)
    return _salvaged(data, limits, []).image


def _salvaged(data: BytesLike, limits: Limits, losses: list[str]) -> Recovered:
    cursor = MemoryCursor(data)
    with cursor.view, cursor.view[:] as view:
        head = read_head(cursor, checked_limits(limits))
        claims, search = Claims(view, head), Search(view, head)
        opening = DamagedOpening(head, claims, search, losses)
        contents, first_band = opening.read(cursor, limits)
        work = _Salvage(view, head, claims, search)
        if first_band is not None:
            work.read_bands(first_band)
        losses += work.told()
    image = IndexedImage(work.picture.indices, palette_array(head), metadata_from(contents))
    return Recovered(image, work.picture.states, tuple(losses))


class _Salvage:
    """The bands of one file, as they are found."""

    def __init__(self, view: memoryview, head: Head, claims: Claims, search: Search) -> None:
        self._view, self._claims, self._search = view, claims, search
        self.picture = Patchwork(head, claims.rows)
        self._losses: list[str] = []
        self._is_certain = True
        """Whether what is read next is the band that it is taken for."""

    def read_bands(self, offset: int) -> None:
        """Read all bands that are there, from where the first starts."""
        count = len(self._claims.rows)
        number = 0
        following: int | None = offset
        while number < count and following is not None and following < len(self._view):
            section = self._search.at(following)
            if section is not None and self._claims.is_length(section.tag, section.length, number):
                self.picture.put_whole(self._view, section, number, self._is_certain)
                following = section.end
            elif (own := self._after_inserted(following, number)) is not None:
                self._losses.append(
                    f"{own - following:,} bytes from byte {following:,} on are no band"
                )
                following = own
                continue
            else:
                following = self._read_damaged(following, number)
            number += 1
        self.picture.note_damage(number, count)
        if following is not None and following < len(self._view):
            left = len(self._view) - following
            self._losses.append(f"{left:,} bytes after the last band are left out")

    def told(self) -> list[str]:
        """Say what is lost, and how many pixels are what."""
        lines = [*self._losses, *self.picture.losses()]
        if self._search.is_given_up:
            lines.append("too much looks like a band: the search for more has ended early")
        return [*lines, self.picture.summary()]

    def _after_inserted(self, offset: int, number: int) -> int | None:
        """Return where this band is if it is whole, and what stands at `offset` belongs to none.

        Then from there to the end are as many whole bands as there must be. If what stands at
        `offset` looks like a band and ends just there, the last may as well be one too many.
        """
        following = self._search.first(offset + 1)
        if following is None or self._search.count_to_end(following.offset) != self._left(number):
            return None
        claim = self._claims.at(offset, number)
        leads_there = claim is not None and claim.end == following.offset
        if leads_there and self._claims.is_evident(offset, number, following.offset):
            return None
        return following.offset

    def _limit(self, following: Section | None) -> int:
        """Return where the next whole band starts, or the end."""
        return len(self._view) if following is None else following.offset

    def _left(self, number: int) -> int:
        """Return how many bands there are from this one on."""
        return len(self._claims.rows) - number

    def _read_damaged(self, offset: int, number: int) -> int | None:
        """Read what is left of a band, and return where the one after it starts, if known."""
        self.picture.note_damage(number, number + 1)
        following = self._search.first(offset + 1)
        claim = self._claims.at(offset, number)
        if claim is not None:
            self._read_part(claim, number, following)
        is_evident = self._claims.is_evident(offset, number, self._limit(following))
        self._is_certain = self._is_certain and is_evident
        return self._after_damage(claim, number, following)

    def _read_part(self, claim: Claim, number: int, following: Section | None) -> None:
        """Read the indices of a band that is not whole, as far as they go."""
        limit = self._limit(following)
        is_cut = following is None and claim.end > limit
        is_right = is_cut and self._is_certain and self._claims.has_start(claim)
        with self._claims.payload_of(claim, limit) as payload:
            if claim.tag == PACKED_TAG:
                state = PixelState.UNCHECKED if is_right else PixelState.DOUBTFUL
                self.picture.put_packed(payload, number, state)
            elif is_right and len(payload) == claim.length:
                self.picture.put_entropy(payload, number)

    def _after_damage(
        self, claim: Claim | None, number: int, following: Section | None
    ) -> int | None:
        """Return where the band after a damaged one starts.

        That is the next whole band, if from there to the end are as many as are missing; else
        where the damaged one says that it ends, if a whole band or the end is there, or what
        could be a band. If there are more whole bands than are missing, nothing is known.
        """
        limit = self._limit(following)
        whole = (0 if following is None else self._search.count_to_end(following.offset)) or 0
        left = self._left(number + 1)
        if following is not None and whole == left:
            return following.offset
        is_possible = claim is not None and claim.end <= limit and whole <= left
        if claim is not None and is_possible and self._may_be_band(claim.end, limit, number + 1):
            return claim.end
        if following is not None:
            self._losses.append(misplaced(following))
        return None

    def _may_be_band(self, offset: int, limit: int, number: int) -> bool:
        """Whether a whole band or the end, `limit`, is at `offset`, or this one could start there.

        There, too, if all have been read.
        """
        is_known = offset == limit or number == len(self._claims.rows)
        return is_known or self._claims.at(offset, number) is not None
