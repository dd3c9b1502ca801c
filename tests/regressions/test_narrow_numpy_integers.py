"""Positions of uint8 overflowed: `file[x, y]` gave another pixel, a band shift of 10 was 0."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kqformat.codec.stream import encode_indexed
from kqformat.kqfile import KqFile
from kqformat.model import IndexedImage

INDICES = np.random.default_rng(8).integers(0, 200, (60, 90), np.uint8)
IMAGE = IndexedImage(INDICES, np.zeros((200, 3), np.uint8))
INTEGERS = [np.uint8, np.int8, np.int16, np.uint64, np.int64]


@pytest.mark.parametrize("integer", INTEGERS)
def test_position_may_be_of_any_integer_type(integer: Any) -> None:
    """Pixels and regions are those at the number, whatever its type."""
    with KqFile(encode_indexed(IMAGE, band_shift=4)) as file:
        assert file[integer(83), integer(57)] == INDICES[57, 83]
        box = [integer(side) for side in (70, 40, 90, 60)]
        assert np.array_equal(file.region(*box).indices, INDICES[40:60, 70:90])


@pytest.mark.parametrize("integer", INTEGERS)
def test_band_shift_may_be_of_any_integer_type(integer: Any) -> None:
    """Bands are split as by the Python integer."""
    for band_shift in (3, 10, 31):
        expected = encode_indexed(IMAGE, band_shift=band_shift)
        assert encode_indexed(IMAGE, band_shift=integer(band_shift)) == expected
