"""Single pixels and rectangles, without reading the rest of the file (spec §6, class R).

Of packed bands only the bytes of these pixels are read, and the CRC-32 is not checked, since that
would read all. That of entropy-coded bands is, and those of their strips that the region lies in
are decoded, down to the last row needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from kqformat.codec import packed, packed_kernel
from kqformat.codec.bands import packed_byte_length
from kqformat.codec.cursor import BytesLike, byte_view
from kqformat.codec.layout import Layout
from kqformat.codec.payloads import read_strip
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
    entropy_strip: Callable[[int, int, int, bool], Indices] | None = None,
) -> Indices:
    """Return the indices of a rectangle, given as Pillow's boxes are.

    Parameters
    ----------
    data : bytes-like
        The whole file, to which `layout` belongs.
    left, top, right, bottom : int
        0 ≤ left < right ≤ width and 0 ≤ top < bottom ≤ height.
    entropy_strip : callable or None
        What gives of an entropy-coded band's strip so many rows or more, with the band's CRC-32
        checked or, for the strips after the first, not again, and may remember some that it
        checked; None for `read_entropy_strip`. Threads may call it at once.

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
    strip_of = entropy_strip or partial(read_entropy_strip, data, layout)

    def read(part: _Part) -> None:
        target = indices[part.top - top : part.bottom - top, part.left - left : part.right - left]
        if part.strip is None:
            _read_packed(data, layout, part.left, part.top, target)
        else:
            above, before = part.band << head.band_shift, strip_edges(head.width)[part.strip]
            rows = slice(part.top - above, part.bottom - above)
            found = strip_of(part.band, part.strip, rows.stop, part.follows)
            target[:] = found[rows, part.left - before : part.right - before]

    parts = list(_parts(layout, left, top, right, bottom))
    for_each(read, parts, sum(part.strip is not None for part in parts))
    return indices


@dataclass(frozen=True, slots=True)
class _Part:
    """What of a region is in one band or, where that is entropy-coded, in one strip of it.

    A strip `follows` others of its band, of which the first has the band's CRC-32 checked: its
    error is the one that comes of them.
    """

    band: int
    strip: int | None
    follows: bool
    left: int
    top: int
    right: int
    bottom: int


def _parts(layout: Layout, left: int, top: int, right: int, bottom: int) -> Iterator[_Part]:
    shift, width = layout.head.band_shift, layout.head.width
    for band in range(top >> shift, (bottom - 1 >> shift) + 1):
        rows = max(top, band << shift), min(bottom, band + 1 << shift)
        if layout.bands[band].tag != ENTROPY_TAG:
            yield _Part(band, None, False, left, rows[0], right, rows[1])
            continue
        for strip, (first, end) in enumerate(pairwise(strip_edges(width))):
            if first < right and left < end:
                sides = max(left, first), min(right, end)
                yield _Part(band, strip, first > left, sides[0], rows[0], sides[1], rows[1])


def read_entropy_strip(
    data: BytesLike,
    layout: Layout,
    number: int,
    strip: int,
    rows: int | None = None,
    was_checked: bool = False,
) -> Indices:
    """Decode a strip of an entropy-coded band, or its first rows; see `read_strip`."""
    head = layout.head
    all_rows = min(1 << head.band_shift, head.height - (number << head.band_shift))
    rows = all_rows if rows is None else rows
    edges = strip_edges(head.width)
    columns = edges[strip + 1] - edges[strip]
    indices = packed.empty_indices(head.palette_size, rows * columns).reshape(rows, columns)
    read_strip(
        data,
        layout.bands[number],
        strip,
        palette_array(head),
        indices,
        band_rows=all_rows,
        width=head.width,
        was_checked=was_checked,
    )
    return indices


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
