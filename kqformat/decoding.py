"""The public functions that read: `.kq` bytes or files to arrays. Loads no quantizer."""

from __future__ import annotations

import mmap
import os

import numpy as np
import numpy.typing as npt

from kqformat.codec import stream
from kqformat.codec.cursor import BytesLike
from kqformat.codec.layout import most_file_bytes
from kqformat.files import map_file, read_file
from kqformat.kqfile import KqFile
from kqformat.limits import DEFAULT_LIMITS, Limits
from kqformat.model import IndexedImage


def decode(data: BytesLike, *, limits: Limits = DEFAULT_LIMITS) -> npt.NDArray[np.uint8]:
    """Decode `.kq` bytes to colours.

    Parameters
    ----------
    data : bytes-like
        The whole file: bytes, bytearray, memoryview, mmap or another contiguous buffer.
    limits : Limits
        What the file may ask for, checked before memory is taken.

    Returns
    -------
    ndarray, uint8, shape (H, W, 3), or (H, W, 4) where the palette has alpha

    Raises
    ------
    FormatError
        If the file breaks a rule of the format or is damaged.
    LimitError
        If the file asks for more than `limits`.
    ParameterError
        If `data` is not bytes-like.
    """
    return stream.decode_rgb(data, limits=limits)


def decode_indexed(data: BytesLike, *, limits: Limits = DEFAULT_LIMITS) -> IndexedImage:
    """Decode `.kq` bytes to indices, palette and metadata.

    Takes and raises what `decode` does. Indices are uint8 for up to 256 colours, else uint16.

    Examples
    --------
    >>> image = IndexedImage(np.array([[2, 0]], np.uint8), np.eye(3, dtype=np.uint8))
    >>> decode_indexed(stream.encode_indexed(image)) == image
    True
    """
    return stream.decode_indexed(data, limits=limits)


def read(path: str | os.PathLike[str], *, limits: Limits = DEFAULT_LIMITS) -> npt.NDArray[np.uint8]:
    """Read a `.kq` file to colours; see `decode`. `OSError` if it cannot be read."""
    return stream.decode_rgb(read_file(path, most_file_bytes(limits)), limits=limits)


def read_indexed(path: str | os.PathLike[str], *, limits: Limits = DEFAULT_LIMITS) -> IndexedImage:
    """Read a `.kq` file to indices, palette and metadata; see `decode_indexed`."""
    return stream.decode_indexed(read_file(path, most_file_bytes(limits)), limits=limits)


def open(  # noqa: A001  (as in `tarfile` and `gzip`)
    path: str | os.PathLike[str], *, limits: Limits = DEFAULT_LIMITS
) -> KqFile:
    """Open a `.kq` file as a memory map, from which pixels and regions are read at will.

    The file must keep its length while it is open: where another program makes it shorter, the
    system ends this one (SIGBUS) as soon as it reads what is gone. `read` and `read_indexed`, which
    read the file into memory first, have no such hazard; nor has replacing the file by another.

    Raises
    ------
    OSError
        If the file cannot be read.
    FormatError
        If it is no `.kq` file or its structure is wrong.
    """
    data = map_file(path)
    try:
        return KqFile(data, limits)
    except BaseException:
        if isinstance(data, mmap.mmap):
            data.close()
        raise
