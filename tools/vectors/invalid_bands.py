"""Vectors that break the rules of bands (spec §6) and of the end (spec §8)."""

from __future__ import annotations

from dataclasses import replace

from vectors.invalid import (
    CHECKSUM,
    FORMAT,
    ONE,
    ONE_BAND_SECTION,
    ONE_FILE,
    ONE_HEAD,
    THREE,
    THREE_BANDS,
    THREE_FILE,
    TRUNCATED,
    Invalid,
    with_bands,
)
from vectors.picture import Picture, picture, rgb_palette
from vectors.writer import bit_string, pack, section

THREE_PAYLOADS = [band[5:-4] for band in THREE_BANDS]


def cut(size: int, where: str) -> Invalid:
    """Return a file that ends `size` bytes after the head, in a band section."""
    data = ONE_HEAD + ONE_BAND_SECTION[:size]
    rule = f"The data ends {where}."
    return Invalid(f"band-cut-{size:02}", TRUNCATED, "§5.1, §6.1", rule, data)


def length(name: str, rule: str, data: bytes) -> Invalid:
    return Invalid(f"band-length-{name}", FORMAT, "§6.1", rule, data)


def one_payload(payload: bytes) -> bytes:
    """Return the one-band file with another payload and the CRC-32 right for it."""
    return ONE_HEAD + section("B", payload)


def padding(name: str, bits: int) -> Invalid:
    rule = f"The bits after the last index are 0; here they are {bits:04b}."
    data = one_payload(pack(ONE.indices, ONE.index_width, padding=bits))
    return Invalid(f"padding-{name}", FORMAT, "§6.1", rule, data)


def padding_of_band(number: int) -> Invalid:
    payload = THREE_PAYLOADS[number]
    bands = list(THREE_BANDS)
    bands[number] = section("B", payload[:-1] + bytes([payload[-1] | 1]))
    rule = f"The bits after the last index of every band are 0; those of band {number} are not."
    return Invalid(f"padding-band-{number}", FORMAT, "§6.1", rule, with_bands(*bands))


def index_over(size: int, index: int, position: int) -> Invalid:
    """Return a picture of 3 by 3 pixels, one of whose indices has no entry."""
    right = picture(3, 3, rgb_palette(size))
    indices = list(right.indices)
    indices[position] = index
    data = right.head().encode() + section("B", pack(indices, right.index_width))
    rule = f"Every index is less than k; here k is {size} and pixel {position} has {index}."
    return Invalid(f"index-{index}-of-{size}-at-{position}", FORMAT, "§6.1", rule, data)


def rows_padded(right: Picture) -> bytes:
    """Return the picture's file with every row filled up to a byte, as PNG would have it."""
    rows = [
        pack(right.indices[start : start + right.width], right.index_width)
        for start in range(0, len(right.indices), right.width)
    ]
    return right.head().encode() + section("B", b"".join(rows))


def reversed_bits(right: Picture) -> bytes:
    """Return the picture's file with the least significant bit of each byte filled first."""
    bits = bit_string((int(f"{i:02b}"[::-1], 2) for i in right.indices), right.index_width)
    bits += "0" * (-len(bits) % 8)
    payload = bytes(int(bits[start : start + 8][::-1], 2) for start in range(0, len(bits), 8))
    return right.head().encode() + section("B", payload)


def band_count(name: str, error: str, rule: str, data: bytes, where: str = "§6") -> Invalid:
    return Invalid(name, error, where, rule, data)


def order(name: str, error: str, rule: str, *bands: bytes) -> Invalid:
    """Return the three-band file with two faults, of which the first names the error."""
    return Invalid(f"order-{name}", error, "§1.1", rule, with_bands(*bands))


def entropy(name: str, error: str, rule: str, data: bytes, where: str = "§6.2") -> Invalid:
    return Invalid(f"entropy-{name}", error, where, rule, data)


def with_one_entropy_band(band: bytes) -> bytes:
    """Return the one-band file with coding 1 and another band."""
    return replace(ONE, coding=1).head().encode() + band


def with_entropy_bands(*bands: bytes) -> bytes:
    """Return the three-band file with coding 1 and these bands."""
    return replace(THREE, coding=1).head().encode() + b"".join(bands)


ONE_COLOR_HEAD = picture(4, 4, rgb_palette(1)).head().encode()

TRUNCATIONS = [
    cut(1, "after the tag of a band"),
    cut(5, "before the payload of a band"),
    cut(6, "in the payload of a band"),
    cut(8, "before the crc of a band"),
    cut(11, "in the crc of a band"),
    Invalid(
        "band-cut-between",
        TRUNCATED,
        "§5.1, §6",
        "The data ends between two bands.",
        with_bands(THREE_BANDS[0]),
    ),
]

LENGTHS = [
    length("short", "A band has ceil(rows * width * b / 8) bytes.", one_payload(bytes(2))),
    length("long", "A band has ceil(rows * width * b / 8) bytes.", one_payload(bytes(4))),
    length("zero", "A band is not empty where b > 0.", one_payload(b"")),
    length(
        "largest-claim",
        "The length is checked before length + 4 bytes need be there.",
        ONE_HEAD + section("B", length=2**32 - 1),
    ),
    length("one-color", "Where k = 1 a band is empty.", ONE_COLOR_HEAD + section("B", b"\x00")),
    length(
        "last-full",
        "The last band has the rows that are left, not 2^s.",
        with_bands(*THREE_BANDS[:2], section("B", bytes(2))),
    ),
    length(
        "whole-in-first",
        "The first band of several has 2^s rows, not all.",
        with_bands(section("B", bytes(4))),
    ),
    length("rows-padded", "There is nothing between rows.", rows_padded(ONE)),
    Invalid(
        "band-length-short-crc",
        FORMAT,
        "§6.1",
        "The length is checked before the crc.",
        ONE_HEAD + section("B", bytes(2), crc=bytes(4)),
    ),
]

PADDING = [
    padding("first-bit", 0b1000),
    padding("last-bit", 0b0001),
    padding("all-bits", 0b1111),
    padding_of_band(0),
    padding_of_band(2),
    Invalid(
        "padding-crc",
        CHECKSUM,
        "§6.1",
        "The crc is checked before the padding.",
        ONE_HEAD + section("B", pack(ONE.indices, 2, padding=1), crc=bytes(4)),
    ),
    Invalid(
        "padding-bits-reversed",
        FORMAT,
        "§6.1",
        "Indices are written from the most significant bit on; from the least on they end up "
        "in the padding.",
        reversed_bits(ONE),
    ),
]

INDICES = [
    index_over(3, 3, 0),
    index_over(3, 3, 8),
    index_over(5, 5, 4),
    index_over(5, 7, 4),
    index_over(17, 31, 1),
    index_over(129, 255, 2),
    index_over(257, 257, 3),
    index_over(257, 511, 7),
]

ENTROPY = [
    entropy(
        "in-coding-0",
        FORMAT,
        "A band section E is for coding 1.",
        ONE_HEAD + section("E", bytes(2)),
        "§5.1",
    ),
    entropy(
        "in-coding-0-second",
        FORMAT,
        "A band section E is for coding 1, whichever band it is.",
        with_bands(THREE_BANDS[0], section("E", b"\x00"), THREE_BANDS[2]),
        "§5.1",
    ),
    entropy(
        "in-coding-0-cut",
        FORMAT,
        "That a section E may stand here is checked before length + 4 bytes need be there.",
        ONE_HEAD + section("E", bytes(2))[:5],
        "§5.1",
    ),
    entropy(
        "length-packed",
        FORMAT,
        "A section E is shorter than the band is packed; here it has the same 3 bytes.",
        with_one_entropy_band(section("E", bytes(3))),
    ),
    entropy(
        "length-over-packed",
        FORMAT,
        "A section E is shorter than the band is packed.",
        with_one_entropy_band(section("E", bytes(4))),
    ),
    entropy(
        "too-many-pixels",
        FORMAT,
        "No payload holds 363,420 * (length + 4) pixels.",
        replace(picture(1, 1, rgb_palette(2)), coding=1, width=1_453_680).head().encode()
        + section("E", b""),
    ),
    entropy(
        "length-largest-claim",
        FORMAT,
        "The length is checked before length + 4 bytes need be there.",
        with_one_entropy_band(section("E", length=2**32 - 1)),
    ),
    entropy(
        "length-last-band",
        FORMAT,
        "A section E is shorter than its band is packed; the last, of one byte, can be none.",
        with_entropy_bands(*THREE_BANDS[:2], section("E", b"\x00")),
    ),
    entropy(
        "one-color",
        FORMAT,
        "Where k = 1 there is no section E.",
        replace(picture(4, 4, rgb_palette(1)), coding=1).head().encode() + section("E", b"\x00"),
    ),
    entropy(
        "length-crc",
        FORMAT,
        "The length is checked before the crc.",
        with_one_entropy_band(section("E", bytes(3), crc=bytes(4))),
    ),
    entropy(
        "crc",
        CHECKSUM,
        "The crc is checked before the payload is decoded.",
        with_one_entropy_band(section("E", bytes(2), crc=bytes(4))),
    ),
    entropy(
        "cut",
        TRUNCATED,
        "The data ends in the payload of a section E.",
        with_one_entropy_band(section("E", bytes(2)))[:-5],
    ),
    entropy(
        "packed-length",
        FORMAT,
        "A section B has its length in coding 1 too.",
        with_one_entropy_band(section("B", bytes(2))),
        "§6.1",
    ),
    entropy(
        "packed-padding",
        FORMAT,
        "The padding of a section B is 0 in coding 1 too.",
        with_one_entropy_band(section("B", pack(ONE.indices, 2, padding=1))),
        "§6.1",
    ),
    entropy(
        "missing",
        TRUNCATED,
        "There are band_count bands in coding 1 too; the last is missing.",
        with_entropy_bands(*THREE_BANDS[:2]),
        "§6",
    ),
    entropy(
        "end",
        FORMAT,
        "After the last band the data ends; here a section E follows.",
        with_entropy_bands(*THREE_BANDS, section("E", b"\x00")),
        "§8",
    ),
]

COUNTS = [
    band_count(
        "band-missing",
        TRUNCATED,
        "There are band_count bands; the last is missing.",
        with_bands(*THREE_BANDS[:2]),
    ),
    band_count(
        "band-missing-one-color",
        TRUNCATED,
        "There are band_count bands, even if they are empty.",
        ONE_COLOR_HEAD,
    ),
    band_count(
        "band-extra",
        FORMAT,
        "After the last band the data ends; here a band follows.",
        ONE_FILE + ONE_BAND_SECTION,
        "§8",
    ),
    band_count(
        "band-extra-of-three",
        FORMAT,
        "After the last band the data ends; here a band follows.",
        THREE_FILE + THREE_BANDS[2],
        "§8",
    ),
    band_count(
        "band-swapped",
        FORMAT,
        "Bands come from the top; the short one is the last.",
        with_bands(THREE_BANDS[2], THREE_BANDS[1], THREE_BANDS[0]),
    ),
    band_count(
        "end-byte",
        FORMAT,
        "After the last band the data ends; here a byte 00 follows.",
        ONE_FILE + b"\x00",
        "§8",
    ),
    band_count(
        "end-newline",
        FORMAT,
        "After the last band the data ends; here a line feed follows.",
        ONE_FILE + b"\n",
        "§8",
    ),
    band_count(
        "end-second-file",
        FORMAT,
        "After the last band the data ends; here a second file follows.",
        ONE_FILE + ONE_FILE,
        "§8",
    ),
    band_count(
        "end-critical",
        FORMAT,
        "After the last band nothing is read, not even an unknown critical section.",
        ONE_FILE + section("Z"),
        "§8",
    ),
]

WRONG_CRC = section("B", THREE_PAYLOADS[0], crc=bytes(4))
WRONG_PADDING = section("B", THREE_PAYLOADS[0][:-1] + bytes([THREE_PAYLOADS[0][-1] | 1]))
WRONG_INDEX = section("B", pack([0, 1, 2, 3, 2, 1], 2))
WRONG_LENGTH = section("B", bytes(5))

ORDER = [
    order(
        "crc-length",
        CHECKSUM,
        "Of two faults the first counts: a crc, then a length in the next band.",
        WRONG_CRC,
        WRONG_LENGTH,
        THREE_BANDS[2],
    ),
    order(
        "crc-cut",
        CHECKSUM,
        "Of two faults the first counts: a crc, then the data ends two bands later.",
        WRONG_CRC,
        THREE_BANDS[1],
        THREE_BANDS[2][:-1],
    ),
    order(
        "crc-ancillary",
        CHECKSUM,
        "Of two faults the first counts: a crc, then an ancillary section after a band.",
        WRONG_CRC,
        section("z"),
    ),
    order(
        "crc-end",
        CHECKSUM,
        "Of two faults the first counts: a crc, then bytes after the last band.",
        WRONG_CRC,
        *THREE_BANDS[1:],
        b"\x00",
    ),
    order(
        "padding-cut",
        FORMAT,
        "Of two faults the first counts: padding, then the data ends in the next band.",
        WRONG_PADDING,
        THREE_BANDS[1][:7],
    ),
    order(
        "index-critical",
        FORMAT,
        "Of two faults the first counts: an index, then an unknown critical section.",
        WRONG_INDEX,
        section("Z"),
    ),
    order(
        "padding-crc",
        FORMAT,
        "Of two faults the first counts: padding, then a crc in the next band.",
        WRONG_PADDING,
        section("B", THREE_PAYLOADS[1], crc=bytes(4)),
        THREE_BANDS[2],
    ),
    order(
        "length-crc",
        FORMAT,
        "Of two faults the first counts: a length, then a crc in the next band.",
        WRONG_LENGTH,
        section("B", THREE_PAYLOADS[1], crc=bytes(4)),
        THREE_BANDS[2],
    ),
    order(
        "cut-after-crc",
        CHECKSUM,
        "Of two faults the first counts: a crc, then the data ends right after it.",
        WRONG_CRC,
    ),
]

INVALID_BANDS: list[Invalid] = [
    *TRUNCATIONS,
    *LENGTHS,
    *PADDING,
    *INDICES,
    *ENTROPY,
    *COUNTS,
    *ORDER,
]
