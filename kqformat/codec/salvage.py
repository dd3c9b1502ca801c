"""What is left of a file that was cut short, for callers who ask for that explicitly.

Lenient, and not normative: spec §9 allows it as an option that is not the default, and says nothing
of what it gives.
"""

from __future__ import annotations

import numpy as np

from kqformat.codec import packed, packed_kernel
from kqformat.codec.bands import band_rows, packed_byte_length
from kqformat.codec.cursor import BytesLike, MemoryCursor
from kqformat.codec.layout import band_byte_length, read_opening
from kqformat.codec.sections import SECTION_OVERHEAD
from kqformat.codec.stream import palette_array
from kqformat.limits import DEFAULT_LIMITS, Limits
from kqformat.model import IndexedImage, Indices


def decode_truncated(data: BytesLike, *, limits: Limits = DEFAULT_LIMITS) -> IndexedImage:
    """Decode the pixels that are there; the others, and impossible indices, become entry 0.

    The head, metadata and palette must be whole. The CRC-32 of bands is not checked.

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
        indices = packed.empty_indices(head.palette_size, head.width * head.height)
        indices[:] = 0
        at = start.payload_offset
        for top, bottom in band_rows(head.height, head.band_shift):
            length = band_byte_length(head, bottom - top)
            rows = indices[top * head.width : bottom * head.width]
            _unpack_available(cursor.view[at : at + length], head.index_width, rows)
            at += length + SECTION_OVERHEAD
    indices[indices >= head.palette_size] = 0
    return IndexedImage(
        indices.reshape(head.height, head.width), palette_array(head), opening.metadata
    )


def _unpack_available(payload: memoryview, index_width: int, indices: Indices) -> None:
    """Unpack as many whole indices as the bytes hold."""
    count = len(indices)
    if index_width:
        count = min(count, 8 * len(payload) // index_width)
    needed = packed_byte_length(count, index_width)
    packed_kernel.unpack(np.frombuffer(payload[:needed], np.uint8), index_width, indices[:count])
