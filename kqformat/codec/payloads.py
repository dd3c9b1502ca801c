"""The payload of one band, packed or entropy-coded (spec §6).

The CRC-32 of a band is checked before its payload is looked into. Bands are independent, so that
threads can share them (see `threads`).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from kqformat.codec import packed, strips
from kqformat.codec.bands import packed_byte_length
from kqformat.codec.cursor import BytesLike
from kqformat.codec.sections import PACKED_TAG, Section, checked_payload
from kqformat.fields import index_width
from kqformat.model import Indices, look_up


def entropy_payload(rows: Indices, palette: npt.NDArray[np.uint8]) -> bytes | None:
    """Return a band's entropy-coded payload, or None if it is no shorter than packed."""
    room = packed_byte_length(rows.size, index_width(len(palette))) - 1
    return strips.encode(rows, palette, room) if room >= 0 else None


def read_band(
    data: BytesLike, band: Section, palette: npt.NDArray[np.uint8], indices: Indices
) -> None:
    """Check a band of a file and write its indices to an array of shape (rows, width)."""
    with checked_payload(data, band) as payload:
        if band.tag == PACKED_TAG:
            packed.unpack(payload, len(palette), indices.reshape(-1), band.payload_offset)
        else:
            strips.decode(payload, palette, indices, band.payload_offset)


def read_strips(
    data: BytesLike,
    band: Section,
    palette: npt.NDArray[np.uint8],
    width: int,
    into: Mapping[int, Indices],
    *,
    band_rows: int,
) -> None:
    """Check an entropy-coded band of a file, of so many rows and columns, and read some strips.

    `into` is by their numbers, of all their rows or of the first: what comes behind these, and the
    other strips, are covered by the CRC-32 only.
    """
    with checked_payload(data, band) as payload:
        offset = band.payload_offset
        strips.decode_strips(payload, palette, width, into, offset, band_rows=band_rows)


def expand_band(
    data: BytesLike,
    band: Section,
    palette: npt.NDArray[np.uint8],
    table: npt.NDArray[np.uint8],
    pixels: npt.NDArray[np.uint8],
) -> None:
    """Check a band of a file and write its colours to an array of shape (rows, width, c).

    `table` is what `packed.colour_table` makes of the palette.
    """
    rows, width, channels = pixels.shape
    if band.tag == PACKED_TAG:
        with checked_payload(data, band) as payload:
            flat = pixels.reshape(-1)
            packed.expand(payload, len(palette), table, channels, flat, band.payload_offset)
        return
    indices = packed.empty_indices(len(palette), rows * width).reshape(rows, width)
    read_band(data, band, palette, indices)
    look_up(palette, indices, pixels)


def check_band(
    data: BytesLike, band: Section, palette: npt.NDArray[np.uint8], rows: int, width: int
) -> None:
    """Check a band of a file; one that is packed without memory for its indices."""
    if band.tag == PACKED_TAG:
        with checked_payload(data, band) as payload:
            packed.check(payload, len(palette), rows * width, band.payload_offset)
    else:
        indices = packed.empty_indices(len(palette), rows * width)
        read_band(data, band, palette, indices.reshape(rows, width))
