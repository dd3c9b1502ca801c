"""Sizes in a file are claims (spec §9): refused before memory is taken for them."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
import pytest
from vectors import writer

from kqformat.codec.cursor import StreamCursor
from kqformat.codec.layout import read_layout, read_opening
from kqformat.codec.stream import decode_indexed, decode_rgb, encode_indexed, verify
from kqformat.errors import FormatError, KqError, LimitError, TruncatedError
from kqformat.limits import DEFAULT_LIMITS, Limits
from kqformat.metadata import Metadata
from kqformat.model import IndexedImage

MOST_BYTES = 2_000_000
LARGEST = 2**31 - 1
BLACK = (0, 0, 0)


def peak_bytes(function: Callable[[], object]) -> int:
    """Return the most memory that was taken at once while a function ran."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def head(width: int, height: int, colors: int = 1, band_shift: int = 31) -> bytes:
    return writer.Head(width, height, (BLACK,) * colors, band_shift).encode()


def entropy_head(width: int, height: int) -> bytes:
    return writer.Head(width, height, (BLACK,) * 2, coding=1).encode()


def claim(tag: str, length: int) -> bytes:
    """Return a section that says to have `length` bytes and has none."""
    return writer.section(tag, length=length)[:5]


def test_memory_of_numpy_is_measured() -> None:
    """The measure notices what NumPy takes and what Python does."""
    assert peak_bytes(lambda: np.empty(MOST_BYTES, np.uint8)) > MOST_BYTES
    assert peak_bytes(lambda: bytes(MOST_BYTES)) > MOST_BYTES


BOMBS: dict[str, tuple[bytes, type[KqError]]] = {
    "largest square, no bits": (head(LARGEST, LARGEST) + writer.section("B"), LimitError),
    "2^32 pixels": (head(2**16, 2**16) + writer.section("B"), LimitError),
    "a pixel row too many": (head(2**14, 2**14 + 1) + writer.section("B"), LimitError),
    "bands of no bits": (head(1, 2**17, band_shift=0) + 9 * writer.section("B"), LimitError),
    "most pixels, no band": (head(2**14, 2**14, colors=2), TruncatedError),
    "most pixels, no payload": (
        head(2**14, 2**14, colors=2) + claim("B", 2**25),
        TruncatedError,
    ),
    "most pixels, wrong length": (
        head(2**14, 2**14, colors=2) + writer.section("B", length=2**32 - 1),
        FormatError,
    ),
    "most bands, one there": (
        head(2**12, 2**16, band_shift=0) + writer.section("B"),
        TruncatedError,
    ),
    "palette of 65,536, nothing there": (head(1, 1)[:12] + b"\xff\xff\x1f\x00", TruncatedError),
    "palette of 65,536, coded, nothing there": (
        head(1, 1)[:12] + b"\xff\xff\x1f\x12" + b"\x02\xff\xfc",
        TruncatedError,
    ),
    "palette of 65,536, coded, no shorter": (
        head(1, 1)[:12] + b"\xff\xff\x1f\x12" + b"\x02\xff\xfd",
        FormatError,
    ),
    "most pixels, coded, no payload": (
        entropy_head(2**14, 2**14) + claim("E", 2**25 - 1),
        TruncatedError,
    ),
    "most pixels, coded, wrong length": (
        entropy_head(2**14, 2**14) + claim("E", 2**25),
        FormatError,
    ),
    "largest square, coded": (
        entropy_head(LARGEST, LARGEST) + writer.section("E", b"1"),
        LimitError,
    ),
    "most metadata, none there": (head(1, 1) + claim("x", 2**24), TruncatedError),
    "too much metadata": (head(1, 1) + claim("x", 2**24 + 1), LimitError),
    "metadata of 4 GiB": (head(1, 1) + claim("z", 2**32 - 1), LimitError),
    "metadata in many parts": (head(1, 1) + 65 * writer.section("z"), LimitError),
}


@pytest.mark.parametrize("decode", [read_layout, decode_indexed, decode_rgb])
@pytest.mark.parametrize("bomb", BOMBS)
def test_bomb_takes_no_memory(bomb: str, decode: Any) -> None:
    """A file that claims much and has little is refused, and little memory was taken."""
    data, error = BOMBS[bomb]

    def refuse() -> None:
        with pytest.raises(error):
            decode(data)

    assert peak_bytes(refuse) < MOST_BYTES


@pytest.mark.parametrize("bomb", [bomb for bomb in BOMBS if "metadata" in bomb])
def test_bomb_in_a_stream_takes_no_memory(bomb: str, tmp_path: Path) -> None:
    """So is a stream, even one that takes memory for all that it is asked for at once."""
    data, error = BOMBS[bomb]
    path = tmp_path / "bomb.kq"
    path.write_bytes(data)

    def refuse() -> None:
        with io.FileIO(path) as stream, pytest.raises(error):
            read_opening(StreamCursor(cast(IO[bytes], stream)), DEFAULT_LIMITS)

    assert peak_bytes(refuse) < MOST_BYTES


def test_endless_stream_is_read_up_to_the_limit_only() -> None:
    """A length within the limit takes its own length of memory and no more, however much comes."""
    data = head(1, 1) + claim("x", 2**20) + bytes(2**24)

    def refuse() -> None:
        with pytest.raises(FormatError):
            read_opening(StreamCursor(io.BytesIO(data)), DEFAULT_LIMITS)

    assert peak_bytes(refuse) < 2 * 2**20 + MOST_BYTES


def test_verifying_takes_no_memory_for_pixels() -> None:
    """The full check of a large picture goes through its bands where they lie."""
    pixels = np.zeros((2**11, 2**11), np.uint8)
    data = encode_indexed(IndexedImage(pixels, np.zeros((3, 3), np.uint8)), band_shift=4)
    assert peak_bytes(lambda: decode_indexed(data)) > pixels.size
    assert peak_bytes(lambda: verify(data)) < pixels.size // 10


def test_encoding_takes_memory_for_the_file_once() -> None:
    """The bytes that are returned are those that were packed into, not a copy."""
    image = IndexedImage(np.zeros((2**11, 2**11), np.uint8), np.zeros((256, 3), np.uint8))
    assert peak_bytes(lambda: encode_indexed(image)) < 1.1 * image.indices.size


IMAGE = IndexedImage(
    np.arange(20, dtype=np.uint8).reshape(5, 4) % 6,
    np.zeros((6, 3), np.uint8),
    Metadata(b"12345", dpi=(1, 1), unknown=(("z", b"1234"),)),
)
COUNTS = {
    "pixels": ("pixels", 20),
    "bands": ("bands", 3),
    "palette_entries": ("palette entries", 6),
    "metadata_bytes": ("metadata bytes", 17),
    "metadata_sections": ("metadata sections", 3),
}


@pytest.mark.parametrize("decode", [read_layout, decode_indexed, decode_rgb])
@pytest.mark.parametrize("limit", COUNTS)
def test_limit_is_inclusive(limit: str, decode: Any) -> None:
    """A file at exactly a limit is decoded; one over it is a LimitError that counts."""
    quantity, count = COUNTS[limit]
    data = encode_indexed(IMAGE, band_shift=1)
    decode(data, limits=Limits(**{limit: count}))
    with pytest.raises(LimitError) as caught:
        decode(data, limits=Limits(**{limit: count - 1}))
    assert (caught.value.quantity, caught.value.found) == (quantity, count)
    assert caught.value.limit == count - 1


def test_default_limits_are_inclusive() -> None:
    """The most bands, palette entries, metadata and sections by default are decoded."""
    sections = writer.section("x", bytes(2**24)) + 63 * writer.section("z")
    bands = 2**16 * writer.section("B", b"\0\0")
    data = head(1, 2**16, colors=2**16, band_shift=0) + sections + bands
    decoded = decode_indexed(data)
    assert decoded.size == (1, 2**16)
    assert not decoded.indices.any()
    assert len(decoded.metadata.unknown) == 63


def test_pixel_limit_by_default_is_inclusive() -> None:
    """A head of exactly 2^28 pixels is accepted; what it describes is decoded lazily by regions."""
    layout = read_layout(head(2**14, 2**14) + writer.section("B"))
    assert layout.head.width * layout.head.height == DEFAULT_LIMITS.pixels == 2**28


def test_wider_limits_accept_more() -> None:
    """Limits are the caller's: what the defaults refuse, others accept."""
    data = head(2**15, 2**15) + writer.section("B")
    with pytest.raises(LimitError):
        read_layout(data)
    assert read_layout(data, limits=Limits(pixels=2**30)).file_bytes == len(data)
