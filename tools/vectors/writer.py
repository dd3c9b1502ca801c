"""A writer of `.kq` files that validates nothing, so that it can write illegal ones.

Every field is what the caller says; only what the caller leaves out is computed. It shares no
code with the package and none with the reference decoder.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SIGNATURE = b"\xbbKQ"
ONE_BAND = 31


@dataclass(frozen=True, slots=True)
class Head:
    """The fields of a head (spec §3), each at liberty to be wrong.

    `palette_size` is what the file claims; None stands for the number of entries there are.
    `coded_palette`, if given, takes the place of the entries, after `coded_length` or, where that
    is None, its length; the bytes of that field follow from `palette_format` and `palette_size`.
    """

    width: int
    height: int
    palette: tuple[tuple[int, ...], ...]
    band_shift: int = ONE_BAND
    palette_format: int = 0
    coding: int = 0
    palette_size: int | None = None
    version: int = 1
    signature: bytes = SIGNATURE
    coded_palette: bytes | None = None
    coded_length: int | None = None

    def encode(self, *, crc: bytes | None = None) -> bytes:
        """Return the head's bytes, with the right CRC-32 unless another is given."""
        size = len(self.palette) if self.palette_size is None else self.palette_size
        body = b"".join(
            [
                self.signature,
                bytes([self.version]),
                u32(self.width),
                u32(self.height),
                (size - 1).to_bytes(2, "big"),
                bytes([self.band_shift, self.coding << 4 | self.palette_format]),
                self._stored_palette(size),
            ]
        )
        return body + (crc32(body) if crc is None else crc)

    def _stored_palette(self, size: int) -> bytes:
        """Return the palette as it is stored (spec §4)."""
        if self.coded_palette is None:
            return b"".join(bytes(entry) for entry in self.palette)
        byte_length = size * (3 + self.palette_format % 2)
        field = 1 if byte_length < 2**8 else 2 if byte_length < 2**16 else 3
        length = len(self.coded_palette) if self.coded_length is None else self.coded_length
        return length.to_bytes(field, "big") + self.coded_palette


def u32(number: int) -> bytes:
    """Return a number as four big-endian bytes."""
    return number.to_bytes(4, "big")


def crc32(data: bytes) -> bytes:
    """Return the CRC-32 of the data as four big-endian bytes."""
    return u32(zlib.crc32(data))


def section(
    tag: str, payload: bytes = b"", *, length: int | None = None, crc: bytes | None = None
) -> bytes:
    """Return a section (spec §5) whose length and CRC-32 are right unless others are given."""
    claimed = len(payload) if length is None else length
    body = tag.encode("latin-1") + u32(claimed) + payload
    return body + (crc32(body) if crc is None else crc)


def pack(indices: Sequence[int], index_width: int, *, padding: int = 0) -> bytes:
    """Return indices as bits (spec §6.1), the last byte filled with the bits of `padding`."""
    bits = bit_string(indices, index_width)
    padding_width = -len(bits) % 8
    if padding_width:
        bits += f"{padding:0{padding_width}b}"
    return bytes(int(bits[start : start + 8], 2) for start in range(0, len(bits), 8))


def bit_string(indices: Iterable[int], index_width: int) -> str:
    """Return indices as text of zeros and ones, most significant bit first."""
    return "".join(f"{index:0{index_width}b}" for index in indices) if index_width else ""
