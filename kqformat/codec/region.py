"""Single pixels and rectangles of a packed file, without reading the rest (spec §6.1, class R).

The CRC-32 of bands is not checked here, since that would read all of them.
"""

from __future__ import annotations

import numpy as np

from kqformat.codec import packed, packed_kernel
from kqformat.codec.bands import packed_byte_length
from kqformat.codec.cursor import BytesLike, byte_view
from kqformat.codec.layout import Layout
from kqformat.codec.sections import SECTION_OVERHEAD
from kqformat.errors import ParameterError
from kqformat.fields import checked_integer
from kqformat.model import Indices


def pixel_bit(layout: Layout, x: int, y: int) -> int:
    """Return the bit of the file at which the index of a pixel starts (spec §6.1).

    Parameters
    ----------
    layout : Layout
        The file.
    x, y : int
        A pixel of the picture, from 0.

    Returns
    -------
    int
    """
    head = layout.head
    shift = head.band_shift
    full_band = packed_byte_length(head.width << shift, head.index_width)
    first = layout.bands[0].payload_offset
    band_payload = first + (y >> shift) * (full_band + SECTION_OVERHEAD)
    row = y & ((1 << shift) - 1)
    return 8 * band_payload + (row * head.width + x) * head.index_width


def read_region(
    data: BytesLike, layout: Layout, left: int, top: int, right: int, bottom: int
) -> Indices:
    """Return the indices of a rectangle, given as Pillow's boxes are.

    Parameters
    ----------
    data : bytes-like
        The whole file, to which `layout` belongs.
    left, top, right, bottom : int
        0 ≤ left < right ≤ width and 0 ≤ top < bottom ≤ height.

    Returns
    -------
    ndarray, uint8 or uint16, shape (bottom - top, right - left)

    Raises
    ------
    ParameterError
        If the rectangle is empty, not inside the picture or not of integers.
    FormatError
        If an index in it has no palette entry.
    """
    head = layout.head
    left, top, right, bottom = (
        checked_integer("region", side) for side in (left, top, right, bottom)
    )
    if not (0 <= left < right <= head.width and 0 <= top < bottom <= head.height):
        raise ParameterError(
            f"region ({left}, {top}, {right}, {bottom}) is empty or not inside the picture "
            f"of {head.width} x {head.height} pixels"
        )
    width = right - left
    indices = packed.empty_indices(head.palette_size, width * (bottom - top))
    with byte_view(data) as view:
        for row, y in enumerate(range(top, bottom)):
            indices[row * width : (row + 1) * width] = _read_run(view, layout, left, y, width)
    wrong = np.flatnonzero(indices >= head.palette_size)
    if len(wrong):
        y, x = divmod(int(wrong[0]), width)
        offset = pixel_bit(layout, left + x, top + y) // 8
        raise packed.index_error(int(indices[wrong[0]]), head.palette_size, offset)
    return indices.reshape(bottom - top, width)


def _read_run(view: memoryview, layout: Layout, left: int, y: int, width: int) -> Indices:
    """Unpack part of a row, from the last byte boundary that is also one of indices."""
    head = layout.head
    band = layout.bands[y >> head.band_shift]
    row = y & ((1 << head.band_shift) - 1)
    first = row * head.width + left
    ahead = first % 8  # 8 indices fill whole bytes, so index first - ahead starts on one
    start = band.payload_offset + (first - ahead) // 8 * head.index_width
    length = packed_byte_length(ahead + width, head.index_width)
    run = packed.empty_indices(head.palette_size, ahead + width)
    packed_kernel.unpack(
        np.frombuffer(view[start : start + length], np.uint8), head.index_width, run
    )
    return run[ahead:]
