import numpy as np
import numpy.typing as npt

from kqformat.model import Indices

def add_rows(
    indices: Indices,
    table: npt.NDArray[np.uint64],
    spans: npt.NDArray[np.int64],
    state: npt.NDArray[np.int64],
    line: npt.NDArray[np.uint64],
    sums: npt.NDArray[np.uint64],
    samples: npt.NDArray[np.uint8],
) -> None: ...
