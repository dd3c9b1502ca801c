"""Sections (spec §5): tag, length, payload and CRC-32."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vectors import writer

from kqformat.codec.cursor import MemoryCursor
from kqformat.codec.sections import (
    SECTION_OVERHEAD,
    Section,
    checked_payload,
    read_payload,
    read_start,
    skip_payload,
    write_section,
)
from kqformat.errors import ChecksumError, FormatError, TruncatedError

TAGS = st.sampled_from(string.ascii_letters)
PAYLOADS = st.binary(max_size=40)


def read(data: bytes) -> tuple[Section, bytes]:
    cursor = MemoryCursor(data)
    return read_payload(cursor, read_start(cursor))


@given(tag=TAGS, payload=PAYLOADS)
def test_section_is_that_of_an_independent_writer(tag: str, payload: bytes) -> None:
    """The bytes are those that the writer of the test vectors gives."""
    assert write_section(tag, payload) == writer.section(tag, payload)


@given(tag=TAGS, payload=PAYLOADS, before=PAYLOADS)
def test_section_is_read_as_written(tag: str, payload: bytes, before: bytes) -> None:
    """Payload and place come back; passing over a section finds the same place."""
    data = before + write_section(tag, payload)
    places = []
    for read_or_skip in (lambda *at: read_payload(*at)[0], skip_payload):
        cursor = MemoryCursor(data)
        cursor.skip(len(before), "what comes before")
        places.append(read_or_skip(cursor, read_start(cursor)))
        assert cursor.at_end()
    section = places[0]
    assert places[1] == section
    assert (section.tag, section.length, section.offset) == (tag, len(payload), len(before))
    assert data[section.payload_offset : section.crc_offset] == payload
    assert data[section.crc_offset :] == section.crc.to_bytes(4, "big")
    assert section.end == len(data) == len(before) + len(payload) + SECTION_OVERHEAD
    assert checked_payload(data, section) == payload


@given(tag=TAGS, payload=PAYLOADS, data=st.data())
def test_every_bit_is_covered(tag: str, payload: bytes, data: st.DataObject) -> None:
    """A section with one bit flipped is refused, whichever bit it is."""
    section = bytearray(write_section(tag, payload))
    bit = data.draw(st.integers(0, 8 * len(section) - 1))
    section[bit // 8] ^= 1 << bit % 8
    with pytest.raises(FormatError):
        read(bytes(section))


@pytest.mark.parametrize("byte", sorted(set(range(256)) - set(string.ascii_letters.encode())))
def test_tag_is_an_ascii_letter(byte: int) -> None:
    """No other byte is a tag, letters of Latin-1 included."""
    with pytest.raises(FormatError) as caught:
        read_start(MemoryCursor(bytes([byte, 0, 0, 0, 0])))
    assert (caught.value.field, caught.value.found) == ("tag", f"0x{byte:02x}")


@pytest.mark.parametrize("size", range(SECTION_OVERHEAD + 3))
def test_cut_section_is_truncated(size: int) -> None:
    """A section that ends early is a TruncatedError, wherever it ends."""
    with pytest.raises(TruncatedError):
        read(write_section("z", b"abc")[:size])


def test_wrong_checksum_says_where_and_what() -> None:
    """The error of a damaged section has the CRC-32 that stands there and the right one."""
    good = write_section("z", b"abc")
    with pytest.raises(ChecksumError) as caught:
        read(good[:-4] + bytes(4))
    error = caught.value
    assert (error.field, error.offset) == ("crc of section 'z'", 8)
    assert (error.found, error.expected) == ("00000000", good[-4:].hex())
