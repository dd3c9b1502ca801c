import numpy as np
import numpy.typing as npt

from kqformat.model import Indices

def count(
    pixels: npt.NDArray[np.uint8],
    first: int,
    key_mask: int,
    slots: npt.NDArray[np.uint64],
    keys: npt.NDArray[np.uint32],
    counts: npt.NDArray[np.int64],
    sums: npt.NDArray[np.int64],
    known: int,
) -> tuple[int, int]: ...
def fill(keys: npt.NDArray[np.uint32], slots: npt.NDArray[np.uint64]) -> None: ...
def look_up(
    pixels: npt.NDArray[np.uint8],
    slots: npt.NDArray[np.uint64],
    index_of_id: Indices,
    indices: Indices,
) -> None: ...
