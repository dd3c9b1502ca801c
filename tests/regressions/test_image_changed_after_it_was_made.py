"""An array changed after its `IndexedImage` was made was packed over the pixels beside."""

from __future__ import annotations

import numpy as np
import pytest

from kqformat.codec import packed_kernel
from kqformat.codec.bands import packed_byte_length
from kqformat.codec.stream import encode_indexed
from kqformat.errors import ParameterError
from kqformat.model import IndexedImage


@pytest.mark.parametrize("band_shift", [None, 0])
@pytest.mark.parametrize(("colors", "dtype"), [(1, np.uint8), (5, np.uint8), (300, np.uint16)])
def test_index_that_lost_its_entry_is_refused(
    colors: int, dtype: type[np.uint8] | type[np.uint16], band_shift: int | None
) -> None:
    """Encoding checks the indices that it packs, and says which has no entry."""
    indices = np.zeros((3, 4), dtype)
    image = IndexedImage(indices, np.zeros((colors, 3), np.uint8))
    indices[2, 1] = colors
    with pytest.raises(ParameterError, match=f"^index {colors} is not in a palette of {colors} "):
        encode_indexed(image, band_shift=band_shift)


@pytest.mark.parametrize("index_width", range(1, 16))
@pytest.mark.parametrize("count", [5, 8, 19])
def test_kernel_touches_no_other_pixel(index_width: int, count: int) -> None:
    """Bits that an index has too many do not get into those of its neighbours."""
    for place in range(count):
        indices = np.zeros(count, np.uint16)
        indices[place] = 2**16 - 1
        payload = bytearray(packed_byte_length(count, index_width))
        packed_kernel.pack(indices, index_width, memoryview(payload))
        found = np.empty(count, np.uint16)
        packed_kernel.unpack(bytes(payload), index_width, found)
        assert np.flatnonzero(found).tolist() == [place]
