"""Vectors that break the rules of the head (spec §3) and its limits (spec §9)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from vectors.invalid import (
    CHECKSUM,
    FORMAT,
    LIMIT,
    ONE,
    ONE_BAND_SECTION,
    ONE_FILE,
    ONE_HEAD,
    THREE,
    TRUNCATED,
    UNSUPPORTED,
    Invalid,
)
from vectors.picture import rgb_palette
from vectors.writer import Head, section

HEAD = ONE.head()
WRONG_CRC = bytes(4)


def followed(head: Head, *, crc: bytes | None = None) -> bytes:
    """Return a file of this head and the one band that belongs to the right head."""
    return head.encode(crc=crc) + ONE_BAND_SECTION


def signature(name: str, rule: str, data: bytes, error: str = FORMAT) -> Invalid:
    return Invalid(f"signature-{name}", error, "§3, check 1", rule, data)


def version(name: str, rule: str, data: bytes) -> Invalid:
    return Invalid(f"version-{name}", UNSUPPORTED, "§3, check 2", rule, data)


def cut(size: int, where: str, check: int) -> Invalid:
    rule = f"The data ends {where}."
    return Invalid(f"head-cut-{size:02}", TRUNCATED, f"§3, check {check}", rule, ONE_FILE[:size])


def palette_format(number: int) -> Invalid:
    rule = "palette_format is 0 to 3."
    data = followed(replace(HEAD, palette_format=number))
    return Invalid(f"palette-format-{number}", UNSUPPORTED, "§3, check 4", rule, data)


def checksum(name: str, rule: str, data: bytes) -> Invalid:
    return Invalid(f"head-crc-{name}", CHECKSUM, "§3, check 7", rule, data)


def coded(coded_palette: bytes, **changes: Any) -> Head:
    """Return a head whose palette of nine bytes is coded, in no way that has a meaning."""
    head = replace(HEAD, coding=1, palette_format=2, coded_palette=coded_palette)
    return replace(head, **changes)


def coded_palette(name: str, error: str, check: int, rule: str, data: bytes) -> Invalid:
    return Invalid(f"coded-palette-{name}", error, f"§3, check {check}; §4.1", rule, data)


def coding(number: int, rule: str) -> Invalid:
    data = followed(replace(HEAD, coding=number))
    return Invalid(f"coding-{number}", UNSUPPORTED, "§3, check 8", rule, data)


def field(name: str, rule: str, head: Head) -> Invalid:
    return Invalid(name, FORMAT, "§3, check 8", rule, followed(head))


def not_canonical(height: int, band_shift: int) -> Invalid:
    """Return a one-band picture whose band_shift says so in another way than 31."""
    right = replace(ONE, height=height, indices=ONE.indices[:5] * height)
    head = replace(right.head(), band_shift=band_shift)
    data = head.encode() + right.band_sections()[0]
    rule = (
        f"band_shift is 31 where 2^band_shift >= height; here it is {band_shift}, height {height}."
    )
    return Invalid(f"band-shift-{band_shift:02}-height-{height}", FORMAT, "§6", rule, data)


def bomb(name: str, rule: str, head: Head) -> Invalid:
    return Invalid(f"limit-{name}", LIMIT, "§9", rule, head.encode() + section("B"))


ONE_COLOR = Head(width=1, height=1, palette=rgb_palette(1))
LARGEST = 2**31 - 1
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"

SIGNATURES = [
    signature("png", "The first three bytes are BB 4B 51; these are PNG's.", PNG),
    signature("first-byte", "The first byte is BB.", b"\x3b" + ONE_FILE[1:]),
    signature(
        "lower-case", "The letters of the signature are upper case.", b"\xbbkq" + ONE_FILE[3:]
    ),
    signature("utf8", "The signature is not recoded as text.", b"\xc2" + ONE_FILE),
    signature("offset", "Nothing comes before the head.", b"\x00" + ONE_FILE),
    signature("short", "The bytes there are differ from the signature's.", b"\xbbP"),
    signature("empty", "The data ends before the fourth byte.", b"", TRUNCATED),
    signature("cut-1", "The data ends before the fourth byte.", ONE_FILE[:1], TRUNCATED),
    signature("cut-3", "The data ends before the fourth byte.", ONE_FILE[:3], TRUNCATED),
    version("0", "version is 1.", followed(replace(HEAD, version=0))),
    version("2", "version is 1.", followed(replace(HEAD, version=2))),
    version("2-cut", "version is checked before the head need be there.", b"\xbbKQ\x02"),
    version("2-crc", "version is checked before head_crc.", b"\xbbKQ\x02" + ONE_FILE[4:]),
]

TRUNCATIONS = [
    cut(4, "after the version", 3),
    cut(15, "before the byte of coding and palette_format", 3),
    cut(16, "before the palette", 6),
    cut(22, "in the palette", 6),
    cut(25, "before head_crc", 6),
    cut(28, "in head_crc", 6),
    Invalid(
        "head-palette-size-over",
        TRUNCATED,
        "§3, check 6",
        "The palette has as many entries as palette_size says: 65,536 in a short file.",
        followed(replace(HEAD, palette_size=65536)),
    ),
    Invalid(
        "head-rgba-claimed",
        TRUNCATED,
        "§3, check 6",
        "With palette_format 1 an entry takes four bytes, more than there are.",
        replace(HEAD, palette_format=1).encode(),
    ),
]

CHECKS = [
    palette_format(4),
    palette_format(15),
    Invalid(
        "palette-format-4-crc",
        UNSUPPORTED,
        "§3, check 4",
        "palette_format is checked before head_crc.",
        followed(replace(HEAD, palette_format=4), crc=WRONG_CRC),
    ),
    checksum("wrong", "head_crc is that of all bytes before it.", followed(HEAD, crc=WRONG_CRC)),
    checksum(
        "little-endian",
        "head_crc is big-endian.",
        followed(HEAD, crc=ONE_HEAD[-4:][::-1]),
    ),
    checksum(
        "palette-changed",
        "head_crc covers the palette.",
        ONE_FILE[:17] + b"\xfe" + ONE_FILE[18:],
    ),
    checksum(
        "before-fields",
        "head_crc is checked before coding, width, height and band_shift.",
        followed(replace(HEAD, coding=2, width=0, height=0, band_shift=99), crc=WRONG_CRC),
    ),
    checksum(
        "palette-size-under",
        "head_crc stands where palette_size says; here it says two entries of three.",
        followed(replace(HEAD, palette_size=2), crc=ONE_HEAD[-4:]),
    ),
    coding(2, "coding is 0 or 1."),
    coding(15, "coding is 0 or 1."),
    Invalid(
        "coding-2-width-0",
        UNSUPPORTED,
        "§3, check 8",
        "coding is checked before width.",
        followed(replace(HEAD, coding=2, width=0)),
    ),
]

CODED = [
    coded_palette(
        "length-cut", TRUNCATED, 5, "The data ends before coded_length.", coded(b"").encode()[:16]
    ),
    coded_palette(
        "length-cut-16-bits",
        TRUNCATED,
        5,
        "The data ends in a coded_length of two bytes: k * c = 258.",
        coded(b"", palette_size=86).encode()[:17],
    ),
    coded_palette(
        "length-cut-24-bits",
        TRUNCATED,
        5,
        "The data ends in a coded_length of three bytes: k * c = 65,536.",
        coded(b"", palette_size=2**14, palette_format=3).encode()[:18],
    ),
    coded_palette(
        "length-whole",
        FORMAT,
        5,
        "A coded palette is shorter than its entries, with its length; here it is not.",
        followed(coded(bytes(8))),
    ),
    coded_palette(
        "length-claim",
        FORMAT,
        5,
        "coded_length is checked before so many bytes need be there.",
        coded(b"", coded_length=255).encode()[:17],
    ),
    coded_palette(
        "length-claim-24-bits",
        FORMAT,
        5,
        "coded_length is checked before so many bytes need be there.",
        coded(b"", palette_size=2**14, palette_format=3, coded_length=2**16 - 3).encode(),
    ),
    coded_palette(
        "length-crc",
        FORMAT,
        5,
        "coded_length is checked before head_crc, whose place it tells.",
        followed(coded(bytes(8)), crc=WRONG_CRC),
    ),
    coded_palette(
        "cut", TRUNCATED, 6, "The data ends in the coded palette.", coded(bytes(7)).encode()[:20]
    ),
    coded_palette(
        "crc-cut", TRUNCATED, 6, "The data ends in head_crc.", coded(bytes(5)).encode()[:-1]
    ),
    coded_palette(
        "crc",
        CHECKSUM,
        7,
        "head_crc covers the coded palette.",
        coded(bytes(5)).encode(crc=WRONG_CRC),
    ),
    coded_palette(
        "in-coding-0",
        FORMAT,
        8,
        "palette_format 2 is for coding 1.",
        followed(coded(bytes(5), coding=0)),
    ),
    coded_palette(
        "rgba-in-coding-0",
        FORMAT,
        8,
        "palette_format 3 is for coding 1.",
        followed(coded(bytes(5), coding=0, palette_format=3)),
    ),
    coded_palette(
        "in-coding-2",
        UNSUPPORTED,
        8,
        "coding is checked before whether it allows palette_format.",
        followed(coded(bytes(5), coding=2)),
    ),
    coded_palette(
        "limit-pixels",
        LIMIT,
        9,
        "The limits come before a coded palette is decoded.",
        coded(bytes(5), width=LARGEST, height=LARGEST).encode(),
    ),
]

FIELDS = [
    Invalid(
        "width-0",
        FORMAT,
        "§3, check 8",
        "width is at least 1, though all else fit a picture without pixels.",
        replace(HEAD, width=0).encode() + section("B"),
    ),
    field("width-2e31", "width is at most 2^31 - 1.", replace(HEAD, width=2**31)),
    field("width-2e32-1", "width is at most 2^31 - 1.", replace(HEAD, width=2**32 - 1)),
    Invalid(
        "height-0",
        FORMAT,
        "§3, check 8",
        "height is at least 1, though all else fit a picture without bands.",
        replace(HEAD, height=0).encode(),
    ),
    field("height-2e31", "height is at most 2^31 - 1.", replace(HEAD, height=2**31)),
    field("height-2e32-1", "height is at most 2^31 - 1.", replace(HEAD, height=2**32 - 1)),
    field("band-shift-32", "band_shift is at most 31.", replace(HEAD, band_shift=32)),
    field("band-shift-255", "band_shift is at most 31.", replace(HEAD, band_shift=255)),
    not_canonical(height=1, band_shift=0),
    not_canonical(height=2, band_shift=1),
    not_canonical(height=2, band_shift=30),
    not_canonical(height=3, band_shift=2),
    not_canonical(height=4, band_shift=2),
    Invalid(
        "band-shift-31-many-bands",
        FORMAT,
        "§6.1",
        "With band_shift 31 the first band is the whole picture; here it is two rows of five.",
        replace(THREE.head(), band_shift=31).encode() + b"".join(THREE.band_sections()),
    ),
]

LIMITS = [
    bomb(
        "pixels",
        "width * height is no more than the limit; a band of no bytes claims nearly 2^62 pixels.",
        replace(ONE_COLOR, width=LARGEST, height=LARGEST),
    ),
    bomb(
        "pixels-65536-squared",
        "width * height is computed in more than 32 bits, where it would be 0.",
        replace(ONE_COLOR, width=2**16, height=2**16),
    ),
    bomb(
        "pixels-plus-1",
        "width * height is no more than 2^28 by default.",
        replace(ONE_COLOR, width=2**28 + 1),
    ),
    bomb(
        "pixels-8-bits",
        "The pixel limit is checked before the length of the band.",
        Head(width=2**15, height=2**15, palette=rgb_palette(200)),
    ),
    bomb(
        "bands",
        "The number of bands is no more than 2^16 by default.",
        replace(ONE_COLOR, height=2**17, band_shift=0),
    ),
    bomb(
        "bands-plus-1",
        "The number of bands is no more than 2^16 by default; the last one counts.",
        replace(ONE_COLOR, height=2**17 + 1, band_shift=1),
    ),
]

INVALID_HEADS: list[Invalid] = [*SIGNATURES, *TRUNCATIONS, *CHECKS, *CODED, *FIELDS, *LIMITS]
