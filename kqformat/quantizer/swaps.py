"""Leaving a local optimum of k-means: join two clusters, split another, refine, compare.

Lloyd's passes never move a centroid from where there are too many to where there are too few.
A round of swaps does: it joins the pairs of clusters whose union costs least (by Ward's
criterion) and, for each, splits the cluster whose best cut gains most; a few passes later the
result is kept if it is better. The number of swaps a round is halved when a round fails.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from kqformat.quantizer import split_kernel, unions_kernel
from kqformat.quantizer.kmeans import Observe
from kqformat.quantizer.points import rounded_means
from kqformat.quantizer.space import Points
from kqformat.quantizer.tree import SHARED_POINTS, Clusters, ColorTree
from kqformat.threads import for_each_slice

MAX_CENTROIDS = 2048
"""With more centroids, to look at the distances of all pairs, k² / 2, would take too much time."""

_PARTS = 8  # in which threads share the clusters

_HOPELESS = 3.0
"""A swap whose estimated cost is this many times its gain is not tried.

Both are estimates before any refinement, which favours swaps by about that factor.
"""


class SplitPlanner:
    """Finds each cluster's best cut; keeps its scratch memory between rounds."""

    def __init__(self, tree: ColorTree, k: int) -> None:
        self._tree = tree
        self._order = np.empty(len(tree.points), np.int32)
        self._axes, self._cuts = np.empty(k, np.int32), np.empty(k, np.int32)
        self._edges = np.empty((k, 2), np.int32)
        self.gains = np.empty(k, np.float64)
        """By how much a cut lowers the distortion, in squared coordinates."""
        self.halves = np.empty((k, 2, 4), np.int16)
        """The means of the two sides, where there is a gain."""

    def plan(self, labels: npt.NDArray[np.int32]) -> None:
        """Fill in `gains` and `halves` for points labelled with their clusters."""
        split_kernel.gather_clusters(labels, self._order, self._edges)
        clusters = len(self.gains)
        parts = _PARTS if len(labels) >= SHARED_POINTS else 1
        for_each_slice(self._plan, clusters, -(-clusters // parts))

    def _plan(self, clusters: slice) -> None:
        split_kernel.plan_splits(
            self._tree.points,
            self._tree.weights,
            self._order,
            clusters.start,
            clusters.stop,
            self.gains,
            self._axes,
            self._cuts,
            self._edges,
            np.empty((4, 256, 5), np.int64),
            self.halves,
        )


def improve(
    tree: ColorTree,
    centroids: Points,
    refine: Callable[[Points], Points],
    *,
    swaps: int,
    rounds: int,
    fixed: int = 0,
    observe: Observe | None = None,
) -> tuple[Points, list[float]]:
    """Run rounds of swaps while they help.

    Parameters
    ----------
    tree : ColorTree
        What is clustered.
    centroids : ndarray, int16, shape (k, 4)
        Of which the first `fixed` stay as they are.
    refine : callable
        A few of Lloyd's passes.
    swaps, rounds : int
        Most swaps a round at first, and most rounds.
    fixed : int
        Centroids at the front that are neither joined nor split.
    observe : callable or None
        Is told the centroids after each round that helped.

    Returns
    -------
    centroids : ndarray, int16, shape (k, 4)
        No worse than those given.
    distortions : list of float
        After each round that helped.
    """
    if len(centroids) < 3 or len(centroids) > MAX_CENTROIDS:
        return centroids, []
    planner = SplitPlanner(tree, len(centroids))
    best = tree.assign(centroids, labels=True)
    distortions: list[float] = []
    for _ in range(rounds):
        planner.plan(best.labels)
        candidate, done = _swapped(centroids, best, planner, swaps, fixed)
        if not done:
            break
        candidate = refine(candidate)
        clusters = tree.assign(candidate, labels=True)
        if clusters.distortion < best.distortion:
            centroids, best = candidate, clusters
            distortions.append(best.distortion)
            if observe is not None:
                observe(centroids)
        elif done == 1:
            break
        else:
            swaps = done // 2
    return centroids, distortions


def _swapped(
    centroids: Points, clusters: Clusters, planner: SplitPlanner, swaps: int, fixed: int
) -> tuple[Points, int]:
    """Return centroids after up to `swaps` swaps of different clusters, and their number."""
    partner = np.empty(len(centroids), np.int64)
    cost = np.empty(len(centroids), np.float64)
    unions_kernel.cheapest_unions(centroids, clusters.weights, fixed, partner, cost)
    # Lists, since looking at arrays number by number takes longer than all else here.
    costs, partners, gains = cost.tolist(), partner.tolist(), planner.gains.tolist()
    by_gain = iter(np.argsort(-planner.gains, kind="stable").tolist())
    split: int | None = next(by_gain)
    taken = bytearray(b"\1" * fixed + bytes(len(centroids) - fixed))
    joined: list[tuple[int, int, int]] = []
    for one in np.argsort(cost, kind="stable").tolist():
        other = partners[one]
        if taken[one] or taken[other]:
            continue
        taken[one] = taken[other] = 1
        while split is not None and taken[split]:
            split = next(by_gain, None)
        if split is None or gains[split] * _HOPELESS <= costs[one]:
            break
        taken[split] = 1
        joined.append((one, other, split))
        if len(joined) == swaps:
            break
    swapped = centroids.copy()
    if joined:
        ones, others, splits = np.array(joined, np.intp).T
        swapped[others] = _unions(centroids, clusters.weights, ones, others)
        swapped[splits], swapped[ones] = planner.halves[splits].swapaxes(0, 1)
    return swapped, len(joined)


def _unions(
    centroids: Points,
    weights: npt.NDArray[np.int64],
    ones: npt.NDArray[np.intp],
    others: npt.NDArray[np.intp],
) -> Points:
    """Return the means of the points of two clusters each."""
    w, v = np.maximum(weights[ones], 1), weights[others]
    sums = w[:, None] * centroids[ones] + v[:, None] * centroids[others]
    return rounded_means(sums, w + v)
