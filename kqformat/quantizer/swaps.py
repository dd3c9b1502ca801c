"""Leaving a local optimum of k-means: join two clusters, split another.

Passes hardly ever move a centroid from where there are too many to where there are too few. A swap
does: of two clusters, whose union costs least, becomes one, and another, whose best cut gains most,
becomes two.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kqformat.quantizer import split_kernel
from kqformat.quantizer.space import Points
from kqformat.quantizer.tree import SHARED_POINTS, Clusters, ColorTree
from kqformat.quantizer.unions import cheapest_unions, united
from kqformat.threads import for_each_slice

MAX_CENTROIDS = 2048
"""With more centroids, to look at the distances of all pairs, k² / 2, would take too much time."""

_PARTS = 8  # in which threads share the clusters

_HOPELESS = 2.0
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


def swaps_of(
    centroids: Points, clusters: Clusters, planner: SplitPlanner, most: int, fixed: int
) -> tuple[npt.NDArray[np.intp], Points]:
    """Choose up to so many swaps of different clusters.

    Parameters
    ----------
    centroids : ndarray, int16, shape (k, 4)
    clusters : Clusters
        Of these.
    planner : SplitPlanner
        After `plan` for these.
    most : int
    fixed : int
        Centroids at the front that are neither joined nor split.

    Returns
    -------
    which : ndarray, intp, shape (3 n,)
        The centroids that change, three for each of n swaps.
    changed : ndarray, int16, shape (3 n, 4)
        What they become.
    """
    partner, cost = cheapest_unions(centroids, clusters.weights, fixed)
    # Lists, since looking at arrays number by number takes longer than all else here.
    costs, partners, gains = cost.tolist(), partner.tolist(), planner.gains.tolist()
    by_gain = iter(np.argsort(-planner.gains, kind="stable").tolist())
    split: int | None = next(by_gain)
    taken = bytearray(b"\1" * fixed + bytes(len(centroids) - fixed))
    chosen: list[tuple[int, int, int]] = []
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
        chosen.append((one, other, split))
        if len(chosen) == most:
            break
    ones, others, splits = np.array(chosen, np.intp).reshape(-1, 3).T
    halves = planner.halves[splits]
    changed = [halves[:, 0], united(centroids, clusters.weights, ones, others), halves[:, 1]]
    return np.concatenate([ones, others, splits]), np.concatenate(changed)
