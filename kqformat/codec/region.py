"""Single pixels and rectangles, without reading the rest of the file (spec §6, class R).

Of packed bands only the bytes of these pixels are read, and the CRC-32 is not checked, since that
would read all. That of entropy-coded bands is, and they are decoded down to the last row needed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from kqformat.codec import packed, packed_kernel
from kqformat.codec.bands import packed_byte_length
from kqformat.codec.cursor import BytesLike, byte_view
from kqformat.codec.layout import Layout
from kqformat.codec.payloads import read_band
from kqformat.codec.sections import ENTROPY_TAG
from kqformat.codec.stream import palette_array
from kqformat.errors import ParameterError
from kqformat.fields import checked_integer
from kqformat.file_view import FileView
from kqformat.model import Indices
from kqformat.threads import for_each


def pixel_bit(layout: Layout, x: int, y: int) -> int:
    """Return the bit of the file at which the index of a pixel of a packed band starts (spec §6.1).

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
    row = y & ((1 << head.band_shift) - 1)
    payload_offset = layout.bands[y >> head.band_shift].payload_offset
    return 8 * payload_offset + (row * head.width + x) * head.index_width


def read_region(
    data: BytesLike,
    layout: Layout,
    left: int,
    top: int,
    right: int,
    bottom: int,
    entropy_band: Callable[[int, int], Indices] | None = None,
) -> Indices:
    """Return the indices of a rectangle, given as Pillow's boxes are.

    Parameters
    ----------
    data : bytes-like
        The whole file, to which `layout` belongs.
    left, top, right, bottom : int
        0 ≤ left < right ≤ width and 0 ≤ top < bottom ≤ height.
    entropy_band : callable or None
        What gives of an entropy-coded band so many rows or more, and may remember some; None for
        `read_entropy_band`. Threads may call it at once.

    Returns
    -------
    ndarray, uint8 or uint16, shape (bottom - top, right - left)

    Raises
    ------
    ParameterError
        If the rectangle is empty, not inside the picture or not of integers.
    FormatError
        If an index in it has no palette entry, or an entropy-coded band is damaged.
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
    indices = packed.empty_indices(head.palette_size, (right - left) * (bottom - top))
    indices = indices.reshape(bottom - top, right - left)
    parts = [
        (number, max(top, number << head.band_shift), min(bottom, number + 1 << head.band_shift))
        for number in range(top >> head.band_shift, (bottom - 1 >> head.band_shift) + 1)
    ]

    band_of = entropy_band or partial(read_entropy_band, data, layout)

    def read(part: tuple[int, int, int]) -> None:
        number, first, end = part
        target = indices[first - top : end - top]
        if layout.bands[number].tag == ENTROPY_TAG:
            first_row = first - (number << head.band_shift)
            last_row = first_row + end - first
            target[:] = band_of(number, last_row)[first_row:last_row, left:right]
        else:
            _read_packed(data, layout, left, first, target)

    entropy_bands = sum(layout.bands[number].tag == ENTROPY_TAG for number, _, _ in parts)
    for_each(read, parts, entropy_bands)
    return indices


def read_entropy_band(
    data: BytesLike, layout: Layout, number: int, rows: int | None = None
) -> Indices:
    """Decode one entropy-coded band, or its first rows."""
    head = layout.head
    all_rows = min(1 << head.band_shift, head.height - (number << head.band_shift))
    rows = all_rows if rows is None else rows
    indices = packed.empty_indices(head.palette_size, rows * head.width).reshape(rows, head.width)
    read_band(data, layout.bands[number], palette_array(head), indices, band_rows=all_rows)
    return indices


def _read_packed(data: BytesLike, layout: Layout, left: int, top: int, indices: Indices) -> None:
    """Read a rectangle within a packed band."""
    palette_size = layout.head.palette_size
    width = indices.shape[1]
    with byte_view(data) as view:
        for row in range(len(indices)):
            indices[row] = _read_run(view, layout, left, top + row, width)
    wrong = np.flatnonzero(indices >= palette_size)
    if len(wrong):
        y, x = divmod(int(wrong[0]), width)
        offset = pixel_bit(layout, left + x, top + y) // 8
        raise packed.index_error(int(indices[y, x]), palette_size, offset)


def _read_run(
    view: memoryview | FileView, layout: Layout, left: int, y: int, width: int
) -> Indices:
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
