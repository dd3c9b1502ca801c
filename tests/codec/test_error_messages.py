"""What errors of bands and palettes say: what was found where, and what was expected."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from vectors import writer

import kqformat
from kqformat.codec import coded_palette, entropy, packed
from kqformat.codec.bands import checked_band_shift
from kqformat.codec.layout import read_layout
from kqformat.codec.region import read_region
from kqformat.codec.stream import verify
from kqformat.errors import FormatError, ParameterError

THREE = ((0, 0, 0), (1, 1, 1), (2, 2, 2))
IMPOSSIBLE = writer.Head(5, 2, THREE).encode() + writer.section(
    "B", writer.pack([0] * 8 + [3, 0], 2)
)
"""Whose ninth index has no entry: it starts in the third byte of the payload, byte 36."""

OPENING = 16 + 9 + 4 + 5


def read_part(data: bytes) -> None:
    read_region(data, read_layout(data), 2, 1, 5, 2)


@pytest.mark.parametrize("read", [kqformat.decode, kqformat.decode_indexed, verify, read_part])
def test_index_without_an_entry(read: Callable[[bytes], object]) -> None:
    """Whoever meets an impossible index says which it is, in which byte it starts and what may."""
    with pytest.raises(FormatError) as caught:
        read(IMPOSSIBLE)
    assert str(caught.value) == (
        f"an index has no palette entry: index at byte {OPENING + 2} is 3, expected 0 to 2"
    )


def test_offsets_count_from_the_payload_if_no_other_place_is_given() -> None:
    """Without an offset, errors say where in the payload they are."""
    payload = memoryview(writer.pack([0] * 8 + [3, 0], 2))
    table = packed.colour_table(np.zeros((3, 3), np.uint8))
    calls: list[Callable[[], object]] = [
        lambda: packed.check(payload, 3, 10),
        lambda: packed.unpack(payload, 3, np.empty(10, np.uint8)),
        lambda: packed.expand(payload, 3, table, 3, np.empty(30, np.uint8)),
    ]
    for call in calls:
        with pytest.raises(FormatError, match=r"index at byte 2 is 3, expected 0 to 2$"):
            call()


@pytest.mark.parametrize(("given", "byte"), [((), 0), ((40,), 40)])
def test_entropy_payload_of_another_length(given: tuple[int, ...], byte: int) -> None:
    """A payload that does not end with its pixels: how long it is, and where it starts."""
    palette = np.arange(9, dtype=np.uint8).reshape(3, 3)
    with pytest.raises(FormatError) as caught:
        entropy.decode(memoryview(bytes(5000)), palette, np.empty((2, 2), np.uint8), *given)
    assert str(caught.value) == (
        f"an entropy-coded band does not end with its last pixel: payload at byte {byte} "
        "is 5,000 bytes, expected the bytes that its pixels take"
    )


@pytest.mark.parametrize(("given", "byte"), [((), 0), ((40,), 40)])
def test_coded_palette_of_another_length(given: tuple[int, ...], byte: int) -> None:
    """A coded palette that does not end with its entries: how long it is, and where it starts."""
    with pytest.raises(FormatError) as caught:
        coded_palette.decode(bytes(1000), 9, 3, *given)
    assert str(caught.value) == (
        f"a coded palette does not end with its last entry: palette at byte {byte} "
        "is 1,000 bytes, expected the bytes that its entries take"
    )


def test_coded_palette_in_a_file() -> None:
    """There its place is that in the file, behind the field of its length."""
    head = writer.Head(2, 1, (), 31, 2, 1, palette_size=999, coded_palette=bytes(2000))
    with pytest.raises(FormatError, match=r"palette at byte 18 is 2,000 bytes"):
        kqformat.decode(head.encode() + writer.section("B", bytes(3)))


def test_integers_by_their_names() -> None:
    """What is no integer is named as the parameter is called."""
    with pytest.raises(ParameterError, match=r"^region is 0\.5, expected an integer$"):
        read_region(IMPOSSIBLE, read_layout(IMPOSSIBLE), 0, 0, 1, 0.5)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match=r"^band_shift is '3', expected an integer$"):
        checked_band_shift("3", 9)  # type: ignore[arg-type]


HEAD = writer.Head(5, 2, THREE)
SMALL = writer.section("B", bytes(3))
WHOLE = {
    "bad section: length of section 'r' at byte 30 is 4, expected 8": (
        HEAD.encode() + writer.section("r", bytes(4)) + SMALL
    ),
    "bad section: length of section 'x' at byte 30 is 0, expected 1 or more": (
        HEAD.encode() + writer.section("x") + SMALL
    ),
    "a section that may occur once occurs again: tag at byte 39 is 'x'": (
        HEAD.encode() + 2 * writer.section("x", b"1") + SMALL
    ),
    "the bits after a band's last index are not zero: padding at byte 36 is 1011, expected 0000": (
        HEAD.encode() + writer.section("B", b"\0\0\x0b")
    ),
    "bytes after the last band: at byte 41 is 2 bytes, expected the end of the file": (
        HEAD.encode() + SMALL + b".."
    ),
    "unknown critical section: tag at byte 29 is 'C', expected 'B' or 'E'": (
        HEAD.encode() + writer.section("C") + SMALL
    ),
    "an entropy-coded band in a packed file: tag at byte 29 is 'E', expected 'B'": (
        HEAD.encode() + writer.section("E", b"1")
    ),
    "metadata after the first band: tag at byte 40 is 'x', expected 'B'": (
        writer.Head(5, 2, THREE, 0).encode()
        + writer.section("B", bytes(2))
        + writer.section("x", b"1")
    ),
    "band 0 has another length than its pixels: length of section 'B' at byte 30 is 2, "
    "expected 3": (HEAD.encode() + writer.section("B", bytes(2))),
    "band 0 is no shorter than packed: length of section 'E' at byte 30 is 3, "
    "expected less than 3": (
        writer.Head(5, 2, THREE, 31, 0, 1).encode() + writer.section("E", bytes(3))
    ),
    "band 0 is too short for its pixels: length of section 'E' at byte 30 is 1, "
    "expected more than 1": (
        writer.Head(363_420, 5, THREE, 31, 0, 1).encode() + writer.section("E", bytes(1))
    ),
    "bad section: tag at byte 29 is 0x31, expected a letter": HEAD.encode() + b"1....",
    "the file ends too early: section at byte 29 is 4 bytes, expected 5 bytes": (
        HEAD.encode() + SMALL[:4]
    ),
    "the file ends too early: section 'x' at byte 34 is 2 bytes, expected 9 bytes": (
        HEAD.encode() + writer.section("x", bytes(9))[:7]
    ),
    "the file ends too early: section 'B' at byte 34 is 2 bytes, expected 3 bytes": (
        HEAD.encode() + SMALL[:7]
    ),
    "the file ends too early: crc of section 'B' at byte 37 is 3 bytes, expected 4 bytes": (
        HEAD.encode() + SMALL[:-1]
    ),
    "the file is damaged: crc of section 'B' at byte 37 is 00000000, expected 1c2fb517": (
        HEAD.encode() + writer.section("B", bytes(3), crc=bytes(4))
    ),
    "not a .kq file: signature at byte 0 is bb 4b 52, expected bb 4b 51": b"\xbbKR",
    "another version of the format: version at byte 3 is 2, expected 1": b"\xbbKQ\2",
    "the file ends too early: version at byte 3 is 0 bytes, expected 1 bytes": b"\xbbKQ",
    "the file ends too early: signature at byte 2 is 0 bytes, expected 1 bytes": b"\xbbK",
    "the file ends too early: head at byte 4 is 4 bytes, expected 12 bytes": HEAD.encode()[:8],
    "the file ends too early: palette at byte 16 is 3 bytes, expected 9 bytes": HEAD.encode()[:19],
    "the file ends too early: head_crc at byte 25 is 3 bytes, expected 4 bytes": (
        HEAD.encode()[:28]
    ),
    "unknown palette format: palette_format at byte 15 is 4, "
    "expected 0 (RGB), 1 (RGBA), or 2 or 3 (these coded)": (
        writer.Head(5, 2, THREE, palette_format=4).encode()
    ),
    "unknown coding: coding at byte 15 is 2, expected 0 (packed) or 1 (entropy)": (
        writer.Head(5, 2, THREE, coding=2).encode()
    ),
    "bad dimension: width at byte 4 is 0, expected 1 to 2,147,483,647": (
        writer.Head(0, 2, THREE).encode()
    ),
    "bad dimension: height at byte 8 is 0, expected 1 to 2,147,483,647": (
        writer.Head(5, 0, THREE).encode()
    ),
    "bad rows per band: band_shift at byte 14 is 1, "
    "expected 31 for one band, or less than log2 of 2 rows": (writer.Head(5, 2, THREE, 1).encode()),
    "a packed file has a coded palette: palette_format at byte 15 is 2, "
    "expected 0 (RGB) or 1 (RGBA)": (
        writer.Head(5, 2, (), palette_format=2, palette_size=3, coded_palette=b"1").encode()
    ),
    "a coded palette is not shorter than its entries: coded_length at byte 16 is 8, "
    "expected 7 or less": (
        writer.Head(5, 2, (), 31, 2, 1, palette_size=3, coded_palette=bytes(8)).encode()
    ),
    "the file ends too early: coded_length at byte 16 is 0 bytes, expected 1 bytes": (
        writer.Head(5, 2, (), 31, 2, 1, palette_size=3, coded_palette=b"1").encode()[:16]
    ),
}


@pytest.mark.parametrize("message", WHOLE)
def test_whole_files(message: str) -> None:
    """What is wrong with a file is said in these words."""
    with pytest.raises(FormatError) as caught:
        kqformat.decode_indexed(WHOLE[message])
    assert str(caught.value) == message
