"""What is left of a file that was cut short, where the caller asks for it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import BAND_SHIFTS, indexed_images
from vectors import writer

from kqformat.codec.layout import read_layout
from kqformat.codec.region import pixel_bit
from kqformat.codec.salvage import decode_truncated
from kqformat.codec.stream import encode_indexed
from kqformat.errors import ChecksumError, LimitError, TruncatedError
from kqformat.limits import Limits
from kqformat.model import IndexedImage, Indices

THREE = ((0, 0, 0), (1, 1, 1), (2, 2, 2))


def what_is_left(image: IndexedImage, file: bytes, size: int) -> Indices:
    """Return the indices whose bits all are in the first `size` bytes, and 0 for the others."""
    layout = read_layout(file)
    left = image.indices.copy()
    for y, x in np.ndindex(left.shape):
        if pixel_bit(layout, x, y) + image.index_width > 8 * size:
            left[y, x] = 0
    return left


@given(image=indexed_images(), band_shift=BAND_SHIFTS, data=st.data())
def test_pixels_before_the_cut_are_kept(
    image: IndexedImage, band_shift: int | None, data: st.DataObject
) -> None:
    """Cut anywhere after the opening, a file keeps every pixel that is whole; others are 0."""
    file = encode_indexed(image, band_shift=band_shift)
    size = data.draw(st.integers(read_layout(file).bands[0].payload_offset, len(file)))
    salvaged = decode_truncated(file[:size])
    assert np.array_equal(salvaged.indices, what_is_left(image, file, size))
    assert np.array_equal(salvaged.palette, image.palette)
    assert salvaged.metadata == image.metadata


@given(image=indexed_images(), band_shift=BAND_SHIFTS)
def test_whole_file_is_kept_whole(image: IndexedImage, band_shift: int | None) -> None:
    """A file that was not cut is decoded as ever."""
    assert decode_truncated(encode_indexed(image, band_shift=band_shift)) == image


@given(image=indexed_images(), band_shift=BAND_SHIFTS, data=st.data())
def test_opening_has_to_be_whole(
    image: IndexedImage, band_shift: int | None, data: st.DataObject
) -> None:
    """Cut before the first band's payload, a file is a TruncatedError still."""
    file = encode_indexed(image, band_shift=band_shift)
    size = data.draw(st.integers(0, read_layout(file).bands[0].payload_offset - 1))
    with pytest.raises(TruncatedError):
        decode_truncated(file[:size])


def test_index_without_an_entry_becomes_0() -> None:
    """An impossible index and a wrong CRC-32 of a band do not stop the rescue."""
    band = writer.section("B", writer.pack([2, 3, 1, 3], 2), crc=bytes(4))
    file = writer.Head(4, 1, THREE).encode() + band
    assert decode_truncated(file).indices.tolist() == [[2, 0, 1, 0]]


def test_damaged_head_is_refused() -> None:
    """The palette and the size are rescued from nothing."""
    with pytest.raises(ChecksumError):
        decode_truncated(writer.Head(4, 1, THREE).encode(crc=bytes(4)) + writer.section("B"))


def test_limits_hold() -> None:
    """A file over the limits is refused as ever."""
    with pytest.raises(LimitError):
        decode_truncated(writer.Head(4, 1, THREE).encode(), limits=Limits(pixels=3))
