"""A search for centroids: passes with momentum, rounds of swaps, and the best that was seen."""

from __future__ import annotations

import numpy as np

from kqformat.quantizer.kmeans import Observe, means_of, reseeded
from kqformat.quantizer.momentum import Motion
from kqformat.quantizer.space import Points
from kqformat.quantizer.swaps import MAX_CENTROIDS, SplitPlanner, swaps_of
from kqformat.quantizer.tree import ColorTree


class Search:
    """Centroids on their way, and the best seen so far, which are never worse than the first.

    Each step takes an `Observe` or None, who is told the centroids when they are the best so far.

    Parameters
    ----------
    tree : ColorTree
        What is clustered.
    centroids : ndarray, int16, shape (k, 4)
        Where to begin.
    fixed : int
        Centroids at the front that stay where they are.
    """

    def __init__(self, tree: ColorTree, centroids: Points, fixed: int = 0) -> None:
        self.tree = tree
        self.fixed = fixed
        self._motion = Motion.at_rest(centroids)
        self._clusters = tree.assign(centroids)
        self._best, self._best_clusters = centroids, self._clusters
        self._lows = [self._clusters.distortion]

    @property
    def distortion(self) -> float:
        """Of the best centroids, in squared sample values."""
        return self._best_clusters.distortion

    @property
    def best(self) -> Points:
        """The centroids with the least distortion, int16, shape (k, 4)."""
        return self._best

    def new_lows(self) -> list[float]:
        """Return the distortions that were lower than all before, since this was asked last."""
        lows, self._lows = self._lows, []
        return lows

    def settled(self, observe: Observe | None = None) -> tuple[Points, bool]:
        """Return the means of the best centroids' points, which serve them no worse.

        Returns
        -------
        means : ndarray, int16, shape (k, 4)
            The fixed ones as they are.
        converged : bool
            Whether that changes nothing.
        """
        means = means_of(self._best, self._best_clusters)
        means[: self.fixed] = self._best[: self.fixed]
        if observe is not None:
            observe(means)
        return means, np.array_equal(means, self._best)

    def run_passes(self, count: int, observe: Observe | None = None) -> None:
        """Run so many passes with momentum, or fewer if all is at rest."""
        for _ in range(count):
            moved = self._advanced()
            empty, worst = reseeded(self.tree, self._motion.centroids, self._clusters, self.fixed)
            if len(empty):
                moved = moved.replaced(empty, worst)
            if np.array_equal(moved.centroids, self._motion.centroids) and moved.rests:
                break
            self._motion = moved
            self._clusters = self.tree.assign(moved.centroids)
            self._remember(observe)

    def run_swaps(
        self, rounds: int, share: float, passes: int, observe: Observe | None = None
    ) -> None:
        """Run rounds of swaps while they help.

        Parameters
        ----------
        rounds : int
            The most.
        share : float
            Swaps a round, as a share of the centroids; half of that after a round that failed.
        passes : int
            With momentum, after the swaps and before a round is judged.
        """
        k = len(self._best)
        if k < 3 or k > MAX_CENTROIDS:
            return
        self._clusters = self.tree.assign(self._motion.centroids, labels=True)
        planner, planned, swaps = SplitPlanner(self.tree, k), False, max(1, int(share * k))
        for _ in range(rounds):
            if not planned:
                planner.plan(self._clusters.labels)
            which, changed = swaps_of(
                self._motion.centroids, self._clusters, planner, swaps, self.fixed
            )
            if not len(which):
                break
            motion = self._advanced().replaced(which, changed)
            for _ in range(passes):
                motion = motion.advanced(self.tree.assign(motion.centroids), self.fixed)
            clusters = self.tree.assign(motion.centroids, labels=True)
            planned = clusters.distortion >= self._clusters.distortion
            if not planned:
                self._motion, self._clusters = motion, clusters
                self._remember(observe)
            elif len(which) == 3:
                break
            else:
                swaps = len(which) // 6

    def _advanced(self) -> Motion:
        return self._motion.advanced(self._clusters, self.fixed)

    def _remember(self, observe: Observe | None) -> None:
        if self._clusters.distortion < self.distortion:
            self._best, self._best_clusters = self._motion.centroids, self._clusters
            self._lows.append(self._clusters.distortion)
            if observe is not None:
                observe(self._best)
