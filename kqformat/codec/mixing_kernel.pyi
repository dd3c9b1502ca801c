import numpy as np
import numpy.typing as npt

def fill_tables(
    squash: npt.NDArray[np.uint16],
    trusts: npt.NDArray[np.uint8],
    following: npt.NDArray[np.uint16],
    chance: npt.NDArray[np.uint16],
) -> None: ...
