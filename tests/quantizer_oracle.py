"""The quantizer in plain NumPy, slow and obvious: what its tests compare it with.

Nothing here calls `kqformat.quantizer`. Coordinates, sums and distances are integers below 2**53,
which float64 holds exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Shorts = npt.NDArray[np.int16]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

UNIT = 64
"""Coordinates of the quantizer's space to a sample value."""

_BLOCK = 1 << 22


@dataclass(frozen=True, slots=True, eq=False)
class Assignment:
    """Labels of the points; weight, coordinate sums of each cluster; distortion in units²."""

    labels: Ints
    weights: Ints
    sums: Ints
    distortion: int


def canonical(pixels: Bytes) -> Bytes:
    """Return pixels as (N, 4): opaque where they have no alpha, zeros where nothing shows."""
    flat = pixels.reshape(-1, pixels.shape[-1])
    if flat.shape[1] == 3:
        flat = np.concatenate([flat, np.full((len(flat), 1), 255, np.uint8)], axis=1)
    return np.where(flat[:, 3:] > 0, flat, 0).astype(np.uint8)


def count(pixels: Bytes) -> tuple[Bytes, Ints]:
    """Return the different colours, sorted as rows, and how many pixels have each."""
    colors, counts = np.unique(canonical(pixels), axis=0, return_counts=True)
    return colors, counts.astype(np.int64)


def visible_differences(a: Bytes, b: Bytes) -> Floats:
    """Squared differences of RGBA colours over a grey, averaged over all greys.

    Over a grey of β·255 that is a quadratic in β, whose mean Simpson's rule gives exactly.
    """

    def over(colors: Bytes, beta: float) -> Floats:
        wide = colors.astype(np.float64)
        alpha = wide[:, 3:] / 255
        return wide[:, :3] * alpha + beta * 255 * (1 - alpha)

    black, grey, white = (
        ((over(a, beta) - over(b, beta)) ** 2).sum(axis=1) for beta in (0.0, 0.5, 1.0)
    )
    return np.asarray((black + 4 * grey + white) / 6)


def nearest(points: npt.NDArray[np.generic], centroids: npt.NDArray[np.generic]) -> Ints:
    """Return the number of the nearest centroid of each point; of equally near ones the first."""
    p, c = points.astype(np.float64), centroids.astype(np.float64)
    step = max(1, _BLOCK // len(c))
    squares = (c * c).sum(axis=1)
    # The point's own square is the same for all centroids.
    blocks = [
        np.argmin(squares - 2 * (p[first : first + step] @ c.T), axis=1)
        for first in range(0, len(p), step)
    ]
    return np.concatenate(blocks)


def assign(points: Shorts, weights: Ints, centroids: Shorts) -> Assignment:
    """Give every point to its nearest centroid."""
    labels = nearest(points, centroids)
    cluster_weights = np.zeros(len(centroids), np.int64)
    sums = np.zeros((len(centroids), 4), np.int64)
    np.add.at(cluster_weights, labels, weights)
    np.add.at(sums, labels, weights[:, None] * points)
    differences = points.astype(np.int64) - centroids[labels]
    distortion = int((weights[:, None] * differences**2).sum())
    return Assignment(labels, cluster_weights, sums, distortion)


def rounded_means(sums: Ints, weights: Ints) -> Ints:
    """Return sums / weights, rounded to the nearest integer, halves up."""
    return np.floor(sums / weights[:, None] + 0.5).astype(np.int64)


def rows(points: Shorts) -> set[tuple[int, ...]]:
    """Return points to be compared whatever their order."""
    return {tuple(row) for row in points.tolist()}


def draw_distant(points: Shorts, weights: Ints, draws: Floats) -> list[int]:
    """Return which points k-means++ draws, one for each draw, until all coincide with one."""
    drawn: list[int] = []
    distances = np.ones(len(points), np.int64)
    for draw in draws:
        ends = np.cumsum(weights * distances)
        if ends[-1] == 0:
            break
        target = min(int(draw * ends[-1]), ends[-1] - 1)
        drawn.append(int(np.searchsorted(ends, target, side="right")))
        steps = points.astype(np.int64) - points[drawn[-1]]
        nearer = (steps**2).sum(axis=1)
        distances = nearer if len(drawn) == 1 else np.minimum(distances, nearer)
    return drawn


def lloyd(points: Shorts, weights: Ints, centroids: Shorts, passes: int) -> tuple[Shorts, bool]:
    """Run passes of k-means; also tell whether a cluster was ever empty (it stays in place)."""
    centroids = centroids.copy()
    had_empty = False
    for _ in range(passes):
        clusters = assign(points, weights, centroids)
        used = clusters.weights > 0
        had_empty |= not used.all()
        centroids[used] = rounded_means(clusters.sums[used], clusters.weights[used])
    return centroids, had_empty


def textbook_quantize(pixels: Bytes, k: int, passes: int, seed: int) -> Bytes:
    """Quantize RGB as the textbook has it: k pixels of the image, then passes on real means."""
    colors, counts = np.unique(pixels.reshape(-1, 3), axis=0, return_counts=True)
    rng = np.random.default_rng(seed)
    means: Floats = rng.choice(pixels.reshape(-1, 3), k, replace=False).astype(np.float64)
    for _ in range(passes):
        labels = nearest(colors, means)
        weights = np.bincount(labels, counts, k)
        sums = np.stack(
            [np.bincount(labels, counts * channel, k) for channel in colors.T.astype(np.float64)],
            axis=1,
        )
        means[weights > 0] = sums[weights > 0] / weights[weights > 0, None]
    palette = np.round(means).astype(np.uint8)
    return palette[nearest(pixels.reshape(-1, 3), palette)].reshape(pixels.shape)


def mean_squared_error(a: Bytes, b: Bytes) -> float:
    """Mean over all samples of their squared difference."""
    return float(((a.astype(np.float64) - b) ** 2).mean())
