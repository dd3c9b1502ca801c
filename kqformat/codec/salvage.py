"""What is left of a file that was cut short, for callers who ask for that explicitly.

Lenient, and not normative: spec §10 allows it as an option that is not the default, and says
nothing of what it gives.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from kqformat.codec import entropy, packed, packed_kernel
from kqformat.codec.bands import band_rows, most_entropy_pixels, packed_byte_length
from kqformat.codec.cursor import BytesLike, MemoryCursor
from kqformat.codec.head import Coding, Head
from kqformat.codec.layout import band_byte_length, read_opening
from kqformat.codec.sections import (
    ENTROPY_TAG,
    PACKED_TAG,
    SECTION_OVERHEAD,
    SectionStart,
    read_start,
)
from kqformat.codec.stream import palette_array
from kqformat.errors import FormatError
from kqformat.limits import DEFAULT_LIMITS, Limits
from kqformat.model import IndexedImage, Indices


def decode_truncated(data: BytesLike, *, limits: Limits = DEFAULT_LIMITS) -> IndexedImage:
    """Decode the pixels that are there; the others, and impossible indices, become entry 0.

    The head, metadata and palette must be whole. The CRC-32 of bands is not checked. An
    entropy-coded band of which anything is missing or wrong becomes entry 0.

    Parameters
    ----------
    data : bytes-like
        The file from its first byte to wherever it ends.
    limits : Limits
        What the file may ask for.

    Returns
    -------
    IndexedImage

    Raises
    ------
    FormatError
        If the end comes before the first band, or what is before it is wrong.
    """
    cursor = MemoryCursor(data)
    with cursor.view:
        opening, start = read_opening(cursor, limits)
        head = opening.head
        palette = palette_array(head)
        indices = packed.empty_indices(head.palette_size, head.width * head.height)
        indices[:] = 0
        indices = indices.reshape(head.height, head.width)
        band: SectionStart | None = start
        for top, bottom in band_rows(head.height, head.band_shift):
            if band is None:
                break
            packed_length = band_byte_length(head, bottom - top)
            if band.tag == PACKED_TAG:
                band = replace(band, length=packed_length)
            with cursor.view[band.payload_offset :][: band.length] as payload:
                if band.tag == PACKED_TAG:
                    flat = indices[top:bottom].reshape(-1)
                    _unpack_available(payload, head.index_width, flat)
                elif len(payload) == band.length < packed_length and (
                    (bottom - top) * head.width < most_entropy_pixels(band.length)
                ):
                    _decode_whole(payload, palette, indices[top:bottom])
            band = _next_band(cursor, head, band)
    indices[indices >= head.palette_size] = 0
    return IndexedImage(indices, palette, opening.metadata)


def _next_band(cursor: MemoryCursor, head: Head, band: SectionStart) -> SectionStart | None:
    """Return where the band after this one starts, or None where that is not known."""
    offset = band.offset + SECTION_OVERHEAD + band.length
    if head.coding == Coding.PACKED:  # all lengths are known
        return SectionStart(PACKED_TAG, 0, offset)
    cursor.offset = min(offset, len(cursor.view))
    try:
        following = read_start(cursor)
    except FormatError:
        return None
    return following if following.tag in (PACKED_TAG, ENTROPY_TAG) else None


def _decode_whole(payload: memoryview, palette: npt.NDArray[np.uint8], rows: Indices) -> None:
    """Decode an entropy-coded band, if it is right."""
    try:
        entropy.decode(payload, palette, rows)
    except FormatError:
        rows[:] = 0


def _unpack_available(payload: memoryview, index_width: int, indices: Indices) -> None:
    """Unpack as many whole indices as the bytes hold."""
    count = len(indices)
    if index_width:
        count = min(count, 8 * len(payload) // index_width)
    needed = packed_byte_length(count, index_width)
    packed_kernel.unpack(np.frombuffer(payload[:needed], np.uint8), index_width, indices[:count])
