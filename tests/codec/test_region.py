"""Single pixels and rectangles without the rest of the file (spec §6.1, class R)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import BAND_SHIFTS, indexed_images
from vectors import writer

from kqformat.codec.layout import read_layout
from kqformat.codec.region import pixel_bit, read_entropy_strips, read_region
from kqformat.codec.stream import decode_indexed, encode_indexed
from kqformat.errors import ChecksumError, FormatError, ParameterError
from kqformat.model import IndexedImage


@given(image=indexed_images(), band_shift=BAND_SHIFTS, data=st.data())
def test_region_is_part_of_the_whole(
    image: IndexedImage, band_shift: int | None, data: st.DataObject
) -> None:
    """Any rectangle of any file is that of the decoded picture, in the same type."""
    left, right = sorted(data.draw(_two_of(image.width)))
    top, bottom = sorted(data.draw(_two_of(image.height)))
    file = encode_indexed(image, band_shift=band_shift)
    region = read_region(file, read_layout(file), left, top, right, bottom)
    whole = decode_indexed(file).indices
    assert region.dtype == whole.dtype
    assert np.array_equal(region, whole[top:bottom, left:right])


def _two_of(size: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, size), min_size=2, max_size=2, unique=True)


@given(image=indexed_images(), band_shift=BAND_SHIFTS)
def test_pixel_bit_is_where_the_index_is(image: IndexedImage, band_shift: int | None) -> None:
    """The bits that spec §6.1 computes for the corners and the middle are the indices there."""
    file = encode_indexed(image, band_shift=band_shift)
    layout = read_layout(file)
    number, bits = int.from_bytes(file, "big"), 8 * len(file)
    for x in {0, image.width // 2, image.width - 1}:
        for y in range(image.height):
            end = pixel_bit(layout, x, y) + image.index_width
            index = number >> (bits - end) & ((1 << image.index_width) - 1)
            assert index == image.indices[y, x]


@pytest.mark.parametrize(
    "box",
    [
        (0, 0, 0, 1),
        (0, 0, 1, 0),
        (2, 1, 1, 2),
        (1, 2, 2, 1),
        (-1, 0, 1, 1),
        (0, -1, 1, 1),
        (0, 0, 6, 1),
        (0, 0, 1, 4),
        (5, 0, 6, 1),
        (0, 3, 1, 4),
    ],
)
def test_box_outside_is_refused(box: tuple[int, int, int, int]) -> None:
    """A box that is empty or goes beyond the picture is the caller's error."""
    image = IndexedImage(np.zeros((3, 5), np.uint8), np.zeros((2, 3), np.uint8))
    file = encode_indexed(image)
    with pytest.raises(ParameterError, match=r"is empty or not inside the picture of 5 x 3"):
        read_region(file, read_layout(file), *box)


def file_with_bad_index(crc: bytes | None = None) -> bytes:
    """Return a file of 4 x 2 pixels, the last of which has an index without an entry."""
    head = writer.Head(4, 2, ((0, 0, 0), (1, 1, 1), (2, 2, 2)))
    payload = writer.pack([0, 1, 2, 0, 2, 2, 1, 3], 2)
    return head.encode() + writer.section("B", payload, crc=crc)


def read(file: bytes, left: int, top: int, right: int, bottom: int) -> Any:
    return read_region(file, read_layout(file), left, top, right, bottom).tolist()


def test_index_without_an_entry_is_refused_where_it_is() -> None:
    """A bad index is an error of the regions that hold it, and of no other."""
    file = file_with_bad_index()
    assert read(file, 0, 0, 4, 1) == [[0, 1, 2, 0]]
    assert read(file, 0, 1, 3, 2) == [[2, 2, 1]]
    for top in (0, 1):
        with pytest.raises(FormatError) as caught:
            read(file, 3, top, 4, 2)
        assert (caught.value.field, caught.value.found) == ("index", 3)
        assert caught.value.offset == read_layout(file).bands[0].payload_offset + 1


def test_band_checksum_is_left_to_the_full_check() -> None:
    """A region is read from a band whose CRC-32 is wrong; decoding the whole reports it."""
    file = file_with_bad_index(crc=bytes(4))
    assert read(file, 1, 0, 3, 2) == [[1, 2], [2, 1]]
    with pytest.raises(ChecksumError):
        decode_indexed(file)


def test_every_entropy_coded_band_by_itself() -> None:
    """Each band has its rows, the last the fewer that are left."""
    indices = np.tile(np.arange(30, dtype=np.uint8) // 3, (22, 1))
    image = IndexedImage(indices, np.arange(30, dtype=np.uint8).reshape(10, 3))
    data = encode_indexed(image, coding="entropy", band_shift=2)
    layout = read_layout(data)
    assert layout.entropy_bands == 6
    for number in range(6):
        rows = read_entropy_strips(data, layout, number, [0])[0]
        assert np.array_equal(rows, indices[4 * number : 4 * number + 4])
    assert np.array_equal(read_region(data, layout, 1, 3, 29, 22), indices[3:22, 1:29])
