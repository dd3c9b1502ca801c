import numpy as np
import numpy.typing as npt

_Bytes = npt.NDArray[np.uint8]
_Uints = npt.NDArray[np.uint32]
_Longs = npt.NDArray[np.int64]

def place_in_leaves(pixels: _Bytes, leaf_of_cell: _Uints, spots: _Uints) -> int: ...
def count_spots(spots: _Uints, counts: _Bytes, carries: _Uints) -> int: ...
def list_leaves(
    leaf_of_cell: _Uints,
    counts: _Bytes,
    carried: _Uints,
    cells: _Uints,
    spots: _Uints,
    keys: _Uints,
    codes: _Uints,
    totals: _Longs,
) -> int: ...
