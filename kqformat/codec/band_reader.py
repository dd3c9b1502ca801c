"""A file read block by block, from the top: rows of indices or of colours, each checked before.

What is held is a few entropy-coded bands, or parts of packed ones, for each thread, whatever the
size of the file. A band's CRC-32 is checked before the first of its rows is given out; of a packed
one, so, the bytes are read twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import numpy.typing as npt

from kqformat.codec import packed
from kqformat.codec.bands import band_rows, chunk_rows, packed_byte_length
from kqformat.codec.cursor import BytesLike, byte_view
from kqformat.codec.head import check_crc
from kqformat.codec.layout import Layout
from kqformat.codec.payloads import expand_band, read_band
from kqformat.codec.sections import ENTROPY_TAG, Section
from kqformat.codec.stream import palette_array
from kqformat.model import Indices
from kqformat.threads import in_order

_STEP = 1 << 22


@dataclass(frozen=True, slots=True)
class _Part:
    """A run of rows of a band: the first row, the one after the last, and the payload's bytes."""

    band: Section
    top: int
    bottom: int
    offset: int
    length: int


def read_index_blocks(data: BytesLike, layout: Layout) -> Iterator[tuple[int, Indices]]:
    """Yield the first row of each block, and its indices: uint8 or uint16, shape (rows, width).

    Raises
    ------
    FormatError
        If a band is damaged or wrong, after the blocks before it.
    """
    width, size = layout.head.width, layout.head.palette_size
    palette = palette_array(layout.head)

    def decode(part: _Part) -> tuple[int, Indices]:
        rows = part.bottom - part.top
        indices = packed.empty_indices(size, rows * width)
        if part.band.tag == ENTROPY_TAG:
            read_band(data, part.band, palette, indices.reshape(rows, width))
        else:
            with byte_view(data) as view, view[part.offset : part.offset + part.length] as payload:
                packed.unpack(payload, size, indices, part.offset)
        return part.top, indices.reshape(rows, width)

    return in_order(decode, _parts(data, layout))


def read_color_blocks(
    data: BytesLike, layout: Layout
) -> Iterator[tuple[int, npt.NDArray[np.uint8]]]:
    """Yield the first row of each block, and its colours: uint8, shape (rows, width, c).

    Raises what `read_index_blocks` does.
    """
    head = layout.head
    width, size, channels = head.width, head.palette_size, head.palette_format.channels
    palette = palette_array(head)
    table = packed.colour_table(palette)

    def decode(part: _Part) -> tuple[int, npt.NDArray[np.uint8]]:
        pixels = np.empty((part.bottom - part.top, width, channels), np.uint8)
        if part.band.tag == ENTROPY_TAG:
            expand_band(data, part.band, palette, table, pixels)
        else:
            with byte_view(data) as view, view[part.offset : part.offset + part.length] as payload:
                packed.expand(payload, size, table, channels, pixels.reshape(-1), part.offset)
        return part.top, pixels

    return in_order(decode, _parts(data, layout))


def _parts(data: BytesLike, layout: Layout) -> Iterator[_Part]:
    """Yield what is decoded at a time, the bands that are packed checked."""
    head = layout.head
    bands = zip(layout.bands, band_rows(head.height, head.band_shift), strict=True)
    for band, (top, bottom) in bands:
        if band.tag == ENTROPY_TAG:
            yield _Part(band, top, bottom, band.payload_offset, band.length)
            continue
        _check_crc(data, band)
        offset = band.payload_offset
        for first, end in chunk_rows(head.width, bottom - top, head.band_shift):
            length = packed_byte_length((end - first) * head.width, head.index_width)
            yield _Part(band, top + first, top + end, offset, length)
            offset += length


def _check_crc(data: BytesLike, band: Section) -> None:
    """Check a band's CRC-32 step by step."""
    computed = 0
    with byte_view(data) as view:
        for first in range(band.offset, band.crc_offset, _STEP):
            with view[first : min(band.crc_offset, first + _STEP)] as step:
                computed = crc32(step, computed)
    check_crc(band.crc, computed, f"crc of section {band.tag!r}", band.crc_offset)
