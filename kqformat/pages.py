"""Large arrays that begin where a large page of memory does, so that they are made of large pages.

NumPy asks Linux for pages of 2 MiB where an array is large, but these begin at multiples of their
size only: what an array has before the first and after the last is up to 512 small pages, each of
which takes microseconds at its first use, and more where two threads wait for each other.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

_PAGE = 1 << 21
_LARGE = 1 << 22
"""From so many bytes on NumPy asks for large pages."""


def empty(shape: int | tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """Return an array of anything, as `numpy.empty` does.

    Examples
    --------
    >>> array = empty((4, 1 << 20), np.uint8)
    >>> array.shape, array.ctypes.data % (1 << 21)
    ((4, 1048576), 0)
    """
    return _array(np.empty, shape, np.dtype(dtype))


def zeros(shape: int | tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """Return an array of zeros, as `numpy.zeros` does."""
    return _array(np.zeros, shape, np.dtype(dtype))


def _array(
    make: Callable[..., npt.NDArray[Any]],
    shape: int | tuple[int, ...],
    dtype: np.dtype[Any],
) -> npt.NDArray[Any]:
    byte_length = math.prod(np.atleast_1d(shape).tolist()) * dtype.itemsize
    if byte_length < _LARGE:
        return make(shape, dtype)
    room = make((math.ceil(byte_length / _PAGE) + 1) * _PAGE, np.uint8)
    first = -room.ctypes.data % _PAGE
    return room[first : first + byte_length].view(dtype).reshape(shape)
