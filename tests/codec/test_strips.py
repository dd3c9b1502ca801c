"""Bands of wide pictures in strips side by side (spec §6.2)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from zlib import crc32

import numpy as np
import pytest

from kqformat import ChecksumError, FormatError, IndexedImage, KqFile
from kqformat.codec import entropy, sections, strips
from kqformat.codec.layout import read_layout
from kqformat.codec.region import read_entropy_strips, read_region
from kqformat.codec.stream import decode_indexed, encode_indexed
from kqformat.codec.strips import strip_edges
from kqformat.model import Indices
from kqformat.threads import at_most

WIDTH = 24_600
COLORS = np.arange(60, dtype=np.uint8).reshape(20, 3)
PIXELS = (np.add.outer(np.arange(7), np.arange(WIDTH)) // 40 % 20).astype(np.uint8)


def file_of(indices: Indices, **options: Any) -> bytes:
    return encode_indexed(IndexedImage(indices, COLORS), coding="entropy", **options)


def noted_strips(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, int | None]]:
    """Return a list that gets band, strip and rows of whatever is decoded for a `KqFile`."""
    decoded: list[tuple[int, int, int | None]] = []

    def noted(data: Any, layout: Any, band: int, numbers: Any, rows: int | None = None) -> Any:
        decoded.extend((band, number, rows) for number in numbers)
        return read_entropy_strips(data, layout, band, numbers, rows)

    monkeypatch.setattr("kqformat.kqfile.read_entropy_strips", noted)
    return decoded


@pytest.mark.parametrize("width", [1, 8_191, 16_383, 16_384, 24_575, 24_576, 100_003, 2**31 - 1])
def test_strips_cover_the_columns(width: int) -> None:
    """They are about as wide as one another, 8,192 columns or more where there are several."""
    widths = [end - first for first, end in pairwise(strip_edges(width))]
    assert sum(widths) == width
    assert len(widths) == max(1, width // 8192)
    assert max(widths) - min(widths) <= 1
    assert len(widths) == 1 or 8192 <= min(widths) <= max(widths) < 16_384


def test_a_strip_is_coded_as_a_band_of_its_columns() -> None:
    """The payload is lengths and what each strip alone would be; one strip is the payload."""
    payload = strips.encode(PIXELS, COLORS, PIXELS.size)
    edges = strip_edges(WIDTH)
    parts = [entropy.encode(PIXELS[:, a:b], COLORS, PIXELS.size) for a, b in pairwise(edges)]
    assert len(parts) == 3
    lengths = b"".join(len(part or b"").to_bytes(4, "big") for part in parts[:2])
    assert payload == lengths + b"".join(part or b"" for part in parts)
    narrow = PIXELS[:, :16_383]
    assert strips.encode(narrow, COLORS, narrow.size) == entropy.encode(narrow, COLORS, narrow.size)


def test_room_is_for_all_strips_together() -> None:
    """A payload fits its length, and not a byte less, which no strip alone would exceed."""
    payload = strips.encode(PIXELS, COLORS, PIXELS.size) or b""
    assert strips.encode(PIXELS, COLORS, len(payload)) == payload
    assert strips.encode(PIXELS, COLORS, len(payload) - 1) is None
    assert strips.encode(PIXELS, COLORS, 9) is None


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_wide_pictures_come_back(threads: int) -> None:
    """Whatever the number of threads the bytes are the same, and so are the pixels."""
    with at_most(threads):
        data = file_of(PIXELS, band_shift=2)
        assert np.array_equal(decode_indexed(data).indices, PIXELS)
    with at_most(1):
        assert file_of(PIXELS, band_shift=2) == data


@pytest.mark.parametrize(
    "box",
    [
        (0, 0, WIDTH, 7),
        (8_199, 1, 8_201, 6),
        (8_200, 3, 16_400, 5),
        (16_399, 4, 16_400, 7),
        (5, 0, 6, 1),
        (100, 2, 24_600, 3),
    ],
)
def test_regions_across_strips(box: tuple[int, int, int, int]) -> None:
    """A region has the pixels of every strip and band that it lies in."""
    data = file_of(PIXELS, band_shift=2)
    left, top, right, bottom = box
    expected = PIXELS[top:bottom, left:right]
    assert np.array_equal(read_region(data, read_layout(data), *box), expected)
    with KqFile(data) as file:
        assert np.array_equal(file.region(*box).indices, expected)
        assert file[left, top] == PIXELS[top, left]
        assert file[right - 1, bottom - 1] == PIXELS[bottom - 1, right - 1]


def test_only_the_strips_needed_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A region within a strip of each of two bands decodes these two, as far down as needed."""
    decoded = noted_strips(monkeypatch)
    with KqFile(file_of(PIXELS, band_shift=2)) as file:
        file.region(9_000, 2, 9_500, 6)
    assert sorted(decoded) == [(0, 1, 4), (1, 1, 2)]


def test_rows_one_by_one_decode_each_strip_twice_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """All strips of the band that was read last are there for what is read next."""
    decoded = noted_strips(monkeypatch)
    with KqFile(file_of(PIXELS)) as file:
        rows = [file.region(0, y, WIDTH, y + 1).indices[0] for y in range(7)]
        assert file.region(8_000, 0, 17_000, 7).indices.shape == (7, 9_000)
    assert np.array_equal(rows, PIXELS)
    assert decoded == [(0, strip, rows) for rows in (1, None) for strip in range(3)]


def test_the_crc_is_checked_once_for_all_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes no longer for many strips; damage anywhere is noticed by all, and none is kept."""
    checks = []

    def noted(data: memoryview) -> int:
        checks.append(1)
        return crc32(data)

    data = bytearray(file_of(PIXELS))
    monkeypatch.setattr(sections, "crc32", noted)
    with KqFile(bytes(data)) as file:
        before = len(checks)
        file.region(0, 0, WIDTH, 2)
        assert len(checks) == before + 1
    data[read_layout(bytes(data)).bands[0].payload_offset + 20] ^= 1
    with KqFile(bytes(data)) as file:
        for box in ((0, 0, WIDTH, 2), (WIDTH - 9, 0, WIDTH, 2), (8_000, 0, 8_300, 1)):
            with pytest.raises(ChecksumError):
                file.region(*box)


@pytest.mark.parametrize(
    ("change", "found", "expected"),
    [
        (lambda payload: b"", "0 bytes", "8 or more"),
        (lambda payload: b"\xff" * 4 + payload[4:], None, r"4,294,967,[0-9]+ or more"),
    ],
)
def test_strips_that_do_not_fit(change: Any, found: str | None, expected: str) -> None:
    """The error says how much there is, and how much there would have to be."""
    payload = change(strips.encode(PIXELS, COLORS, PIXELS.size))
    with pytest.raises(FormatError, match="the 3 strips of an entropy-coded band do not fit") as it:
        strips.decode(memoryview(payload), COLORS, np.empty_like(PIXELS), 40)
    assert (it.value.field, it.value.offset) == ("strip_length", 40)
    assert found is None or it.value.found == found
    assert it.match(expected)


def test_an_error_says_which_strip() -> None:
    """The offset of a payload that does not end as it must is the strip's."""
    payload = bytearray(strips.encode(PIXELS, COLORS, PIXELS.size) or b"")
    first = int.from_bytes(payload[:4], "big")
    second = int.from_bytes(payload[4:8], "big")
    payload[4:8] = (second + 1).to_bytes(4, "big")
    with pytest.raises(FormatError, match="does not end with its last pixel") as caught:
        strips.decode(memoryview(payload), COLORS, np.empty_like(PIXELS), 100)
    assert caught.value.offset == 100 + 8 + first
