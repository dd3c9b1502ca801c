"""k-means with outlier removal: a named alternative to the search of `outliers`.

Gan and Ng, "k-means clustering with outlier removal", Pattern Recognition Letters 90 (2017), 8-14:
points much farther from their centroid than is usual do not take part in the means. Here on
weighted points, in integers. As points of unrelated colours among the outliers must not share a
centroid, `outlier_centers` divides them. It looks at colours only: noise is as good as a fish.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kqformat.errors import ParameterError
from kqformat.quantizer.points import rounded_means
from kqformat.quantizer.space import UNIT, Points
from kqformat.quantizer.tree import ColorTree

DEFAULT_GAMMA = 9.0
DEFAULT_N0 = 0.1
DEFAULT_MAX_ITERATIONS = 30

_Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Removal:
    """The end of a run and how it went.

    Attributes
    ----------
    centroids : ndarray, int16, shape (k, 4)
        The means of what is no outlier.
    outliers : ndarray, bool, shape (n,)
        Which of the tree's points are outliers: the paper's cluster k + 1.
    converged : bool
        Whether another iteration would change nothing.
    objectives : tuple of float
        After each iteration, the paper's P: the squared distances of what is no outlier, and for
        each outlier γ times their average; per pixel, in squared sample values.
    """

    centroids: Points
    outliers: _Bools
    converged: bool
    objectives: tuple[float, ...]


def kmor(
    tree: ColorTree,
    centroids: Points,
    gamma: float = DEFAULT_GAMMA,
    n0: float = DEFAULT_N0,
    max_iterations: int = DEFAULT_MAX_ITERATIONS,
) -> Removal:
    """Run k-means without the points that are too far from every centroid.

    Each iteration makes outliers of the points whose squared distance exceeds D, the farthest
    first, and moves the centroids to the means of the others. D is `gamma` times the average
    squared distance of what was no outlier before, to the centroids as they are now.

    Parameters
    ----------
    tree : ColorTree
        What is clustered.
    centroids : ndarray, int16, shape (k, 4)
        Where to begin. One that is left without points stays where it is.
    gamma : float
        From 0; the greater, the fewer outliers (the paper's γ).
    n0 : float
        The largest share of the pixels that may be outliers, from 0 to 1 (the paper's n₀ / n).
        Points are taken whole: the first that would exceed it ends the list.
    max_iterations : int
        The most iterations, from 1.

    Returns
    -------
    Removal

    Raises
    ------
    ParameterError
        If an argument is not as described.
    """
    check_parameters(gamma, n0, max_iterations)
    labels = tree.assign(centroids, labels=True).labels
    outliers = np.zeros(len(labels), np.bool_)
    most = int(n0 * int(tree.weights.sum()))
    objectives: list[float] = []
    for _ in range(max_iterations):
        limit = _limit(tree, tree.distances(centroids, labels), outliers, gamma)
        labels = tree.assign(centroids, labels=True).labels
        chosen = _farthest(tree.distances(centroids, labels), tree.weights, limit, most)
        moved = _means(tree, centroids, labels, chosen)
        objectives.append(_objective(tree, tree.distances(moved, labels), chosen, gamma))
        if np.array_equal(moved, centroids) and np.array_equal(chosen, outliers):
            return Removal(moved, chosen, True, tuple(objectives))
        centroids, outliers = moved, chosen
    return Removal(centroids, outliers, False, tuple(objectives))


def outlier_centers(tree: ColorTree, removal: Removal, count: int) -> Points:
    """Divide the outliers among a few more centroids, farthest first.

    The first is begun by the outlier farthest from every centroid, each next by the one farthest
    from those as well (Gonzalez, "Clustering to minimize the maximum intercluster distance",
    Theor. Comput. Sci. 38, 1985); each ends at the mean of the outliers nearest to its beginning.

    Parameters
    ----------
    tree : ColorTree
    removal : Removal
        Of that tree.
    count : int
        The most centroids wanted.

    Returns
    -------
    ndarray, int16, shape (≤ count, 4)
        In the order in which they were found.
    """
    points = tree.points[removal.outliers].astype(np.int64)
    weights = tree.weights[removal.outliers]
    labels = tree.assign(removal.centroids, labels=True).labels
    remaining = tree.distances(removal.centroids, labels)[removal.outliers]
    begun = np.empty((0, 4), np.int64)
    while len(begun) < count and len(points) and remaining.max() > 0:
        begun = np.concatenate([begun, points[[remaining.argmax()]]])
        remaining = np.minimum(remaining, ((points - begun[-1]) ** 2).sum(axis=1))
    if not len(begun):
        return np.empty((0, 4), np.int16)
    owners = ((points[:, None] - begun) ** 2).sum(axis=2).argmin(axis=1)
    return _weighted_means(points, weights, owners, len(begun))


def check_parameters(gamma: float, n0: float, max_iterations: int = DEFAULT_MAX_ITERATIONS) -> None:
    """Raise `ParameterError` unless parameters are as `kmor` describes them."""
    if not 0 <= gamma < np.inf:
        raise ParameterError(f"gamma is {gamma!r}, expected a number from 0")
    if not 0 <= n0 <= 1:
        raise ParameterError(f"n0 is {n0!r}, expected a number from 0 to 1")
    if max_iterations < 1:
        raise ParameterError(f"max_iterations is {max_iterations!r}, expected 1 or more")


def _limit(
    tree: ColorTree, distances: npt.NDArray[np.int64], outliers: _Bools, gamma: float
) -> float:
    """Return the paper's D; infinite if all are outliers."""
    weights = np.where(outliers, 0, tree.weights)
    total = int(weights.sum())
    return gamma * int((weights * distances).sum()) / total if total else np.inf


def _objective(
    tree: ColorTree, distances: npt.NDArray[np.int64], outliers: _Bools, gamma: float
) -> float:
    """Return the paper's P, per pixel, in squared sample values."""
    removed = int(tree.weights[outliers].sum())
    kept = int((np.where(outliers, 0, tree.weights) * distances).sum())
    each = _limit(tree, distances, outliers, gamma) if removed else 0.0
    return (kept + removed * each) / (int(tree.weights.sum()) * UNIT**2)


def _farthest(
    distances: npt.NDArray[np.int64], weights: npt.NDArray[np.int64], limit: float, most: int
) -> _Bools:
    """Return which points are beyond a limit, the farthest first, of so much weight at most."""
    beyond = np.flatnonzero(distances > limit)
    order = beyond[np.argsort(-distances[beyond], kind="stable")]
    chosen = np.zeros(len(distances), np.bool_)
    chosen[order[np.cumsum(weights[order]) <= most]] = True
    return chosen


def _means(
    tree: ColorTree, centroids: Points, labels: npt.NDArray[np.int32], outliers: _Bools
) -> Points:
    inside = ~outliers
    used = np.bincount(labels[inside], minlength=len(centroids)) > 0
    moved = centroids.copy()
    # Numbered anew without those that are left without points.
    owners = (np.cumsum(used) - 1)[labels[inside]]
    points = tree.points[inside].astype(np.int64)
    moved[used] = _weighted_means(points, tree.weights[inside], owners, int(used.sum()))
    return moved


def _weighted_means(
    points: npt.NDArray[np.int64],
    weights: npt.NDArray[np.int64],
    owners: npt.NDArray[np.intp],
    count: int,
) -> Points:
    """Return the rounded mean of the points of each owner; all have some."""
    sums = np.zeros((count, 4), np.int64)
    masses = np.zeros(count, np.int64)
    np.add.at(sums, owners, weights[:, None] * points)
    np.add.at(masses, owners, weights)
    return rounded_means(sums, masses)
