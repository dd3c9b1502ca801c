"""What is left of a file that is damaged or cut short, for callers who ask for that explicitly.

Lenient, and not normative: spec §10 allows it as an option that is not the default, and says
nothing of what it gives. The head, which has one CRC-32 with the palette, must be right: without
it no pixel has a meaning.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from kqformat.codec import entropy, packed, packed_kernel
from kqformat.codec.ancillary import check_length, metadata_from
from kqformat.codec.bands import band_rows, most_entropy_pixels, packed_byte_length
from kqformat.codec.cursor import BytesLike, MemoryCursor
from kqformat.codec.head import Coding, Head, read_head
from kqformat.codec.layout import band_byte_length, read_opening
from kqformat.codec.payloads import read_band
from kqformat.codec.resync import Search
from kqformat.codec.sections import (
    ENTROPY_TAG,
    PACKED_TAG,
    SECTION_OVERHEAD,
    Section,
    read_payload,
    read_start,
    section_start,
)
from kqformat.codec.stream import decode_indexed, palette_array
from kqformat.errors import ChecksumError, FormatError, LimitError
from kqformat.limits import DEFAULT_LIMITS, Limits, checked_limits
from kqformat.metadata import KNOWN_TAGS
from kqformat.model import IndexedImage, Indices


class PixelState(IntEnum):
    """How much is known of a pixel of a damaged file."""

    LOST = 0
    """It is not in the file; entry 0 stands in its place."""

    DOUBTFUL = 1
    """It was read, but something in its band is wrong: the CRC-32 is not that of the bytes."""

    UNCHECKED = 2
    """It was read, but the file ends before the CRC-32 of its band."""

    CHECKED = 3
    """It is what was written: the CRC-32 of its band, or of the head where k = 1, is right."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was read of a file that may be damaged.

    Attributes
    ----------
    image : IndexedImage
        The picture, with entry 0 where a pixel is lost, and the metadata that is left.
    states : ndarray, uint8, shape (H, W)
        A `PixelState` for each pixel.
    losses : tuple of str
        What was wrong and what is lost, each in a line; empty for a file that is whole.
    """

    image: IndexedImage
    states: npt.NDArray[np.uint8]
    losses: tuple[str, ...]

    @property
    def mask(self) -> npt.NDArray[np.bool_]:
        """Whether a pixel is real, as a CRC-32 proves: shape (H, W)."""
        is_checked: npt.NDArray[np.bool_] = self.states == PixelState.CHECKED
        return is_checked

    @property
    def readable(self) -> npt.NDArray[np.bool_]:
        """Whether a pixel was read at all, proved or not: shape (H, W)."""
        is_read: npt.NDArray[np.bool_] = self.states != PixelState.LOST
        return is_read


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
        found = _salvaged(data, limits, [str(error)])
        if not found.readable.any():
            raise
        return found
    return Recovered(image, np.full(image.indices.shape, PixelState.CHECKED, np.uint8), ())


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
        work = _Salvage(view, head, losses)
        contents, offset = work.read_metadata(cursor, limits)
        if offset is not None:
            work.read_bands(offset)
        work.finish()
    image = IndexedImage(work.indices, palette_array(head), metadata_from(contents))
    return Recovered(image, work.states, tuple(work.losses))


class _Salvage:
    """The pixels of one file, as they are found."""

    def __init__(self, view: memoryview, head: Head, losses: list[str]) -> None:
        self.view, self.head, self.losses = view, head, losses
        self.palette = palette_array(head)
        self.search = Search(view, head)
        self.bands = [*band_rows(head.height, head.band_shift)]
        shape = (head.height, head.width)
        self.indices = np.zeros(shape, packed.empty_indices(head.palette_size, 0).dtype)
        # With one colour the head says all of the pixels.
        known = PixelState.CHECKED if head.palette_size == 1 else PixelState.LOST
        self.states = np.full(shape, known, np.uint8) if known else np.zeros(shape, np.uint8)
        self.damaged: list[tuple[int, int]] = []
        """The first band of each run of them that is not right, and the one after its last."""

    def read_metadata(
        self, cursor: MemoryCursor, limits: Limits
    ) -> tuple[list[tuple[str, bytes]], int | None]:
        """Return the sections that are right, and where the first band starts, if that is known."""
        contents: list[tuple[str, bytes]] = []
        damaged: list[int] = []
        count = byte_length = 0
        while True:
            offset = cursor.offset
            try:
                start = read_start(cursor)
                if start.tag.isupper():
                    return contents, self._first_band(damaged, offset)
                check_length(start.tag, start.length, offset + 1)
                count, byte_length = count + 1, byte_length + start.length
                limits.check_metadata(count, byte_length)
                _, payload = read_payload(cursor, start)
            except (FormatError, LimitError) as error:
                self.losses.append(f"metadata from byte {offset:,} on is lost: {error}")
                damaged.append(offset)
                if not isinstance(error, ChecksumError):
                    return contents, self._first_band(damaged, None)
                continue
            if start.tag in KNOWN_TAGS and start.tag in dict(contents):
                self.losses.append(f"metadata is lost: section {start.tag!r} occurs again")
            else:
                contents.append((start.tag, payload))

    def read_bands(self, offset: int) -> None:
        """Read all bands that are there, from where the first starts."""
        number = 0
        following: int | None = offset
        while number < len(self.bands) and following is not None and following < len(self.view):
            section = self.search.at(following)
            if section is not None and self._is_length(section.tag, section.length, number):
                self._read_whole(section, number)
                following = section.end
            else:
                following = self._read_damaged(following, number)
            number += 1
        self._note(number, len(self.bands))
        if following is not None and following < len(self.view):
            left = len(self.view) - following
            self.losses.append(f"{left:,} bytes after the last band are left out")

    def finish(self) -> None:
        """Say which rows are not right, and how many pixels are what."""
        for first, end in self.damaged:
            top, bottom = self.bands[first][0], self.bands[end - 1][1]
            kinds = np.unique(self.states[top:bottom]).tolist()
            states = ", ".join(PixelState(kind).name.lower() for kind in kinds)
            self.losses.append(f"rows {top:,} to {bottom - 1:,}: {states}")
        if self.search.is_given_up:
            self.losses.append("too much looks like a band: the search for more has ended early")
        counts = np.bincount(self.states.reshape(-1), minlength=len(PixelState)).tolist()
        told = [f"{counts[state]:,} {state.name.lower()}" for state in reversed(PixelState)]
        self.losses.append(f"of {self.states.size:,} pixels: {', '.join(told)}")

    def _first_band(self, damaged: list[int], offset: int | None) -> int | None:
        """Return where the first band starts: at `offset`, unless there was damage before.

        Then at any place from which as many bands as there must be lead to the end: a damaged
        section may have been a band whose tag is wrong now. In a file that is also cut, where a
        whole packed band follows on a section that was none.
        """
        if not damaged:
            return offset
        found = self.search.first(damaged[0])
        places = [] if offset is None else [offset]
        places += [place for place in damaged if self._has_length_of_band(place)]
        for place in places if found is None else [*places, found.offset]:
            if self._leads_to_end(place):
                return place
        if found is None:
            return None
        if found.offset == offset and self.head.coding == Coding.PACKED:
            lengths = [int.from_bytes(self.view[at + 1 : at + 5], "big") for at in damaged]
            if self._packed_length(0) not in lengths:
                return offset
        self._say_misplaced(found)
        return None

    def _has_length_of_band(self, offset: int) -> bool:
        """Whether the length at `offset` is one of the first band."""
        tag, length = self._claim(offset, 0)
        stored = bytes(self.view[offset + 1 : offset + 5])
        return tag is not None and stored == length.to_bytes(4, "big")

    def _leads_to_end(self, offset: int) -> bool:
        """Whether the lengths of all bands, the first of them at `offset`, lead to the end."""
        for number in range(len(self.bands)):
            tag, length = self._claim(offset, number)
            if tag is None or offset >= len(self.view):
                return False
            offset += SECTION_OVERHEAD + length
        return offset == len(self.view)

    def _say_misplaced(self, section: Section) -> None:
        self.losses.append(f"bands from byte {section.offset:,} on are whole, but which is unknown")

    def _note(self, first: int, end: int) -> None:
        if self.damaged and self.damaged[-1][1] == first:
            self.damaged[-1] = (self.damaged[-1][0], end)
        elif first < end:
            self.damaged.append((first, end))

    def _packed_length(self, number: int) -> int:
        top, bottom = self.bands[number]
        return band_byte_length(self.head, bottom - top)

    def _is_length(self, tag: str, length: int, number: int) -> bool:
        """Whether this band can have this length (spec §6.1, §6.2)."""
        packed_length = self._packed_length(number)
        if tag == PACKED_TAG:
            return length == packed_length
        top, bottom = self.bands[number]
        pixels = (bottom - top) * self.head.width
        return (
            tag == ENTROPY_TAG
            and self.head.coding == Coding.ENTROPY
            and length < packed_length
            and pixels < most_entropy_pixels(length)
        )

    def _read_whole(self, section: Section, number: int) -> None:
        """Read a band whose CRC-32 is right; it may break another rule all the same."""
        top, bottom = self.bands[number]
        try:
            read_band(self.view, section, self.palette, self.indices[top:bottom])
        except FormatError:
            self.indices[top:bottom] = 0
            if section.tag == PACKED_TAG:
                with self.view[section.payload_offset : section.crc_offset] as payload:
                    self._unpack(payload, number, PixelState.DOUBTFUL)
            self._note(number, number + 1)
        else:
            self.states[top:bottom] = PixelState.CHECKED

    def _read_damaged(self, offset: int, number: int) -> int | None:
        """Read what is left of a band, and return where the one after it starts, if known."""
        self._note(number, number + 1)
        following = self.search.first(offset + 1)
        limit = len(self.view) if following is None else following.offset
        tag, length = self._claim(offset, number)
        end = None if tag is None else offset + SECTION_OVERHEAD + length
        is_cut = following is None and (end is None or end > limit)
        if tag is not None:
            self._read_part(tag, length, offset, number, limit, is_cut=is_cut)
        return self._after_damage(number, end, following)

    def _read_part(
        self, tag: str, length: int, offset: int, number: int, limit: int, *, is_cut: bool
    ) -> None:
        """Read the indices of a band that is not whole, as far as they go."""
        is_right = is_cut and self._has_start(offset, tag, length)
        last = min(limit, offset + 5 + length)
        with self.view[min(last, offset + 5) : last] as payload:
            if tag == PACKED_TAG:
                state = PixelState.UNCHECKED if is_right else PixelState.DOUBTFUL
                self._unpack(payload, number, state)
            elif is_right and len(payload) == length:
                self._decode(payload, number)

    def _after_damage(self, number: int, end: int | None, following: Section | None) -> int | None:
        """Return where the band after a damaged one starts.

        That is where the damaged one says that it ends, if a whole band or the end is there;
        else at the next whole band, if from there to the end are as many as are missing; else,
        where more than one is damaged, where it says so, if what is there could be a band.
        """
        limit = len(self.view) if following is None else following.offset
        if end == limit:
            return end
        left = len(self.bands) - number - 1
        if following is not None and self.search.count_to_end(following.offset) == left:
            return following.offset
        if end is not None and end < limit and left and self._claim(end, number + 1)[0] is not None:
            return end
        if end is not None and end < limit and not left:
            return end
        if following is not None:
            self._say_misplaced(following)
        return None

    def _claim(self, offset: int, number: int) -> tuple[str | None, int]:
        """Return the tag and length of a damaged band, or no tag where they cannot be right."""
        if self.head.coding == Coding.PACKED:
            return PACKED_TAG, self._packed_length(number)
        start = bytes(self.view[offset : offset + 5])
        if len(start) < 5:
            return None, 0
        # Between tags in lower case, which bands never have, and those of bands is one bit.
        tag, length = chr(start[0]).upper(), int.from_bytes(start[1:], "big")
        return (tag, length) if self._is_length(tag, length, number) else (None, 0)

    def _has_start(self, offset: int, tag: str, length: int) -> bool:
        """Whether a band that is cut begins as it must, as far as it goes."""
        return section_start(tag, length).startswith(bytes(self.view[offset : offset + 5]))

    def _unpack(self, payload: memoryview, number: int, state: PixelState) -> None:
        """Read as many whole indices as the bytes hold; those without an entry are lost."""
        width = self.head.index_width
        if width == 0:  # known already
            return
        top, bottom = self.bands[number]
        indices: Indices = self.indices[top:bottom].reshape(-1)
        count = min(len(indices), 8 * len(payload) // width)
        needed = packed_byte_length(count, width)
        packed_kernel.unpack(np.frombuffer(payload[:needed], np.uint8), width, indices[:count])
        states = self.states[top:bottom].reshape(-1)
        states[:count] = state
        is_wrong = indices >= self.head.palette_size
        states[is_wrong] = PixelState.LOST
        indices[is_wrong] = 0

    def _decode(self, payload: memoryview, number: int) -> None:
        """Decode an entropy-coded band of which the CRC-32 only is cut, if it is right."""
        top, bottom = self.bands[number]
        try:
            entropy.decode(payload, self.palette, self.indices[top:bottom])
        except FormatError:
            self.indices[top:bottom] = 0
        else:
            self.states[top:bottom] = PixelState.UNCHECKED
