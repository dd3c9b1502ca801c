import numpy as np
import numpy.typing as npt

PALETTE_SLOTS: int

def code_palette(
    entries: npt.NDArray[np.uint8],
    channels: int,
    source: npt.NDArray[np.uint8],
    target: npt.NDArray[np.uint8],
    decoding: bool,
    tables: npt.NDArray[np.uint16],
    weights_a: npt.NDArray[np.int16],
    weights_b: npt.NDArray[np.int16],
    refined_a: npt.NDArray[np.uint16],
    refined_b: npt.NDArray[np.uint16],
) -> int: ...
