"""Packed coding of one band (spec §6.1): b bits an index, nothing between rows.

Decoding checks the padding and that every index has a palette entry; the lengths were checked
where the band was found.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kqformat import pages
from kqformat.codec import packed_kernel
from kqformat.codec.bands import packed_byte_length
from kqformat.errors import FormatError
from kqformat.fields import index_width
from kqformat.model import Indices, check_range, index_dtype


def room(byte_length: int) -> bytes:
    """Return so many bytes, which say nothing and are to be written to before anyone else has them.

    They are in large pages where the system has such.
    """
    return packed_kernel.room(byte_length)


def pack(indices: Indices, palette_size: int, payload: memoryview) -> None:
    """Write the indices (any shape, raster order) to a payload of the right length.

    That each has a palette entry is checked again: the arrays of an `IndexedImage` may have been
    changed since it was made.
    """
    check_range(indices, palette_size)
    flat = np.ascontiguousarray(indices).reshape(-1)
    packed_kernel.pack(flat, index_width(palette_size), payload)


def check(payload: memoryview, palette_size: int, count: int, offset: int = 0) -> None:
    """Check a band's padding, and that each of its `count` indices has a palette entry."""
    _check_payload(payload, palette_size, count, offset)


def unpack(payload: memoryview, palette_size: int, indices: Indices, offset: int = 0) -> None:
    """Read and check a band's indices: uint8 or uint16, shape (count,), contiguous.

    `offset` is the payload's place in the file, for what errors say.
    """
    width = _check_payload(payload, palette_size, len(indices), offset)
    packed_kernel.unpack(payload, width, indices)


def expand(
    payload: memoryview,
    palette_size: int,
    table: npt.NDArray[np.uint8],
    channels: int,
    pixels: npt.NDArray[np.uint8],
    offset: int = 0,
) -> None:
    """Check a band's indices and write their colours: uint8, shape (count · channels,)."""
    width = _check_payload(payload, palette_size, len(pixels) // channels, offset)
    packed_kernel.expand(payload, width, table, channels, pixels)


def colour_table(palette: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the palette as 2^b entries of four bytes, flat, as `expand` takes it."""
    table = np.zeros((1 << index_width(len(palette)), 4), np.uint8)
    table[: len(palette), : palette.shape[1]] = palette
    return table.reshape(-1)


def empty_indices(palette_size: int, count: int) -> Indices:
    """Return room for indices into a palette: uint8 for up to 256 entries, else uint16."""
    return pages.empty(count, index_dtype(palette_size))


def _check_payload(payload: memoryview, palette_size: int, count: int, offset: int) -> int:
    """Check the padding and the range of the indices; return the index width."""
    width = index_width(palette_size)
    spare_bits = 8 * packed_byte_length(count, width) - count * width
    padding = payload[-1] & ((1 << spare_bits) - 1) if spare_bits else 0
    if padding:
        raise FormatError(
            "the bits after a band's last index are not zero",
            field="padding",
            offset=offset + len(payload) - 1,
            found=f"{padding:0{spare_bits}b}",
            expected="0" * spare_bits,
        )
    if (
        palette_size < 1 << width
        and packed_kernel.largest_index(payload, width, count) >= palette_size
    ):
        indices = empty_indices(palette_size, count)
        packed_kernel.unpack(payload, width, indices)
        first = int(np.argmax(indices >= palette_size))
        raise index_error(int(indices[first]), palette_size, offset + first * width // 8)
    return width


def index_error(index: int, palette_size: int, offset: int) -> FormatError:
    """Return the error for an index without a palette entry, which begins in byte `offset`."""
    return FormatError(
        "an index has no palette entry",
        field="index",
        offset=offset,
        found=index,
        expected=f"0 to {palette_size - 1}",
    )
