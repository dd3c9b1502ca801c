"""Pixels, of which no histogram is at hand, to their nearest palette entries; what that costs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kqformat.model import Indices
from kqformat.quantizer.points import WeightedPoints
from kqformat.quantizer.space import UNIT
from kqformat.quantizer.spaces import SRGB, Space
from kqformat.quantizer.tabled import tabled_block
from kqformat.quantizer.tree import Clusters, ColorTree, squared_distances
from kqformat.threads import for_each_slice

_BLOCK_PIXELS = 1 << 18


def nearest(
    pixels: npt.NDArray[np.uint8], palette: npt.NDArray[np.uint8], space: Space, out: Indices
) -> float:
    """Write the nearest entry of each pixel, of equally near ones the first; return the distortion.

    Parameters
    ----------
    pixels : ndarray, uint8, shape (N, 1), (N, 3) or (N, 4)
        Threads share them.
    palette : ndarray, uint8, shape (k, 4)
    space : Space
        Where distances are measured.
    out : ndarray, uint8 or uint16, shape (N,)

    Returns
    -------
    float
        In sRGB: see `distortion_in_srgb`.
    """
    points = space.embed(palette)

    def write(block: slice) -> float:
        own = tabled_block(pixels[block])
        clusters = labelled(own.histogram, points, space)
        own.look_up(clusters.labels.astype(out.dtype), out[block])
        return distortion_in_srgb(own.histogram, clusters, palette, space)

    return sum(for_each_slice(write, len(pixels), _BLOCK_PIXELS))


def labelled(colors: WeightedPoints, points: npt.NDArray[np.int16], space: Space) -> Clusters:
    """Label colours with the nearest of some points of a space."""
    placed = colors
    if space is not SRGB:
        placed = WeightedPoints(colors.codes, space.from_srgb(colors.points), colors.counts)
    return ColorTree(placed).assign(points, labels=True)


def distortion_in_srgb(
    counted: WeightedPoints, clusters: Clusters, palette: npt.NDArray[np.uint8], space: Space
) -> float:
    """Return the distortion of colours (not cells of them) that were labelled in a space.

    That is the sum over their pixels of the squared distance to their entry, in squared sample
    values.
    """
    if space is SRGB:
        return clusters.distortion
    squares = squared_distances(counted.points, SRGB.embed(palette), clusters.labels)
    return float(squares @ counted.counts) / UNIT**2
