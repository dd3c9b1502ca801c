import numpy as np
import numpy.typing as npt

_Ints = npt.NDArray[np.int32]

def split_boxes(
    points: npt.NDArray[np.int16],
    weights: npt.NDArray[np.int64],
    order: _Ints,
    scratch: _Ints,
    gains: npt.NDArray[np.float64],
    axes: _Ints,
    cuts: _Ints,
    edges: _Ints,
    heap: _Ints,
    bins: npt.NDArray[np.int64],
    sums: npt.NDArray[np.int64],
) -> int: ...
def gather_clusters(labels: _Ints, order: _Ints, edges: _Ints) -> None: ...
def plan_splits(
    points: npt.NDArray[np.int16],
    weights: npt.NDArray[np.int64],
    order: _Ints,
    first: int,
    end: int,
    gains: npt.NDArray[np.float64],
    axes: _Ints,
    cuts: _Ints,
    edges: _Ints,
    bins: npt.NDArray[np.int64],
    halves: npt.NDArray[np.int16],
) -> None: ...
