"""Clusters that become one: those whose union costs least squared error, of samples or of looks.

Ward, "Hierarchical grouping to optimize an objective function", J. Am. Stat. Assoc. 58, 1963.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from kqformat.quantizer import unions_kernel
from kqformat.quantizer.points import rounded_means
from kqformat.quantizer.space import Points
from kqformat.quantizer.tree import ColorTree

_SHARE = 8  # so many clusters are looked at anew for each pair that is joined


def cheapest_unions(
    centroids: Points, weights: npt.NDArray[np.int64], fixed: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return for each cluster the one it is cheapest joined with, and what that costs.

    Parameters
    ----------
    centroids : ndarray, int16, shape (k, 4)
    weights : ndarray, int64, shape (k,)
        Pixels of each cluster.
    fixed : int
        Centroids at the front that are not joined, which would cost infinitely much.

    Returns
    -------
    partners : ndarray, int64, shape (k,)
    costs : ndarray, float64, shape (k,)
        In squared coordinates.
    """
    partners = np.empty(len(centroids), np.int64)
    costs = np.empty(len(centroids), np.float64)
    unions_kernel.cheapest_unions(centroids, weights, fixed, partners, costs)
    return partners, costs


def united(
    centroids: Points,
    weights: npt.NDArray[np.int64],
    ones: npt.NDArray[np.intp],
    others: npt.NDArray[np.intp],
) -> Points:
    """Return the means of the points of two clusters each."""
    w, v = np.maximum(weights[ones], 1), weights[others]
    sums = w[:, None] * centroids[ones] + v[:, None] * centroids[others]
    return rounded_means(sums, w + v)


def merged(
    centroids: Points,
    weights: npt.NDArray[np.int64],
    count: int,
    fixed: int = 0,
    look: Callable[[Points], Points] | None = None,
) -> Points:
    """Join the cheapest pairs until `count` clusters are left.

    Several at a time, of different clusters, while there are many.

    Parameters
    ----------
    centroids : ndarray, int16, shape (m, 4)
    weights : ndarray, int64, shape (m,)
    count : int
        From `fixed` + 1.
    fixed : int
        Centroids at the front that are not joined.
    look : callable or None
        From centroids to the points whose distances count; if None, they are the centroids.

    Returns
    -------
    ndarray, int16, shape (≤ `count`, 4)
        The fixed ones, then the rest in the order in which they were.

    Examples
    --------
    >>> centroids = np.array([[0, 0, 0, 0], [64, 0, 0, 0], [0, 0, 9999, 0]], np.int16)
    >>> merged(centroids, np.array([300, 100, 5]), 2).tolist()
    [[16, 0, 0, 0], [0, 0, 9999, 0]]
    """
    while len(centroids) > count:
        seen = look(centroids) if look is not None else centroids
        partners, costs = cheapest_unions(seen, weights, fixed)
        most = min(len(centroids) - count, max(1, (len(centroids) - fixed) // _SHARE))
        pairs = disjoint_pairs(partners, costs, most)
        ones, others = np.array(pairs, np.intp).T
        centroids, weights = centroids.copy(), weights.copy()
        centroids[others] = united(centroids, weights, ones, others)
        weights[others] += weights[ones]
        centroids, weights = np.delete(centroids, ones, axis=0), np.delete(weights, ones)
    return centroids


def disjoint_pairs(
    partners: npt.NDArray[np.int64], costs: npt.NDArray[np.float64], most: int
) -> list[tuple[int, int]]:
    """Return up to so many pairs of clusters, the cheapest first, none in two of them.

    None of those that cost infinitely much; one at least if there are others.
    """
    partner_of = partners.tolist()
    taken: set[int] = set()
    pairs: list[tuple[int, int]] = []
    for one in np.argsort(costs, kind="stable")[: np.isfinite(costs).sum()].tolist():
        other = partner_of[one]
        if one not in taken and other not in taken:
            pairs.append((one, other))
            taken.update(pairs[-1])
            if len(pairs) == most:
                break
    return pairs


def recombined(tree: ColorTree, one: Points, other: Points, fixed: int = 0) -> Points:
    """Return the better parts of two sets of as many centroids.

    All of both serve the points together, and the cheapest pairs are joined until as many are
    left as each has: where one has too few, the other's stay. (Fränti, "Genetic algorithm with
    deterministic crossover for vector quantization", Pattern Recognition Letters 21, 2000.)

    Parameters
    ----------
    tree : ColorTree
    one, other : ndarray, int16, shape (k, 4)
        Of which the first `fixed` are the same.
    fixed : int
        Stay as they are; fewer than k.

    Returns
    -------
    ndarray, int16, shape (≤ k, 4)
        Fewer only where there are not so many different means.
    """
    free = np.unique(np.concatenate([one[fixed:], other[fixed:]]), axis=0)
    both = np.concatenate([one[:fixed], free])
    clusters = tree.assign(both)
    used = clusters.weights > 0
    used[:fixed] = False
    means = np.concatenate(
        [one[:fixed], rounded_means(clusters.sums[used], clusters.weights[used])]
    )
    weights = np.concatenate([clusters.weights[:fixed], clusters.weights[used]])
    return merged(means, weights, len(one), fixed)
