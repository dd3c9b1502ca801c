"""The first centroids of k-means."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from kqformat.errors import ParameterError
from kqformat.quantizer import seeding_kernel, split_kernel
from kqformat.quantizer.histogram import Histogram
from kqformat.quantizer.space import Points, embed


def wu(histogram: Histogram, k: int, rng: np.random.Generator) -> Points:
    """Means of k boxes split where that lowers the squared error most; needs no chance.

    After Wu (Graphics Gems II, 1991), on the distinct colours rather than on 32³ cells.
    """
    n = len(histogram)
    order = np.arange(n, dtype=np.int32)
    edges = np.empty((k, 2), np.int32)
    scratch = np.empty(n, np.int32)
    axes, cuts, heap = (np.empty(k, np.int32) for _ in range(3))
    bins = np.empty((4, 256, 5), np.int64)
    boxes = split_kernel.split_boxes(
        histogram.points,
        histogram.counts,
        order,
        scratch,
        np.empty(k, np.float64),
        axes,
        cuts,
        edges,
        heap,
        bins,
    )
    by_first_point = np.sort(edges[:boxes, 0])
    weights = np.add.reduceat(histogram.counts[order], by_first_point)
    weighted = histogram.points[order] * histogram.counts[order, None]
    sums = np.add.reduceat(weighted, by_first_point, axis=0)
    return rounded_means(sums, weights)


def kmeans_plus_plus(histogram: Histogram, k: int, rng: np.random.Generator) -> Points:
    """Colours of the image drawn one by one, likelier the farther from those drawn before.

    Arthur and Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007.
    """
    chosen = np.empty(k, np.int64)
    count = seeding_kernel.draw_distant(
        histogram.points,
        histogram.counts,
        rng.random(k),
        np.empty(len(histogram), np.int64),
        chosen,
    )
    return histogram.points[chosen[:count]]


def random_pixels(histogram: Histogram, k: int, rng: np.random.Generator) -> Points:
    """Colours of k different pixels of the image, as the textbook algorithm starts."""
    ends = np.cumsum(histogram.counts)
    pixels = rng.choice(int(ends[-1]), size=min(k, int(ends[-1])), replace=False, shuffle=False)
    return histogram.points[np.searchsorted(ends, pixels, side="right")]


def random_space(histogram: Histogram, k: int, rng: np.random.Generator) -> Points:
    """Draw k colours evenly from the cube of all colours, whatever the image has."""
    colors = rng.integers(0, 256, (k, 4), dtype=np.uint8)
    if (histogram.keys & np.uint32(255) == 255).all():
        colors[:, 3] = 255
    return embed(colors)


Start = Callable[[Histogram, int, np.random.Generator], Points]

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


def rounded_means(sums: npt.NDArray[np.int64], weights: npt.NDArray[np.int64]) -> Points:
    """Return sums / weights, each coordinate rounded to the nearest integer."""
    means = (2 * sums + weights[:, None]) // (2 * weights[:, None])
    return means.astype(np.int16)
