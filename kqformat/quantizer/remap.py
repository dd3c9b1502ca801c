"""Pixels to the indices of their nearest palette entries, exactly, and what that costs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kqformat.model import Indices
from kqformat.quantizer.histogram import Histogram, count_colors
from kqformat.quantizer.space import embed
from kqformat.quantizer.tree import ColorTree

_BLOCK_PIXELS = 1 << 18  # at most as many colours, so a block's histogram is exact


def remap(
    pixels: npt.NDArray[np.uint8],
    palette: npt.NDArray[np.uint8],
    histogram: Histogram,
    tree: ColorTree,
) -> tuple[Indices, float]:
    """Map every pixel to its nearest entry; of equally near ones to the first.

    Parameters
    ----------
    pixels : ndarray, uint8, shape (N, 3) or (N, 4)
    palette : ndarray, uint8, shape (k, 4)
    histogram, tree : Histogram, ColorTree
        Those of the pixels.

    Returns
    -------
    indices : ndarray, uint8 or uint16, shape (N,)
        uint8 for up to 256 entries.
    distortion : float
        Sum over the pixels of the squared distance to their entry, in squared sample values.
    """
    indices: Indices = np.empty(len(pixels), np.uint8 if len(palette) <= 256 else np.uint16)
    if histogram.exact:
        return indices, _remap_block(pixels, palette, histogram, tree, indices)
    distortion = 0.0
    for first in range(0, len(pixels), _BLOCK_PIXELS):
        block = pixels[first : first + _BLOCK_PIXELS]
        own = count_colors(block)
        out = indices[first : first + len(block)]
        distortion += _remap_block(block, palette, own, ColorTree(own), out)
    return indices, distortion


def keep(
    pixels: npt.NDArray[np.uint8], ranking: npt.NDArray[np.intp], histogram: Histogram
) -> Indices:
    """Map every pixel to the rank of its own colour.

    Not by distance: the faintest colours (alpha 1 to 3) share points.
    """
    dtype = np.uint8 if len(ranking) <= 256 else np.uint16
    indices: Indices = np.empty(len(pixels), dtype)
    labels: Indices = np.empty(len(ranking), dtype)
    labels[ranking] = np.arange(len(ranking), dtype=dtype)
    histogram.table.look_up(labels, indices)
    return indices


def _remap_block(
    pixels: npt.NDArray[np.uint8],
    palette: npt.NDArray[np.uint8],
    histogram: Histogram,
    tree: ColorTree,
    indices: Indices,
) -> float:
    clusters = tree.assign(embed(palette), labels=True)
    histogram.table.look_up(clusters.labels.astype(indices.dtype), indices)
    return clusters.distortion
