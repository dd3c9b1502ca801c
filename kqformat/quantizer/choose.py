"""From an image's colours to k centroids: the stages of each effort, in order.

First everything is done on cells of colours, of which there are a tenth as many: start, Lloyd's
passes, swaps. Then a few passes on the colours themselves put the centroids exactly where they
belong.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np

from kqformat.quantizer import swaps
from kqformat.quantizer.effort import Effort
from kqformat.quantizer.kmeans import Convergence, Observe, lloyd
from kqformat.quantizer.outliers import DROPPED_BITS
from kqformat.quantizer.pinning import Pinning
from kqformat.quantizer.points import WeightedPoints, gather_cells
from kqformat.quantizer.space import Points
from kqformat.quantizer.starts import Start
from kqformat.quantizer.tree import ColorTree

Observer: TypeAlias = Callable[[str, Points], None]
"""Is told a stage and its centroids each time they have moved; must not change them."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the choice, for those who want to look.

    Attributes
    ----------
    name : str
        What was done.
    seconds : float
        How long it took.
    distortions : tuple of float
        Before each of its passes (swaps: after each round that helped), the sum over all pixels of
        the squared distance to their centroid.
    """

    name: str
    seconds: float
    distortions: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Centroids and how they were found.

    Attributes
    ----------
    centroids : ndarray, int16, shape (≤ k, 4)
    converged : bool
        Whether another pass on the colours would change nothing.
    stages : tuple of Stage
        In order.
    """

    centroids: Points
    converged: bool
    stages: tuple[Stage, ...]


class Chooser:
    """Chooses centroids for the same colours, any number of times, at different k.

    Parameters
    ----------
    weighted : WeightedPoints
        The colours.
    tree : ColorTree
        Over them.
    start : callable
        How first centroids are found.
    seed : int
        For the starts that draw at random.
    pinning : Pinning or None
        What an effort does about outliers.
    observer : callable or None
        See `Observer`.
    """

    def __init__(
        self,
        weighted: WeightedPoints,
        tree: ColorTree,
        start: Start,
        seed: int,
        pinning: Pinning | None = None,
        observer: Observer | None = None,
    ) -> None:
        self._weighted = weighted
        self._tree = tree
        self._start = start
        self._seed = seed
        self._pinning = pinning
        self._observer = observer
        self._cells: dict[int, tuple[WeightedPoints, ColorTree]] = {}

    def plain(self, k: int, max_iterations: int, kept: Points) -> Choice:
        """Start on the colours and run Lloyd's passes, nothing else; `kept` are in front."""
        clock = _Clock()
        first = self._first(self._weighted, k, kept)
        stages = [Stage("start", clock.lap())]
        observe = self._observe("k-means")
        run = lloyd(self._tree, first, max_iterations, fixed=len(kept), observe=observe)
        stages.append(Stage("k-means", clock.lap(), run.distortions))
        return Choice(run.centroids, run.converged, tuple(stages))

    def by_effort(self, k: int, effort: Effort, kept: Points) -> Choice:
        """Run the stages of an effort; `kept` are in front."""
        clock = _Clock()
        cells, tree = self._gathered(self._coarseness(k, effort))
        # What the means of the cells do not show of the distortion: it is the same in every pass.
        within = max(0.0, self._tree.moment - tree.moment)
        stages = [Stage("cells", clock.lap())]
        fixed, reserved = len(kept), self._pinning.reserved(k) if self._pinning else 0
        centroids = self._first(cells, k - reserved, kept)
        stages.append(Stage("start", clock.lap()))
        run = self._refine("k-means on cells", tree, centroids, effort.cell_passes, fixed)
        stages.append(Stage("k-means on cells", clock.lap(), _raised(run.distortions, within)))
        centroids, reached = self._swap(
            "swaps on cells", tree, run.centroids, effort, effort.swap_rounds, fixed
        )
        stages.append(Stage("swaps on cells", clock.lap(), _raised(reached, within)))
        if self._pinning is not None:
            centroids, fixed = self._pin(centroids, k, fixed, effort)
            stages.append(Stage("outliers", clock.lap()))
        run = self._refine("k-means", self._tree, centroids, effort.passes, fixed)
        stages.append(Stage("k-means", clock.lap(), run.distortions))
        if effort.fine_swap_rounds:
            centroids, reached = self._swap(
                "swaps", self._tree, run.centroids, effort, effort.fine_swap_rounds, fixed
            )
            stages.append(Stage("swaps", clock.lap(), tuple(reached)))
            run = self._refine("k-means", self._tree, centroids, effort.passes, fixed)
            stages.append(Stage("k-means", clock.lap(), run.distortions))
        return Choice(run.centroids, run.converged, tuple(stages))

    def _pin(self, centroids: Points, k: int, fixed: int, effort: Effort) -> tuple[Points, int]:
        assert self._pinning is not None  # noqa: S101
        cells, tree = self._gathered(DROPPED_BITS)

        def refine(points: Points, fixed: int) -> Points:
            run = self._refine("outliers", tree, points, effort.cell_passes, fixed)
            return self._swap("outliers", tree, run.centroids, effort, effort.swap_rounds, fixed)[0]

        return self._pinning.apply(cells, tree, centroids, k, fixed, refine)

    def _refine(
        self, stage: str, tree: ColorTree, centroids: Points, passes: int, fixed: int
    ) -> Convergence:
        observe = self._observe(stage)
        return lloyd(tree, centroids, passes, fixed=fixed, relaxed=True, observe=observe)

    def _swap(
        self,
        stage: str,
        tree: ColorTree,
        centroids: Points,
        effort: Effort,
        rounds: int,
        fixed: int,
    ) -> tuple[Points, list[float]]:
        return swaps.improve(
            tree,
            centroids,
            lambda points: (
                lloyd(tree, points, effort.swap_passes, fixed=fixed, relaxed=True).centroids
            ),
            swaps=max(1, int(effort.swap_share * len(centroids))),
            rounds=rounds,
            fixed=fixed,
            observe=self._observe(stage),
        )

    def _observe(self, stage: str) -> Observe | None:
        return partial(self._observer, stage) if self._observer is not None else None

    def _first(self, weighted: WeightedPoints, k: int, kept: Points) -> Points:
        first = kept
        if k > len(kept):  # no start, and no kernel of one, has anything to do for none
            drawn = self._start(weighted, k - len(kept), np.random.default_rng(self._seed))
            first = np.concatenate([kept, drawn]) if len(kept) else drawn
        if self._observer is not None:
            self._observer("start", first)
        return first

    def _coarseness(self, k: int, effort: Effort) -> int:
        """Return how many bits can be dropped so that there are enough cells for k centroids."""
        for dropped_bits in range(effort.dropped_bits, 0, -1):
            if len(self._gathered(dropped_bits)[0]) >= effort.cells_per_centroid * k:
                return dropped_bits
        return 0

    def _gathered(self, dropped_bits: int) -> tuple[WeightedPoints, ColorTree]:
        if dropped_bits == 0:
            return self._weighted, self._tree
        if dropped_bits not in self._cells:
            cells = gather_cells(self._weighted, dropped_bits)
            self._cells[dropped_bits] = cells, ColorTree(cells)
        return self._cells[dropped_bits]


class _Clock:
    """Seconds since the last lap."""

    def __init__(self) -> None:
        self._since = time.perf_counter()

    def lap(self) -> float:
        now = time.perf_counter()
        seconds, self._since = now - self._since, now
        return seconds


def _raised(distortions: tuple[float, ...] | list[float], by: float) -> tuple[float, ...]:
    return tuple(distortion + by for distortion in distortions)
