"""From an image's colours to k centroids: the stages of each effort, in order.

First everything is done on cells of colours, of which there are a tenth as many: start, Lloyd's
passes, swaps. Then a few passes on the colours themselves put the centroids exactly where they
belong.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from kqformat.quantizer import swaps
from kqformat.quantizer.effort import Effort
from kqformat.quantizer.kmeans import lloyd
from kqformat.quantizer.points import WeightedPoints, gather_cells
from kqformat.quantizer.space import Points
from kqformat.quantizer.starts import Start
from kqformat.quantizer.tree import ColorTree


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
    """Chooses centroids for the same colours any number of times, at different k.

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
    """

    def __init__(self, weighted: WeightedPoints, tree: ColorTree, start: Start, seed: int) -> None:
        self._weighted = weighted
        self._tree = tree
        self._start = start
        self._seed = seed
        self._cells: dict[int, tuple[WeightedPoints, ColorTree]] = {}

    def plain(self, k: int, max_iterations: int, fixed: Points) -> Choice:
        """Start on the colours and run Lloyd's passes, nothing else."""
        clock = _Clock()
        first = self._first(self._weighted, k, fixed)
        stages = [Stage("start", clock.lap())]
        run = lloyd(self._tree, first, max_iterations, fixed=len(fixed))
        stages.append(Stage("k-means", clock.lap(), run.distortions))
        return Choice(run.centroids, run.converged, tuple(stages))

    def by_effort(self, k: int, effort: Effort, fixed: Points) -> Choice:
        """Run the stages of an effort."""
        clock = _Clock()
        dropped_bits = self._coarseness(k, effort)
        cells, tree = self._gathered(dropped_bits)
        # What the means of the cells do not show of the distortion: it is the same in every pass.
        within = max(0.0, self._tree.moment - tree.moment)
        stages = [Stage("cells", clock.lap())]
        centroids = self._first(cells, k, fixed)
        stages.append(Stage("start", clock.lap()))
        run = lloyd(tree, centroids, effort.cell_passes, fixed=len(fixed), relaxed=True)
        stages.append(Stage("k-means on cells", clock.lap(), _raised(run.distortions, within)))
        centroids, reached = self._swap(tree, run.centroids, effort, effort.swap_rounds, fixed)
        stages.append(Stage("swaps on cells", clock.lap(), _raised(reached, within)))
        run = lloyd(self._tree, centroids, effort.passes, fixed=len(fixed), relaxed=True)
        stages.append(Stage("k-means", clock.lap(), run.distortions))
        if effort.fine_swap_rounds:
            centroids, reached = self._swap(
                self._tree, run.centroids, effort, effort.fine_swap_rounds, fixed
            )
            stages.append(Stage("swaps", clock.lap(), tuple(reached)))
            run = lloyd(self._tree, centroids, effort.passes, fixed=len(fixed), relaxed=True)
            stages.append(Stage("k-means", clock.lap(), run.distortions))
        return Choice(run.centroids, run.converged, tuple(stages))

    def _first(self, weighted: WeightedPoints, k: int, fixed: Points) -> Points:
        drawn = self._start(weighted, k - len(fixed), np.random.default_rng(self._seed))
        return np.concatenate([fixed, drawn]) if len(fixed) else drawn

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

    def _swap(
        self, tree: ColorTree, centroids: Points, effort: Effort, rounds: int, fixed: Points
    ) -> tuple[Points, list[float]]:
        return swaps.improve(
            tree,
            centroids,
            lambda points: (
                lloyd(tree, points, effort.swap_passes, fixed=len(fixed), relaxed=True).centroids
            ),
            swaps=max(1, int(effort.swap_share * len(centroids))),
            rounds=rounds,
            fixed=len(fixed),
        )


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
