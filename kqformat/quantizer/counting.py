"""The colours of an image, counted, and what belongs to each of its pixels.

Tables of them count up to `MAX_COLORS` colours. A large RGB image, and one with more colours, is
counted in the table of all 2^24 (see `census`), where a colour is found without a search.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from kqformat import pages
from kqformat.errors import LimitError
from kqformat.model import Indices
from kqformat.quantizer import opaque_kernel
from kqformat.quantizer.census import Census
from kqformat.quantizer.entries import Entries
from kqformat.quantizer.histogram import MAX_COLORS, MAX_PIXELS, Histogram, masked
from kqformat.quantizer.merging import Merger
from kqformat.quantizer.opaque_counts import OPAQUE_COLORS
from kqformat.quantizer.tabled import TabledPixels, tabled
from kqformat.threads import for_each_slice

_MOST_TABLED = 1 << 22
BLOCK_PIXELS = 1 << 19
"""What a thread looks at together."""


@dataclass(frozen=True, slots=True, eq=False)
class SurveyedPixels:
    """Pixels and their histogram, which was counted by a census.

    Attributes
    ----------
    pixels : ndarray, uint8, shape (N, 1), (N, 3) or (N, 4)
        What was counted.
    census : Census or None
        What has counted them, where the histogram has cells.
    histogram : Histogram
        What it has found.
    dropped_bits : int
        How coarse the cells of the histogram are.
    """

    pixels: npt.NDArray[np.uint8]
    census: Census | None
    histogram: Histogram
    dropped_bits: int

    @property
    def pixel_count(self) -> int:
        """How many pixels there are."""
        return len(self.pixels)

    def sum_weights(self, weights: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """Return the sum of the weights (uint8, shape (N,)) of each point's pixels."""
        sums = np.zeros(len(self.histogram), np.int64)
        if self.census is None:
            keys = self.histogram.keys[self.histogram.keys & 255 == 255]
        else:
            opaque = self.census.opaque
            keys, _ = opaque.colors(next(opaque.count_cells()))
        points: npt.NDArray[np.uint32] = pages.zeros(OPAQUE_COLORS, np.uint32)
        known = np.zeros(OPAQUE_COLORS // 8, np.uint8)
        own = self._points_of(keys).astype(np.uint32)
        opaque_kernel.write_labels(keys, own, 0, OPAQUE_COLORS, points, known)
        opaque_kernel.add_weights(self.pixels, weights, points, sums)
        if self.pixels.shape[1] == 4:
            places = np.flatnonzero(self.pixels[:, 3] < 255)
            colors = self.pixels[places]
            colors[colors[:, 3] == 0] = 0
            keys = colors.view(">u4")[:, 0].astype(np.uint32)
            np.add.at(sums, self._points_of(keys), weights[places])
        return sums

    def look_up(self, labels: Indices, out: Indices) -> None:
        """Write the label of each pixel's colour, where these were counted one by one."""
        entries = Entries.of_labels(self.histogram.keys, labels)

        def write(block: slice) -> None:
            entries.write(self.pixels[block], out[block])

        for_each_slice(write, len(self.pixels), BLOCK_PIXELS)

    def _points_of(self, keys: npt.NDArray[np.uint32]) -> npt.NDArray[np.intp]:
        """Return the point that each colour belongs to."""
        order = np.argsort(self.histogram.keys)
        corners = masked(keys, self.dropped_bits)
        return order[np.searchsorted(self.histogram.keys, corners, sorter=order)]


CountedPixels: TypeAlias = TabledPixels | SurveyedPixels


def counted(pixels: npt.NDArray[np.uint8], max_colors: int = MAX_COLORS) -> CountedPixels:
    """Count the colours of pixels.

    Parameters
    ----------
    pixels : ndarray, uint8, shape (N, 1), (N, 3) or (N, 4)
        Grey, RGB or straight-alpha RGBA; all fully transparent colours are taken as one.
    max_colors : int
        With more distinct colours than this (at least 16), cells take their place.

    Returns
    -------
    CountedPixels

    Raises
    ------
    LimitError
        If there are more pixels than `MAX_PIXELS`.
    """
    if len(pixels) > MAX_PIXELS:
        raise LimitError("pixels", len(pixels), MAX_PIXELS)
    if pixels.shape[1] != 3 or len(pixels) <= _MOST_TABLED:
        found = tabled(pixels, max_colors)
        if found is not None:
            return found
    census = Census(max_colors)
    for_each_slice(lambda block: census.add(pixels[block]), len(pixels), BLOCK_PIXELS)
    merger = census.merger()
    kept = census if merger.dropped_bits else None
    return SurveyedPixels(pixels, kept, merger.merged(), merger.dropped_bits)


def count_colors(pixels: npt.NDArray[np.uint8], max_colors: int = MAX_COLORS) -> Histogram:
    """Return the histogram of pixels; takes and raises what `counted` does.

    Examples
    --------
    >>> histogram = count_colors(np.array([[0, 0, 9], [0, 0, 8], [0, 0, 9]], np.uint8))
    >>> histogram.colors[:, 2].tolist(), histogram.counts.tolist()
    ([8, 9], [1, 2])
    """
    return counted(pixels, max_colors).histogram


def add_colors_of(pixels: npt.NDArray[np.uint8], merger: Merger) -> None:
    """Add the colours of pixels to those of others."""
    found = counted(pixels, merger.max_colors)
    if isinstance(found, SurveyedPixels) and found.census is not None:
        merger.join(found.census.merger())
    else:
        merger.add_colors(found.histogram.keys, found.histogram.counts)
