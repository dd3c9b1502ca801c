"""How many pixels of a region touch each other: whether it lies together or is strewn about."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from kqformat.quantizer import outliers_kernel
from kqformat.threads import available, for_each

_PART_PIXELS = 1 << 20  # fewer are counted by one thread


def count_neighbours(
    pictures: Iterable[tuple[npt.NDArray[np.uint8], int]],
    part_of_place: npt.NDArray[np.uint8],
    blobs: int,
) -> npt.NDArray[np.int64]:
    """Count the pixels of blobs, and their neighbours of the same blob.

    Parameters
    ----------
    pictures : iterable of (ndarray, int)
        See `Pictures.each`. The counts of several are the sums of those of each.
    part_of_place : ndarray, uint8, shape (32768,)
        Twice the number of the blob that a cell is of, from 1, and 1 more in its core; else 0.
    blobs : int
        How many there are.

    Returns
    -------
    ndarray, int64, shape (blobs + 1, 4)
        Of each blob and its core: pixels, then neighbours.
    """
    counts = np.zeros((blobs + 1, 4), np.int64)
    for pixels, width in pictures:
        counts += _count_in_picture(pixels, width, part_of_place, blobs)
    return counts


def count_neighbours_in_rows(
    blocks: Iterable[npt.NDArray[np.uint8]],
    width: int,
    part_of_place: npt.NDArray[np.uint8],
    blobs: int,
) -> npt.NDArray[np.int64]:
    """Do what `count_neighbours` does for one picture that comes in blocks of whole rows."""
    counts = np.zeros((blobs + 1, 4), np.int64)
    row = np.zeros(width, np.uint8)
    for pixels in blocks:
        outliers_kernel.count_neighbours(pixels, width, part_of_place, row, counts)
    return counts


def _count_in_picture(
    pixels: npt.NDArray[np.uint8], width: int, part_of_place: npt.NDArray[np.uint8], blobs: int
) -> npt.NDArray[np.int64]:
    """Do the same for one picture: threads share its rows."""
    height = len(pixels) // width
    parts = max(1, min(len(pixels) // _PART_PIXELS, height)) if available() > 1 else 1
    edges = [height * number // parts * width for number in range(parts + 1)]

    def count(part: tuple[int, int]) -> npt.NDArray[np.int64]:
        first, end = part
        counts, row = np.zeros((blobs + 1, 4), np.int64), np.zeros(width, np.uint8)
        above = pixels[max(0, first - width) : first]  # whose own counts are another part's
        outliers_kernel.count_neighbours(above, width, part_of_place, row, np.zeros_like(counts))
        outliers_kernel.count_neighbours(pixels[first:end], width, part_of_place, row, counts)
        return counts

    total = np.zeros((blobs + 1, 4), np.int64)
    for counts in for_each(count, list(pairwise(edges)), parts):
        total += counts
    return total
