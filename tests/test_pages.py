"""Large arrays begin where a large page does, and are otherwise what NumPy makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import kqformat
from kqformat import pages
from kqformat.codec import packed

LARGE = 1 << 22

SHAPES = [0, 1, (0, 3), (5, 7), LARGE - 1, LARGE, (LARGE // 2 + 1, 2), (3, LARGE, 1)]


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.uint16, np.int64])
@pytest.mark.parametrize("shape", SHAPES)
def test_arrays_are_those_of_numpy(shape: int | tuple[int, ...], dtype: npt.DTypeLike) -> None:
    """Shape, type and order are; the zeros are zeros, and both can be written to."""
    expected = np.zeros(shape, dtype)
    for array in pages.zeros(shape, dtype), pages.empty(shape, dtype):
        assert array.shape == expected.shape
        assert array.dtype == expected.dtype
        assert array.flags.c_contiguous
        assert array.flags.writeable
        assert array.ctypes.data % array.itemsize == 0
    assert not pages.zeros(shape, dtype).any()


@pytest.mark.parametrize("make", [pages.empty, pages.zeros])
def test_large_ones_begin_with_a_large_page(make: Callable[..., npt.NDArray[Any]]) -> None:
    """Two at once do, and have their memory for themselves up to the last byte."""
    first, second = make((LARGE + 1,), np.uint8), make(LARGE // 8 + 3, np.uint64)
    assert first.ctypes.data % (1 << 21) == second.ctypes.data % (1 << 21) == 0
    first[:], second[:] = 1, 2
    assert (first == 1).all()
    assert (second == 2).all()


@pytest.mark.parametrize("byte_length", [0, 1, 4095, 1 << 16, 3 * LARGE + 1])
def test_room_has_its_length(byte_length: int) -> None:
    """Bytes of any number are made, each one new."""
    assert len(packed.room(byte_length)) == byte_length
    assert byte_length < 2 or packed.room(byte_length) is not packed.room(byte_length)


def test_room_is_filled() -> None:
    """A large file made in it is, to the last byte, what a reader takes for the same picture."""
    indices = (np.arange(5 << 20) % 251).astype(np.uint8).reshape(1024, -1)
    palette = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    file = kqformat.encode(kqformat.IndexedImage(indices, palette))
    assert np.array_equal(kqformat.decode_indexed(file).indices, indices)
    assert kqformat.encode(kqformat.decode_indexed(file)) == file
