import numpy as np
import numpy.typing as npt

from kqformat.model import Indices

def label_places(
    table: npt.NDArray[np.uint8],
    first: int,
    end: int,
    further: npt.NDArray[np.uint32],
    units: npt.NDArray[np.int16],
    centroids: npt.NDArray[np.int16],
    shown: npt.NDArray[np.int16],
    lists: npt.NDArray[np.int32],
    labels: Indices,
    known: npt.NDArray[np.uint8],
) -> int: ...
