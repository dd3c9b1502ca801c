"""`ColorTree.assign` against comparing every point with every centroid."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import quantizer_oracle as oracle
from hypothesis import given
from hypothesis import strategies as st
from strategies import pictures

from kqformat.quantizer.counting import count_colors
from kqformat.quantizer.histogram import Histogram
from kqformat.quantizer.space import Points, embed
from kqformat.quantizer.tree import ColorTree

Pixels = npt.NDArray[np.uint8]


def assert_exact(histogram: Histogram, centroids: Points) -> None:
    tree = ColorTree(histogram)
    expected = oracle.assign(histogram.points, histogram.counts, centroids)
    found = tree.assign(centroids, labels=True)
    np.testing.assert_array_equal(found.labels, expected.labels)
    np.testing.assert_array_equal(found.weights, expected.weights)
    np.testing.assert_array_equal(found.sums, expected.sums)
    assert found.distortion == expected.distortion / oracle.UNIT**2
    unlabelled = tree.assign(centroids)
    np.testing.assert_array_equal(unlabelled.weights, expected.weights)
    np.testing.assert_array_equal(unlabelled.sums, expected.sums)
    assert unlabelled.distortion == found.distortion


def some_centroids(rng: np.random.Generator, histogram: Histogram, k: int, grid: int) -> Points:
    """Points of the image, and others on a coarse grid (so that ties abound), with repetitions."""
    own = histogram.points[rng.integers(0, len(histogram), k)]
    others = rng.integers(0, [16_321] * 3 + [8_161], (k, 4)) // grid * grid
    mixed = np.where(rng.random((k, 1)) < 0.5, own, others)
    return mixed[rng.integers(0, k, k)].astype(np.int16)


@given(
    pictures(),
    st.integers(1, 60),
    st.sampled_from([1, 32, 64, 4080]),
    st.integers(0, 2**32),
)
def test_assign_is_brute_force(image: Pixels, k: int, grid: int, seed: int) -> None:
    """Labels, weights, sums and distortion are exact; of equally near centroids the first wins."""
    histogram = count_colors(image.reshape(-1, image.shape[2]))
    assert_exact(histogram, some_centroids(np.random.default_rng(seed), histogram, k, grid))


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize(("levels", "k"), [(8, 700), (256, 2), (256, 900), (256, 20_000)])
def test_assign_is_brute_force_on_many_points(channels: int, levels: int, k: int) -> None:
    """So it is on thousands of points, for few centroids and for more than there are points."""
    rng = np.random.default_rng(levels + k)
    pixels = rng.integers(0, levels, (6000, channels), dtype=np.uint8) * (256 // levels)
    histogram = count_colors(pixels)
    assert_exact(histogram, some_centroids(rng, histogram, k, 256))


def test_ties_go_to_the_first() -> None:
    """A point half-way between two centroids, or on two equal ones, has the lower number."""
    histogram = count_colors(np.array([[10, 0, 0], [20, 0, 0], [30, 0, 0]], np.uint8))
    low, high = embed(np.array([[10, 0, 0, 255], [30, 0, 0, 255]], np.uint8))
    tree = ColorTree(histogram)
    for centroids, expected in [
        ([low, high], [0, 0, 1]),
        ([high, low], [1, 0, 0]),
        ([high, low, low, high], [1, 0, 0]),
        ([low, low, high], [0, 0, 2]),
    ]:
        labels = tree.assign(np.array(centroids), labels=True).labels
        assert labels[np.argsort(histogram.points[:, 0])].tolist() == expected


def test_corners_of_space_do_not_overflow() -> None:
    """The greatest distances there are are right too, among opaque and transparent extremes."""
    corners = np.array(np.meshgrid([0, 255], [0, 255], [0, 255], [0, 1, 255])).reshape(4, -1).T
    colors = np.ascontiguousarray(corners, np.uint8)
    histogram = count_colors(colors)
    for first in range(len(colors)):
        assert_exact(histogram, embed(colors[first : first + 1]))
    assert_exact(histogram, embed(colors[::-1].copy()))
    assert_exact(histogram, embed(colors[::5]))


def test_billions_of_pixels_do_not_overflow() -> None:
    """Four thousand million pixels at the greatest distance still have an exact distortion."""
    histogram = count_colors(np.array([[0, 0, 0], [255, 255, 255], [255, 255, 0]], np.uint8))
    heavy = replace(histogram, counts=np.array([1, 3_000_000_000, 1_000_000_000]))
    black = embed(np.array([[0, 0, 0, 255]], np.uint8))
    assert_exact(heavy, black)
    found = ColorTree(heavy).assign(black).distortion
    weights = dict(zip(map(tuple, histogram.colors.tolist()), heavy.counts.tolist(), strict=True))
    assert found == sum(
        weight * sum(sample**2 for sample in color[:3]) for color, weight in weights.items()
    )


@pytest.mark.parametrize("k", [1, 16, 256])
def test_assign_is_brute_force_on_a_photo(photo: Pixels, k: int) -> None:
    """So it is on a photograph with colours of its own as centroids."""
    histogram = count_colors(photo.reshape(-1, 3))
    chosen = np.random.default_rng(k).choice(len(histogram), k, replace=False)
    assert_exact(histogram, histogram.points[chosen])
