import numpy as np
import numpy.typing as npt

from kqformat.model import Indices

LEAF_SIZE: int
MIXABLE: int

_Pixels = npt.NDArray[np.uint8]
_Shorts = npt.NDArray[np.int16]
_Ints = npt.NDArray[np.int32]
_Longs = npt.NDArray[np.int64]
_Pool = npt.NDArray[np.uint16]

def measure_spacing(
    points: _Shorts, order: _Ints, boxes: _Shorts, rank: int, spacings: _Longs
) -> None: ...
def diffuse(
    pixels: _Pixels,
    points: _Shorts,
    order: _Ints,
    boxes: _Shorts,
    spacings: _Longs,
    strength: int,
    opaque: bool,
    shift: int,
    cells: _Ints,
    pool: _Pool,
    rows: _Shorts,
    errors: _Ints,
    passages: _Ints,
    out: Indices,
) -> None: ...
def order_dither(
    pixels: _Pixels,
    points: _Shorts,
    order: _Ints,
    boxes: _Shorts,
    spacings: _Longs,
    mask: _Pool,
    strength: int,
    opaque: bool,
    shift: int,
    cells: _Ints,
    pool: _Pool,
    blocks: _Ints,
    neighbours: _Pool,
    rows: _Shorts,
    out: Indices,
) -> None: ...
