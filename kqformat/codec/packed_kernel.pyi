import numpy as np
import numpy.typing as npt

from kqformat.model import Indices

_Bytes = npt.NDArray[np.uint8] | memoryview | bytes

def room(byte_length: int) -> bytes: ...
def pack(
    indices: Indices, index_width: int, payload: npt.NDArray[np.uint8] | memoryview
) -> None: ...
def unpack(payload: _Bytes, index_width: int, indices: Indices) -> None: ...
def expand(
    payload: _Bytes,
    index_width: int,
    table: npt.NDArray[np.uint8],
    channels: int,
    pixels: npt.NDArray[np.uint8],
) -> None: ...
def largest_index(payload: _Bytes, index_width: int, count: int) -> int: ...
