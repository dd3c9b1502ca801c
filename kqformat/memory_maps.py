"""Pages of memory maps, given back when they have been used.

The system keeps what was read of a file in its cache, and counts what of it is mapped as memory of
the process until it is needed elsewhere. Rows that were used are not needed here again soon, so
they are unmapped; the cache, and what was written to the map, stay as they are.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

_SHARED = ("r", "r+", "w+")
"""The modes in which a page is that of the file, and nothing is lost with it; not so in "c"."""


def releaser(array: object) -> Callable[[npt.NDArray[np.generic]], None]:
    """Return what gives back the pages of a part of an array; of one in memory, nothing.

    Examples
    --------
    >>> array = np.zeros((2, 2))
    >>> releaser(array)(array[:1])
    """
    mapping = _mapping(array)
    if mapping is None or not hasattr(mmap, "MADV_DONTNEED"):
        return lambda part: None
    start = np.frombuffer(mapping, np.uint8).ctypes.data

    def release(part: npt.NDArray[np.generic]) -> None:
        if not part.flags.c_contiguous:
            return
        first = part.ctypes.data - start
        if first >= 0 and first + part.nbytes <= len(mapping):
            page = first // mmap.PAGESIZE * mmap.PAGESIZE
            mapping.madvise(mmap.MADV_DONTNEED, page, first + part.nbytes - page)

    return release


def _mapping(array: object) -> mmap.mmap | None:
    """Return the map of a file that an array shows, if it is one that can be read again."""
    if not isinstance(array, np.memmap) or array.mode not in _SHARED:
        return None
    base: object = array
    while isinstance(base, np.ndarray | memoryview):
        base = base.base if isinstance(base, np.ndarray) else base.obj
    return base if isinstance(base, mmap.mmap) else None
