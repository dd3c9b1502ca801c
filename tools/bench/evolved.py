"""How little error k colours can have: searches without end, bred with each other.

Nobody would wait for it. It says how far from the least squared error a quantizer is, whichever it
is: what a generation finds is not proved to be the least, but many generations hardly find less.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bench.contender import Contender, Job, Pixels
from kqformat.quantizer.counting import count_colors, counted
from kqformat.quantizer.palette import round_centroids
from kqformat.quantizer.points import bits_to_drop, gather_cells
from kqformat.quantizer.remap import remap
from kqformat.quantizer.search import Search
from kqformat.quantizer.space import Points
from kqformat.quantizer.starts import kmeans_plus_plus, wu
from kqformat.quantizer.tree import ColorTree
from kqformat.quantizer.unions import recombined

_GENERATIONS = 40
_POPULATION = 8
_CELLS = 256  # for each centroid


def evolved() -> Contender:
    """Return searches from k-means++ starts, of which the best are recombined over and over."""
    return Contender("evolved", f"{_GENERATIONS} generations of searches", _prepare)


def _prepare(pixels: Pixels, k: int, seed: int) -> Job:
    return lambda: _evolve(pixels, k, np.random.default_rng(seed))


def _evolve(pixels: Pixels, k: int, rng: np.random.Generator) -> Callable[[], Pixels]:
    flat = pixels.reshape(-1, 3)
    histogram = count_colors(flat)
    cells = gather_cells(histogram, bits_to_drop(histogram.codes, _CELLS * k, 16))
    coarse, fine = ColorTree(cells), ColorTree(histogram)
    family = [_searched(coarse, wu(cells, k, rng))]
    for _ in range(_GENERATIONS):
        family.append(_searched(coarse, kmeans_plus_plus(cells, k, rng)))
        family.sort(key=lambda search: search.distortion)
        # The newcomer or another one with the best, and two of any rank.
        for one, other in ((0, rng.integers(1, len(family))), rng.choice(len(family), 2)):
            child = recombined(coarse, family[one].best, family[other].best)
            family.append(_searched(coarse, child))
        family = _different(sorted(family, key=lambda search: search.distortion))
    best = min((_polished(fine, search.best) for search in family[:3]), key=lambda each: each[0])
    palette, clusters = round_centroids(fine, best[1], k)
    indices, _ = remap(counted(flat), palette, clusters)
    return lambda: palette[indices, :3].reshape(pixels.shape)


def _searched(tree: ColorTree, start: Points) -> Search:
    search = Search(tree, start)
    search.run_passes(8)
    search.run_swaps(30, 0.15, 3)
    search.run_passes(20)
    return search


def _polished(tree: ColorTree, start: Points) -> tuple[float, Points]:
    search = Search(tree, start)
    search.run_passes(30)
    search.run_swaps(20, 0.05, 6)
    search.run_passes(60)
    return search.distortion, search.settled()[0]


def _different(ranked: list[Search]) -> list[Search]:
    """Return the best of those that differ in their distortion."""
    kept = [ranked[0]]
    for search in ranked[1:]:
        if search.distortion > kept[-1].distortion:
            kept.append(search)
    return kept[:_POPULATION]
