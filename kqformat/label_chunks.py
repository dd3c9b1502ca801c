"""Arrays of labels of any shape to `.kq` bytes and back, as the codecs for Zarr store chunks.

An array becomes a picture: axes of length 1 are left out, the last of the others is its width, and
the rest, in order, its rows; so that two dimensions stay as they are, and of a volume the slices
lie below each other. The shape is not stored: whoever decodes a chunk knows it.

The palette has the labels that occur, ascending, so that few of them take few bits. A label v of 8
bits is the grey (v, v, v); one of 16 bits, h · 256 + l, the colour (h, l, 255 - h), which is never
grey, so that the file says which it is.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from kqformat.codec.cursor import BytesLike
from kqformat.codec.stream import decode_indexed, encode_indexed
from kqformat.errors import FormatError, ParameterError
from kqformat.limits import DEFAULT_LIMITS, Limits
from kqformat.model import IndexedImage, look_up

Labels = npt.NDArray[np.uint8 | np.uint16]

_DTYPES = (np.dtype(np.uint8), np.dtype("<u2"))


def encode_labels(labels: Labels, *, coding: str = "auto") -> bytes:
    """Return the file of an array of labels, all of which are kept.

    Parameters
    ----------
    labels : ndarray, uint8 or little-endian uint16, of any shape
        At least one.
    coding : {"packed", "entropy", "auto"}
        As in `kqformat.encode`; "auto" is whichever is the smaller.

    Returns
    -------
    bytes

    Raises
    ------
    ParameterError
        If the dtype or the coding is another, or there is no label.

    Examples
    --------
    >>> labels = np.array([[[0, 0, 15]], [[255, 15, 0]]], np.uint8)
    >>> decode_labels(encode_labels(labels)).tolist()
    [0, 0, 15, 255, 15, 0]
    """
    labels = np.asarray(labels)
    if labels.dtype not in _DTYPES:
        raise ParameterError(f"labels are {labels.dtype.str}, expected |u1 (uint8) or <u2 (uint16)")
    if not labels.size:
        raise ParameterError(f"labels have shape {labels.shape}, expected at least one")
    present, indices = _ranked(np.ascontiguousarray(labels).reshape(_folded(labels.shape)))
    image = IndexedImage(indices, _palette_of(present))
    return encode_indexed(image, coding=coding)


def decode_labels(
    data: BytesLike, shape: tuple[int, ...] | None = None, *, limits: Limits = DEFAULT_LIMITS
) -> Labels:
    """Return the labels of a file that `encode_labels` made.

    Parameters
    ----------
    data : bytes-like
        The whole file.
    shape : tuple of int or None
        That of the array; None where it is not known.
    limits : Limits
        What it may ask for.

    Returns
    -------
    ndarray, uint8 or little-endian uint16, of that shape, or (n,)

    Raises
    ------
    FormatError
        If it is no `.kq` file, a damaged one, one with colours that are no labels, or of another
        shape.
    LimitError
        If it asks for more than `limits`.
    """
    image = decode_indexed(data, limits=limits)
    if shape is not None and image.indices.shape != _folded(shape):
        raise FormatError(
            "a chunk of another shape",
            found="{} x {} labels".format(*image.indices.shape),
            expected="{} x {}".format(*_folded(shape)),
        )
    labels = look_up(_labels_of(image.palette), image.indices)
    return labels.reshape(-1 if shape is None else shape)


def _folded(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return rows and columns.

    Examples
    --------
    >>> [_folded(shape) for shape in ((), (5,), (5, 1), (4, 5), (3, 4, 5), (1, 4, 5, 1))]
    [(1, 1), (1, 5), (1, 5), (4, 5), (12, 5), (4, 5)]
    """
    sides = [side for side in shape if side != 1] or [1]
    return math.prod(sides[:-1]), sides[-1]


def _ranked(labels: Labels) -> tuple[Labels, Labels]:
    """Return the labels that occur, ascending, and for each pixel which of them it has."""
    occurs = np.zeros(1 << 8 * labels.dtype.itemsize, np.bool_)
    occurs[labels] = True
    present: Labels = np.flatnonzero(occurs).astype(labels.dtype)
    narrow = np.uint8 if len(present) <= 256 else np.uint16
    ranks: Labels = np.zeros(len(occurs), narrow)
    ranks[present] = np.arange(len(present), dtype=narrow)
    kept: Labels = look_up(ranks, labels)
    return present, kept


def _palette_of(labels: Labels) -> npt.NDArray[np.uint8]:
    if labels.dtype == np.uint8:
        return np.repeat(labels[:, None], 3, axis=1).astype(np.uint8)
    high, low = labels >> 8, labels & 255
    return np.stack([high, low, 255 - high], axis=1).astype(np.uint8)


def _labels_of(palette: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8 | np.uint16]:
    red, green, blue = palette[:, 0], palette[:, 1], palette[:, 2]
    if palette.shape[1] == 3:
        if (red == green).all() and (green == blue).all():
            return red.copy()
        if (red == 255 - blue).all():
            wide: Labels = red.astype("<u2") * np.uint16(256) + green
            return wide
    raise FormatError(
        "a palette that is none of labels",
        field="palette",
        found="other colours",
        expected="greys, or (h, l, 255 - h) for labels of 16 bits",
    )
