"""The vectors that a decoder must decode, but for entropy-coded ones. One entry adds one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vectors.picture import (
    ANNOTATED,
    Picture,
    picture,
    picture_in_order,
    rgb_palette,
    rgba_palette,
)
from vectors.writer import u32


@dataclass(frozen=True, slots=True)
class Valid:
    """A picture whose file is conforming, and a sentence on what it shows."""

    name: str
    picture: Picture
    shows: str


# The least that is well-formed: an ICC header without tags, a TIFF stream with one entry
# (Orientation = 1) and an XMP packet with nothing in it.
ICC = (
    u32(132)
    + bytes(4)
    + b"\x04\x40\x00\x00mntrRGB XYZ "
    + bytes(12)
    + b"acsp"
    + bytes(28)
    + b"\x00\x00\xf6\xd6\x00\x01\x00\x00\x00\x00\xd3\x2d"
    + bytes(52)
)
EXIF = (
    b"MM\x00\x2a\x00\x00\x00\x08\x00\x01"
    b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x01\x00\x00\x00\x00\x00\x00"
)
XMP = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><!-- Größe --></x:xmpmeta>'.encode()
RESOLUTION = u32(300 << 16) + u32(72 << 16 | 0x8000)


def with_sections(*sections: tuple[str, bytes]) -> Picture:
    return picture(3, 3, rgb_palette(4), sections=sections)


def with_coding_1(name: str, pixels: Picture, shows: str) -> Valid:
    """Return a file of coding 1 that an encoder would have written with coding 0."""
    return Valid(f"coding-1-{name}", replace(pixels, coding=1), shows)


def count_of_colors(size: int) -> Valid:
    shows = f"k = {size}, so that an index has {(size - 1).bit_length()} bits."
    return Valid(f"colors-{size:05}", picture(7, 5, rgb_palette(size)), shows)


def banded(name: str, width: int, height: int, size: int, band_shift: int, shows: str) -> Valid:
    pixels = picture(width, height, rgb_palette(size), band_shift=band_shift)
    return Valid(f"bands-{name}", pixels, shows)


COLOR_COUNTS = (1, 2, 3, 4, 5, 16, 17, 33, 65, 128, 129, 256, 257, 513, 1025)
LONG_PALETTES = (4096, 4097, 8193, 16385)

SHAPES = [
    Valid("annotated", ANNOTATED, "The picture of Annex B."),
    Valid("shape-1x1", picture(1, 1, rgb_palette(1)), "The smallest file: one pixel of one entry."),
    Valid(
        "shape-1x1-bit", picture(1, 1, rgb_palette(2)), "One index of one bit, seven of padding."
    ),
    Valid(
        "shape-1x13", picture(1, 13, rgb_palette(5)), "One column; rows are not padded to bytes."
    ),
    Valid("shape-13x1", picture(13, 1, rgb_palette(5)), "One row."),
    Valid("shape-8x3", picture(8, 3, rgb_palette(5)), "The indices end at a byte: no padding."),
    Valid("shape-1x65537", picture(1, 65537, rgb_palette(1)), "A height of more than 16 bits."),
    Valid("shape-65537x1", picture(65537, 1, rgb_palette(1)), "A width of more than 16 bits."),
]

COLORS = [
    *(count_of_colors(size) for size in COLOR_COUNTS + LONG_PALETTES),
    Valid(
        "colors-65536",
        picture_in_order(256, 256, rgb_palette(65536)),
        "k = 65,536, stored as 65,535: every index of 16 bits is used once.",
    ),
    Valid(
        "colors-00256-in-order",
        picture_in_order(16, 16, rgb_palette(256)),
        "With 8 bits an index the band reads 00, 01, ... FF.",
    ),
]

PALETTES = [
    Valid("palette-rgba", picture(7, 5, rgba_palette(6)), "RGBA entries with straight alpha."),
    Valid("palette-rgba-1", picture(2, 2, rgba_palette(1)), "One RGBA entry, transparent."),
    Valid("palette-rgba-256", picture(9, 7, rgba_palette(256)), "256 RGBA entries."),
    Valid(
        "palette-rgba-opaque",
        picture(7, 5, tuple((*entry, 255) for entry in rgb_palette(6))),
        "All entries are opaque, and the palette is RGBA still: four channels come out.",
    ),
    Valid(
        "palette-rgba-hidden-color",
        picture(4, 2, ((255, 0, 0, 0), (0, 255, 0, 0), (0, 0, 255, 255))),
        "Transparent entries keep their colours.",
    ),
    Valid(
        "palette-equal-entries",
        picture(7, 5, ((9, 9, 9), (200, 0, 0), (9, 9, 9), (200, 0, 0), (0, 1, 2))),
        "Equal entries stay apart; the indices tell them from one another.",
    ),
    Valid(
        "palette-unused-entries",
        Picture(4, 2, rgb_palette(9), (0, 3, 0, 3, 3, 0, 3, 0)),
        "Entries that no pixel uses count for k and for the bits of an index.",
    ),
]

BANDS = [
    banded("shift-0", 5, 4, 5, 0, "Bands of one row, each with its own padding bit."),
    banded("shift-1", 5, 5, 5, 1, "Bands of two rows and a last one of one row, padded all."),
    banded("shift-3", 9, 21, 5, 3, "Bands of eight rows and a last one of five."),
    banded("shift-3-whole", 3, 16, 3, 3, "Two bands of eight rows: the last is full."),
    banded("one-row-left", 7, 5, 17, 2, "The largest band_shift for 5 rows: 4 rows and 1."),
    banded("two-rows", 3, 2, 3, 0, "Two rows in two bands, the least height that has two."),
    banded("one-color", 3, 5, 1, 1, "k = 1 in three bands: three sections of length 0."),
    banded("9-bits", 3, 7, 257, 1, "Bands of 9-bit indices that need padding."),
    banded("column", 1, 6, 2, 0, "Six bands of one bit."),
    banded("shift-16", 1, 65537, 1, 16, "A band of 65,536 rows and one of a single row."),
    Valid(
        "bands-rgba-metadata",
        picture(5, 5, rgba_palette(5), band_shift=1, sections=(("r", RESOLUTION), ("q", b"?"))),
        "Sections, RGBA palette and several bands together.",
    ),
]

CODINGS = [
    with_coding_1("packed", picture(7, 5, rgb_palette(5)), "Coding 1, and the one band is packed."),
    with_coding_1(
        "packed-bands",
        picture(9, 21, rgba_palette(5), band_shift=3),
        "Coding 1, and all bands are packed, as is the RGBA palette.",
    ),
    with_coding_1("one-color", picture(4, 4, rgb_palette(1)), "Coding 1, and k = 1: no bits."),
]

METADATA = [
    Valid("meta-icc", with_sections(("i", ICC)), "An ICC profile."),
    Valid("meta-exif", with_sections(("e", EXIF)), "EXIF."),
    Valid("meta-xmp", with_sections(("x", XMP)), "XMP with characters beyond ASCII."),
    Valid("meta-resolution", with_sections(("r", RESOLUTION)), "300 by 72.5 dots per inch."),
    Valid(
        "meta-all",
        with_sections(("i", ICC), ("e", EXIF), ("x", XMP), ("r", RESOLUTION), ("z", b"last")),
        "Every kind of metadata, in the canonical order.",
    ),
    Valid(
        "meta-all-other-order",
        with_sections(("z", b"first"), ("r", RESOLUTION), ("x", XMP), ("e", EXIF), ("i", ICC)),
        "Every kind of metadata, in an order that is legal but not canonical.",
    ),
    Valid("meta-unknown", with_sections(("z", b"later version")), "An unknown section is skipped."),
    Valid("meta-unknown-empty", with_sections(("z", b"")), "An unknown section may be empty."),
    Valid(
        "meta-unknown-repeated",
        with_sections(("z", b"one"), ("a", b"two"), ("z", b"one")),
        "An unknown section may occur more than once; order and number are kept.",
    ),
    Valid(
        "meta-shortest",
        with_sections(("i", b"\x00"), ("e", b"\x00"), ("x", b"\xff"), ("r", bytes(8))),
        "Contents that make no sense (XMP is no UTF-8) do not stop a decoder.",
    ),
    Valid(
        "meta-300-bytes",
        with_sections(("x", b"<!--" + b"kq" * 146 + b" -->")),
        "A section whose length takes more than one byte.",
    ),
    Valid(
        "meta-64-sections",
        with_sections(*(("z", bytes([i])) for i in range(64))),
        "As many sections as the default limit allows.",
    ),
]

VALID_PACKED: list[Valid] = [*SHAPES, *COLORS, *PALETTES, *BANDS, *CODINGS, *METADATA]
