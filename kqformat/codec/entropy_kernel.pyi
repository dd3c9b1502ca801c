import numpy as np
import numpy.typing as npt

def fill_tables(
    distances: list[int],
    activities: list[int],
    errors: list[int],
    lengths: list[int],
    first_weights: list[int],
    costs: list[int],
) -> None: ...
def table_bits(pixels: int) -> tuple[int, int, int]: ...
def local_table_bits(pixels: int, k: int, groups: int) -> tuple[int, int]: ...
def code_band(
    ranks: npt.NDArray[np.uint16],
    band_rows: int,
    colors: npt.NDArray[np.int32],
    tree: npt.NDArray[np.int32],
    groups: int,
    source: npt.NDArray[np.uint8],
    target: npt.NDArray[np.uint8],
    decoding: bool,
    local: bool,
    slots: npt.NDArray[np.uint16],
    close: npt.NDArray[np.uint16],
    met: npt.NDArray[np.uint32],
    gates: npt.NDArray[np.uint16],
    errors: npt.NDArray[np.int32],
    weights_a: npt.NDArray[np.int16],
    weights_b: npt.NDArray[np.int16],
    refined_a: npt.NDArray[np.uint16],
    refined_b: npt.NDArray[np.uint16],
) -> int: ...
def choose_band(
    ranks: npt.NDArray[np.uint16],
    colors: npt.NDArray[np.int32],
    tree: npt.NDArray[np.int32],
    groups: int,
    points: npt.NDArray[np.int16],
    entry_points: npt.NDArray[np.int16],
    options: npt.NDArray[np.uint16],
    farthest: int,
    price: int,
    stamps: npt.NDArray[np.uint32],
    costs: npt.NDArray[np.int32],
    nothing: npt.NDArray[np.uint8],
    local: bool,
    slots: npt.NDArray[np.uint16],
    close: npt.NDArray[np.uint16],
    met: npt.NDArray[np.uint32],
    gates: npt.NDArray[np.uint16],
    errors: npt.NDArray[np.int32],
    weights_a: npt.NDArray[np.int16],
    weights_b: npt.NDArray[np.int16],
    refined_a: npt.NDArray[np.uint16],
    refined_b: npt.NDArray[np.uint16],
) -> None: ...
