"""Packed coding of one band (spec §6.1): b bits an index, nothing between rows.

Decoding checks the padding and that every index has a palette entry; the lengths were checked
where the band was found.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kqformat.codec import packed_kernel
from kqformat.codec.bands import packed_byte_length
from kqformat.errors import FormatError
from kqformat.model import Indices


def pack(indices: Indices, index_width: int, payload: memoryview) -> None:
    """Write the indices (any shape, raster order) to a payload of the right length."""
    packed_kernel.pack(np.ascontiguousarray(indices).reshape(-1), index_width, payload)


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


def colour_table(palette: npt.NDArray[np.uint8], index_width: int) -> npt.NDArray[np.uint8]:
    """Return the palette as 2^index_width entries of four bytes, flat, as `expand` takes it."""
    table = np.zeros((1 << index_width, 4), np.uint8)
    table[: len(palette), : palette.shape[1]] = palette
    return table.reshape(-1)


def empty_indices(palette_size: int, count: int) -> Indices:
    """Return room for indices into a palette: uint8 for up to 256 entries, else uint16."""
    return np.empty(count, np.uint8) if palette_size <= 256 else np.empty(count, np.uint16)


def _check_payload(payload: memoryview, palette_size: int, count: int, offset: int) -> int:
    """Check the padding and the range of the indices; return the index width."""
    width = (palette_size - 1).bit_length()
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
