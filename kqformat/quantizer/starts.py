"""The first centroids of k-means."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kqformat.errors import ParameterError
from kqformat.quantizer import seeding_kernel, split_kernel
from kqformat.quantizer.points import WeightedPoints, rounded_means
from kqformat.quantizer.space import Points, embed


def wu(weighted: WeightedPoints, k: int, rng: np.random.Generator) -> Points:
    """Means of k boxes split where that lowers the squared error most; needs no chance.

    After Wu (Graphics Gems II, 1991), on the distinct colours rather than on 32³ cells.
    """
    n = len(weighted)
    order = np.arange(n, dtype=np.int32)
    edges = np.empty((k, 2), np.int32)
    scratch = np.empty(n, np.int32)
    axes, cuts, heap = (np.empty(k, np.int32) for _ in range(3))
    bins, sums = np.empty((4, 256, 5), np.int64), np.empty((k, 5), np.int64)
    boxes = split_kernel.split_boxes(
        weighted.points,
        weighted.counts,
        order,
        scratch,
        np.empty(k, np.float64),
        axes,
        cuts,
        edges,
        heap,
        bins,
        sums,
    )
    sums = sums[np.argsort(edges[:boxes, 0])]
    return rounded_means(sums[:, 1:], sums[:, 0])


def kmeans_plus_plus(weighted: WeightedPoints, k: int, rng: np.random.Generator) -> Points:
    """Colours of the image drawn one by one, likelier the farther from those drawn before.

    Arthur and Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007.
    """
    chosen = np.empty(k, np.int64)
    blocks = -(-len(weighted) // seeding_kernel.BLOCK)
    count = seeding_kernel.draw_distant(
        weighted.points,
        weighted.counts,
        rng.random(k),
        np.empty(len(weighted), np.int32),
        np.empty((blocks, 8), np.int16),
        np.empty(blocks, np.int32),
        np.empty(blocks, np.int64),
        chosen,
    )
    return weighted.points[chosen[:count]]


def random_pixels(weighted: WeightedPoints, k: int, rng: np.random.Generator) -> Points:
    """Colours of k different pixels of the image, as the textbook algorithm starts."""
    ends = np.cumsum(weighted.counts)
    pixels = rng.choice(int(ends[-1]), size=min(k, int(ends[-1])), replace=False, shuffle=False)
    return weighted.points[np.searchsorted(ends, pixels, side="right")]


def random_space(weighted: WeightedPoints, k: int, rng: np.random.Generator) -> Points:
    """Draw k colours evenly from the cube of all colours, whatever the image has."""
    colors = rng.integers(0, 256, (k, 4), dtype=np.uint8)
    if weighted.opaque:
        colors[:, 3] = 255
    return embed(colors)


Start = Callable[[WeightedPoints, int, np.random.Generator], Points]

STARTS: dict[str, Start] = {
    "wu": wu,
    "kmeans++": kmeans_plus_plus,
    "random": random_pixels,
    "random-space": random_space,
}
"""The values of ``init`` and what they mean."""


def start_named(name: object) -> Start:
    """Return the start of this name.

    Raises
    ------
    ParameterError
        If there is none.
    """
    if not isinstance(name, str) or name not in STARTS:
        raise ParameterError(f"init is {name!r}, expected one of {', '.join(STARTS)}")
    return STARTS[name]
