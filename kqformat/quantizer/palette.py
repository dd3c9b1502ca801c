"""Centroids to a palette: different 8-bit colours, all of them used, in a fixed order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kqformat.quantizer.kmeans import worst_points
from kqformat.quantizer.space import Points
from kqformat.quantizer.spaces import SRGB, Space
from kqformat.quantizer.tree import Clusters, ColorTree

NO_COLORS: npt.NDArray[np.uint8] = np.empty((0, 4), np.uint8)

_MAX_ROUNDS = 32


def round_centroids(
    tree: ColorTree,
    centroids: Points,
    k: int,
    space: Space = SRGB,
    kept: npt.NDArray[np.uint8] = NO_COLORS,
    *,
    grey: bool = False,
) -> tuple[npt.NDArray[np.uint8], Clusters]:
    """Round centroids to colours, and put the worst-served colours in the place of useless ones.

    An entry is useless if it equals another or no pixel is nearest to it.

    Parameters
    ----------
    tree : ColorTree
        The image's colours.
    centroids : ndarray, int16, shape (≤ k, 4)
    k : int
        How many entries are wanted.
    space : Space
        Of the tree and the centroids.
    kept : ndarray, uint8, shape (m, 4)
        Colours to be in the palette, used or not, in the place of the first m centroids.
    grey : bool
        Whether all colours are grey, and so are the entries to be: rounded by themselves, the
        channels of a space that scales them differently may be one apart.

    Returns
    -------
    palette : ndarray, uint8, shape (≤ k, 4)
        Sorted as `in_order` does. Fewer than k only if the image has not enough different colours.
    clusters : Clusters
        With the label of every point.
    """
    colors = np.concatenate([kept, _rounded(centroids[len(kept) :], space, grey)])
    for _ in range(_MAX_ROUNDS):
        # In the final order, as it decides ties.
        colors = in_order(np.unique(colors, axis=0))
        clusters = tree.assign(space.embed(colors), labels=True)
        used = clusters.weights > 0
        used |= (colors[:, None] == kept).all(axis=2).any(axis=1)
        if used.all() and len(colors) == k:
            return colors, clusters
        colors = colors[used]
        worst = worst_points(tree, space.embed(colors), k - len(colors))
        if not len(worst):
            break
        colors = np.concatenate([colors, _rounded(tree.points[worst], space, grey)])
    colors = in_order(np.unique(colors, axis=0))
    return colors, tree.assign(space.embed(colors), labels=True)


def _rounded(points: Points, space: Space, grey: bool) -> npt.NDArray[np.uint8]:
    colors = space.nearest_colors(points)
    if grey:
        colors[:, [0, 2]] = colors[:, [1]]
    return colors


def in_order(colors: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Sort colours: the more transparent first, then the darker.

    Examples
    --------
    >>> colors = np.array([[255, 255, 255, 255], [0, 0, 255, 255], [0, 0, 0, 0]], np.uint8)
    >>> in_order(colors).tolist()
    [[0, 0, 0, 0], [0, 0, 255, 255], [255, 255, 255, 255]]
    """
    return colors[ranking(colors)]


def ranking(colors: npt.NDArray[np.uint8]) -> npt.NDArray[np.intp]:
    """Return the positions of colours in the order of `in_order`."""
    r, g, b, a = colors.astype(np.int64).T
    return np.lexsort((b, g, r, 299 * r + 587 * g + 114 * b, a))
