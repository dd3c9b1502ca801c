"""The parts of a file in order (spec §2, §5.1, §8)."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from strategies import BAND_SHIFTS, indexed_images
from vectors import writer

from kqformat.codec.ancillary import metadata_sections
from kqformat.codec.cursor import MemoryCursor, StreamCursor
from kqformat.codec.layout import most_file_bytes, read_layout, read_opening
from kqformat.codec.stream import encode_indexed, head_of
from kqformat.errors import FormatError, UnsupportedError
from kqformat.fields import MAX_DIMENSION
from kqformat.limits import DEFAULT_LIMITS, Limits
from kqformat.model import IndexedImage

HEAD = writer.Head(4, 4, ((0, 0, 0), (1, 1, 1)), band_shift=1).encode()
BAND = writer.section("B", b"\xc3")


@given(image=indexed_images(), band_shift=BAND_SHIFTS)
def test_layout_is_what_was_written(image: IndexedImage, band_shift: int | None) -> None:
    """Head and metadata are read; the parts follow one another from the head to the end."""
    data = encode_indexed(image, band_shift=band_shift)
    layout = read_layout(data)
    assert layout.head == head_of(image, band_shift)
    assert layout.metadata == image.metadata
    ends = [layout.head.byte_length]
    for section in layout.sections + layout.bands:
        assert section.offset == ends[-1]
        ends.append(section.end)
    assert ends[-1] == layout.file_bytes == len(data)
    places = [data[part.payload_offset : part.crc_offset] for part in layout.sections]
    assert places == [payload for _, payload in metadata_sections(image.metadata)]


@given(image=indexed_images(), band_shift=BAND_SHIFTS)
def test_opening_of_a_stream_reads_no_pixels(image: IndexedImage, band_shift: int | None) -> None:
    """A stream gives the same head and metadata, and is left at the first band's payload."""
    data = encode_indexed(image, band_shift=band_shift)
    stream = io.BytesIO(data)
    opening, start = read_opening(StreamCursor(stream), DEFAULT_LIMITS)
    assert (opening, start) == read_opening(MemoryCursor(data), DEFAULT_LIMITS)
    assert stream.tell() == start.payload_offset == read_layout(data).bands[0].payload_offset


@pytest.mark.parametrize(
    ("sections", "error", "field", "offset"),
    [
        ([("C", b"")], UnsupportedError, "tag", 26),
        ([("B", b"\xc3"), ("C", b"")], UnsupportedError, "tag", 36),
        ([("B", b"\xc3"), ("z", b"")], FormatError, "tag", 36),
        ([("B", b"\xc3"), ("i", b"")], FormatError, "tag", 36),
        ([("x", b"1"), ("x", b"2")], FormatError, "tag", 36),
        ([("i", b"")], FormatError, "length of section 'i'", 27),
        ([("r", b"1234567")], FormatError, "length of section 'r'", 27),
        ([("B", b"")], FormatError, "length of section 'B'", 27),
        ([("B", b"\xc3"), ("B", b"\xc3\0")], FormatError, "length of section 'B'", 37),
        ([("B", b"\xc3"), ("B", b"\xc3"), ("B", b"\xc3")], FormatError, None, 46),
    ],
    ids=lambda value: "+".join(tag for tag, _ in value) if isinstance(value, list) else None,
)
def test_section_out_of_place_is_refused(
    sections: Any, error: type[FormatError], field: str | None, offset: int
) -> None:
    """A section that may not stand where it does is refused, and the error says where that is."""
    data = HEAD + b"".join(writer.section(*section) for section in sections)
    with pytest.raises(FormatError) as caught:
        read_layout(data)
    assert type(caught.value) is error
    assert (caught.value.field, caught.value.offset) == (field, offset)


def test_what_the_sections_spoil_is_right() -> None:
    """The head of the test before, with its two bands, is a file."""
    assert [band.offset for band in read_layout(HEAD + 2 * BAND).bands] == [26, 36]


def test_unknown_sections_may_repeat() -> None:
    """An unknown tag occurs as often as it likes, and all are kept in order."""
    data = HEAD + writer.section("z", b"1") + writer.section("z", b"2") + 2 * BAND
    assert read_layout(data).metadata.unknown == (("z", b"1"), ("z", b"2"))


@pytest.mark.parametrize("after", [b"\0", b"\n", HEAD, writer.section("z"), b"B"])
def test_nothing_comes_after_the_last_band(after: bytes) -> None:
    """Whatever follows the last band is a FormatError that counts it."""
    data = HEAD + 2 * BAND
    with pytest.raises(FormatError, match=r"^bytes after the last band: ") as caught:
        read_layout(data + after)
    assert type(caught.value) is FormatError
    assert caught.value.offset == len(data)
    assert caught.value.found == f"{len(after)} bytes"


@given(image=indexed_images(), band_shift=BAND_SHIFTS)
def test_no_file_is_longer_than_its_limits_allow(
    image: IndexedImage, band_shift: int | None
) -> None:
    """Of the least limits that let a file pass follows a length that it does not exceed."""
    data = encode_indexed(image, band_shift=band_shift)
    layout = read_layout(data)
    lengths = [section.length for section in layout.sections]
    limits = Limits(
        pixels=image.width * image.height,
        bands=len(layout.bands),
        palette_entries=image.colors,
        metadata_bytes=max(1, sum(lengths)),
        metadata_sections=max(1, len(lengths)),
    )
    assert read_layout(data, limits) == layout
    assert len(data) <= most_file_bytes(limits)


@pytest.mark.parametrize("claimed", [0, 1, 2**32 - 1])
def test_band_that_cannot_be_stored_is_refused(claimed: int) -> None:
    """A head whose band is over 2^32 - 1 bytes has no right length, if the limits let it pass."""
    head = writer.Head(MAX_DIMENSION, MAX_DIMENSION, ((0, 0, 0),) * 257).encode()
    data = head + writer.section("B", length=claimed)
    with pytest.raises(FormatError) as caught:
        read_layout(data, Limits(pixels=MAX_DIMENSION**2))
    assert caught.value.field == "length of section 'B'"
    assert caught.value.expected == -(-(MAX_DIMENSION**2) * 9 // 8)


def test_most_bytes_of_a_file_are_its_parts() -> None:
    """The bound on a file's bytes is the sum of what each limit allows, part by part."""
    limits = Limits(
        pixels=1000, bands=10, palette_entries=100, metadata_bytes=5000, metadata_sections=7
    )
    assert most_file_bytes(limits) == (16 + 4 * 100 + 4) + (5000 + 9 * 7) + 2 * 1000 + 10 * (9 + 1)
