"""The head of a file: signature, dimensions, palette and their CRC-32 (spec §3, §4)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from zlib import crc32

from kqformat.codec.bands import MAX_BAND_SHIFT, band_count
from kqformat.codec.cursor import Cursor
from kqformat.errors import ChecksumError, FormatError, UnsupportedError
from kqformat.fields import MAX_DIMENSION, index_width, length_field_bytes
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
    """What a palette entry is, and how the palette is stored (spec §4)."""

    RGB = 0
    RGBA = 1
    RGB_CODED = 2
    RGBA_CODED = 3

    @property
    def channels(self) -> int:
        """Bytes an entry, c."""
        return 3 + (self & 1)

    @property
    def is_coded(self) -> bool:
        """Whether the palette is stored coded (spec §4.1)."""
        return self >= PaletteFormat.RGB_CODED

    @property
    def coded(self) -> PaletteFormat:
        """The format of the same entries, coded."""
        return PaletteFormat(self | 2)


@dataclass(frozen=True, slots=True)
class Head:
    """The fields of the head, in the spec's names.

    `palette` is always k entries of c bytes; `coded_palette` is what stands for them in the file
    where `palette_format` says so, without its length.
    """

    width: int
    height: int
    palette: bytes
    palette_format: PaletteFormat
    band_shift: int = MAX_BAND_SHIFT
    coding: Coding = Coding.PACKED
    coded_palette: bytes = b""

    @property
    def palette_size(self) -> int:
        """Entries of the palette, k."""
        return len(self.palette) // self.palette_format.channels

    @property
    def index_width(self) -> int:
        """Bits of an index, b."""
        return index_width(self.palette_size)

    @property
    def stored_palette(self) -> bytes:
        """The bytes of the palette in the file, the length of a coded one included."""
        if not self.palette_format.is_coded:
            return self.palette
        length = len(self.coded_palette).to_bytes(length_field_bytes(len(self.palette)), "big")
        return length + self.coded_palette

    @property
    def byte_length(self) -> int:
        """Bytes of the head, its CRC-32 included."""
        return _FIELDS.size + len(self.stored_palette) + _CRC.size


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
    covered = fields + head.stored_palette
    return covered + _CRC.pack(crc32(covered))


def read_head(cursor: Cursor, limits: Limits) -> Head:
    """Read the head and check it, in the order of spec §3."""
    fields = _read_signature(cursor)
    fields += bytes(cursor.take(_FIELDS.size - len(fields), "head"))
    _, _, width, height, size_minus_one, band_shift, formats = _FIELDS.unpack(fields)
    palette_format = _palette_format(formats & 15)
    palette_size = size_minus_one + 1
    stored, start = _take_palette(cursor, palette_size, palette_format)
    (stored_crc,) = _CRC.unpack(cursor.take(_CRC.size, "head_crc"))
    check_crc(stored_crc, crc32(stored, crc32(fields)), "head_crc", cursor.offset - _CRC.size)
    coding = _coding(formats >> 4, palette_format)
    _check_dimensions(width, height)
    _check_band_shift(band_shift, height)
    limits.check_pixels(width, height)
    limits.check_palette(palette_size)
    limits.check_bands(band_count(height, band_shift))
    if not palette_format.is_coded:
        return Head(width, height, stored, palette_format, band_shift, coding)
    offset = cursor.offset - _CRC.size - len(stored) + start
    palette = _decoded(stored[start:], palette_size, palette_format.channels, offset)
    return Head(width, height, palette, palette_format, band_shift, coding, stored[start:])


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
            expected="0 (RGB), 1 (RGBA), or 2 or 3 (these coded)",
        ) from None


def _take_palette(
    cursor: Cursor, palette_size: int, palette_format: PaletteFormat
) -> tuple[bytes, int]:
    """Take the palette as it is stored; return the bytes of its length field, too."""
    byte_length = palette_size * palette_format.channels
    if not palette_format.is_coded:
        return bytes(cursor.take(byte_length, "palette")), 0
    offset = cursor.offset
    field = bytes(cursor.take(length_field_bytes(byte_length), "coded_length"))
    coded_length = int.from_bytes(field, "big")
    most = byte_length - len(field) - 1
    if coded_length > most:
        raise FormatError(
            "a coded palette is not shorter than its entries",
            field="coded_length",
            offset=offset,
            found=coded_length,
            expected=f"{most} or less",
        )
    return field + bytes(cursor.take(coded_length, "palette")), len(field)


def _decoded(coded: bytes, palette_size: int, channels: int, offset: int) -> bytes:
    from kqformat.codec import coded_palette  # noqa: PLC0415  (loads NumPy, which few files need)

    return coded_palette.decode(coded, palette_size, channels, offset)


def _coding(code: int, palette_format: PaletteFormat) -> Coding:
    try:
        coding = Coding(code)
    except ValueError:
        raise UnsupportedError(
            "unknown coding",
            field="coding",
            offset=15,
            found=code,
            expected="0 (packed) or 1 (entropy)",
        ) from None
    if palette_format.is_coded and coding == Coding.PACKED:
        raise FormatError(
            "a packed file has a coded palette",
            field="palette_format",
            offset=15,
            found=int(palette_format),
            expected="0 (RGB) or 1 (RGBA)",
        )
    return coding


def _check_dimensions(width: int, height: int) -> None:
    for field, offset, value in (("width", 4, width), ("height", 8, height)):
        if not 1 <= value <= MAX_DIMENSION:
            raise FormatError(
                "bad dimension",
                field=field,
                offset=offset,
                found=value,
                expected=f"1 to {MAX_DIMENSION:,}",
            )


def _check_band_shift(shift: int, height: int) -> None:
    if shift > MAX_BAND_SHIFT or (shift < MAX_BAND_SHIFT and 1 << shift >= height):
        raise FormatError(
            "bad rows per band",
            field="band_shift",
            offset=14,
            found=shift,
            expected=f"{MAX_BAND_SHIFT} for one band, or less than log2 of {height} rows",
        )
