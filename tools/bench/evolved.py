"""How little error k colours can have: searches without end, bred with each other.

Nobody would wait for it. It says how far from the least squared error a quantizer is, whichever it
is: what a generation finds is not proved to be the least, but many generations hardly find less.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from bench.contender import Contender, Job, Pixels
from kqformat.quantizer.choose import searched
from kqformat.quantizer.counting import count_colors, counted
from kqformat.quantizer.effort import Effort
from kqformat.quantizer.palette import round_centroids
from kqformat.quantizer.points import bits_to_drop, gather_cells
from kqformat.quantizer.remap import remap
from kqformat.quantizer.search import Search
from kqformat.quantizer.starts import kmeans_plus_plus, wu
from kqformat.quantizer.tree import ColorTree
from kqformat.quantizer.unions import recombined

_GENERATIONS = 40
_POPULATION = 8
_SEARCH = Effort(
    cells_per_centroid=256,
    cell_passes=8,
    swap_share=0.15,
    swap_rounds=30,
    swap_passes=3,
    settling_passes=20,
    starts=1,
    centroids_of_starts=0,
    passes=0,
)
_POLISH = replace(
    _SEARCH, cell_passes=30, swap_share=0.05, swap_rounds=20, swap_passes=6, settling_passes=60
)
"""The same on the colours, for the best of a family."""


def evolved() -> Contender:
    """Return searches from k-means++ starts, of which the best are recombined over and over."""
    return Contender("evolved", f"{_GENERATIONS} generations of searches", _prepare)


def _prepare(pixels: Pixels, k: int, seed: int) -> Job:
    return lambda: _evolve(pixels, k, np.random.default_rng(seed))


def _evolve(pixels: Pixels, k: int, rng: np.random.Generator) -> Callable[[], Pixels]:
    flat = pixels.reshape(-1, 3)
    histogram = count_colors(flat)
    cells = gather_cells(
        histogram, bits_to_drop(histogram.codes, _SEARCH.cells_per_centroid * k, 16)
    )
    coarse, fine = ColorTree(cells), ColorTree(histogram)
    family = [searched(coarse, wu(cells, k, rng), 0, _SEARCH)]
    for _ in range(_GENERATIONS):
        family.append(searched(coarse, kmeans_plus_plus(cells, k, rng), 0, _SEARCH))
        family.sort(key=lambda search: search.distortion)
        # The newcomer or another one with the best, and two of any rank.
        for one, other in ((0, rng.integers(1, len(family))), rng.choice(len(family), 2)):
            child = recombined(coarse, family[one].best, family[other].best)
            family.append(searched(coarse, child, 0, _SEARCH))
        family = _different(sorted(family, key=lambda search: search.distortion))
    finals = [searched(fine, search.best, 0, _POLISH) for search in family[:3]]
    best = min(finals, key=lambda search: search.distortion)
    palette, clusters = round_centroids(fine, best.settled()[0], k)
    indices, _ = remap(counted(flat), palette, clusters)
    return lambda: palette[indices, :3].reshape(pixels.shape)


def _different(ranked: list[Search]) -> list[Search]:
    """Return the best of those that differ in their distortion."""
    kept = [ranked[0]]
    for search in ranked[1:]:
        if search.distortion > kept[-1].distortion:
            kept.append(search)
    return kept[:_POPULATION]
