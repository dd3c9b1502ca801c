"""The parts of a file in order, without their pixels (spec §2, §5.1, §7).

`read_layout` checks all of the structure and the CRC-32 of all but the bands; whoever decodes a
band checks that of the band. It imports no NumPy: `kq info` needs no more than this.
"""

from __future__ import annotations

from dataclasses import dataclass

from kqformat.codec.ancillary import KNOWN_TAGS, check_length, metadata_from, metadata_sections
from kqformat.codec.bands import band_rows, packed_byte_length
from kqformat.codec.cursor import BytesLike, Cursor, MemoryCursor
from kqformat.codec.head import Head, read_head
from kqformat.codec.sections import (
    BAND_TAG,
    SECTION_OVERHEAD,
    Section,
    SectionStart,
    read_payload,
    read_start,
    skip_payload,
)
from kqformat.errors import FormatError, UnsupportedError
from kqformat.limits import DEFAULT_LIMITS, Limits
from kqformat.metadata import Metadata


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


def read_layout(data: BytesLike, limits: Limits = DEFAULT_LIMITS) -> Layout:
    """Find every part of a file in memory.

    Parameters
    ----------
    data : bytes-like
        The whole file.
    limits : Limits
        What the file may ask for.

    Raises
    ------
    FormatError
        If the structure is wrong, the data too short or too long, or a checked CRC-32 wrong.
    LimitError
        If the file asks for more than `limits`.
    """
    cursor = MemoryCursor(data)
    with cursor.view:  # released even where an error keeps this frame, so that a map can be closed
        opening, first_band = read_opening(cursor, limits)
        bands = _read_bands(cursor, opening.head, first_band)
        if not cursor.at_end():
            raise FormatError(
                "bytes after the last band",
                offset=cursor.offset,
                found=f"{len(cursor.view) - cursor.offset:,} bytes",
                expected="the end of the file",
            )
    return Layout(opening.head, opening.metadata, opening.sections, bands)


def read_opening(cursor: Cursor, limits: Limits) -> tuple[Opening, SectionStart]:
    """Read the head and the metadata, up to and with the tag and length of the first band."""
    head = read_head(cursor, limits)
    contents: list[tuple[str, bytes]] = []
    sections: list[Section] = []
    byte_length = 0
    while True:
        start = read_start(cursor)
        if start.tag.isupper():
            _require_band(start)
            return Opening(head, metadata_from(contents), tuple(sections)), start
        _refuse_repeated(start, contents)
        check_length(start.tag, start.length, start.offset + 1)
        byte_length += start.length
        limits.check_metadata(len(contents) + 1, byte_length)
        section, payload = read_payload(cursor, start)
        sections.append(section)
        contents.append((start.tag, payload))


def band_byte_length(head: Head, rows: int) -> int:
    """Return the bytes of a band's payload (spec §6.1)."""
    return packed_byte_length(rows * head.width, head.index_width)


def packed_file_bytes(head: Head, metadata: Metadata) -> int:
    """Return the size of a packed file, known before it is written (spec §7.2).

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


def _read_bands(cursor: MemoryCursor, head: Head, start: SectionStart) -> tuple[Section, ...]:
    """Pass over all bands, the first of which has begun."""
    bands: list[Section] = []
    for top, bottom in band_rows(head.height, head.band_shift):
        if bands:
            start = read_start(cursor)
            _require_band(start)
        expected = band_byte_length(head, bottom - top)
        if start.length != expected:
            raise FormatError(
                f"band {len(bands)} has another length than its pixels",
                field="length of section 'B'",
                offset=start.offset + 1,
                found=start.length,
                expected=expected,
            )
        bands.append(skip_payload(cursor, start))
    return tuple(bands)


def _require_band(start: SectionStart) -> None:
    if start.tag == BAND_TAG:
        return
    if start.tag.isupper():
        raise UnsupportedError(
            "unknown critical section",
            field="tag",
            offset=start.offset,
            found=repr(start.tag),
            expected=repr(BAND_TAG),
        )
    raise FormatError(
        "metadata after the first band",
        field="tag",
        offset=start.offset,
        found=repr(start.tag),
        expected=repr(BAND_TAG),
    )


def _refuse_repeated(start: SectionStart, contents: list[tuple[str, bytes]]) -> None:
    if start.tag in KNOWN_TAGS and start.tag in dict(contents):
        raise FormatError(
            "a section that may occur once occurs again",
            field="tag",
            offset=start.offset,
            found=repr(start.tag),
        )
