"""Pixels to the indices of their nearest palette entries, exactly, and what that costs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kqformat.model import Indices
from kqformat.quantizer.histogram import Histogram, count_colors
from kqformat.quantizer.points import WeightedPoints
from kqformat.quantizer.space import UNIT
from kqformat.quantizer.spaces import SRGB, Space
from kqformat.quantizer.tree import Clusters, ColorTree, squared_distances
from kqformat.threads import for_each

_BLOCK_PIXELS = 1 << 18  # at most as many colours, so a block's histogram is exact


def remap(
    pixels: npt.NDArray[np.uint8],
    palette: npt.NDArray[np.uint8],
    histogram: Histogram,
    clusters: Clusters,
    space: Space = SRGB,
) -> tuple[Indices, float]:
    """Map every pixel to its nearest entry; of equally near ones to the first.

    Parameters
    ----------
    pixels : ndarray, uint8, shape (N, 1), (N, 3) or (N, 4)
    palette : ndarray, uint8, shape (k, 4)
    histogram : Histogram
        That of the pixels.
    clusters : Clusters
        The histogram's points, labelled with their nearest entries.
    space : Space
        In which they were found.

    Returns
    -------
    indices : ndarray, uint8 or uint16, shape (N,)
        uint8 for up to 256 entries.
    distortion : float
        Sum over the pixels of the squared distance to their entry, in squared sample values.
    """
    indices = _empty(len(pixels), len(palette))
    if histogram.exact:
        return indices, _fill(indices, histogram, clusters, palette, space)
    return indices, nearest(pixels, palette, space, indices)


def nearest(
    pixels: npt.NDArray[np.uint8], palette: npt.NDArray[np.uint8], space: Space, out: Indices
) -> float:
    """Write the nearest entry of each pixel, of which no histogram is at hand.

    Takes and returns what `remap` does; threads share the pixels.
    """

    def write(first: int) -> float:
        block = count_colors(pixels[first : first + _BLOCK_PIXELS])
        points = block if space is SRGB else _in_space(block, space)
        own = ColorTree(points).assign(space.embed(palette), labels=True)
        return _fill(out[first : first + _BLOCK_PIXELS], block, own, palette, space)

    firsts = range(0, len(pixels), _BLOCK_PIXELS)
    return sum(for_each(write, firsts, len(firsts)))


def distortion_of(
    pixels: npt.NDArray[np.uint8], indices: Indices, palette: npt.NDArray[np.uint8]
) -> float:
    """Return the distortion of pixels, shape (N, c), that were mapped in any way."""
    points = SRGB.embed(palette).astype(np.int32)

    def squares(first: int) -> int:
        block = pixels[first : first + _BLOCK_PIXELS]
        rgba = np.full((len(block), 4), 255, np.uint8)
        rgba[:, : max(3, block.shape[1])] = block
        differences = SRGB.embed(rgba) - points[indices[first : first + _BLOCK_PIXELS]]
        return int(np.einsum("ij,ij->", differences, differences, dtype=np.int64))

    firsts = range(0, len(pixels), _BLOCK_PIXELS)
    return sum(for_each(squares, firsts, len(firsts))) / UNIT**2


def keep(positions: npt.NDArray[np.intp], colors: int, histogram: Histogram) -> Indices:
    """Map every pixel to the position of its own colour among `colors`.

    Not by distance: the faintest colours (alpha 1 to 4) may share points.
    """
    indices = _empty(len(histogram.table.pixels), colors)
    histogram.table.look_up(positions.astype(indices.dtype), indices)
    return indices


def _fill(
    out: Indices,
    histogram: Histogram,
    clusters: Clusters,
    palette: npt.NDArray[np.uint8],
    space: Space,
) -> float:
    """Write the labels of a histogram's pixels, and return their distortion in sRGB."""
    histogram.table.look_up(clusters.labels.astype(out.dtype), out)
    return distortion_in_srgb(histogram, clusters, palette, space)


def distortion_in_srgb(
    counted: WeightedPoints, clusters: Clusters, palette: npt.NDArray[np.uint8], space: Space
) -> float:
    """Return the distortion of colours (not cells of them) that were labelled in a space."""
    if space is SRGB:
        return clusters.distortion
    squares = squared_distances(counted.points, SRGB.embed(palette), clusters.labels)
    return float(squares @ counted.counts) / UNIT**2


def _in_space(histogram: Histogram, space: Space) -> WeightedPoints:
    return WeightedPoints(histogram.codes, space.from_srgb(histogram.points), histogram.counts)


def _empty(pixels: int, colors: int) -> Indices:
    return np.empty(pixels, np.uint8) if colors <= 256 else np.empty(pixels, np.uint16)
