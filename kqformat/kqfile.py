"""`KqFile`: pixels and regions of a file on disk, without reading the rest of it."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from functools import partial
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt
from bitarray import bitarray
from bitarray.util import ba2int

from kqformat.codec.band_reader import read_color_blocks, read_index_blocks
from kqformat.codec.cursor import BytesLike, byte_view
from kqformat.codec.grid import Grid
from kqformat.codec.layout import Layout
from kqformat.codec.packed import index_error
from kqformat.codec.reduction import averaged, picked
from kqformat.codec.region import pixel_bit, read_entropy_strips, read_region
from kqformat.codec.sections import ENTROPY_TAG
from kqformat.codec.stream import (
    decode_indexed,
    decode_rgb,
    palette_array,
    read_structure,
    verify,
)
from kqformat.errors import ParameterError
from kqformat.fields import checked_integer
from kqformat.file_view import FileView
from kqformat.limits import DEFAULT_LIMITS, Limits
from kqformat.memory_maps import releaser
from kqformat.metadata import Metadata
from kqformat.model import IndexedImage, Indices, index_dtype


class Target(Protocol):
    """What takes blocks of rows."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Height, width, and samples of a pixel."""

    @property
    def dtype(self) -> Any:
        """The type of its samples."""

    def __setitem__(self, rows: slice, block: npt.NDArray[Any], /) -> None:
        """Take some rows."""


class KqFile:
    """A `.kq` file, open for reading; usually made by `kqformat.open`.

    Opening reads and checks the head, the metadata and the lengths of the bands. Reading a pixel or
    a region touches its bytes only, and so does not check the bands' CRC-32; `verify`,
    `to_rgb`, `to_indexed` and `thumbnail` do. An entropy-coded band, though, is decoded from
    its first row to the last that is needed, and its CRC-32 checked; the last one is kept.

    Parameters
    ----------
    data : bytes-like
        The whole file: bytes, or an open file or memory map (which `close` then closes).
    limits : Limits
        What the file may ask for.

    Raises
    ------
    FormatError
        If the structure is wrong.
    LimitError
        If the file asks for more than `limits`.

    Examples
    --------
    >>> from kqformat.codec.stream import encode_indexed
    >>> image = IndexedImage(np.array([[0, 1], [1, 0]], np.uint8), np.zeros((2, 3), np.uint8))
    >>> with KqFile(encode_indexed(image)) as file:
    ...     file.size, file[1, 0]
    ((2, 2), 1)
    """

    def __init__(self, data: BytesLike, limits: Limits = DEFAULT_LIMITS) -> None:
        self._data: BytesLike | None = data
        self._limits = limits
        self.layout: Layout = read_structure(data, limits)
        """Where everything stands in the file."""
        self._strips: tuple[int, dict[int, Indices]] = -1, {}

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.layout.head.width, self.layout.head.height

    @property
    def palette(self) -> npt.NDArray[np.uint8]:
        """The palette: uint8, shape (k, 3) or (k, 4), read-only."""
        return palette_array(self.layout.head)

    @property
    def metadata(self) -> Metadata:
        """What travels with the pixels."""
        return self.layout.metadata

    def __getitem__(self, position: tuple[int, int]) -> int:
        """Return the palette index of pixel (x, y), counted from 0 at the top left.

        Raises
        ------
        IndexError
            If there is no such pixel.
        ParameterError
            If the two are no integers.
        FormatError
            If the index has no palette entry, or the entropy-coded band of the pixel is damaged.
        """
        data = self._open_data()
        x, y = (checked_integer("position", number) for number in position)
        width, height = self.size
        if not (0 <= x < width and 0 <= y < height):
            raise IndexError(f"pixel ({x}, {y}) is not in a picture of {width} x {height}")
        head = self.layout.head
        if head.index_width == 0:
            return 0
        number = y >> head.band_shift
        if self.layout.bands[number].tag == ENTROPY_TAG:
            strips = partial(self._entropy_strips, data)
            pixel = read_region(data, self.layout, x, y, x + 1, y + 1, strips)
            return int(pixel[0, 0])
        start = pixel_bit(self.layout, x, y)
        end = start + head.index_width
        with byte_view(data) as view, view[start // 8 : -(-end // 8)] as run:
            bits = bitarray(bytes(run), endian="big")
        index = ba2int(bits[start % 8 : start % 8 + head.index_width])
        if index >= head.palette_size:
            raise index_error(index, head.palette_size, start // 8)
        return index

    def region(self, left: int, top: int, right: int, bottom: int) -> IndexedImage:
        """Return a rectangle, its box as in Pillow: right and bottom are outside.

        Raises
        ------
        ParameterError
            If the rectangle is empty, not inside the picture or not of integers.
        FormatError
            If an index has no palette entry, or an entropy-coded band is damaged.
        """
        data = self._open_data()
        strips = partial(self._entropy_strips, data)
        indices = read_region(data, self.layout, left, top, right, bottom, strips)
        return IndexedImage(indices, self.palette, self.metadata)

    def thumbnail(self, max_size: int | tuple[int, int]) -> npt.NDArray[np.uint8]:
        """Return a small picture: means of all the pixels, which are never all in memory.

        Every pixel counts by the area that it has in a sample, and by its alpha. As with
        `to_rgb`, every byte is checked, and the picture lies as its pixels do, whatever its EXIF
        says.

        Parameters
        ----------
        max_size : int or (int, int)
            The most pixels of the longer side, or of width and height. The proportions stay; a
            smaller picture is not enlarged.

        Returns
        -------
        ndarray, uint8, shape (h, w, 3), or (h, w, 4) where the palette has alpha

        Raises
        ------
        ParameterError
            If the size is no positive integer, or two.
        FormatError
            If anything is wrong with the pixels.

        Examples
        --------
        >>> from kqformat.codec.stream import encode_indexed
        >>> palette = np.array([[0, 0, 0], [200, 100, 50]], np.uint8)
        >>> image = IndexedImage(np.array([[0, 1], [1, 0]] * 3, np.uint8), palette)
        >>> KqFile(encode_indexed(image)).thumbnail(3).tolist()
        [[[100, 50, 25]], [[100, 50, 25]], [[100, 50, 25]]]
        """
        return averaged(self._open_data(), self.layout, Grid.within(self.size, max_size))

    def reduced(self, factor: int, *, labels: bool = False) -> npt.NDArray[np.uint8] | Indices:
        """Return the picture with each square of so many pixels made one.

        Parameters
        ----------
        factor : int
            The side of a square; those at the right and the bottom may be cut off.
        labels : bool
            Whether to return the index in the middle of each square, in place of its mean colour.

        Returns
        -------
        ndarray, uint8, shape (h, w, 3) or (h, w, 4); or uint8 or uint16, shape (h, w)
            Of ceil(H / factor) rows and ceil(W / factor) columns; checked as by `thumbnail`.

        Raises
        ------
        ParameterError
            If the factor is no positive integer.
        FormatError
            If anything is wrong with the pixels.

        Examples
        --------
        >>> from kqformat.codec.stream import encode_indexed
        >>> image = IndexedImage(np.eye(3, dtype=np.uint8), np.full((2, 3), 7, np.uint8))
        >>> KqFile(encode_indexed(image)).reduced(2, labels=True).tolist()
        [[1, 0], [0, 1]]
        """
        data = self._open_data()
        factor = checked_integer("factor", factor)
        if factor < 1:
            raise ParameterError(f"factor is {factor}, expected at least 1")
        if labels:
            return picked(data, self.layout, factor)
        return averaged(data, self.layout, Grid.by(self.size, factor))

    def to_indexed(self) -> IndexedImage:
        """Decode and check the whole file."""
        return decode_indexed(self._open_data(), limits=self._limits)

    def to_rgb(self) -> npt.NDArray[np.uint8]:
        """Decode and check the whole file to uint8, shape (H, W, 3) or (H, W, 4)."""
        return decode_rgb(self._open_data(), limits=self._limits)

    def blocks(self) -> Iterator[npt.NDArray[np.uint8]]:
        """Yield the whole picture as blocks of rows from the top, with little memory.

        As by `to_rgb`, every byte is checked: a block is given out when its band is known to be
        whole. Of how many rows a block is, is not said.

        Yields
        ------
        ndarray, uint8, shape (rows, W, 3) or (rows, W, 4)

        Raises
        ------
        FormatError
            If a band is damaged or wrong; after the blocks before it.

        Examples
        --------
        >>> from kqformat.codec.stream import encode_indexed
        >>> image = IndexedImage(np.eye(3, dtype=np.uint8), np.full((2, 3), 7, np.uint8))
        >>> [block.shape for block in KqFile(encode_indexed(image)).blocks()]
        [(3, 3, 3)]
        """
        return (block for _, block in read_color_blocks(self._open_data(), self.layout))

    def index_blocks(self) -> Iterator[Indices]:
        """Yield palette indices, uint8 or uint16, shape (rows, W); else as `blocks`."""
        return (block for _, block in read_index_blocks(self._open_data(), self.layout))

    def read_into(self, out: Target) -> None:
        """Write the whole picture into something that takes rows, with little memory besides.

        Parameters
        ----------
        out : ndarray, memmap, Zarr array, …
            What has a `shape` and takes blocks of rows: of shape (H, W) for palette indices, or of
            the shape that `to_rgb` has.

        Raises
        ------
        ParameterError
            If it has another shape, or a `dtype` that cannot hold what is written.
        FormatError
            If a band is damaged or wrong; `out` then has the blocks before it.

        Examples
        --------
        >>> from kqformat.codec.stream import encode_indexed
        >>> image = IndexedImage(np.eye(3, dtype=np.uint8), np.full((2, 3), 7, np.uint8))
        >>> labels = np.zeros((3, 3), np.uint8)
        >>> KqFile(encode_indexed(image)).read_into(labels)
        >>> labels.tolist()
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
        """
        data = self._open_data()
        width, height = self.size
        channels = self.layout.head.palette_format.channels
        dtype: np.dtype[np.generic] = np.dtype(np.uint8)
        blocks: Iterator[tuple[int, npt.NDArray[np.generic]]]
        if tuple(out.shape) == (height, width):
            dtype = np.dtype(index_dtype(self.layout.head.palette_size))
            blocks = read_index_blocks(data, self.layout)
        elif tuple(out.shape) == (height, width, channels):
            blocks = read_color_blocks(data, self.layout)
        else:
            raise ParameterError(
                f"out has shape {tuple(out.shape)}, expected {(height, width, channels)}, "
                f"or {(height, width)} for indices"
            )
        if not np.can_cast(dtype, out.dtype):
            raise ParameterError(f"out is {out.dtype}, which cannot hold {dtype}")
        release = releaser(out)
        for top, block in blocks:
            rows = slice(top, top + len(block))
            out[rows] = block
            if isinstance(out, np.ndarray):
                release(out[rows])

    def verify(self) -> None:
        """Check every byte of the file, without memory for its pixels (those of a band apart).

        Raises
        ------
        FormatError
            If anything is wrong; says what and where.
        """
        verify(self._open_data(), limits=self._limits)

    def close(self) -> None:
        """Let go of the file; to read pixels afterwards is a `ValueError`, as with any file."""
        data, self._data, self._strips = self._data, None, (-1, {})
        if isinstance(data, mmap.mmap | FileView):
            data.close()

    def _entropy_strips(
        self, data: BytesLike, band: int, numbers: Sequence[int], rows: int
    ) -> dict[int, Indices]:
        """Return strips of an entropy-coded band from the top, kept for what is read next.

        They are decoded down to what is asked for, if that is deeper than before, to the end.
        """
        kept_band, kept = self._strips
        known = kept if kept_band == band else {}
        missing = [number for number in numbers if len(known.get(number, ())) < rows]
        if missing:
            wanted = None if known.keys() & set(missing) else rows
            known = known | read_entropy_strips(data, self.layout, band, missing, wanted)
            self._strips = band, known
        return {number: known[number] for number in numbers}

    def _open_data(self) -> BytesLike:
        if self._data is None:
            raise ValueError("the file is closed")
        return self._data

    def __enter__(self) -> Self:
        """Return the file itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.close()
