"""How the rows of a picture are split into bands (spec §6)."""

from __future__ import annotations

import math
from collections.abc import Iterator

from kqformat.errors import ParameterError
from kqformat.fields import checked_integer

MAX_BAND_SHIFT = 31
"""The `band_shift` of a picture in one band."""

PACKED_BAND_PIXELS = 1 << 25
"""The most pixels in a band of an encoder that was not told how many (spec §10)."""

_ENTROPY_BAND_PIXELS = 1 << 22
_WIDE_BAND_PIXELS = 1 << 24
_WIDE_BAND_ROWS = 512

CHUNK_PIXELS = 1 << 20
"""About how many pixels of a packed band are packed and unpacked at a time."""


def band_count(height: int, band_shift: int) -> int:
    """Return the number of bands.

    Examples
    --------
    >>> band_count(10, 2), band_count(10, 31)
    (3, 1)
    """
    return -(-height >> band_shift)


def band_rows(height: int, band_shift: int) -> Iterator[tuple[int, int]]:
    """Yield the first row of each band and the row after its last.

    Examples
    --------
    >>> list(band_rows(10, 2))
    [(0, 4), (4, 8), (8, 10)]
    """
    for top in range(0, height, 1 << band_shift):
        yield top, min(height, top + (1 << band_shift))


def chunk_rows(
    width: int, height: int, band_shift: int, chunk_pixels: int | None = None
) -> Iterator[tuple[int, int]]:
    """Yield the parts of each band that can be packed and unpacked by themselves, as rows.

    All but a band's last have a multiple of eight pixels, and so whole bytes; about `CHUNK_PIXELS`
    if no other number is given.

    Examples
    --------
    >>> list(chunk_rows(2, 22, 4, chunk_pixels=20))
    [(0, 8), (8, 16), (16, 22)]
    """
    unit = 8 // math.gcd(width, 8)
    rows = max(1, (chunk_pixels or CHUNK_PIXELS) // (width * unit)) * unit
    for top, bottom in band_rows(height, band_shift):
        for first in range(top, bottom, rows):
            yield first, min(bottom, first + rows)


def entropy_band_pixels(width: int) -> int:
    """Return the same for entropy coding, where smaller bands are coded by several threads.

    In bands of few rows, regions of wide pictures would lie in many of them.

    Examples
    --------
    >>> entropy_band_pixels(6000), entropy_band_pixels(10_000), entropy_band_pixels(100_000)
    (4194304, 5120000, 16777216)
    """
    return min(max(_ENTROPY_BAND_PIXELS, _WIDE_BAND_ROWS * width), _WIDE_BAND_PIXELS)


def canonical_band_shift(width: int, height: int, band_pixels: int = PACKED_BAND_PIXELS) -> int:
    """Return the `band_shift` of an encoder that was not told one (spec §10).

    Examples
    --------
    >>> canonical_band_shift(768, 512), canonical_band_shift(10_000, 10_000)
    (31, 11)
    >>> canonical_band_shift(10_000, 10_000, entropy_band_pixels(10_000))
    9
    """
    if width * height <= band_pixels:
        return MAX_BAND_SHIFT
    return checked_band_shift(max(0, (band_pixels // width).bit_length() - 1), height)


def checked_band_shift(band_shift: int, height: int) -> int:
    """Return `band_shift`, or 31 where it would make one band only."""
    band_shift = checked_integer("band_shift", band_shift)
    if not 0 <= band_shift <= MAX_BAND_SHIFT:
        raise ParameterError(f"band_shift is {band_shift}, expected 0 to {MAX_BAND_SHIFT}")
    return band_shift if 1 << band_shift < height else MAX_BAND_SHIFT


def packed_byte_length(pixels: int, index_width: int) -> int:
    """Return the bytes of a packed band's payload (spec §6.1).

    Examples
    --------
    >>> packed_byte_length(10, 4), packed_byte_length(3, 3), packed_byte_length(99, 0)
    (5, 2, 0)
    """
    return -(-pixels * index_width // 8)


PIXELS_TO_A_BYTE = 363_420
"""More pixels than a byte of entropy coding can stand for (spec §7.8)."""


def most_entropy_pixels(length: int) -> int:
    """Return a number of pixels that no entropy-coded payload of this length reaches.

    Examples
    --------
    >>> most_entropy_pixels(0)
    1453680
    """
    return PIXELS_TO_A_BYTE * (length + 4)
