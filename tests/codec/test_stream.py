"""Whole files: encode and decode are inverse, and sizes are as the spec says."""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import BAND_SHIFTS, indexed_images

from kqformat.codec import stream
from kqformat.codec.bands import band_rows, packed_byte_length
from kqformat.codec.head import Head, PaletteFormat
from kqformat.codec.layout import packed_file_bytes
from kqformat.codec.stream import (
    checked_coding,
    decode_indexed,
    decode_rgb,
    encode_indexed,
    head_for,
    head_of,
    verify,
)
from kqformat.errors import LimitError, ParameterError
from kqformat.limits import Limits
from kqformat.metadata import Metadata
from kqformat.model import IndexedImage

SIDES = st.integers(1, 20_000)
ONE_PIXEL = np.zeros((1, 1), np.uint8)
BLACK = np.zeros((1, 3), np.uint8)
SMALL = IndexedImage(
    np.arange(30, dtype=np.uint8).reshape(6, 5) % 7,
    np.arange(21, dtype=np.uint8).reshape(7, 3),
    Metadata(b"icc", dpi=(300, 72.5)),
)


@given(image=indexed_images(), band_shift=BAND_SHIFTS)
def test_decode_is_the_inverse_of_encode(image: IndexedImage, band_shift: int | None) -> None:
    """Indices, palette and metadata come back exactly, however the rows are split."""
    decoded = decode_indexed(encode_indexed(image, band_shift=band_shift))
    assert decoded == image
    assert decoded.indices.dtype == (np.uint8 if image.colors <= 256 else np.uint16)


@given(image=indexed_images(), band_shift=BAND_SHIFTS)
def test_colours_are_the_palettes(image: IndexedImage, band_shift: int | None) -> None:
    """`decode_rgb` gives the palette's entries at the indices."""
    pixels = decode_rgb(encode_indexed(image, band_shift=band_shift))
    assert np.array_equal(pixels, image.palette[image.indices])


@given(image=indexed_images(), band_shift=st.integers(0, 31))
def test_bands_change_no_pixel(image: IndexedImage, band_shift: int) -> None:
    """A picture in bands is the picture in one."""
    banded = encode_indexed(image, band_shift=band_shift)
    assert decode_indexed(banded) == decode_indexed(encode_indexed(image))


@given(image=indexed_images(), band_shift=BAND_SHIFTS)
def test_size_is_the_formulas(image: IndexedImage, band_shift: int | None) -> None:
    """A file has the bytes that spec §8.2 counts, and this is known before it is written."""
    head = head_of(image, band_shift)
    bands = [
        (bottom - top) * image.width for top, bottom in band_rows(image.height, head.band_shift)
    ]
    assert sum(bands) == image.width * image.height
    expected = 20 + image.colors * image.channels
    expected += sum(9 + -(-pixels * image.index_width // 8) for pixels in bands)
    expected += _metadata_bytes(image.metadata)
    assert len(encode_indexed(image, band_shift=band_shift)) == expected
    assert packed_file_bytes(head, image.metadata) == expected


def _metadata_bytes(metadata: Metadata) -> int:
    payloads = [metadata.icc_profile, metadata.exif, metadata.xmp]
    payloads += [payload for _, payload in metadata.unknown]
    if metadata.dpi is not None:
        payloads.append(bytes(8))
    return sum(9 + len(payload) for payload in payloads if payload is not None)


@given(width=SIDES, height=SIDES, colors=st.integers(1, 65_536))
def test_file_is_bounded_by_the_24_bit_baseline(width: int, height: int, colors: int) -> None:
    """Against 24 bits a pixel a file takes b/24, and 29 bytes and the palette besides."""
    head = Head(width, height, bytes(3 * colors), PaletteFormat.RGB)
    file_bytes = packed_file_bytes(head, Metadata())
    baseline = 3 * width * height
    assert file_bytes == 29 + 3 * colors + packed_byte_length(width * height, head.index_width)
    assert 24 * (file_bytes - 29 - 3 * colors) < head.index_width * baseline + 24
    if width * height >= max(64, 8 * colors):
        assert file_bytes < baseline


@given(image=indexed_images(), band_shift=BAND_SHIFTS)
def test_encoding_depends_on_the_picture_only(image: IndexedImage, band_shift: int | None) -> None:
    """The type and memory order of equal indices and palettes make no difference."""
    wide = np.asfortranarray(image.indices.astype(np.uint16))
    palette = np.repeat(image.palette, 2, axis=0)[::2]
    same = IndexedImage(wide, palette, image.metadata)
    assert encode_indexed(same, band_shift=band_shift) == encode_indexed(
        image, band_shift=band_shift
    )


def test_default_band_shift_is_the_canonical() -> None:
    """Without a band_shift a picture of up to 2^25 pixels has one band, a larger one more."""
    palette = np.zeros((1, 3), np.uint8)
    one = IndexedImage(np.broadcast_to(np.uint8(0), (2**12, 2**13)), palette)
    more = IndexedImage(np.broadcast_to(np.uint8(0), (2**12 + 1, 2**13)), palette)
    assert head_of(one).band_shift == 31
    assert head_of(more).band_shift == 12
    assert len(encode_indexed(more)) == 20 + 3 + 2 * 9


def padded_to(length: int) -> bytes:
    """Return the file of SMALL with an unknown section that brings it to a multiple of `length`."""
    size = len(encode_indexed(SMALL)) + 9
    filler = (("z", bytes(-size % length)),)
    metadata = Metadata(SMALL.metadata.icc_profile, dpi=SMALL.metadata.dpi, unknown=filler)
    return encode_indexed(IndexedImage(SMALL.indices, SMALL.palette, metadata))


def mapped(data: bytes) -> mmap.mmap:
    memory = mmap.mmap(-1, len(data))
    memory[:] = data
    return memory


BUFFERS: dict[str, Any] = {
    "bytes": bytes,
    "bytearray": bytearray,
    "memoryview": memoryview,
    "memoryview of bytearray": lambda data: memoryview(bytearray(data)),
    "memoryview of u32": lambda data: memoryview(data).cast("I"),
    "memoryview of float": lambda data: memoryview(data).cast("d"),
    "memoryview in two dimensions": lambda data: memoryview(data).cast("B", (8, len(data) // 8)),
    "part of a memoryview": lambda data: memoryview(b"ab" + data + b"c")[2:-1],
    "array": lambda data: np.frombuffer(data, np.uint16),
    "mmap": mapped,
}


@pytest.mark.parametrize("kind", BUFFERS)
def test_any_buffer_is_decoded(kind: str) -> None:
    """Bytes, bytearrays, memory views of any format, arrays and memory maps are all accepted."""
    data = padded_to(8)
    buffer: Any = BUFFERS[kind](data)
    decoded = decode_indexed(buffer)
    assert np.array_equal(decoded.indices, SMALL.indices)
    assert np.array_equal(decode_rgb(buffer), SMALL.to_rgb())
    if isinstance(buffer, mmap.mmap):
        buffer.close()
        assert decoded.palette.tolist() == SMALL.palette.tolist()
        assert decoded.metadata.icc_profile == b"icc"


@pytest.mark.parametrize("decode", [decode_indexed, decode_rgb])
def test_buffer_with_gaps_is_refused(decode: Any) -> None:
    """A view that skips bytes is the caller's error, even if the bytes it shows are a file."""
    data = encode_indexed(SMALL)
    spread = bytearray(2 * len(data))
    spread[::2] = data
    assert bytes(memoryview(spread)[::2]) == data
    with pytest.raises(ParameterError, match="expected bytes or another contiguous buffer"):
        decode(memoryview(spread)[::2])


@pytest.mark.parametrize("coding", ["zip", "PACKED", "", None])
def test_unknown_coding_is_refused(coding: Any) -> None:
    """A coding that this version does not write is the caller's error."""
    with pytest.raises(
        ParameterError, match=r"^coding is .*, expected 'packed', 'entropy' or 'auto'$"
    ):
        encode_indexed(SMALL, coding=coding)


@pytest.mark.parametrize("band_shift", [-1, 32])
def test_impossible_band_shift_is_refused(band_shift: int) -> None:
    """A band_shift that the format does not have is the caller's error."""
    with pytest.raises(ParameterError, match=f"^band_shift is {band_shift}"):
        encode_indexed(SMALL, band_shift=band_shift)


def test_band_over_4_gib_is_refused_before_it_is_made() -> None:
    """A band whose length does not fit its field is the caller's error; smaller ones are not."""
    huge = IndexedImage(
        np.broadcast_to(np.uint16(0), (2**16, 2**15)), np.zeros((65_536, 3), np.uint8)
    )
    with pytest.raises(ParameterError, match=r"takes 4,294,967,296 bytes, more than"):
        encode_indexed(huge, band_shift=31)
    assert head_of(huge, 15).band_shift == 15
    assert head_of(huge).band_shift == 10


def test_decoded_arrays_are_read_only() -> None:
    """What `decode_indexed` returns cannot be changed by accident."""
    decoded = decode_indexed(encode_indexed(SMALL))
    assert not decoded.indices.flags.writeable
    assert not decoded.palette.flags.writeable


@pytest.mark.parametrize(
    ("image", "options", "quantity"),
    [
        (IndexedImage(ONE_PIXEL, BLACK, Metadata(unknown=(("z", b""),) * 65)), {}, "sections"),
        (IndexedImage(ONE_PIXEL, BLACK, Metadata(xmp=bytes(2**24 + 1))), {}, "bytes"),
        (IndexedImage(np.zeros((65_537, 1), np.uint8), BLACK), {"band_shift": 0}, "bands"),
    ],
)
def test_nothing_is_written_that_would_be_refused(
    image: IndexedImage, options: dict[str, int], quantity: str
) -> None:
    """What a decoder with default limits would not read is not written."""
    with pytest.raises(LimitError, match=quantity):
        encode_indexed(image, band_shift=options.get("band_shift"))


def test_verify_keeps_the_limits() -> None:
    """To check a file, too, limits are those given."""
    image = IndexedImage(np.zeros((3, 3), np.uint8), np.zeros((1, 3), np.uint8))
    verify(encode_indexed(image), limits=Limits(pixels=9))
    with pytest.raises(LimitError):
        verify(encode_indexed(image), limits=Limits(pixels=8))


def test_entropy_coding_is_kept_where_it_is_larger(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for, it is written even if its bands, which are smaller, make a larger file of it."""
    noise = np.random.default_rng(2).integers(0, 251, (64, 8), np.uint8)
    noise[:16] = 7
    image = IndexedImage(noise, np.random.default_rng(3).integers(0, 256, (251, 3), np.uint8))
    monkeypatch.setattr(stream, "entropy_band_pixels", lambda width: 2 * width)
    packed, coded = encode_indexed(image), encode_indexed(image, coding="entropy")
    assert len(coded) > len(packed)
    assert decode_indexed(coded) == image
    assert encode_indexed(image, coding="auto") == packed
    monkeypatch.setattr(stream, "entropy_band_pixels", lambda width: 16 * width)
    coded = encode_indexed(image, coding="entropy")
    assert len(coded) < len(packed)
    assert encode_indexed(image, coding="auto") == coded


def test_longest_band() -> None:
    """A band may have 2^32 - 1 bytes, and one more cannot be stored."""
    palette = np.zeros((256, 3), np.uint8)
    assert head_for(65537, 65535, palette, 31).width == 65537
    with pytest.raises(ParameterError, match=r"takes 4,294,967,296 bytes, more than"):
        head_for(65536, 65536, palette, 31)


@pytest.mark.parametrize("coding", ["packed", "entropy", "auto"])
def test_known_coding_is_returned(coding: str) -> None:
    """What is checked is what is given."""
    assert checked_coding(coding) == coding


def test_size_of_a_packed_file_of_several_bands() -> None:
    """It is known before the file is written, the shorter last band too."""
    image = IndexedImage(np.zeros((10, 30), np.uint8), np.zeros((9, 3), np.uint8), Metadata(b"x"))
    size = packed_file_bytes(head_of(image, 2), image.metadata)
    assert size == len(encode_indexed(image, band_shift=2))
