import numpy as np
import numpy.typing as npt

from kqformat.model import Indices

_Bytes = npt.NDArray[np.uint8]
_Uints = npt.NDArray[np.uint32]
_Slots = npt.NDArray[np.uint64]
_Longs = npt.NDArray[np.int64]

def count(
    pixels: _Bytes, key_mask: int, slots: _Slots, places: _Uints, room: int
) -> tuple[int, int]: ...
def collect(slots: _Slots, keys: _Uints, counts: _Longs, occupied: _Uints) -> None: ...
def locate(pixels: _Bytes, slots: _Slots, places: _Uints) -> int: ...
def count_opaque(pixels: _Bytes, counts: _Uints) -> int: ...
def look_up_opaque(
    pixels: _Bytes, known: _Bytes, table: Indices, out: Indices
) -> tuple[int, int]: ...
def gather(places: _Uints, table: Indices, out: Indices) -> None: ...
def add_coordinates(
    pixels: _Bytes, key_mask: int, slots: _Slots, id_of_slot: _Uints, sums: _Longs
) -> None: ...
def add_weights(
    pixels: _Bytes,
    weights: _Bytes,
    key_mask: int,
    slots: _Slots,
    id_of_slot: _Uints,
    sums: _Longs,
) -> None: ...
def morton_codes(keys: _Uints, codes: _Slots) -> None: ...
