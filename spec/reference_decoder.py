"""Reference decoder of the `.kq` image format, version 1, in plain Python.

It follows `kq-format.md` in that document's order and cites its sections (§), checks every rule
in the order given there, and puts clearness before speed. It shares no code with the package and
needs nothing but the standard library. It does not write `.kq` files, read regions or parse
metadata.

Run as a program it turns a `.kq` file into PPM (RGB) or PAM (RGBA)::

    python reference_decoder.py IN.kq OUT.ppm
"""

from __future__ import annotations

import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

__all__ = [
    "ChecksumError",
    "FormatError",
    "KqError",
    "LimitError",
    "Metadata",
    "Picture",
    "TruncatedError",
    "UnsupportedError",
    "decode",
]

# ---------------------------------------------------------------------------- §1 Conventions


def u16(data: bytes, offset: int) -> int:
    """Return the big-endian 16-bit integer at an offset."""
    return int.from_bytes(data[offset : offset + 2], "big")


def u32(data: bytes, offset: int) -> int:
    """Return the big-endian 32-bit integer at an offset."""
    return int.from_bytes(data[offset : offset + 4], "big")


def ceil_div(dividend: int, divisor: int) -> int:
    """Return ceil(dividend / divisor), exactly."""
    return -(-dividend // divisor)


# ---------------------------------------------------------------------------- §1.1 Errors


class KqError(Exception):
    """Any reason for which a file is not decoded."""


class FormatError(KqError):
    """The bytes break a rule of the specification."""


class TruncatedError(FormatError):
    """The data ends where more bytes are required."""


class ChecksumError(FormatError):
    """A stored CRC-32 is not that of the bytes it covers."""


class UnsupportedError(FormatError):
    """The file uses something that version 1 does not define."""


class LimitError(KqError):
    """The file asks for more than the limits allow."""


# ---------------------------------------------------------------------------- §3 The head

SIGNATURE = b"\xbbKQ"
VERSION = 1
CODING_PACKED = 0
CHANNELS_OF_FORMAT = {0: 3, 1: 4}
PALETTE_OFFSET = 16
LARGEST_SIDE = 2**31 - 1
ONE_BAND = 31


@dataclass(frozen=True, slots=True)
class Head:
    """The fields of the head, with the quantities derived from them."""

    width: int
    height: int
    palette_size: int
    band_shift: int
    coding: int
    channels: int

    @property
    def crc_offset(self) -> int:
        return PALETTE_OFFSET + self.palette_size * self.channels

    @property
    def byte_length(self) -> int:
        return self.crc_offset + 4

    @property
    def index_width(self) -> int:
        return (self.palette_size - 1).bit_length()  # = ceil(log2 k)

    @property
    def rows_of_full_band(self) -> int:
        return 1 << self.band_shift

    @property
    def band_count(self) -> int:
        return ceil_div(self.height, self.rows_of_full_band)

    def rows_of_band(self, band: int) -> int:
        """Return the number of rows of a band (§6)."""
        return min(self.rows_of_full_band, self.height - band * self.rows_of_full_band)


def read_head(data: bytes) -> Head:
    """Read the head and make its checks 1 to 7."""
    check_signature_and_version(data)
    if len(data) < PALETTE_OFFSET:  # check 3
        raise TruncatedError("the data ends in the head")
    palette_format = data[15] & 15
    if palette_format not in CHANNELS_OF_FORMAT:  # check 4
        raise UnsupportedError(f"palette_format is {palette_format}, not 0 or 1")
    head = Head(
        width=u32(data, 4),
        height=u32(data, 8),
        palette_size=u16(data, 12) + 1,
        band_shift=data[14],
        coding=data[15] >> 4,
        channels=CHANNELS_OF_FORMAT[palette_format],
    )
    if len(data) < head.byte_length:  # check 5
        raise TruncatedError("the data ends in the palette or head_crc")
    if zlib.crc32(data[: head.crc_offset]) != u32(data, head.crc_offset):  # check 6
        raise ChecksumError("head_crc is wrong")
    check_fields(head)
    return head


def check_signature_and_version(data: bytes) -> None:
    """Make checks 1 and 2 of the head."""
    start = data[: len(SIGNATURE)]
    if start != SIGNATURE[: len(start)]:
        raise FormatError("not a .kq file: the signature is wrong")
    if len(data) < len(SIGNATURE) + 1:
        raise TruncatedError("the data ends before the version")
    if data[3] != VERSION:
        raise UnsupportedError(f"version is {data[3]}, not {VERSION}")


def check_fields(head: Head) -> None:
    """Make check 7 of the head: the fields in the order coding, width, height, band_shift."""
    if head.coding != CODING_PACKED:
        raise UnsupportedError(f"coding is {head.coding}, not {CODING_PACKED}")
    if not 1 <= head.width <= LARGEST_SIDE:
        raise FormatError(f"width is {head.width}")
    if not 1 <= head.height <= LARGEST_SIDE:
        raise FormatError(f"height is {head.height}")
    if head.band_shift > ONE_BAND:
        raise FormatError(f"band_shift is {head.band_shift}, over {ONE_BAND}")
    if head.band_shift < ONE_BAND and head.rows_of_full_band >= head.height:  # §6
        raise FormatError(f"band_shift is {head.band_shift}, but one band is written as {ONE_BAND}")


# ---------------------------------------------------------------------------- §4 Palette


def read_palette(data: bytes, head: Head) -> list[tuple[int, ...]]:
    """Return the palette's entries in their order, equal and unused ones included."""
    starts = range(PALETTE_OFFSET, head.crc_offset, head.channels)
    return [tuple(data[start : start + head.channels]) for start in starts]


# ---------------------------------------------------------------------------- §5 Sections

BAND = "B"
ICC, EXIF, XMP, RESOLUTION = "i", "e", "x", "r"  # §5.2
KNOWN_ANCILLARY = (ICC, EXIF, XMP, RESOLUTION)
RESOLUTION_LENGTH = 8


class Metadata(TypedDict, total=False):
    """Contents of the known ancillary sections; a key is there where its section is."""

    icc: bytes
    exif: bytes
    xmp: bytes
    resolution: tuple[int, int]  # horizontal, vertical, in 1/65,536 dots per inch


@dataclass(frozen=True, slots=True)
class Section:
    """One section, and the offset of what follows it."""

    tag: str
    payload: bytes
    end: int


def read_section(
    data: bytes, offset: int, head: Head, ancillary: list[Section], band: int
) -> Section:
    """Read the section at an offset, making the checks of §5.1 in their order.

    `ancillary` holds the ancillary sections met so far, `band` counts the bands met so far.
    """
    if len(data) - offset < 5:
        raise TruncatedError("the data ends in, or before, a section's tag and length")
    tag = chr(data[offset])
    length = u32(data, offset + 1)
    check_tag(tag, ancillary, band)
    check_length(tag, length, head, band)
    if tag != BAND:
        check_ancillary_limits(length, ancillary)
    crc_offset = offset + 5 + length
    if len(data) < crc_offset + 4:
        raise TruncatedError(f"the data ends in a section '{tag}'")
    if zlib.crc32(data[offset:crc_offset]) != u32(data, crc_offset):
        raise ChecksumError(f"the crc of a section '{tag}' is wrong")
    return Section(tag, data[offset + 5 : crc_offset], crc_offset + 4)


def check_tag(tag: str, ancillary: list[Section], band: int) -> None:
    """Check that a section with this tag may stand here."""
    if not (tag.isascii() and tag.isalpha()):
        raise FormatError(f"a section's tag is {ord(tag):#04x}, no ASCII letter")
    if tag.isupper() and tag != BAND:
        raise UnsupportedError(f"critical section '{tag}' is unknown")
    if band > 0 and tag != BAND:
        raise FormatError(f"ancillary section '{tag}' comes after a band")
    if tag in KNOWN_ANCILLARY and any(section.tag == tag for section in ancillary):
        raise FormatError(f"section '{tag}' occurs twice")


def check_length(tag: str, length: int, head: Head, band: int) -> None:
    """Check the length against §5.2 and §6.1; that of an unknown section is free."""
    if tag == BAND:
        bits = head.rows_of_band(band) * head.width * head.index_width
        if length != ceil_div(bits, 8):
            raise FormatError(f"band {band} has {length} bytes instead of {ceil_div(bits, 8)}")
    elif tag == RESOLUTION and length != RESOLUTION_LENGTH:
        raise FormatError(f"section '{tag}' has {length} bytes instead of {RESOLUTION_LENGTH}")
    elif tag in KNOWN_ANCILLARY and length == 0:
        raise FormatError(f"section '{tag}' is empty")


def read_metadata(ancillary: list[Section]) -> Metadata:
    """Sort the known ancillary sections by kind (§5.2); their contents are not looked into."""
    metadata: Metadata = {}
    for section in ancillary:
        if section.tag == ICC:
            metadata["icc"] = section.payload
        elif section.tag == EXIF:
            metadata["exif"] = section.payload
        elif section.tag == XMP:
            metadata["xmp"] = section.payload
        elif section.tag == RESOLUTION:
            metadata["resolution"] = (u32(section.payload, 0), u32(section.payload, 4))
    return metadata


# ---------------------------------------------------------------------------- §6 Bands


def unpack(payload: bytes, count: int, index_width: int) -> list[int]:
    """Return the first `count` indices of `index_width` bits each (§6.1)."""
    if index_width == 0:
        return [0] * count
    mask = 2**index_width - 1
    shifts = range(7 * index_width, -1, -index_width)
    indices: list[int] = []
    for start in range(0, len(payload), index_width):  # eight indices fill index_width bytes
        group_bytes = payload[start : start + index_width].ljust(index_width, b"\0")
        group = int.from_bytes(group_bytes, "big")
        indices += [group >> shift & mask for shift in shifts]
    return indices[:count]


def read_band(payload: bytes, head: Head, band: int) -> list[int]:
    """Return a band's indices, making the last two checks of §6.1."""
    count = head.rows_of_band(band) * head.width
    padding_width = 8 * len(payload) - count * head.index_width
    if payload and payload[-1] & (2**padding_width - 1):
        raise FormatError(f"the bits after the last index of band {band} are not 0")
    indices = unpack(payload, count, head.index_width)
    if max(indices) >= head.palette_size:
        raise FormatError(f"band {band} has index {max(indices)} of {head.palette_size} entries")
    return indices


# ---------------------------------------------------------------------------- §7 End


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture.

    Attributes
    ----------
    width, height : int
        Pixels, from 1 to 2**31 - 1.
    palette : list of tuple of int
        Entries of `channels` samples from 0 to 255.
    channels : int
        3 for RGB, 4 for RGBA with straight alpha.
    indices : list of int
        Palette indices in raster order, `width * height` of them.
    metadata : Metadata
        Contents of the known ancillary sections that the file has.
    others : list of tuple of (str, bytes)
        Tag and payload of the unknown ancillary sections, in the file's order.
    """

    width: int
    height: int
    palette: list[tuple[int, ...]]
    channels: int
    indices: list[int]
    metadata: Metadata
    others: list[tuple[str, bytes]]

    def pixels(self) -> bytes:
        """Return the samples in raster order, interleaved: RGBRGB... or RGBARGBA...."""
        entries = [bytes(entry) for entry in self.palette]
        return b"".join([entries[index] for index in self.indices])


def decode(data: bytes, *, max_pixels: int = 2**28) -> Picture:
    """Decode a `.kq` file (§7.1).

    Parameters
    ----------
    data : bytes
        The whole file.
    max_pixels : int
        The largest width times height to accept (§8).

    Returns
    -------
    Picture
        Indices, palette and metadata.

    Raises
    ------
    FormatError
        The file breaks a rule, or one of its subclasses says more closely what is wrong:
        TruncatedError, ChecksumError, UnsupportedError.
    LimitError
        The file has more pixels, bands or metadata than the limits of §8 allow.
    """
    head = read_head(data)
    check_head_limits(head, max_pixels)
    palette = read_palette(data, head)
    ancillary: list[Section] = []
    indices: list[int] = []
    offset = head.byte_length
    band = 0
    while band < head.band_count:
        section = read_section(data, offset, head, ancillary, band)
        if section.tag == BAND:
            indices += read_band(section.payload, head, band)
            band += 1
        else:
            ancillary.append(section)
        offset = section.end
    if offset != len(data):
        raise FormatError(f"{len(data) - offset} bytes follow the last band")
    metadata = read_metadata(ancillary)
    others = [(part.tag, part.payload) for part in ancillary if part.tag not in KNOWN_ANCILLARY]
    return Picture(head.width, head.height, palette, head.channels, indices, metadata, others)


# ---------------------------------------------------------------------------- §8 Limits

MAX_BANDS = 2**16
MAX_ANCILLARY_BYTES = 2**24
MAX_ANCILLARY_SECTIONS = 64


def check_head_limits(head: Head, max_pixels: int) -> None:
    """Make check 8 of the head; 65,536 palette entries, the limit, are all that k can be."""
    if head.width * head.height > max_pixels:
        raise LimitError(f"{head.width} x {head.height} pixels, limit {max_pixels}")
    if head.band_count > MAX_BANDS:
        raise LimitError(f"{head.band_count} bands, limit {MAX_BANDS}")


def check_ancillary_limits(length: int, ancillary: list[Section]) -> None:
    """Check the ancillary sections met so far and one more of this length."""
    total = length + sum(len(section.payload) for section in ancillary)
    if total > MAX_ANCILLARY_BYTES:
        raise LimitError(f"{total} bytes of metadata, limit {MAX_ANCILLARY_BYTES}")
    if len(ancillary) + 1 > MAX_ANCILLARY_SECTIONS:
        raise LimitError(f"more than {MAX_ANCILLARY_SECTIONS} ancillary sections")


# ---------------------------------------------------------------------------- Command line


def encode_netpbm(picture: Picture) -> bytes:
    """Return the picture as a PPM (P6) file if it is RGB, else as a PAM file."""
    if picture.channels == 3:
        header = f"P6\n{picture.width} {picture.height}\n255\n"
    else:
        header = (
            f"P7\nWIDTH {picture.width}\nHEIGHT {picture.height}\nDEPTH 4\nMAXVAL 255\n"
            "TUPLTYPE RGB_ALPHA\nENDHDR\n"
        )
    return header.encode("ascii") + picture.pixels()


def write_output(name: str, data: bytes) -> None:
    if name == "-":
        sys.stdout.buffer.write(data)
    else:
        Path(name).write_bytes(data)


def main(arguments: list[str]) -> int:
    """Run the command line and return the exit status: 0 decoded, 1 not, 2 called wrongly."""
    if len(arguments) != 2:
        print("usage: reference_decoder.py IN.kq OUT.ppm|OUT.pam|-", file=sys.stderr)
        return 2
    source, target = arguments
    try:
        write_output(target, encode_netpbm(decode(Path(source).read_bytes())))
    except (KqError, OSError) as error:
        print(f"reference_decoder: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
