"""Small bright things that k-means averages away, and centroids for them.

A clown-fish on a dark reef is a fraction of a percent of the pixels: no cluster of its own pays in
squared error, yet it is what one looks at. Such a region is found by its colour (saturated, well
populated, far from how it is shown now, with little in between) and by its shape (its pixels lie
together, which those of noise do not), and its mean becomes a centroid that k-means leaves alone.

The search works on cells of colours; only if some of them qualify are the pixels looked at, once
for each grid of `blobs`. It draws nothing at random and does not depend on the order of anything
but the pixels' places.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kqformat.errors import ParameterError
from kqformat.quantizer.blobs import BLOCKY, PLACES, Blobs, Grid, Least, find_blobs, find_strays
from kqformat.quantizer.lab import chroma, difference, lab
from kqformat.quantizer.neighbours import count_neighbours
from kqformat.quantizer.pixels import Pictures
from kqformat.quantizer.points import WeightedPoints
from kqformat.quantizer.space import Points
from kqformat.quantizer.spaces import SRGB, Space
from kqformat.quantizer.tree import ColorTree

DROPPED_BITS = 12
"""How coarse the cells given to `find_outliers` are: 3 bits less of each of four channels."""

MAX_CENTROIDS = 1024
"""With more, nothing is far from all of them."""

_LEAST_PIXELS, _LEAST_SHARE = 12, 20_000  # at least 12 pixels and 1 in 20,000
_APART = 20.0  # difference of two pins
_NEARLY = 0.8  # of the least importance: such regions have a say in whose colour is a pin
_LEAST_NEIGHBOURS = 1.5  # of the same blob, of the four that a pixel has; 1 are pairs


@dataclass(frozen=True, slots=True)
class Strength:
    """What a region must be to get a centroid of its own. Chosen by measurement.

    Its importance is its difference times √isolation, by raggedness: perimeter / √area of its
    pixels, which is 4 for a square, 4·√n for n equal squares, and taken as 6 where it is less.

    Attributes
    ----------
    difference : float
        Least CIE94 difference between its mean and how that is shown now.
    chroma : float
        Least C* of its mean.
    isolation : float
        Least share of its pixels among those of all colours around it; see `blobs`.
    flat : float
        Least importance in the grid of levels, where what has one colour stands out.
    shaded : float or None
        Least importance in the grid of looks, where what has many shades of a hue does, and what
        has one, too. If None, nothing is sought there.
    spare : int
        1 if there may be one pin more than k / 8.
    """

    difference: float
    chroma: float
    isolation: float
    flat: float
    shaded: float | None
    spare: int


STRENGTHS = {
    "auto": Strength(10, 30, 0.1, 1.5, None, 0),
    "strong": Strength(9, 25, 0.05, 1.5, 0.9, 1),
}
"""The values of ``outliers`` but "off", and what they mean."""


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
        The means of the regions, in the order in which their colours gain most, m ≤ k / 8 (strong:
        k / 8 + 1). None for grey images.

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
    strays = find_strays(cells, tree, centroids, shown)
    gates: dict[Grid, float] = {"levels": wanted.flat}
    if wanted.shaded is not None:
        gates["looks"] = wanted.shaded
    found: list[Points] = []
    standing: list[npt.NDArray[np.float64]] = []  # importance, but for the difference
    for grid, gate in gates.items():
        least = Least(least_pixels, wanted.chroma, wanted.isolation, gate)
        blobs = find_blobs(cells, strays, space, least, grid)
        if blobs is not None:
            ragged = np.maximum(_raggedness(blobs, pictures, least_pixels), BLOCKY)
            found.append(blobs.means)
            standing.append(np.sqrt(blobs.isolation) / ragged / gate)
    if not found:
        return _no_points()
    points = np.concatenate(found)
    seen = lab(space.nearest_colors(points))
    # From the entry that looks nearest, not the one that squared distance takes: if that one would
    # do, it is a matter of the mapping and not of the palette.
    differences = difference(seen[:, None], shown).min(axis=1)
    fits = (chroma(seen) >= wanted.chroma) & (differences >= wanted.difference)
    importance = np.where(fits, differences * np.concatenate(standing), 0)
    return points[_cover(seen, differences, importance, most)]


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


def _raggedness(blobs: Blobs, pictures: Pictures, least_pixels: int) -> npt.NDArray[np.float64]:
    """Return how ragged each blob is in the image, or its core if that is less.

    Several images are as one, in which each stands apart from the others.

    Infinite if both are too small or too scattered. The core, because colours a little like a
    region's are often strewn over the rest of the image.
    """
    part_of_place = np.zeros(PLACES, np.uint8)
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
    most: int,
) -> list[int]:
    """Choose regions, `most` at most, so that their colours also serve others that look alike.

    One after the other, each is the important one, from 1 on, whose colour gains most, summed over
    all regions that are important or nearly so: a region's importance, in proportion to how much
    less different from what is shown it would look. None looks like another. What both grids have
    counts twice: such a region has one colour, and all of it would be shown as it is.
    """
    chosen: list[int] = []
    between = difference(colors[:, None], colors)
    counts = importance >= _NEARLY
    rates = np.divide(importance, differences, out=np.zeros_like(importance), where=counts)
    eligible = importance >= 1
    left = differences
    while eligible.any() and len(chosen) < most:
        gains = (np.maximum(left - between, 0) * rates).sum(axis=1)
        one = int(np.where(eligible, gains, -1).argmax())
        chosen.append(one)
        left = np.minimum(left, between[one])
        eligible &= between[one] >= _APART
    return chosen
