"""Indexed pictures to put into vectors, and the right file for each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vectors.writer import ONE_BAND, Head, pack, section

Palette = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """An indexed picture with what else its file holds.

    `sections` are tag and payload of the ancillary sections, in the file's order; `coding` is what
    the head says: the bands are packed all the same.
    """

    width: int
    height: int
    palette: Palette
    indices: tuple[int, ...]
    band_shift: int = ONE_BAND
    sections: tuple[tuple[str, bytes], ...] = ()
    coding: int = 0

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
            palette_format=self.channels - 3,
            coding=self.coding,
        )

    def ancillary(self) -> bytes:
        """Return the ancillary sections of the picture's file."""
        return b"".join(section(tag, payload) for tag, payload in self.sections)

    def band_sections(self) -> list[bytes]:
        """Return the band sections of the picture's file."""
        return [section("B", pack(indices, self.index_width)) for indices in self.bands()]

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


ANNOTATED = Picture(
    width=5,
    height=2,
    palette=((255, 255, 255), (0, 0, 0), (230, 60, 20)),
    indices=(0, 1, 2, 1, 0, 2, 2, 0, 1, 2),
)
