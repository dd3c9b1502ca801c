"""A file read block by block is the file read as a whole, up to where it is damaged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import BAND_SHIFTS, CODINGS, indexed_images, mixed_images
from vectors import writer

from kqformat.codec import band_reader, bands
from kqformat.codec.bands import chunk_rows, packed_byte_length
from kqformat.codec.layout import read_layout
from kqformat.codec.stream import decode_indexed, decode_rgb, encode_indexed
from kqformat.errors import ChecksumError, FormatError, ParameterError
from kqformat.kqfile import KqFile
from kqformat.model import IndexedImage
from kqformat.threads import at_most


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have even small bands be read in several parts."""
    monkeypatch.setattr(bands, "CHUNK_PIXELS", 100)


@settings(max_examples=80)
@given(indexed_images() | mixed_images(), CODINGS, BAND_SHIFTS, st.integers(1, 3))
def test_blocks_are_the_picture(
    image: IndexedImage, coding: str, band_shift: int | None, threads: int
) -> None:
    """Blocks of indices and of colours, one below the other, are what is decoded as a whole."""
    data = encode_indexed(image, coding=coding, band_shift=band_shift)
    with at_most(threads):
        file = KqFile(data)
        indices = list(file.index_blocks())
        colors = list(file.blocks())
    assert np.array_equal(np.concatenate(indices), image.indices)
    assert np.array_equal(np.concatenate(colors), decode_rgb(data))
    labels = np.zeros(image.indices.shape, np.uint16)
    file.read_into(labels)
    assert np.array_equal(labels, image.indices)
    pixels = np.zeros((*image.indices.shape, image.channels), np.uint8)
    file.read_into(pixels)
    assert np.array_equal(pixels, image.to_rgb())


@given(st.integers(1, 100), st.integers(1, 300), st.integers(0, 31), st.integers(1, 5000))
def test_chunks_are_all_rows_and_whole_bytes(
    width: int, height: int, band_shift: int, pixels: int
) -> None:
    """Each row is in one chunk, none reaches over a band, and each begins with a byte."""
    chunks = list(chunk_rows(width, height, band_shift, pixels))
    assert [row for top, bottom in chunks for row in range(top, bottom)] == list(range(height))
    for top, bottom in chunks:
        assert top >> band_shift == bottom - 1 >> band_shift
        first = (top - (top >> band_shift << band_shift)) * width
        assert packed_byte_length(first, 3) * 8 == first * 3


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("coding", ["packed", "entropy"])
@pytest.mark.parametrize("at", ["payload_offset", "crc_offset"])
def test_damaged_band_comes_after_those_before_it(threads: int, coding: str, at: str) -> None:
    """Of a damaged band no block is given out, but those of the bands before it are."""
    indices = np.random.default_rng(1).integers(0, 3, (64, 30), np.uint8)
    indices[:32] = 2
    palette = np.array([[0, 0, 0], [9, 9, 9], [250, 0, 0]], np.uint8)
    data = bytearray(encode_indexed(IndexedImage(indices, palette), coding=coding, band_shift=4))
    section = read_layout(bytes(data)).bands[2]
    data[getattr(section, at)] ^= 1
    out = np.zeros((64, 30), np.uint8)
    for reading in ("index_blocks", "blocks"):
        blocks: list[Any] = []
        with at_most(threads), pytest.raises(ChecksumError) as caught:
            blocks.extend(getattr(KqFile(bytes(data)), reading)())
        assert sum(map(len, blocks)) == 32
        assert caught.value.offset == section.crc_offset
    with pytest.raises(ChecksumError):
        KqFile(bytes(data)).read_into(out)
    assert np.array_equal(out[:32], indices[:32])
    assert not out[32:].any()


@pytest.mark.parametrize("reading", ["index_blocks", "blocks"])
def test_wrong_index_is_told_where_it_is(reading: str) -> None:
    """The error has the place in the file that whole decoding gives it."""
    head = writer.Head(8, 2, ((0, 0, 0), (1, 1, 1), (2, 2, 2)), 0).encode()
    data = head + writer.section("B", bytes(2)) + writer.section("B", b"\0\x03")
    blocks = getattr(KqFile(data), reading)()
    with pytest.raises(FormatError) as caught:
        list(blocks)
    with pytest.raises(FormatError) as expected:
        decode_indexed(data)
    assert str(caught.value) == str(expected.value)
    assert caught.value.offset == len(data) - 4 - 1


def test_checksum_of_a_long_band_is_that_of_all_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A payload is checked step by step; the error names the section."""
    monkeypatch.setattr(band_reader, "_STEP", 7)
    indices = np.random.default_rng(1).integers(0, 3, (16, 30), np.uint8)
    palette = np.array([[0, 0, 0], [9, 9, 9], [250, 0, 0]], np.uint8)
    data = encode_indexed(IndexedImage(indices, palette))
    assert np.array_equal(np.concatenate(list(KqFile(data).index_blocks())), indices)
    damaged = data[:-9] + bytes([data[-9] ^ 1]) + data[-8:]
    with pytest.raises(ChecksumError, match="crc of section 'B' at byte"):
        list(KqFile(damaged).index_blocks())


@pytest.mark.parametrize(
    ("out", "message"),
    [
        (np.zeros((3, 4), np.uint8), r"shape \(3, 4\), expected \(3, 3, 3\), or \(3, 3\)"),
        (np.zeros((3, 3, 4), np.uint8), r"shape \(3, 3, 4\)"),
        (np.zeros((3, 3), np.int8), "out is int8, which cannot hold uint8"),
        (np.zeros((3, 3, 3), np.bool_), "out is bool, which cannot hold uint8"),
    ],
)
def test_what_cannot_be_read_into(out: Any, message: str) -> None:
    """A target of another shape, or of a type that is too small, is refused."""
    image = IndexedImage(np.eye(3, dtype=np.uint8), np.full((2, 3), 7, np.uint8))
    with pytest.raises(ParameterError, match=message):
        KqFile(encode_indexed(image)).read_into(out)


def test_closed_file_gives_no_blocks() -> None:
    """As with any file, reading after closing is a ValueError, at once."""
    image = IndexedImage(np.eye(3, dtype=np.uint8), np.full((2, 3), 7, np.uint8))
    file = KqFile(encode_indexed(image))
    file.close()
    for read in (file.blocks, file.index_blocks):
        with pytest.raises(ValueError, match="closed"):
            read()
