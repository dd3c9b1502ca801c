import numpy as np
import numpy.typing as npt

BLOCK: int

def draw_distant(
    points: npt.NDArray[np.int16],
    weights: npt.NDArray[np.int64],
    draws: npt.NDArray[np.float64],
    distances: npt.NDArray[np.int32],
    boxes: npt.NDArray[np.int16],
    farthest: npt.NDArray[np.int32],
    sums: npt.NDArray[np.int64],
    chosen: npt.NDArray[np.int64],
) -> int: ...
