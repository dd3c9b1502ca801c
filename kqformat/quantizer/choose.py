"""From an image's colours to k centroids: the stages of each effort, in order.

First everything is done on cells of colours, of which there are far fewer: start, passes, swaps,
and the same from other starts. Then a few passes on the colours themselves put the centroids
exactly where they belong.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np

from kqformat.quantizer.effort import Effort
from kqformat.quantizer.kmeans import Observe, lloyd
from kqformat.quantizer.outliers import DROPPED_BITS
from kqformat.quantizer.pinning import Pinning
from kqformat.quantizer.points import WeightedPoints, bits_to_drop, gather_cells
from kqformat.quantizer.search import Search
from kqformat.quantizer.space import Points
from kqformat.quantizer.starts import Start, kmeans_plus_plus
from kqformat.quantizer.tree import ColorTree
from kqformat.quantizer.unions import recombined

_MOST_DROPPED_BITS = 16  # 4 of each channel's 8: wider cells would spare next to no time
_START_CELLS = 12  # for each centroid; the start is as good on so few
_LEAST_CELLS = 1024  # with fewer, what is large and flat in a drawing shares its cell with others

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
        What it reached that was lower than all before (at first, what it began with): the sum over
        all pixels of the squared distance to their centroid. Plain k-means: before each pass.
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
        account = _Account()
        first = self._first(self._weighted, k, kept, np.random.default_rng(self._seed))
        account.add("start")
        observe = self._observe("k-means")
        run = lloyd(self._tree, first, max_iterations, fixed=len(kept), observe=observe)
        account.add("k-means", run.distortions)
        return Choice(run.centroids, run.converged, tuple(account.stages))

    def by_effort(self, k: int, effort: Effort, kept: Points) -> Choice:
        """Run the stages of an effort; `kept` are in front."""
        account = _Account()
        least = max(_LEAST_CELLS, effort.cells_per_centroid * k)
        dropped_bits = bits_to_drop(self._weighted.codes, least, _MOST_DROPPED_BITS)
        cells, tree = self._gathered(dropped_bits)
        # What the means of the cells do not show of the distortion: it is the same in every pass.
        within = max(0.0, self._tree.moment - tree.moment)
        account.add("cells")
        fixed, reserved = len(kept), self._pinning.reserved(k) if self._pinning else 0
        rng = np.random.default_rng(self._seed)
        wider = gather_cells(cells, bits_to_drop(cells.codes, _START_CELLS * k, _MOST_DROPPED_BITS))
        first = self._first(wider, k - reserved, kept, rng)
        account.add("start")
        search = Search(tree, first, fixed)
        search.run_passes(effort.cell_passes, self._observe("k-means on cells"))
        account.add("k-means on cells", search.new_lows(), within)
        _swap(search, effort, self._observe("swaps on cells"))
        account.add("swaps on cells", search.new_lows(), within)
        others = effort.starts_for(k) - 1
        if others and len(first) > fixed:
            name = f"{others} other starts" if others > 1 else "another start"
            known = search.distortion
            observe = self._observe(name)
            search = _from_other_starts(search, others, cells, kept, effort, rng, observe)
            lows = (search.distortion,) if search.distortion < known else ()
            account.add(name, lows, within)
        centroids = search.best
        if self._pinning is not None:
            centroids, fixed = self._pin(centroids, k, fixed, effort)
            account.add("outliers")
        search = Search(self._tree, centroids, fixed)
        search.run_passes(effort.passes - 1, self._observe("k-means"))
        settled, converged = search.settled(self._observe("k-means"))
        account.add("k-means", search.new_lows())
        return Choice(settled, converged, tuple(account.stages))

    def _pin(self, centroids: Points, k: int, fixed: int, effort: Effort) -> tuple[Points, int]:
        assert self._pinning is not None  # noqa: S101
        cells, tree = self._gathered(DROPPED_BITS)
        observe = self._observe("outliers")

        def refine(points: Points, fixed: int) -> Points:
            return searched(tree, points, fixed, effort, observe).best

        return self._pinning.apply(cells, tree, centroids, k, fixed, refine)

    def _observe(self, stage: str) -> Observe | None:
        return partial(self._observer, stage) if self._observer is not None else None

    def _first(
        self, weighted: WeightedPoints, k: int, kept: Points, rng: np.random.Generator
    ) -> Points:
        first = kept
        if k > len(kept):  # no start, and no kernel of one, has anything to do for none
            drawn = self._start(weighted, k - len(kept), rng)
            first = np.concatenate([kept, drawn]) if len(kept) else drawn
        if self._observer is not None:
            self._observer("start", first)
        return first

    def _gathered(self, dropped_bits: int) -> tuple[WeightedPoints, ColorTree]:
        if dropped_bits == 0:
            return self._weighted, self._tree
        if dropped_bits not in self._cells:
            cells = gather_cells(self._weighted, dropped_bits)
            self._cells[dropped_bits] = cells, ColorTree(cells)
        return self._cells[dropped_bits]


def _from_other_starts(
    search: Search,
    others: int,
    cells: WeightedPoints,
    kept: Points,
    effort: Effort,
    rng: np.random.Generator,
    observe: Observe | None,
) -> Search:
    """Search again and again, and go on with the better parts of what was found."""
    tree, fixed, k = search.tree, len(kept), len(search.best)
    for _ in range(others):
        drawn = kmeans_plus_plus(cells, k - fixed, rng)
        rival = searched(tree, np.concatenate([kept, drawn]), fixed, effort)
        child = searched(tree, recombined(tree, search.best, rival.best, fixed), fixed, effort)
        found = min(search, child, rival, key=lambda one: one.distortion)
        if found is not search and observe is not None:
            observe(found.best)
        search = found
    return search


def searched(
    tree: ColorTree, first: Points, fixed: int, effort: Effort, observe: Observe | None = None
) -> Search:
    """Search from one start as an effort does on cells; the first `fixed` centroids stay."""
    search = Search(tree, first, fixed)
    search.run_passes(effort.cell_passes, observe)
    _swap(search, effort, observe)
    return search


def _swap(search: Search, effort: Effort, observe: Observe | None) -> None:
    search.run_swaps(effort.swap_rounds, effort.swap_share, effort.swap_passes, observe)
    search.run_passes(effort.settling_passes, observe)


class _Account:
    """The stages that are over."""

    def __init__(self) -> None:
        self.stages: list[Stage] = []
        self._since = time.perf_counter()

    def add(self, name: str, distortions: Iterable[float] = (), within: float = 0) -> None:
        """Add the stage that ends now; `within` is to be added to its distortions."""
        now = time.perf_counter()
        self.stages.append(Stage(name, now - self._since, tuple(d + within for d in distortions)))
        self._since = now
