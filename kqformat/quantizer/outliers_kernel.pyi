import numpy as np
import numpy.typing as npt

_Bytes = npt.NDArray[np.uint8]
_Longs = npt.NDArray[np.int64]

def places_of_codes(codes: npt.NDArray[np.uint32], places: npt.NDArray[np.uint16]) -> None: ...
def box_sums(grid: _Longs, radius: int, scratch: _Longs, sums: _Longs) -> None: ...
def count_neighbours(
    pixels: _Bytes, width: int, part_of_place: _Bytes, row: _Bytes, counts: _Longs
) -> None: ...
