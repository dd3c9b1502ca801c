"""Lloyd's k-means on weighted points: assign, move to the means, repeat.

Centroids are integers, 64 to a sample value, and means are rounded to them. The rounded mean is
the point of that grid with the least distortion, so no pass ever raises it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from kqformat.quantizer.points import rounded_means
from kqformat.quantizer.space import MAX_COORDINATE, Points
from kqformat.quantizer.tree import Clusters, ColorTree

Observe: TypeAlias = Callable[[Points], None]
"""Is told the centroids each time they have moved; must not change them."""


@dataclass(frozen=True, slots=True, eq=False)
class Convergence:
    """The end of a run of k-means and how it went.

    Attributes
    ----------
    centroids : ndarray, int16, shape (k, 4)
        See `space`.
    converged : bool
        Whether another pass would change nothing.
    distortions : tuple of float
        Before each pass: the sum over all pixels of the squared distance to their centroid.
    """

    centroids: Points
    converged: bool
    distortions: tuple[float, ...]


def lloyd(
    tree: ColorTree,
    centroids: Points,
    max_iterations: int,
    *,
    fixed: int = 0,
    relaxed: bool = False,
    observe: Observe | None = None,
) -> Convergence:
    """Run passes from given centroids until no assignment changes, or for `max_iterations`.

    A centroid without points is moved to the point that adds most to the distortion.

    Parameters
    ----------
    tree : ColorTree
        What is clustered.
    centroids : ndarray, int16, shape (k, 4)
        Where to begin; the first `fixed` of them stay where they are.
    max_iterations : int
        Most passes.
    fixed : int
        See `centroids`.
    relaxed : bool
        Whether all passes but the last move centroids nearly twice as far as to their means, which
        makes of them about half as many. Distortion does not rise (see `_overshoot`).
    observe : callable or None
        See `Observe`.

    Returns
    -------
    Convergence
    """
    distortions: list[float] = []
    for left in range(max_iterations - 1, -1, -1):
        clusters = tree.assign(centroids)
        distortions.append(clusters.distortion)
        moved = _means(tree, centroids, clusters)
        if relaxed and left:
            moved = _overshoot(centroids, moved)
        moved[:fixed] = centroids[:fixed]
        if np.array_equal(moved, centroids):
            return Convergence(centroids, True, tuple(distortions))
        centroids = moved
        if observe is not None:
            observe(centroids)
    return Convergence(centroids, False, tuple(distortions))


def _means(tree: ColorTree, centroids: Points, clusters: Clusters) -> Points:
    used = clusters.weights > 0
    if used.all():
        return rounded_means(clusters.sums, clusters.weights)
    moved = centroids.copy()
    moved[used] = rounded_means(clusters.sums[used], clusters.weights[used])
    empty = np.flatnonzero(~used)
    replacements = tree.points[worst_points(tree, centroids, len(empty))]
    moved[empty[: len(replacements)]] = replacements
    return moved


def _overshoot(centroids: Points, means: Points) -> Points:
    """Move centroids past their means by nine tenths of the way there, rounded down.

    As far from the mean on the other side, a centroid would serve its points as before; nearer, it
    serves them better. Rounding the mean moves it by half a unit at most, and the way rounded down
    is shorter than the way to the mean by at least one unit: so distortion cannot rise.
    """
    way = means.astype(np.int32) - centroids
    beyond = np.sign(way) * (9 * np.abs(way) // 10)
    bounded = np.minimum(np.maximum(means + beyond, 0), MAX_COORDINATE)  # np.clip takes longer
    moved: Points = bounded.astype(np.int16)
    return moved


def worst_points(tree: ColorTree, centroids: Points, count: int) -> npt.NDArray[np.intp]:
    """Return up to `count` points, of different clusters, that add most to the distortion.

    One of each cluster, from the cluster with the greatest distortion on; only points that do not
    coincide with their centroid.
    """
    labels = tree.assign(centroids, labels=True).labels
    errors = tree.weights * tree.distances(centroids, labels)
    by_cluster = np.bincount(labels, weights=errors, minlength=len(centroids))
    # Points sorted by cluster, and within it by falling error: the first of each is its worst.
    order = np.lexsort((-errors, labels))
    firsts = order[np.flatnonzero(np.diff(labels[order], prepend=-1))]
    firsts = firsts[errors[firsts] > 0]
    ranking = np.argsort(-by_cluster[labels[firsts]], kind="stable")
    return firsts[ranking[:count]]
