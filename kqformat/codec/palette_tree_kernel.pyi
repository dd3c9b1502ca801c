import numpy as np
import numpy.typing as npt

NODE_FIELDS: int

def build_tree(
    colors: npt.NDArray[np.int32],
    order: npt.NDArray[np.int32],
    spare: npt.NDArray[np.int32],
    tree: npt.NDArray[np.int32],
) -> int: ...
