import numpy as np
import numpy.typing as npt

def draw_distant(
    points: npt.NDArray[np.int16],
    weights: npt.NDArray[np.int64],
    draws: npt.NDArray[np.float64],
    distances: npt.NDArray[np.int64],
    chosen: npt.NDArray[np.int64],
) -> int: ...
