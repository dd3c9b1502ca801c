"""Single pixels and rectangles, without reading the rest of the file (spec §6, class R).

Of packed bands only the bytes of these pixels are read, and the CRC-32 is not checked, since that
would read all. That of entropy-coded bands is, and those of their strips that the region lies in
are decoded, down to the last row needed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from kqformat.codec import packed, packed_kernel
from kqformat.codec.bands import packed_byte_length
from kqformat.codec.cursor import BytesLike, byte_view
from kqformat.codec.layout import Layout
from kqformat.codec.payloads import read_strips
from kqformat.codec.sections import ENTROPY_TAG
from kqformat.codec.stream import palette_array
from kqformat.codec.strips import strip_edges
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
    entropy_strips: Callable[[int, Sequence[int], int], Mapping[int, Indices]] | None = None,
) -> Indices:
    """Return the indices of a rectangle, given as Pillow's boxes are.

    Parameters
    ----------
    data : bytes-like
        The whole file, to which `layout` belongs.
    left, top, right, bottom : int
        0 ≤ left < right ≤ width and 0 ≤ top < bottom ≤ height.
    entropy_strips : callable or None
        What gives of an entropy-coded band's strips so many rows or more, by their numbers, and
        may remember some; None for `read_entropy_strips`. Threads may call it at once.

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
    strips_of = entropy_strips or partial(read_entropy_strips, data, layout)
    edges = strip_edges(head.width)

    def read(band: int) -> None:
        above = band << head.band_shift
        first, end = max(top, above), min(bottom, above + (1 << head.band_shift))
        target = indices[first - top : end - top]
        if layout.bands[band].tag != ENTROPY_TAG:
            _read_packed(data, layout, left, first, target)
            return
        needed = range(bisect_right(edges, left) - 1, bisect_left(edges, right))
        for number, strip in strips_of(band, needed, end - above).items():
            start, stop = max(left, edges[number]), min(right, edges[number + 1])
            part = strip[first - above : end - above, start - edges[number] : stop - edges[number]]
            target[:, start - left : stop - left] = part

    bands = range(top >> head.band_shift, (bottom - 1 >> head.band_shift) + 1)
    for_each(read, bands, sum(layout.bands[band].tag == ENTROPY_TAG for band in bands))
    return indices


def read_entropy_strips(
    data: BytesLike, layout: Layout, band: int, numbers: Sequence[int], rows: int | None = None
) -> dict[int, Indices]:
    """Decode strips of an entropy-coded band, or their first rows."""
    head = layout.head
    all_rows = min(1 << head.band_shift, head.height - (band << head.band_shift))
    rows = all_rows if rows is None else rows
    edges = strip_edges(head.width)
    into = {}
    for number in numbers:
        shape = rows, edges[number + 1] - edges[number]
        into[number] = packed.empty_indices(head.palette_size, shape[0] * shape[1]).reshape(shape)
    palette = palette_array(head)
    read_strips(data, layout.bands[band], palette, head.width, into, band_rows=all_rows)
    return into


def _read_packed(data: BytesLike, layout: Layout, left: int, top: int, indices: Indices) -> None:
    """Read a rectangle within a packed band."""
    head = layout.head
    width = indices.shape[1]
    runs = [_run(layout, left, top + row, width) for row in range(len(indices))]
    with byte_view(data) as view:
        if isinstance(view, FileView):
            for _, span in runs:  # places all over the file at once, not one after another
                view.expect(span)
        for row, (ahead, span) in zip(indices, runs, strict=True):
            run = packed.empty_indices(head.palette_size, ahead + width)
            packed_kernel.unpack(np.frombuffer(view[span], np.uint8), head.index_width, run)
            row[:] = run[ahead:]
    wrong = np.flatnonzero(indices >= head.palette_size)
    if len(wrong):
        y, x = divmod(int(wrong[0]), width)
        offset = pixel_bit(layout, left + x, top + y) // 8
        raise packed.index_error(int(indices[y, x]), head.palette_size, offset)


def _run(layout: Layout, left: int, y: int, width: int) -> tuple[int, slice]:
    """Return the bytes of part of a row, from the last boundary that is also one of indices.

    Before them comes how many indices they begin with that are left of the part.
    """
    head = layout.head
    band = layout.bands[y >> head.band_shift]
    first = (y & ((1 << head.band_shift) - 1)) * head.width + left
    ahead = first % 8  # 8 indices fill whole bytes, so index first - ahead starts on one
    start = band.payload_offset + (first - ahead) // 8 * head.index_width
    return ahead, slice(start, start + packed_byte_length(ahead + width, head.index_width))
