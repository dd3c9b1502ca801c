"""The parts of a file in order, without their pixels (spec §2, §5.1, §8).

`read_layout` checks all of the structure and the CRC-32 of all but the bands; whoever decodes a
band checks that of the band. It imports no NumPy, unless there is a coded palette to decode:
`kq info` needs no more than this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from kqformat.codec.ancillary import check_length, metadata_from, metadata_sections
from kqformat.codec.bands import (
    PIXELS_TO_A_BYTE,
    band_rows,
    most_entropy_pixels,
    packed_byte_length,
)
from kqformat.codec.cursor import BytesLike, Cursor, MemoryCursor
from kqformat.codec.head import Coding, Head, read_head
from kqformat.codec.sections import (
    ENTROPY_TAG,
    PACKED_TAG,
    SECTION_OVERHEAD,
    Section,
    SectionStart,
    read_payload,
    read_start,
    skip_payload,
)
from kqformat.errors import FormatError, UnsupportedError
from kqformat.limits import DEFAULT_LIMITS, Limits, checked_limits
from kqformat.metadata import KNOWN_TAGS, Metadata


@dataclass(frozen=True, slots=True)
class Opening:
    """What comes before the first band.

    Attributes
    ----------
    head : Head
        Dimensions and palette.
    metadata : Metadata
        The contents of the ancillary sections.
    sections : tuple of Section
        Where these stand.
    """

    head: Head
    metadata: Metadata
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Layout(Opening):
    """A whole file: what comes before the bands, and where the bands are."""

    bands: tuple[Section, ...]

    @property
    def file_bytes(self) -> int:
        """Length of the file in bytes."""
        return self.bands[-1].end

    @property
    def entropy_bands(self) -> int:
        """Number of the bands that are entropy-coded."""
        return sum(band.tag == ENTROPY_TAG for band in self.bands)


BandCheck: TypeAlias = Callable[[Head, Section, int], None]
"""What looks into a band, given the head, the band's place and its number of pixels."""


def read_layout(
    data: BytesLike, limits: Limits = DEFAULT_LIMITS, check_band: BandCheck | None = None
) -> Layout:
    """Find every part of a file in memory.

    Parameters
    ----------
    data : bytes-like
        The whole file.
    limits : Limits
        What the file may ask for.
    check_band : BandCheck or None
        Where the structure is wrong after some bands, what is called with each of these, so that
        damage in one of them, which comes first in the file, is also the first to be reported
        (spec §1.1). Not called for a file whose structure is right.

    Raises
    ------
    FormatError
        If the structure is wrong, the data too short or too long, or a checked CRC-32 wrong.
    LimitError
        If the file asks for more than `limits`.
    """
    cursor = MemoryCursor(data)
    bands: list[Section] = []
    with cursor.view:  # released even where an error keeps this frame, so that a map can be closed
        opening, first_band = read_opening(cursor, limits)
        try:
            _read_bands(cursor, opening.head, first_band, bands)
        except FormatError:
            if check_band is not None:
                for band, pixels in zip(bands, band_pixels(opening.head), strict=False):
                    check_band(opening.head, band, pixels)
            raise
    return Layout(opening.head, opening.metadata, opening.sections, tuple(bands))


def read_opening(cursor: Cursor, limits: Limits) -> tuple[Opening, SectionStart]:
    """Read the head and the metadata, up to and with the tag and length of the first band."""
    head = read_head(cursor, checked_limits(limits))
    contents: list[tuple[str, bytes]] = []
    sections: list[Section] = []
    byte_length = 0
    while True:
        start = read_start(cursor)
        if start.tag.isupper():
            _require_band(start, head)
            return Opening(head, metadata_from(contents), tuple(sections)), start
        _refuse_repeated(start, contents)
        check_length(start.tag, start.length, start.offset + 1)
        byte_length += start.length
        limits.check_metadata(len(contents) + 1, byte_length)
        section, payload = read_payload(cursor, start)
        sections.append(section)
        contents.append((start.tag, payload))


def band_pixels(head: Head) -> Iterator[int]:
    """Yield the number of pixels of each band."""
    for top, bottom in band_rows(head.height, head.band_shift):
        yield (bottom - top) * head.width


def band_byte_length(head: Head, rows: int) -> int:
    """Return the bytes of a packed band's payload, more than any entropy-coded one has."""
    return packed_byte_length(rows * head.width, head.index_width)


def most_file_bytes(limits: Limits) -> int:
    """Return a size that no file within the limits exceeds.

    Examples
    --------
    >>> most_file_bytes(DEFAULT_LIMITS)
    554566228
    """
    head = 20 + 4 * checked_limits(limits).palette_entries
    metadata = limits.metadata_bytes + SECTION_OVERHEAD * limits.metadata_sections
    padding = limits.bands
    return head + metadata + 2 * limits.pixels + SECTION_OVERHEAD * limits.bands + padding


def packed_file_bytes(head: Head, metadata: Metadata) -> int:
    """Return the size of a packed file, known before it is written (spec §8.2).

    Examples
    --------
    >>> from kqformat.codec.head import PaletteFormat
    >>> packed_file_bytes(Head(768, 512, bytes(16 * 3), PaletteFormat.RGB), Metadata())
    196685
    """
    payloads = [len(payload) for _, payload in metadata_sections(metadata)]
    payloads += [
        band_byte_length(head, bottom - top)
        for top, bottom in band_rows(head.height, head.band_shift)
    ]
    return head.byte_length + sum(SECTION_OVERHEAD + length for length in payloads)


def _read_bands(
    cursor: MemoryCursor, head: Head, start: SectionStart, bands: list[Section]
) -> None:
    """Pass over all bands, the first of which has begun, to the end; note each that is whole."""
    for pixels in band_pixels(head):
        if bands:
            start = read_start(cursor)
            _require_band(start, head)
        _check_band_length(start, pixels, head.index_width, len(bands))
        bands.append(skip_payload(cursor, start))
    if not cursor.at_end():
        raise FormatError(
            "bytes after the last band",
            offset=cursor.offset,
            found=f"{len(cursor.view) - cursor.offset:,} bytes",
            expected="the end of the file",
        )


def _require_band(start: SectionStart, head: Head) -> None:
    """Refuse a section that is no band, or not one that the head's coding has (spec §5.1)."""
    if start.tag.isupper() and start.tag not in (PACKED_TAG, ENTROPY_TAG):
        raise UnsupportedError(
            "unknown critical section",
            field="tag",
            offset=start.offset,
            found=repr(start.tag),
            expected=f"{PACKED_TAG!r} or {ENTROPY_TAG!r}",
        )
    if start.tag == PACKED_TAG or (start.tag == ENTROPY_TAG and head.coding == Coding.ENTROPY):
        return
    is_band = start.tag == ENTROPY_TAG
    raise FormatError(
        "an entropy-coded band in a packed file" if is_band else "metadata after the first band",
        field="tag",
        offset=start.offset,
        found=repr(start.tag),
        expected=repr(PACKED_TAG),
    )


def _check_band_length(start: SectionStart, pixels: int, index_width: int, number: int) -> None:
    """Compare a band's length with that of its pixels packed, which entropy coding is to beat."""
    packed_length = packed_byte_length(pixels, index_width)
    expected: object = packed_length
    if start.tag == PACKED_TAG:
        if start.length == packed_length:
            return
        problem = "has another length than its pixels"
    else:
        if start.length < packed_length and pixels < most_entropy_pixels(start.length):
            return
        problem, expected = "is no shorter than packed", f"less than {packed_length}"
        if start.length < packed_length:
            problem = "is too short for its pixels"
            expected = f"more than {pixels // PIXELS_TO_A_BYTE - 4}"
    raise FormatError(
        f"band {number} {problem}",
        field=f"length of section {start.tag!r}",
        offset=start.offset + 1,
        found=start.length,
        expected=expected,
    )


def _refuse_repeated(start: SectionStart, contents: list[tuple[str, bytes]]) -> None:
    if start.tag in KNOWN_TAGS and start.tag in dict(contents):
        raise FormatError(
            "a section that may occur once occurs again",
            field="tag",
            offset=start.offset,
            found=repr(start.tag),
        )
