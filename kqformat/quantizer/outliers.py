"""Small bright things that k-means averages away, and centroids for them.

A clown-fish on a dark reef is a fraction of a percent of the pixels: no cluster of its own pays in
squared error, yet it is what one looks at. Such a region is found by its colour (saturated, well
populated, far from how it is shown now, with little in between) and by its shape (its pixels lie
together, which those of noise do not), and its mean becomes a centroid that k-means leaves alone.

The search works on cells of colours; only if some of them qualify are the pixels looked at, once.
It draws nothing at random and does not depend on the order of anything but the pixels' places.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kqformat.errors import ParameterError
from kqformat.quantizer import outliers_kernel
from kqformat.quantizer.lab import chroma, difference, lab
from kqformat.quantizer.neighbours import count_neighbours
from kqformat.quantizer.pixels import Pictures
from kqformat.quantizer.points import WeightedPoints, rounded_means
from kqformat.quantizer.space import UNIT, Points
from kqformat.quantizer.spaces import SRGB, Space
from kqformat.quantizer.tree import ColorTree

DROPPED_BITS = 12
"""How coarse the cells given to `find_outliers` are: 3 bits less of each of four channels."""

MAX_CENTROIDS = 1024
"""With more, nothing is far from all of them."""

_PLACES = 1 << 15
_FAR = 20 * UNIT  # nearer than this nothing looks 10 ΔE off, except by little saturated colours
# In cells: a seed's neighbourhood, its surroundings, its blob and the core of that.
_INNER, _OUTER, _REACH, _CORE = 1, 3, 3, 1
_COLORFUL = 24  # levels from the least to the greatest sample; with fewer, C* is less than 20
_MAX_SEEDS, _MAX_BLOBS = 256, 32
_LEAST_PIXELS, _LEAST_SHARE = 12, 20_000  # at least 12 pixels and 1 in 20,000
_APART = 20.0  # difference of two pins
_NEARLY = 0.8  # of the least importance: such regions have a say in whose colour is a pin
_LEAST_NEIGHBOURS = 1.5  # of the same blob, of the four that a pixel has; 1 are pairs
_BLOCKY = 6.0  # shapes no more ragged than this count as equally compact


@dataclass(frozen=True, slots=True)
class Strength:
    """What a region must be to get a centroid of its own. Chosen by measurement.

    Attributes
    ----------
    difference : float
        Least CIE94 difference between its mean and how that is shown now.
    chroma : float
        Least C* of its mean.
    isolation : float
        Least share of its pixels among those of all colours around it, in a cube of 56 levels.
    importance : float
        Least difference times √isolation, by raggedness: perimeter / √area of its pixels, which
        is 4 for a square, 4·√n for n equal squares, and taken as 6 where it is less.
    spare : int
        1 if there may be one pin more than k / 8.
    """

    difference: float
    chroma: float
    isolation: float
    importance: float
    spare: int


STRENGTHS = {
    "auto": Strength(10, 30, 0.1, 1.5, 0),
    "strong": Strength(9, 25, 0.05, 0.7, 1),
}
"""The values of ``outliers`` but "off", and what they mean."""


@dataclass(frozen=True, slots=True, eq=False)
class _Blobs:
    """Cells that may be regions, n of them as m blobs.

    `places`, `owners`, `in_core`, shape (n,): where each cell is, its blob, from 1, and whether it
    is at most `_CORE` from its seed; `means`, shape (m, 4), of blobs; `isolation`, shape (m,).
    """

    places: npt.NDArray[np.uint16]
    owners: npt.NDArray[np.uint8]
    in_core: npt.NDArray[np.bool_]
    means: Points
    isolation: npt.NDArray[np.float64]


def find_outliers(
    cells: WeightedPoints,
    tree: ColorTree,
    centroids: Points,
    pictures: Pictures,
    *,
    strength: str = "auto",
    space: Space = SRGB,
) -> Points:
    """Find small regions whose colour is far from every centroid.

    Parameters
    ----------
    cells : WeightedPoints
        The colours of the image, or of all images, gathered with `DROPPED_BITS`.
    tree : ColorTree
        Over the cells.
    centroids : ndarray, int16, shape (k, 4)
        After a few passes of k-means; fixed ones included.
    pictures : Pictures
        Their pixels.
    strength : {"auto", "strong"}
        See `STRENGTHS`.
    space : Space
        Of the cells and the centroids.

    Returns
    -------
    ndarray, int16, shape (m, 4)
        The means of the regions, the most important first, m ≤ k / 8 (strong: k / 8 + 1). None for
        grey images.

    Raises
    ------
    ParameterError
        If there is no such strength.
    """
    wanted = strength_named(strength)
    most = len(centroids) // 8 + wanted.spare
    least_pixels = max(_LEAST_PIXELS, pictures.pixel_count // _LEAST_SHARE)
    if not 4 <= len(centroids) <= MAX_CENTROIDS or most == 0:
        return _no_points()
    shown = lab(space.nearest_colors(centroids))
    blobs = _candidates(cells, tree, centroids, shown, least_pixels, wanted, space)
    if blobs is None:
        return _no_points()
    raggedness = _shapes(blobs, pictures, least_pixels)
    means = lab(space.nearest_colors(blobs.means))
    # From the entry that looks nearest, not the one that squared distance takes: if that one would
    # do, it is a matter of the mapping and not of the palette.
    differences = difference(means[:, None], shown).min(axis=1)
    fits = (chroma(means) >= wanted.chroma) & (differences >= wanted.difference)
    importance = differences * np.sqrt(blobs.isolation) / np.maximum(raggedness, _BLOCKY)
    importance[~fits] = 0
    return blobs.means[_cover(means, differences, importance, wanted.importance, most)]


def strength_named(name: object) -> Strength:
    """Return the strength of this name.

    Raises
    ------
    ParameterError
        If there is none.
    """
    if not isinstance(name, str) or name not in STRENGTHS:
        raise ParameterError(f"outliers is {name!r}, expected one of off, {', '.join(STRENGTHS)}")
    return STRENGTHS[name]


def _no_points() -> Points:
    return np.empty((0, 4), np.int16)


def _candidates(
    cells: WeightedPoints,
    tree: ColorTree,
    centroids: Points,
    shown: npt.NDArray[np.float64],
    least_pixels: int,
    wanted: Strength,
    space: Space,
) -> _Blobs | None:
    """Gather cells that are shown wrongly around the most striking of them, if there are any."""
    labels = tree.assign(centroids, labels=True).labels
    distances = tree.distances(centroids, labels)
    far = np.flatnonzero(distances >= _FAR * _FAR)
    if not len(far):
        return None
    all_places = np.empty(len(cells), np.uint16)
    outliers_kernel.places_of_codes(cells.codes, all_places)
    places, weights = all_places[far], cells.counts[far]
    near = _sums_around(places, weights, _INNER)[places]
    populated = np.flatnonzero(2 * near >= least_pixels)
    around = _sums_around(all_places, cells.counts, _OUTER)[places[populated]]
    isolation = np.zeros(len(far), np.float64)
    isolation[populated] = near[populated] / around
    striking = populated[isolation[populated] >= wanted.isolation]
    first = np.argsort(-(distances[far[striking]] * isolation[striking]), kind="stable")
    striking = striking[first[:_MAX_SEEDS]]
    colors = space.nearest_colors(cells.points[far[striking]])
    colorful = (np.ptp(colors[:, :3], axis=1) >= _COLORFUL) & (colors[:, 3] >= 128)
    striking, seen = striking[colorful], lab(colors[colorful])
    importance = difference(seen, shown[labels[far[striking]]]) * np.sqrt(isolation[striking])
    # No blob is more important than its seed would be in a compact shape.
    is_seed = (chroma(seen) >= wanted.chroma) & (importance >= wanted.importance * _BLOCKY)
    scores = np.zeros(len(far), np.float64)
    scores[striking[is_seed]] = importance[is_seed]
    owners, in_core, seeds = _gather(places, weights, scores, least_pixels)
    if not len(seeds):
        return None
    masses = np.bincount(owners, weights)[1:].astype(np.int64)
    sums = [np.bincount(owners, weights * cells.points[far, c])[1:] for c in range(4)]
    means = rounded_means(np.stack(sums, axis=1).astype(np.int64), masses)
    return _Blobs(places, owners, in_core, means, isolation[seeds])


def _sums_around(
    places: npt.NDArray[np.uint16], weights: npt.NDArray[np.int64], radius: int
) -> npt.NDArray[np.int64]:
    """Return for each of all places the weight within a radius of it."""
    grid = np.bincount(places, weights, _PLACES).astype(np.int64)
    sums = np.empty(_PLACES, np.int64)
    outliers_kernel.box_sums(grid, radius, np.empty(_PLACES, np.int64), sums)
    return sums


def _gather(
    places: npt.NDArray[np.uint16],
    weights: npt.NDArray[np.int64],
    scores: npt.NDArray[np.float64],
    least_pixels: int,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_], list[int]]:
    """Give cells to the seed of highest score that they are near.

    Returns their blobs, whether they are in its core, and the seeds.
    """
    owners = np.zeros(len(places), np.uint8)
    in_core = np.zeros(len(places), np.bool_)
    coordinates = np.stack([places >> 10, places >> 5 & 31, places & 31]).astype(np.int16)
    seeds: list[int] = []
    while len(seeds) < _MAX_BLOBS:
        seed = int(scores.argmax())
        if scores[seed] == 0:
            break
        distances = np.abs(coordinates - coordinates[:, seed, None]).max(axis=0)
        scores[distances <= _REACH] = 0
        own = (distances <= _REACH) & (owners == 0)
        if weights[own].sum() >= least_pixels:
            seeds.append(seed)
            owners[own] = len(seeds)
            in_core |= own & (distances <= _CORE)
    return owners, in_core, seeds


def _shapes(blobs: _Blobs, pictures: Pictures, least_pixels: int) -> npt.NDArray[np.float64]:
    """Return how ragged each blob is in the image, or its core if that is less.

    Several images are as one, in which each stands apart from the others.

    Infinite if both are too small or too scattered. The core, because colours a little like a
    region's are often strewn over the rest of the image.
    """
    part_of_place = np.zeros(_PLACES, np.uint8)
    part_of_place[blobs.places] = 2 * blobs.owners + blobs.in_core
    if pictures.neighbours is not None:
        counts = pictures.neighbours(part_of_place, len(blobs.means))
    else:
        counts = count_neighbours(pictures.each, part_of_place, len(blobs.means))
    areas, touching = counts[1:, 0::2], counts[1:, 1::2]
    raggedness = (4 * areas - 2 * touching) / np.sqrt(np.maximum(areas, 1))
    raggedness[(areas < least_pixels) | (2 * touching < _LEAST_NEIGHBOURS * areas)] = np.inf
    least: npt.NDArray[np.float64] = raggedness.min(axis=1)
    return least


def _cover(
    colors: npt.NDArray[np.float64],
    differences: npt.NDArray[np.float64],
    importance: npt.NDArray[np.float64],
    least_importance: float,
    most: int,
) -> list[int]:
    """Choose regions, `most` at most, so that their colours also serve others that look alike.

    One after the other, each is the important one whose colour gains most, summed over all regions
    that are important or nearly so: a region's importance, in proportion to how much less
    different from what is shown it would look. None looks like another.
    """
    chosen: list[int] = []
    between = difference(colors[:, None], colors)
    counts = importance >= _NEARLY * least_importance
    rates = np.where(counts, importance / differences, 0)
    eligible = importance >= least_importance
    left = differences
    while eligible.any() and len(chosen) < most:
        gains = (np.maximum(left - between, 0) * rates).sum(axis=1)
        one = int(np.where(eligible, gains, -1).argmax())
        chosen.append(one)
        left = np.minimum(left, between[one])
        eligible &= between[one] >= _APART
    return chosen
