from typing import TypeVar

import numpy as np
import numpy.typing as npt

from kqformat.model import Indices

_Bytes = npt.NDArray[np.uint8]
_Uints = npt.NDArray[np.uint32]
_Longs = npt.NDArray[np.int64]
_Labels = TypeVar("_Labels", Indices, npt.NDArray[np.uint32])

def count_opaque(pixels: _Bytes, counts: _Bytes, carries: _Uints) -> tuple[int, int]: ...
def add_counts(counts: _Bytes, table: _Bytes, first: int, end: int, carries: _Uints) -> int: ...
def list_colors(
    table: _Bytes,
    first: int,
    end: int,
    further: _Uints,
    keys: _Uints,
    codes: _Uints,
    counts: _Longs,
) -> int: ...
def gather_cells(
    table: _Bytes,
    dropped_bits: int,
    first: int,
    end: int,
    further: _Uints,
    keys: _Uints,
    counts: _Longs,
    sums: _Longs,
) -> int: ...
def write_labels(
    keys: _Uints, labels: _Labels, first: int, end: int, table: _Labels, known: _Bytes
) -> None: ...
def look_up_opaque(
    pixels: _Bytes, known: _Bytes, table: _Labels, out: _Labels
) -> tuple[int, int]: ...
def add_weights(pixels: _Bytes, weights: _Bytes, table: _Uints, sums: _Longs) -> None: ...
