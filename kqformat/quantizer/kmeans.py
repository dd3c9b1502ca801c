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
from kqformat.quantizer.space import Points
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
    observe : callable or None
        See `Observe`.

    Returns
    -------
    Convergence
    """
    distortions: list[float] = []
    for _ in range(max_iterations):
        clusters = tree.assign(centroids)
        distortions.append(clusters.distortion)
        moved = means_of(centroids, clusters)
        empty, worst = reseeded(tree, centroids, clusters)
        moved[empty] = worst
        moved[:fixed] = centroids[:fixed]
        if np.array_equal(moved, centroids):
            return Convergence(centroids, True, tuple(distortions))
        centroids = moved
        if observe is not None:
            observe(centroids)
    return Convergence(centroids, False, tuple(distortions))


def means_of(centroids: Points, clusters: Clusters) -> Points:
    """Return the means of the centroids' points; a centroid without any stays where it is."""
    used = clusters.weights > 0
    if used.all():
        return rounded_means(clusters.sums, clusters.weights)
    moved = centroids.copy()
    moved[used] = rounded_means(clusters.sums[used], clusters.weights[used])
    return moved


def reseeded(
    tree: ColorTree, centroids: Points, clusters: Clusters, fixed: int = 0
) -> tuple[npt.NDArray[np.intp], Points]:
    """Return which centroids have no points, and where they would be of most use.

    The first `fixed` are not asked for. Fewer are returned if not so many points are off their
    centroid.
    """
    empty = np.flatnonzero(clusters.weights[fixed:] == 0) + fixed
    if not len(empty):
        return empty, tree.points[:0]
    worst = worst_points(tree, centroids, len(empty))
    return empty[: len(worst)], tree.points[worst]


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
