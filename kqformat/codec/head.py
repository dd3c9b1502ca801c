"""The head of a file: signature, dimensions, palette and their CRC-32 (spec §3, §4)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from zlib import crc32

from kqformat.codec.bands import MAX_BAND_SHIFT, band_count
from kqformat.codec.cursor import Cursor
from kqformat.errors import ChecksumError, FormatError, UnsupportedError
from kqformat.fields import MAX_DIMENSION, index_width
from kqformat.limits import Limits

SIGNATURE = b"\xbbKQ"
VERSION = 1

_FIELDS = struct.Struct(">3sBIIHBB")
_CRC = struct.Struct(">I")


class Coding(IntEnum):
    """How the bands are coded (spec §3)."""

    PACKED = 0
    ENTROPY = 1


class PaletteFormat(IntEnum):
    """What a palette entry is (spec §4)."""

    RGB = 0
    RGBA = 1

    @property
    def channels(self) -> int:
        """Bytes an entry, c."""
        return 3 + self


@dataclass(frozen=True, slots=True)
class Head:
    """The fields of the head, in the spec's names."""

    width: int
    height: int
    palette: bytes
    palette_format: PaletteFormat
    band_shift: int = MAX_BAND_SHIFT
    coding: Coding = Coding.PACKED

    @property
    def palette_size(self) -> int:
        """Entries of the palette, k."""
        return len(self.palette) // self.palette_format.channels

    @property
    def index_width(self) -> int:
        """Bits of an index, b."""
        return index_width(self.palette_size)

    @property
    def byte_length(self) -> int:
        """Bytes of the head, its CRC-32 included."""
        return _FIELDS.size + len(self.palette) + _CRC.size


def write_head(head: Head) -> bytes:
    """Return the bytes of the head."""
    fields = _FIELDS.pack(
        SIGNATURE,
        VERSION,
        head.width,
        head.height,
        head.palette_size - 1,
        head.band_shift,
        head.coding << 4 | head.palette_format,
    )
    covered = fields + head.palette
    return covered + _CRC.pack(crc32(covered))


def read_head(cursor: Cursor, limits: Limits) -> Head:
    """Read the head and check it, in the order of spec §3."""
    fields = _read_signature(cursor)
    fields += bytes(cursor.take(_FIELDS.size - len(fields), "head"))
    _, _, width, height, size_minus_one, band_shift, formats = _FIELDS.unpack(fields)
    palette_format = _palette_format(formats & 15)
    palette_length = (size_minus_one + 1) * palette_format.channels
    palette = bytes(cursor.take(palette_length, "palette"))
    (stored_crc,) = _CRC.unpack(cursor.take(_CRC.size, "head_crc"))
    check_crc(stored_crc, crc32(palette, crc32(fields)), "head_crc", cursor.offset - _CRC.size)
    head = Head(width, height, palette, palette_format, band_shift, _coding(formats >> 4))
    _check_dimensions(head)
    _check_band_shift(head)
    limits.check_pixels(width, height)
    limits.check_palette(head.palette_size)
    limits.check_bands(band_count(height, band_shift))
    return head


def check_crc(stored: int, computed: int, field: str, offset: int) -> None:
    """Raise `ChecksumError` unless the two are equal."""
    if stored != computed:
        raise ChecksumError(
            "the file is damaged",
            field=field,
            offset=offset,
            found=f"{stored:08x}",
            expected=f"{computed:08x}",
        )


def _read_signature(cursor: Cursor) -> bytes:
    """Take the first four bytes one by one: a short file can still be seen to be no .kq file."""
    taken = b""
    for expected in SIGNATURE:
        taken += bytes(cursor.take(1, "signature"))
        if taken[-1] != expected:
            raise FormatError(
                "not a .kq file",
                field="signature",
                offset=0,
                found=taken.hex(" "),
                expected=SIGNATURE.hex(" "),
            )
    version = cursor.take(1, "version")[0]
    if version != VERSION:
        raise UnsupportedError(
            "another version of the format", field="version", offset=3, found=version, expected=1
        )
    return taken + bytes([version])


def _palette_format(code: int) -> PaletteFormat:
    try:
        return PaletteFormat(code)
    except ValueError:
        raise UnsupportedError(
            "unknown palette format",
            field="palette_format",
            offset=15,
            found=code,
            expected="0 (RGB) or 1 (RGBA)",
        ) from None


def _coding(code: int) -> Coding:
    if code != Coding.PACKED:
        name = "entropy coding" if code == Coding.ENTROPY else "unknown coding"
        raise UnsupportedError(
            f"{name} cannot be decoded by this version",
            field="coding",
            offset=15,
            found=code,
            expected="0 (packed)",
        )
    return Coding(code)


def _check_dimensions(head: Head) -> None:
    for field, offset, value in (("width", 4, head.width), ("height", 8, head.height)):
        if not 1 <= value <= MAX_DIMENSION:
            raise FormatError(
                "bad dimension",
                field=field,
                offset=offset,
                found=value,
                expected=f"1 to {MAX_DIMENSION:,}",
            )


def _check_band_shift(head: Head) -> None:
    shift = head.band_shift
    if shift > MAX_BAND_SHIFT or (shift < MAX_BAND_SHIFT and 1 << shift >= head.height):
        raise FormatError(
            "bad rows per band",
            field="band_shift",
            offset=14,
            found=shift,
            expected=f"{MAX_BAND_SHIFT} for one band, or less than log2 of {head.height} rows",
        )
