import numpy as np
import numpy.typing as npt

def advance(
    places: npt.NDArray[np.float64],
    velocities: npt.NDArray[np.float64],
    weights: npt.NDArray[np.int64],
    sums: npt.NDArray[np.int64],
    fixed: int,
    momentum: float,
    stride: float,
    bound: int,
    moved: npt.NDArray[np.float64],
    carried: npt.NDArray[np.float64],
    centroids: npt.NDArray[np.int16],
) -> None: ...
