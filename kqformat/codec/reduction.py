"""A small picture of a large file, by means of all pixels, and never the large one in memory.

Every pixel counts as much as it lies in a sample of the result, so that nothing aliases; where
that is straight alpha, by its alpha. Packed bands are read piece by piece, and of entropy-coded
ones each core has one at a time; the CRC-32 of each is checked, since all of it is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from zlib import crc32

import numpy as np
import numpy.typing as npt

from kqformat.codec import packed, reduction_kernel
from kqformat.codec.bands import band_rows, packed_byte_length
from kqformat.codec.cursor import BytesLike, byte_view
from kqformat.codec.grid import Grid
from kqformat.codec.head import check_crc
from kqformat.codec.layout import Layout
from kqformat.codec.payloads import read_band
from kqformat.codec.sections import PACKED_TAG, Section, section_start
from kqformat.codec.stream import palette_array
from kqformat.errors import FormatError
from kqformat.fields import index_width
from kqformat.model import Indices
from kqformat.threads import in_order

_BLOCK_PIXELS = 1 << 18
_ROWS_OF_WHOLE_BYTES = 8
"""So many rows end with a whole byte, whatever the width of the picture and of the indices."""


class Averaging:
    """A small picture in the making, from rows of palette indices as they come.

    Parameters
    ----------
    grid : Grid
        Its samples.
    palette : ndarray, uint8, shape (k, 3) or (k, 4)
        The colours of the indices.

    Examples
    --------
    >>> palette = np.array([[0, 0, 0], [200, 100, 50]], np.uint8)
    >>> averaging = Averaging(Grid.within((2, 6), 3), palette)
    >>> averaging.add(np.array([[0, 1], [1, 0]] * 3, np.uint8))
    >>> averaging.samples.tolist()
    [[[100, 50, 25]], [[100, 50, 25]], [[100, 50, 25]]]
    """

    def __init__(self, grid: Grid, palette: npt.NDArray[np.uint8]) -> None:
        across, down = grid.across, grid.down
        bits = 17 + across.span.bit_length() + down.span.bit_length()
        self._table = _premultiplied(palette)
        self._spans = across.spans()
        self._state = np.array(
            [0, down.pixels, across.unit, down.unit, down.span, max(0, bits - 64)], np.int64
        )
        self._line = np.zeros((across.samples, 4), np.uint64)
        self._sums = np.zeros((across.samples, 4), np.uint64)
        self.samples = np.zeros((*grid.shape, palette.shape[1]), np.uint8)
        """The result, uint8, shape (h, w, c), where the palette has c channels."""

    def add(self, rows: Indices) -> None:
        """Add the next rows, uint8 or uint16, shape (n, W), each index in the palette."""
        reduction_kernel.add_rows(
            rows, self._table, self._spans, self._state, self._line, self._sums, self.samples
        )


def averaged(data: BytesLike, layout: Layout, grid: Grid) -> npt.NDArray[np.uint8]:
    """Return a small picture of a file, checking every byte of its bands.

    Parameters
    ----------
    data : bytes-like
        The whole file, to which `layout` belongs.
    grid : Grid
        The samples.

    Returns
    -------
    ndarray, uint8, shape (h, w, 3), or (h, w, 4) with straight alpha where the palette has it

    Raises
    ------
    FormatError
        If a band is wrong.
    """
    averaging = Averaging(grid, palette_array(layout.head))
    for rows in _blocks(data, layout):
        averaging.add(rows)
    return averaging.samples


def picked(data: BytesLike, layout: Layout, factor: int) -> Indices:
    """Return the index in the middle of each square of pixels, checking every byte of the bands.

    Parameters
    ----------
    data : bytes-like
        The whole file, to which `layout` belongs.
    factor : int
        The side of a square, 1 or more; those at the right and the bottom may be cut off.

    Returns
    -------
    ndarray, uint8 or uint16, shape (ceil(H / factor), ceil(W / factor))

    Raises
    ------
    FormatError
        If a band is wrong.
    """
    head = layout.head
    columns, rows = (_middles(side, factor) for side in (head.width, head.height))
    found = packed.empty_indices(head.palette_size, len(rows) * len(columns))
    found = found.reshape(len(rows), len(columns))
    top = 0
    for block in _blocks(data, layout):
        first, end = np.searchsorted(rows, (top, top + len(block)))
        found[first:end] = block[rows[first:end] - top][:, columns]
        top += len(block)
    return found


def _middles(side: int, factor: int) -> npt.NDArray[np.int64]:
    starts = np.arange(0, side, factor)
    return (starts + np.minimum(starts + factor, side) - 1) // 2


def _premultiplied(palette: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """Return colours times their alpha, and alpha times 255, two in each number."""
    colors = np.full((len(palette), 4), 255, np.uint64)
    colors[:, : palette.shape[1]] = palette
    weighted = colors * colors[:, 3:]
    weighted[:, 3] = colors[:, 3] * np.uint64(255)
    return np.ascontiguousarray(weighted[:, ::2] | weighted[:, 1::2] << np.uint64(32))


def _blocks(data: BytesLike, layout: Layout) -> Iterator[Indices]:
    """Yield the rows of a picture from the first to the last, some at a time."""
    head = layout.head
    palette = palette_array(head)
    runs = list(zip(layout.bands, band_rows(head.height, head.band_shift), strict=True))

    def decoded(run: tuple[Section, tuple[int, int]]) -> Indices:
        band, (top, bottom) = run
        indices = packed.empty_indices(head.palette_size, (bottom - top) * head.width)
        indices = indices.reshape(bottom - top, head.width)
        read_band(data, band, palette, indices)
        return indices

    def rows_of(run: tuple[Section, tuple[int, int]]) -> Iterator[Indices]:
        band, (top, bottom) = run
        return _packed_blocks(data, band, palette, bottom - top, head.width)

    if layout.entropy_bands:
        yield from in_order(decoded, runs, ahead=1)
    else:
        for run in runs:
            yield from rows_of(run)


def _packed_blocks(
    data: BytesLike, band: Section, palette: npt.NDArray[np.uint8], rows: int, width: int
) -> Iterator[Indices]:
    """Yield the rows of a packed band; what is wrong with it is told in the order of the spec."""
    colors = len(palette)
    bits = index_width(colors)
    step = _BLOCK_PIXELS // width // _ROWS_OF_WHOLE_BYTES * _ROWS_OF_WHOLE_BYTES
    step = max(_ROWS_OF_WHOLE_BYTES, step)
    computed = crc32(section_start(band.tag, band.length))
    offset = band.payload_offset
    wrong: FormatError | None = None  # told where the CRC-32 of the band is right only
    with byte_view(data) as view:
        for top in range(0, rows, step):
            indices = packed.empty_indices(colors, min(step, rows - top) * width)
            length = packed_byte_length(len(indices), bits)
            with view[offset : offset + length] as payload:
                computed = crc32(payload, computed)
                try:
                    packed.unpack(payload, colors, indices, offset)
                except FormatError as error:
                    wrong = wrong or error
            offset += length
            if wrong is None:
                yield indices.reshape(-1, width)
    check_crc(band.crc, computed, f"crc of section {PACKED_TAG!r}", band.crc_offset)
    if wrong is not None:
        raise wrong
