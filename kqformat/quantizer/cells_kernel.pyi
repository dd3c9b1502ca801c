import numpy as np
import numpy.typing as npt

def gather_cells(
    codes: npt.NDArray[np.uint32],
    points: npt.NDArray[np.int16],
    weights: npt.NDArray[np.int64],
    dropped_bits: int,
    cell_codes: npt.NDArray[np.uint32],
    cell_points: npt.NDArray[np.int16],
    cell_weights: npt.NDArray[np.int64],
) -> int: ...
def rounded_means(
    sums: npt.NDArray[np.int64],
    weights: npt.NDArray[np.int64],
    means: npt.NDArray[np.int16],
) -> None: ...
