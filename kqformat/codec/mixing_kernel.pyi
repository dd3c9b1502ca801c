import numpy as np
import numpy.typing as npt

def fill_tables(
    squash: npt.NDArray[np.int32],
    opinion: npt.NDArray[np.int16],
    following: npt.NDArray[np.uint16],
    chance: npt.NDArray[np.uint16],
) -> None: ...
