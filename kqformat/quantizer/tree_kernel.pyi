import numpy as np
import numpy.typing as npt

_Ints = npt.NDArray[np.int32]
_Shorts = npt.NDArray[np.int16]
_Longs = npt.NDArray[np.int64]

def split(
    codes: npt.NDArray[np.uint32], leaf_size: int, first: _Ints, last: _Ints, left: _Ints
) -> int: ...
def summarise(
    points: _Shorts,
    weights: _Longs,
    first: _Ints,
    last: _Ints,
    left: _Ints,
    start: int,
    stop: int,
    leaves: bool,
    boxes: _Shorts,
    sums: _Longs,
) -> None: ...
def assign(
    points: _Shorts,
    weights: _Longs,
    first: _Ints,
    last: _Ints,
    left: _Ints,
    boxes: _Shorts,
    node_sums: _Longs,
    centroids: _Shorts,
    candidates: _Ints,
    sums: _Longs,
    labels: _Ints,
    root: int,
) -> int: ...
def distances(points: _Shorts, centroids: _Shorts, labels: _Ints, squares: _Longs) -> None: ...
