"""Colours near each other that are shown as others: what may be one thing in a picture.

They are sought among cells of colours, in one of two grids. In the grid of levels, R, G and B, a
blob is small, and what has one colour stands out: a flat patch, a lamp, lettering. In the grid of
looks, CIELAB with its lightness far coarser, a blob has many shades of a hue: a cap in the sun.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from kqformat.quantizer import outliers_kernel
from kqformat.quantizer.lab import Lab, chroma, difference, lab
from kqformat.quantizer.points import WeightedPoints, rounded_means
from kqformat.quantizer.space import UNIT, Points
from kqformat.quantizer.spaces import Space
from kqformat.quantizer.tree import ColorTree

PLACES = 1 << 15
"""Of either grid: 32 along each axis, of which lightness has 9."""

BLOCKY = 6.0
"""Shapes no more ragged than this count as equally compact."""

Grid: TypeAlias = Literal["levels", "looks"]

_FAR = 20 * UNIT  # nearer than this nothing looks 10 ΔE off, except by little saturated colours
# In places: a seed's neighbourhood, its surroundings, its blob and the core of that.
_INNER, _OUTER, _REACH, _CORE = 1, 3, 3, 1
_COLORFUL = 24  # levels from the least to the greatest sample; with fewer, C* is less than 20
_MAX_SEEDS, _MAX_BLOBS = 256, 32
# Of the grid of looks. Where a* or b* is 60 or more, or -60 or less, is as one, though the most
# saturated colours have up to 108: hues next to each other may share a blob there.
_STEPS = np.array([12, 4, 4])
_OPAQUE = 1 << 16  # in a cell's code, the highest bit of alpha: 128 or more


@dataclass(frozen=True, slots=True)
class Least:
    """What a blob must be.

    Attributes
    ----------
    pixels : int
    chroma : float
        C* of its seed.
    isolation : float
        Share of pixels of about its seed's colour among those of all colours in its surroundings.
    importance : float
        See `outliers.Strength`.
    """

    pixels: int
    chroma: float
    isolation: float
    importance: float


@dataclass(frozen=True, slots=True, eq=False)
class Blobs:
    """Cells that may be things, n of them as m blobs.

    Attributes
    ----------
    places : ndarray, uint16, shape (n,)
        Where each cell is in the grid of levels.
    owners : ndarray, uint8, shape (n,)
        Its blob, from 1, or 0.
    in_core : ndarray, bool, shape (n,)
        Whether it is near its blob's seed.
    means : ndarray, int16, shape (m, 4)
        Of blobs.
    isolation : ndarray, float64, shape (m,)
        In the grid of levels that of the seed. Of a thing that is shaded no place has many pixels,
        so in the grid of looks it is the blob's share of all pixels within its reach.
    """

    places: npt.NDArray[np.uint16]
    owners: npt.NDArray[np.uint8]
    in_core: npt.NDArray[np.bool_]
    means: Points
    isolation: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Strays:
    """The cells of at least half opacity that are shown far from what they are, n of them.

    Attributes
    ----------
    which : ndarray, intp, shape (n,)
        Among all cells.
    distances : ndarray, int64, shape (n,)
        Squared, from their centroids.
    shown : ndarray, float64, shape (n, 3)
        Their centroids in CIELAB.
    """

    which: npt.NDArray[np.intp]
    distances: npt.NDArray[np.int64]
    shown: Lab


def find_strays(cells: WeightedPoints, tree: ColorTree, centroids: Points, shown: Lab) -> Strays:
    """Find the cells that blobs are made of.

    Parameters
    ----------
    cells : WeightedPoints
        Gathered with `outliers.DROPPED_BITS`.
    tree : ColorTree
        Over them.
    centroids : ndarray, int16, shape (k, 4)
    shown : ndarray, float64, shape (k, 3)
        These in CIELAB.
    """
    labels = tree.assign(centroids, labels=True).labels
    distances = tree.distances(centroids, labels)
    which = np.flatnonzero((distances >= _FAR * _FAR) & (cells.codes & _OPAQUE != 0))
    return Strays(which, distances[which], shown[labels[which]])


def find_blobs(
    cells: WeightedPoints, strays: Strays, space: Space, least: Least, grid: Grid
) -> Blobs | None:
    """Gather strays around the most striking of them, if there are any.

    Parameters
    ----------
    cells : WeightedPoints
        All cells.
    strays : Strays
        See `find_strays`.
    space : Space
        Of the cells.
    least : Least
    grid : {"levels", "looks"}

    Returns
    -------
    Blobs or None
    """
    far = strays.which
    if not len(far):
        return None
    levels = np.empty(len(cells), np.uint16)
    outliers_kernel.places_of_codes(cells.codes, levels)
    everywhere = levels if grid == "levels" else _looks(space.nearest_colors(cells.points))
    places, weights = everywhere[far], cells.counts[far]
    near = _sums_around(places, weights, _INNER)[places]
    populated = np.flatnonzero(2 * near >= least.pixels)
    around = _sums_around(everywhere, cells.counts, _OUTER)[places[populated]]
    isolation = np.zeros(len(far), np.float64)
    isolation[populated] = near[populated] / around
    striking = populated[isolation[populated] >= least.isolation]
    first = np.argsort(-(strays.distances[striking] * isolation[striking]), kind="stable")
    striking = striking[first[:_MAX_SEEDS]]
    colors = space.nearest_colors(cells.points[far[striking]])
    colorful = np.ptp(colors[:, :3], axis=1) >= _COLORFUL
    striking, seen = striking[colorful], lab(colors[colorful])
    importance = difference(seen, strays.shown[striking]) * np.sqrt(isolation[striking])
    # In the grid of levels no blob is more important than its seed would be in a compact shape. In
    # that of looks it may be, as it is isolated otherwise; measured with the gate as it is.
    is_seed = (chroma(seen) >= least.chroma) & (importance >= least.importance * BLOCKY)
    scores = np.zeros(len(far), np.float64)
    scores[striking[is_seed]] = importance[is_seed]
    owners, in_core, seeds = _gather(places, weights, scores, least.pixels)
    if not len(seeds):
        return None
    masses = np.bincount(owners, weights)[1:].astype(np.int64)
    sums = [np.bincount(owners, weights * cells.points[far, c])[1:] for c in range(4)]
    means = rounded_means(np.stack(sums, axis=1).astype(np.int64), masses)
    shares = isolation[seeds]
    if grid == "looks":
        shares = masses / _sums_around(everywhere, cells.counts, _REACH)[places[seeds]]
    return Blobs(levels[far], owners, in_core, means, shares)


def _looks(colors: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint16]:
    """Return the places of colours in the grid of looks."""
    lightness, a, b = np.floor(lab(colors).T / _STEPS[:, None]).astype(np.int64)
    axes = np.stack([lightness, a + 16, b + 16]).clip(0, 31)
    places: npt.NDArray[np.uint16] = (axes[0] << 10 | axes[1] << 5 | axes[2]).astype(np.uint16)
    return places


def _sums_around(
    places: npt.NDArray[np.uint16], weights: npt.NDArray[np.int64], radius: int
) -> npt.NDArray[np.int64]:
    """Return for each of all places the weight within a radius of it."""
    grid = np.bincount(places, weights, PLACES).astype(np.int64)
    sums = np.empty(PLACES, np.int64)
    outliers_kernel.box_sums(grid, radius, np.empty(PLACES, np.int64), sums)
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
