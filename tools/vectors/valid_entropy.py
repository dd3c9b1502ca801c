"""The vectors with entropy-coded bands or palettes that a decoder must decode."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256

from vectors.picture import (
    ANNOTATED_ENTROPY,
    Palette,
    Picture,
    entropy_picture,
    in_order,
    rgb_palette,
    rgba_palette,
    slope,
)
from vectors.valid import RESOLUTION, Valid

BLACK_WHITE: Palette = ((0, 0, 0), (255, 255, 255))


def ramp(size: int) -> Palette:
    """Return colours from a dark blue to a light yellow, as a coded palette has them."""
    last = size - 1
    ends = zip((12, 20, 60), (250, 240, 200), strict=True)
    samples = [
        [(dark * (last - i) + light * i) // last for i in range(size)] for dark, light in ends
    ]
    return in_order(tuple(zip(*samples, strict=True)))


def sloping(size: int, width: int = 24, height: int = 18) -> Picture:
    """Return a rising ramp of colours with some grain."""
    return entropy_picture(width, height, ramp(size), slope(width, height, size, grain=size // 8))


def photo() -> Picture:
    """Return a sky of 256 colours: two colour axes, one for each side, and some grain."""
    colors = {
        (a, b): (a * 17, (2 * a + b) * 85 // 15, 255 - b * 230 // 15)
        for a in range(16)
        for b in range(16)
    }
    palette = in_order(tuple(colors.values()))
    indices = [
        palette.index(
            colors[
                min(y * 15 // 23 + (x * y % 5 == 0), 15),
                min(x * 15 // 31 + (x * 7 + y * 3) % 11 // 9, 15),
            ]
        )
        for y in range(24)
        for x in range(32)
    ]
    return entropy_picture(32, 24, palette, indices)


def sprite(*, tags: str = "E", band_shift: int = 31) -> Picture:
    """Return a disc with a soft edge on nothing, twice side by side, in RGBA."""
    rim = tuple((200, 60 + i, 40, i * 17) for i in range(1, 15))
    palette = in_order(((0, 0, 0, 0), *rim, (220, 90, 50, 255), (250, 200, 160, 255)))
    soft = [palette.index(entry) for entry in rim]
    outside, disc, shine = (palette.index(e) for e in ((0, 0, 0, 0), *palette[-2:]))

    def index(x: int, y: int) -> int:
        square = (x % 16 * 2 - 15) ** 2 + (2 * y - 15) ** 2
        if square < 30 and y < 8:
            return shine
        depth = (230 - square) // 4
        return outside if depth < 0 else disc if depth > 13 else soft[depth]

    indices = [index(x, y) for y in range(16) for x in range(32)]
    return entropy_picture(32, 16, palette, indices, tags=tags, band_shift=band_shift)


def flat(index: int, width: int = 16, height: int = 16) -> Picture:
    """Return a picture of one entry of the annotated one's palette."""
    indices = (index,) * (width * height)
    return replace(ANNOTATED_ENTROPY, width=width, height=height, indices=indices)


def tiles(size: int) -> Picture:
    """Return tiles of six colours of a ramp."""
    indices = ((x // 8 + y // 6) % 6 * (size // 6) for y in range(30) for x in range(48))
    return entropy_picture(48, 30, ramp(size), indices)


def noise(count: int, size: int) -> list[int]:
    """Return indices below `size` that no model foresees."""
    return [int.from_bytes(sha256(b"%d" % i).digest(), "big") % size for i in range(count)]


def noisy_bands() -> Picture:
    """Return bands of four rows: smooth, noise, smooth, noise, and two rows smooth again."""
    smooth = list(slope(20, 18, 16))
    rough = noise(20 * 18, 16)
    indices = [rough[i] if i // 80 % 2 else smooth[i] for i in range(20 * 18)]
    return entropy_picture(20, 18, ramp(16), indices, band_shift=2, tags="EB")


def checks() -> Iterator[int]:
    for i in range(24 * 18):
        yield (i % 24 // 3 + i // 24 // 3) % 2


def entropy(name: str, pixels: Picture, shows: str) -> Valid:
    return Valid(f"entropy-{name}", pixels, shows)


def local(name: str, pixels: Picture, shows: str) -> Valid:
    """Return a vector of the local model."""
    return entropy(f"local-{name}", replace(pixels, local=True), shows)


def coded_palette(name: str, palette: Palette, shows: str) -> Valid:
    """Return a picture whose palette is coded, and whose one band is packed."""
    pixels = entropy_picture(5, 3, palette, noise(15, len(palette)), tags="B")
    return Valid(f"coded-palette-{name}", pixels, shows)


BANDS = [
    entropy("annotated", ANNOTATED_ENTROPY, "The second picture of Annex B, traced in 7.9."),
    entropy("photo", photo(), "256 colours, smooth with some grain; the palette is coded too."),
    entropy(
        "colors-00002",
        entropy_picture(24, 18, BLACK_WHITE, checks()),
        "k = 2: one node, and the palette is coded too.",
    ),
    entropy(
        "colors-00003",
        entropy_picture(24, 18, (*BLACK_WHITE[:1], (255, 0, 0), (255, 255, 255)), slope(24, 18, 3)),
        "k = 3: two nodes.",
    ),
    entropy("colors-00017", sloping(17), "k = 17: the tree is deeper than a group of nodes."),
    entropy("colors-00300", sloping(300), "k = 300: indices of 16 bits where they are unpacked."),
    entropy("one-row", sloping(17, 90, 1), "One row: what is above is taken from the left."),
    entropy("one-column", sloping(17, 1, 90), "One column: what is left is taken from above."),
    entropy("two-columns", sloping(9, 2, 40), "Two columns: the second is the last."),
    entropy("sprite", sprite(), "RGBA, with much that repeats."),
    entropy("sprite-bands", sprite(tags="E", band_shift=2), "Bands know nothing of each other."),
    entropy("bands-mixed", noisy_bands(), "Bands B and E in turn, each the shorter for its rows."),
    entropy("empty", flat(0, 16, 4), "A payload of no bytes: every decision was a 1."),
    entropy(
        "empty-bands",
        replace(flat(0, 16, 10), band_shift=2, sections=(("r", RESOLUTION),)),
        "Three payloads of no bytes each, after an ancillary section.",
    ),
    entropy("flat", flat(1), "One colour, of an entry that is not the last leaf: some bytes."),
    entropy(
        "raw-palette",
        entropy_picture(12, 9, rgb_palette(9), slope(12, 9, 9), codes_palette=False),
        "A palette in no order is stored entry by entry; ranks are not indices.",
    ),
    entropy(
        "raw-palette-rgba",
        entropy_picture(12, 9, rgba_palette(9), slope(12, 9, 9), codes_palette=False),
        "The same with alpha.",
    ),
    entropy(
        "equal-entries",
        entropy_picture(16, 9, tuple([(9, 9, 9)] * 3 + [(200, 0, 0)] * 4), slope(16, 9, 7)),
        "Equal entries are leaves of their own, in the tree and in the coded palette.",
    ),
    entropy(
        "tiles",
        tiles(66),
        "Tiles: most pixels are decided by their candidates, some against them.",
    ),
    entropy("tiles-of-few", tiles(20), "The same of k = 20, where fewer candidates are tried."),
    entropy("tiles-of-six", tiles(6), "The same of k = 6, where none are tried."),
    entropy(
        "strips",
        entropy_picture(16_385, 2, ramp(20), slope(16_385, 2, 20)),
        "Two strips side by side, of 8,192 columns and of 8,193; rows of both in turn.",
    ),
]

LOCAL = [
    local("photo", photo(), "The local model: 256 colours, smooth with some grain."),
    local("colors-00065", sloping(65), "k = 65: the fewest that it codes."),
    local("colors-00300", sloping(300), "k = 300: more groups of nodes."),
    local("one-row", sloping(66, 120, 1), "One row: what is above is taken from the left."),
    local("one-column", sloping(66, 1, 120), "One column: what is left is taken from above."),
    local("two-columns", sloping(80, 2, 70), "Two columns: the second is the last."),
    local(
        "rgba",
        entropy_picture(23, 19, rgba_palette(90), slope(23, 19, 90), codes_palette=False),
        "RGBA, and a palette in no order.",
    ),
    local(
        "bands",
        replace(sloping(70, 30, 22), band_shift=3),
        "Three bands, which know nothing of each other.",
    ),
    local(
        "equal-entries",
        entropy_picture(20, 15, ((9, 9, 9),) * 30 + ((200, 0, 0),) * 40, slope(20, 15, 70)),
        "Equal entries are leaves of their own, whose neighbours say which.",
    ),
    local(
        "flat",
        entropy_picture(16, 16, ramp(70), [35] * 256),
        "One colour: no payload of this model is empty.",
    ),
]

PALETTES = [
    coded_palette("greys", tuple((i, i, i) for i in range(256)), "All greys: a few bytes."),
    coded_palette("white", ((255, 255, 255),) * 2, "Two entries, both white, in no bytes."),
    coded_palette("one", ((255, 255, 255),), "One entry, white, in no bytes; k = 1."),
    coded_palette("black", ((0, 0, 0),) * 2, "Two entries, both black, in one byte."),
    coded_palette(
        "rgba",
        in_order(tuple((i * 3, 255 - i * 2, i * 7 & 255, i * 4) for i in range(64))),
        "A ramp with alpha.",
    ),
    coded_palette(
        "rgba-opaque",
        tuple((*entry, 255) for entry in ramp(40)),
        "RGBA, and all entries are opaque: alpha is decoded all the same.",
    ),
    coded_palette("equal", ((7, 8, 9),) * 85, "85 equal entries; coded_length takes one byte."),
    coded_palette("86", ramp(86), "86 entries, the fewest for which coded_length takes two bytes."),
    coded_palette(
        "scattered", in_order(rgb_palette(300)), "300 entries from all over the cube: some order."
    ),
]

VALID_ENTROPY: list[Valid] = [*BANDS, *LOCAL, *PALETTES]
