"""Indexed pictures to put into vectors, and the right file for each of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vectors.coded import encode_band, encode_palette
from vectors.writer import ONE_BAND, Head, pack, section

Palette = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """An indexed picture with what else its file holds.

    `sections` are tag and payload of the ancillary sections, in the file's order. `coding` is what
    the head says; whatever that is, `tags` are those of the bands, from the first again where there
    are more bands, `codes_palette` is whether the palette is stored coded, and `local` whether
    entropy-coded bands are of the local model.
    """

    width: int
    height: int
    palette: Palette
    indices: tuple[int, ...]
    band_shift: int = ONE_BAND
    sections: tuple[tuple[str, bytes], ...] = ()
    coding: int = 0
    tags: str = "B"
    codes_palette: bool = False
    local: bool = False

    @property
    def channels(self) -> int:
        return len(self.palette[0])

    @property
    def index_width(self) -> int:
        return (len(self.palette) - 1).bit_length()

    def bands(self) -> Iterator[tuple[int, ...]]:
        """Yield the indices of each band."""
        step = self.width * 2**self.band_shift
        for start in range(0, len(self.indices), step):
            yield self.indices[start : start + step]

    def head(self) -> Head:
        """Return the head of the picture's file."""
        return Head(
            width=self.width,
            height=self.height,
            palette=self.palette,
            band_shift=self.band_shift,
            palette_format=self.channels - 3 + 2 * self.codes_palette,
            coding=self.coding,
            coded_palette=encode_palette(self.palette) if self.codes_palette else None,
        )

    def ancillary(self) -> bytes:
        """Return the ancillary sections of the picture's file."""
        return b"".join(section(tag, payload) for tag, payload in self.sections)

    def band_sections(self) -> list[bytes]:
        """Return the band sections of the picture's file."""
        tags = itertools.cycle(self.tags)
        return [
            section(tag, self.payload(indices, tag))
            for tag, indices in zip(tags, self.bands(), strict=False)
        ]

    def payload(self, indices: tuple[int, ...], tag: str) -> bytes:
        """Return the payload of a band with this tag."""
        packed = pack(indices, self.index_width)
        if tag == "B":
            return packed
        room = len(packed) - 1
        return encode_band(indices, self.width, self.palette, room, local=self.local)

    def encode(self) -> bytes:
        """Return the picture's file."""
        return self.head().encode() + self.ancillary() + b"".join(self.band_sections())

    def pixels(self) -> bytes:
        """Return the samples in raster order, interleaved."""
        return b"".join(bytes(self.palette[index]) for index in self.indices)


def rgb_palette(size: int) -> Palette:
    """Return RGB entries that all differ, up to 65,536 of them."""
    return tuple(
        ((i * 83 + 17) & 255, (i * 5 + (i >> 8) * 91) & 255, i * 151 & 255) for i in range(size)
    )


def rgba_palette(size: int) -> Palette:
    """Return RGBA entries that all differ, the first of them transparent."""
    return tuple((*entry, i * 59 & 255) for i, entry in enumerate(rgb_palette(size)))


def scattered(count: int, size: int) -> tuple[int, ...]:
    """Return indices below `size` in no visible order; the first is the last entry."""
    return tuple((size - 1 - (i * 2654435761 % 2**32 >> 9)) % size for i in range(count))


def picture(
    width: int,
    height: int,
    palette: Palette,
    *,
    band_shift: int = ONE_BAND,
    sections: tuple[tuple[str, bytes], ...] = (),
) -> Picture:
    """Return a picture with scattered indices."""
    indices = scattered(width * height, len(palette))
    return Picture(width, height, palette, indices, band_shift, sections)


def picture_in_order(width: int, height: int, palette: Palette) -> Picture:
    """Return a picture whose pixels count through the palette."""
    indices = tuple(i % len(palette) for i in range(width * height))
    return Picture(width, height, palette, indices)


def entropy_picture(
    width: int,
    height: int,
    palette: Palette,
    indices: Iterable[int],
    *,
    band_shift: int = ONE_BAND,
    tags: str = "E",
    codes_palette: bool = True,
) -> Picture:
    """Return a picture of coding 1."""
    return Picture(
        width,
        height,
        palette,
        tuple(indices),
        band_shift,
        coding=1,
        tags=tags,
        codes_palette=codes_palette,
    )


def in_order(palette: Palette) -> Palette:
    """Return the entries in the order of a coded palette (spec §7.7)."""
    return tuple(sorted(palette, key=palette_key))


def palette_key(entry: tuple[int, ...]) -> str:
    """Return the bits of alpha, green, red and blue in turn, from the most significant on."""
    red, green, blue, alpha = (*entry, 255)[:4]
    return "".join(map("".join, zip(*(f"{v:08b}" for v in (alpha, green, red, blue)), strict=True)))


def slope(width: int, height: int, size: int, *, grain: int = 0) -> Iterator[int]:
    """Yield indices below `size` that rise along both sides, up to `grain` of them out of order."""
    for y in range(height):
        for x in range(width):
            noise = (x * 2654435761 + y * 2246822519) % 2**32 >> 16
            place = (x + y) * (size - 1) // max(width + height - 2, 1) + noise % (grain + 1)
            yield min(place, size - 1)


ANNOTATED = Picture(
    width=5,
    height=2,
    palette=((255, 255, 255), (0, 0, 0), (230, 60, 20)),
    indices=(0, 1, 2, 1, 0, 2, 2, 0, 1, 2),
)

# The picture of the trace in entropy.md, §7.9.
ANNOTATED_ENTROPY = entropy_picture(
    width=4,
    height=3,
    palette=((255, 255, 255), (0, 0, 0), (230, 60, 20), (90, 160, 230), (200, 200, 200)),
    indices=(1, 1, 1, 1, 1, 1, 2, 4, 1, 1, 3, 0),
    codes_palette=False,
)
