"""The codec `kq` for numcodecs, and so for Zarr arrays of format 2; found by its entry point.

Labels of 8 or 16 bits are kept exactly, whatever the shape of a chunk: see `label_chunks`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kqformat.codec.stream import CODINGS
from kqformat.errors import FormatError, MissingExtraError, ParameterError
from kqformat.label_chunks import decode_labels, encode_labels

try:
    from numcodecs.abc import Codec
    from numcodecs.compat import ensure_contiguous_ndarray, ensure_ndarray
except ModuleNotFoundError as missing:
    raise MissingExtraError("the codec for Zarr", "numcodecs", "zarr") from missing


class KqCodec(Codec):  # type: ignore[misc]  # numcodecs has no types
    """Chunks of labels as `.kq` files.

    Parameters
    ----------
    coding : {"auto", "packed", "entropy"}
        As in `kqformat.encode`: the smaller of the two, a fixed number of bits for each label, or
        as few bytes as can be.

    Raises
    ------
    ParameterError
        If the coding is another.

    Examples
    --------
    >>> labels = np.zeros((512, 512), np.uint8)
    >>> labels[100:300, 200:400] = 7
    >>> codec = KqCodec(coding="packed")
    >>> data = codec.encode(labels)
    >>> len(data), bool((codec.decode(data) == labels.ravel()).all())
    (32803, True)
    """

    codec_id = "kq"

    def __init__(self, coding: str = "auto") -> None:
        if coding not in CODINGS:
            raise ParameterError(f"coding is {coding!r}, expected one of {', '.join(CODINGS)}")
        self.coding = coding

    def encode(self, buf: Any) -> bytes:
        """Return the `.kq` file of an array, uint8 or little-endian uint16, in either order."""
        labels = ensure_ndarray(buf)
        if labels.flags.f_contiguous:  # the labels as they lie in memory
            labels = labels.T
        return encode_labels(labels, coding=self.coding)

    def decode(self, buf: Any, out: Any = None) -> npt.NDArray[Any]:
        """Return the labels, flat, or write them to an array that has as many bytes."""
        labels = decode_labels(ensure_contiguous_ndarray(buf))
        if out is None:
            return labels
        target = ensure_contiguous_ndarray(out).view(np.uint8)
        if target.nbytes != labels.nbytes:
            raise FormatError(
                "a chunk of another size",
                found=f"{labels.nbytes:,} bytes",
                expected=f"{target.nbytes:,} bytes",
            )
        target[:] = labels.view(np.uint8)
        written: npt.NDArray[Any] = ensure_ndarray(out)
        return written
