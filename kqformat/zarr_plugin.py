"""The codec `kq` for Zarr arrays of format 3, whose serializer it is; found by its entry point.

Labels of 8 or 16 bits are kept exactly, whatever the shape of a chunk: see `label_chunks`.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np

from kqformat.codec.stream import CODINGS
from kqformat.errors import FormatError, MissingExtraError, ParameterError
from kqformat.label_chunks import decode_labels, encode_labels
from kqformat.limits import Limits

try:
    from zarr.abc.codec import ArrayBytesCodec
except ModuleNotFoundError as missing:
    raise MissingExtraError("the codec for Zarr", "zarr", "zarr") from missing

if TYPE_CHECKING:
    from zarr.core.array_spec import ArraySpec
    from zarr.core.buffer import Buffer, NDBuffer


@dataclass(frozen=True)
class KqSerializer(ArrayBytesCodec):
    """Chunks of labels as `.kq` files.

    Parameters
    ----------
    coding : {"auto", "packed", "entropy"}
        As in `kqformat.encode`.

    Raises
    ------
    ParameterError
        If the coding is another; and where an array is made of it, if that is not of uint8 or
        uint16.

    Examples
    --------
    >>> import zarr
    >>> array = zarr.create_array(
    ...     {}, shape=(600, 900), chunks=(300, 300), dtype="uint8",
    ...     serializer=KqSerializer(coding="entropy"), compressors=None,
    ... )
    >>> array[100:400, 200:500] = 15
    >>> int(array[:].sum())
    1350000
    """

    is_fixed_size = False

    coding: str = "auto"

    def __post_init__(self) -> None:
        """Check the coding."""
        if self.coding not in CODINGS:
            raise ParameterError(f"coding is {self.coding!r}, expected one of {', '.join(CODINGS)}")

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Make a codec from the JSON of an array's metadata.

        Raises
        ------
        ParameterError
            If that is another codec's, or has another option.
        """
        configuration = dict(data.get("configuration") or {})
        if data.get("name") != "kq" or not configuration.keys() <= {"coding"}:
            raise ParameterError(f"the codec is {data}, expected 'kq' with no option but coding")
        return cls(**configuration)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON for an array's metadata."""
        return {"name": "kq", "configuration": {"coding": self.coding}}

    def validate(self, *, dtype: Any, **others: Any) -> None:
        """Raise `ParameterError` for an array of anything but labels of 8 or 16 bits."""
        native = dtype.to_native_dtype()
        if (native.kind, native.itemsize) not in (("u", 1), ("u", 2)):
            raise ParameterError(f"an array of {native}, expected uint8 or uint16 for the codec kq")

    def compute_encoded_size(self, input_byte_length: int, chunk_spec: ArraySpec) -> int:
        """Raise `NotImplementedError`: sizes are not known before."""
        raise NotImplementedError

    async def _encode_single(self, chunk_data: NDBuffer, chunk_spec: ArraySpec) -> Buffer:
        return await asyncio.to_thread(self._encode_sync, chunk_data, chunk_spec)

    async def _decode_single(self, chunk_data: Buffer, chunk_spec: ArraySpec) -> NDBuffer:
        return await asyncio.to_thread(self._decode_sync, chunk_data, chunk_spec)

    def _encode_sync(self, chunk_data: NDBuffer, chunk_spec: ArraySpec) -> Buffer:
        labels = chunk_data.as_numpy_array()
        if labels.dtype.itemsize == 2:
            labels = labels.astype("<u2", copy=False)
        data = encode_labels(cast("Any", labels), coding=self.coding)
        return chunk_spec.prototype.buffer.from_bytes(data)

    def _decode_sync(self, chunk_data: Buffer, chunk_spec: ArraySpec) -> NDBuffer:
        dtype: np.dtype[Any] = chunk_spec.dtype.to_native_dtype()
        limits = Limits(pixels=math.prod(chunk_spec.shape))
        labels = decode_labels(chunk_data.to_bytes(), chunk_spec.shape, limits=limits)
        if labels.itemsize != dtype.itemsize:
            raise FormatError(
                "a chunk of other labels",
                found=f"{8 * labels.itemsize} bits",
                expected=f"{8 * dtype.itemsize} bits",
            )
        array = labels.astype(dtype, copy=False)
        return chunk_spec.prototype.nd_buffer.from_ndarray_like(cast("Any", array))
