"""Sections: tag, length, payload and CRC-32 (spec §5)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from zlib import crc32

from kqformat.codec.cursor import BytesLike, Cursor, MemoryCursor, byte_view
from kqformat.codec.head import check_crc
from kqformat.errors import FormatError

PACKED_TAG = "B"
ENTROPY_TAG = "E"

_START = struct.Struct(">cI")
_CRC = struct.Struct(">I")

SECTION_OVERHEAD = _START.size + _CRC.size
"""Bytes of a section besides its payload."""


@dataclass(frozen=True, slots=True)
class SectionStart:
    """The first five bytes of a section, and where they stand in the file."""

    tag: str
    length: int
    offset: int

    @property
    def payload_offset(self) -> int:
        """Offset of the first byte of the payload."""
        return self.offset + _START.size


@dataclass(frozen=True, slots=True)
class Section(SectionStart):
    """A whole section's place in the file, and the CRC-32 that stands there."""

    crc: int

    @property
    def crc_offset(self) -> int:
        """Offset of the CRC-32."""
        return self.payload_offset + self.length

    @property
    def end(self) -> int:
        """Offset of what comes after the section."""
        return self.crc_offset + _CRC.size


def section_start(tag: str, length: int) -> bytes:
    """Return the tag and length."""
    return _START.pack(tag.encode("ascii"), length)


def section_end(start: bytes, payload: bytes | memoryview) -> bytes:
    """Return the CRC-32 that follows the payload."""
    return section_crc(crc32(payload, crc32(start)))


def section_crc(crc: int) -> bytes:
    """Return a CRC-32 as it is stored."""
    return _CRC.pack(crc)


def write_section(tag: str, payload: bytes) -> bytes:
    """Return a whole section."""
    start = section_start(tag, len(payload))
    return start + payload + section_end(start, payload)


def read_start(cursor: Cursor) -> SectionStart:
    """Read a tag, which must be an ASCII letter, and a length."""
    offset = cursor.offset
    tag_byte, length = _START.unpack(cursor.take(_START.size, "section"))
    if not tag_byte.isalpha():
        raise FormatError(
            "bad section",
            field="tag",
            offset=offset,
            found=f"0x{tag_byte[0]:02x}",
            expected="a letter",
        )
    return SectionStart(tag_byte.decode("ascii"), length, offset)


def read_payload(cursor: Cursor, start: SectionStart) -> tuple[Section, bytes]:
    """Read the payload and check the CRC-32 of the whole section."""
    payload = bytes(cursor.take(start.length, f"section {start.tag!r}"))
    section = _read_crc(cursor, start)
    computed = crc32(payload, crc32(section_start(start.tag, start.length)))
    check_crc(section.crc, computed, f"crc of section {start.tag!r}", section.crc_offset)
    return section, payload


def skip_payload(cursor: MemoryCursor, start: SectionStart) -> Section:
    """Pass over the payload, its CRC-32 unchecked."""
    cursor.skip(start.length, f"section {start.tag!r}")
    return _read_crc(cursor, start)


def _read_crc(cursor: Cursor, start: SectionStart) -> Section:
    (crc,) = _CRC.unpack(cursor.take(_CRC.size, f"crc of section {start.tag!r}"))
    return Section(start.tag, start.length, start.offset, crc)


def checked_payload(data: BytesLike, section: Section) -> memoryview:
    """Return a view of a section's payload within the file, its CRC-32 checked.

    The caller releases it, so that a memory map can be closed even while an error is handled.
    """
    with byte_view(data) as view, view[section.offset : section.crc_offset] as whole:
        computed = crc32(whole)
        check_crc(section.crc, computed, f"crc of section {section.tag!r}", section.crc_offset)
        return whole[_START.size :]
