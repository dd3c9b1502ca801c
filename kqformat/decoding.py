"""The public functions that read: `.kq` bytes or files to arrays. Loads no quantizer."""

from __future__ import annotations

import os
from typing import Literal, overload

import numpy as np
import numpy.typing as npt

from kqformat.codec import salvage, stream
from kqformat.codec.cursor import BytesLike
from kqformat.codec.head import SIGNATURE
from kqformat.codec.layout import most_file_bytes
from kqformat.codec.recovered import Recovered
from kqformat.files import open_file, read_file
from kqformat.kqfile import KqFile
from kqformat.limits import DEFAULT_LIMITS, Limits
from kqformat.model import IndexedImage


@overload
def decode(
    data: BytesLike, *, limits: Limits = DEFAULT_LIMITS, recover: Literal[False] = False
) -> npt.NDArray[np.uint8]: ...


@overload
def decode(
    data: BytesLike, *, limits: Limits = DEFAULT_LIMITS, recover: Literal[True]
) -> Recovered: ...


def decode(
    data: BytesLike, *, limits: Limits = DEFAULT_LIMITS, recover: bool = False
) -> npt.NDArray[np.uint8] | Recovered:
    """Decode `.kq` bytes to colours, or what can be read of those that are damaged.

    Parameters
    ----------
    data : bytes-like
        The whole file: bytes, bytearray, memoryview, mmap or another contiguous buffer.
    limits : Limits
        What the file may ask for, checked before memory is taken.
    recover : bool
        Whether a file that is damaged or cut short is decoded as far as it goes.

    Returns
    -------
    ndarray, uint8, shape (H, W, 3), or (H, W, 4) where the palette has alpha; or Recovered
        With `recover`, the indexed image, what is known of each of its pixels, and what is lost.

    Raises
    ------
    FormatError
        If the file breaks a rule of the format or is damaged; with `recover`, if its head is, or
        not one pixel can be read.
    LimitError
        If the file asks for more than `limits`.
    ParameterError
        If `data` is not bytes-like.

    Examples
    --------
    >>> image = IndexedImage(np.array([[2, 0]], np.uint8), np.eye(3, dtype=np.uint8))
    >>> found = decode(stream.encode_indexed(image)[:-4], recover=True)
    >>> found.image == image, int(found.mask.sum()), found.losses[-1]
    (True, 0, 'of 2 pixels: 0 checked, 2 unchecked, 0 doubtful, 0 lost')
    """
    if recover:
        return salvage.recover(data, limits=limits)
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


@overload
def read(
    path: str | os.PathLike[str],
    *,
    limits: Limits = DEFAULT_LIMITS,
    recover: Literal[False] = False,
) -> npt.NDArray[np.uint8]: ...


@overload
def read(
    path: str | os.PathLike[str], *, limits: Limits = DEFAULT_LIMITS, recover: Literal[True]
) -> Recovered: ...


def read(
    path: str | os.PathLike[str], *, limits: Limits = DEFAULT_LIMITS, recover: bool = False
) -> npt.NDArray[np.uint8] | Recovered:
    """Read a `.kq` file to colours; see `decode`. `OSError` if it cannot be read."""
    data = read_file(path, most_file_bytes(limits), SIGNATURE)
    if recover:
        return salvage.recover(data, limits=limits)
    return stream.decode_rgb(data, limits=limits)


def read_indexed(path: str | os.PathLike[str], *, limits: Limits = DEFAULT_LIMITS) -> IndexedImage:
    """Read a `.kq` file to indices, palette and metadata; see `decode_indexed`."""
    return stream.decode_indexed(read_file(path, most_file_bytes(limits), SIGNATURE), limits=limits)


def open(  # noqa: A001  (as in `tarfile` and `gzip`)
    path: str | os.PathLike[str], *, limits: Limits = DEFAULT_LIMITS
) -> KqFile:
    """Open a `.kq` file, from which pixels and regions are read at will, and no other bytes.

    Another program may change the file meanwhile: what has become too short, or damaged where
    that is checked, is an error when it is read. One that is replaced by another file, as `write`
    does, stays what it was. A pipe is read to its end.

    Raises
    ------
    OSError
        If the file cannot be read.
    FormatError
        If it is no `.kq` file or its structure is wrong.
    LimitError
        If it asks for more than `limits`.
    """
    data = open_file(path, most_file_bytes(limits), SIGNATURE)
    try:
        return KqFile(data, limits)
    except BaseException:
        if not isinstance(data, bytes):
            data.close()
        raise
