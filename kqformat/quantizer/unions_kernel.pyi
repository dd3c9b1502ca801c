import numpy as np
import numpy.typing as npt

def cheapest_unions(
    centroids: npt.NDArray[np.int16],
    weights: npt.NDArray[np.int64],
    fixed: int,
    partners: npt.NDArray[np.int64],
    costs: npt.NDArray[np.float64],
) -> None: ...
