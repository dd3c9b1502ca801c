"""`starts`: the first centroids."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from quantizer_oracle import draw_distant, rows
from strategies import pictures

from kqformat.errors import ParameterError
from kqformat.quantizer import starts
from kqformat.quantizer.counting import count_colors
from kqformat.quantizer.histogram import Histogram
from kqformat.quantizer.points import WeightedPoints
from kqformat.quantizer.space import Points, embed, nearest_colors
from kqformat.quantizer.tree import ColorTree

Pixels = npt.NDArray[np.uint8]

RANDOM_STARTS = ["kmeans++", "random", "random-space"]


def histogram_of(image: Pixels) -> Histogram:
    return count_colors(image.reshape(-1, image.shape[-1]))


@pytest.fixture(scope="module")
def photo_histogram(photo: Pixels) -> Histogram:
    return histogram_of(photo)


def start(name: str, histogram: WeightedPoints, k: int, seed: int = 0) -> Points:
    return starts.start_named(name)(histogram, k, np.random.default_rng(seed))


@pytest.mark.parametrize("name", starts.STARTS)
@given(pictures(), st.integers(1, 80), st.integers(0, 999))
def test_starts_are_points_of_space(name: str, image: Pixels, k: int, seed: int) -> None:
    """Every start gives 1 to k int16 points within the range of the space."""
    centroids = start(name, histogram_of(image), k, seed)
    assert centroids.dtype == np.int16
    assert centroids.shape[1:] == (4,)
    assert 1 <= len(centroids) <= k
    assert centroids.min() >= 0
    assert (centroids.max(axis=0) <= [16_320, 16_320, 16_320, 8_160]).all()
    if image.shape[2] == 3:
        assert (centroids[:, 3] == 8_160).all()


@given(pictures(channels=3), st.sampled_from(["kmeans++", "random"]), st.integers(1, 80))
def test_drawn_starts_are_colors_of_the_image(image: Pixels, name: str, k: int) -> None:
    """k-means++ and random pixels draw points that the image has."""
    histogram = histogram_of(image)
    assert rows(start(name, histogram, k)) <= rows(histogram.points)


@given(pictures(channels=3), st.integers(1, 80), st.integers(0, 999))
def test_kmeans_plus_plus_draws_different_colors(image: Pixels, k: int, seed: int) -> None:
    """k-means++ never draws a colour twice, and stops once it has drawn them all."""
    histogram = histogram_of(image)
    centroids = start("kmeans++", histogram, k, seed)
    assert len(rows(centroids)) == len(centroids) == min(k, len(histogram))


def test_kmeans_plus_plus_draws_by_weight_and_squared_distance() -> None:
    """The first draw is as likely as its pixels, the second by pixels times squared distance."""
    levels, weights = np.array([0, 10, 14, 40]), np.array([50, 20, 25, 5])
    histogram = count_colors(np.repeat(levels, weights)[:, None].repeat(3, 1).astype(np.uint8))
    draws = 4000
    found = np.zeros((4, 4))
    for seed in range(draws):
        first, second = start("kmeans++", histogram, 2, seed)[:, 0] // 64
        found[levels == first, levels == second] += 1
    second_given_first = weights * (levels[:, None] - levels) ** 2.0
    second_given_first /= second_given_first.sum(axis=1, keepdims=True)
    expected = draws * weights[:, None] / weights.sum() * second_given_first
    assert (np.abs(found - expected) <= 4 * np.sqrt(expected)).all()


@given(st.integers(1, 600), st.integers(1, 40), st.integers(0, 999), st.booleans())
@pytest.mark.parametrize("greatest", [3, 16_320])
def test_kmeans_plus_plus_draws_what_plain_arithmetic_does(
    greatest: int, n: int, k: int, seed: int, together: bool
) -> None:
    """In any order of points, near ones together or not, and where many are the same."""
    rng = np.random.default_rng(seed)
    points = rng.integers(0, greatest, (n, 4), np.int16, endpoint=True)
    if together:  # in groups of a few blocks, next to each other along all axes
        points = (points // 16 + np.sort(rng.integers(0, 9, (n, 1))) * 1600).astype(np.int16)
        points = points[np.argsort(points[:, 0], kind="stable")]
    counts = rng.integers(1, 1000, n)
    histogram = WeightedPoints(np.zeros(n, np.uint32), points, counts)
    expected = draw_distant(points, counts, np.random.default_rng(seed).random(k))
    np.testing.assert_array_equal(start("kmeans++", histogram, k, seed), points[expected])


@given(pictures(channels=3), st.integers(0, 999))
def test_random_pixels_are_different_pixels(image: Pixels, seed: int) -> None:
    """Asked for as many as there are pixels or more, it draws each pixel once."""
    histogram = histogram_of(image)
    for k in (int(histogram.counts.sum()), int(histogram.counts.sum()) + 5):
        drawn, counts = np.unique(start("random", histogram, k, seed), axis=0, return_counts=True)
        order = np.lexsort(histogram.points.T[::-1])
        np.testing.assert_array_equal(drawn, histogram.points[order])
        np.testing.assert_array_equal(counts, histogram.counts[order])


@pytest.mark.parametrize("name", RANDOM_STARTS)
def test_random_starts_depend_on_the_seed_alone(photo_histogram: Histogram, name: str) -> None:
    """The same seed draws the same, another seed something else."""
    first = start(name, photo_histogram, 64, seed=1)
    np.testing.assert_array_equal(first, start(name, photo_histogram, 64, seed=1))
    for seed in (0, 2, 3):
        assert not np.array_equal(first, start(name, photo_histogram, 64, seed=seed))


def test_random_space_ignores_the_image(photo_histogram: Histogram) -> None:
    """Any two opaque images get the same points of the cube, spread over all of it."""
    other = count_colors(np.zeros((1, 3), np.uint8))
    centroids = start("random-space", photo_histogram, 500)
    np.testing.assert_array_equal(centroids, start("random-space", other, 500))
    np.testing.assert_array_equal(centroids, embed(nearest_colors(centroids)))
    spread = np.ptp(centroids[:, :3].astype(np.int64), axis=0)
    assert (spread > 15_000).all()


def test_random_space_has_alpha_where_the_image_has() -> None:
    """An image with a translucent pixel gets centroids of any alpha."""
    histogram = count_colors(np.array([[1, 2, 3, 255], [1, 2, 3, 200]], np.uint8))
    assert len(np.unique(start("random-space", histogram, 100)[:, 3])) > 30


def test_wu_needs_no_chance(photo_histogram: Histogram) -> None:
    """Wu's start is the same for every seed."""
    np.testing.assert_array_equal(
        start("wu", photo_histogram, 64, seed=1), start("wu", photo_histogram, 64, seed=2)
    )


@given(pictures())
def test_wu_of_one_is_the_mean(image: Pixels) -> None:
    """One box is the whole image; its centroid is the mean of all pixels."""
    histogram = histogram_of(image)
    mean = np.average(histogram.points, axis=0, weights=histogram.counts)
    centroid = start("wu", histogram, 1)
    assert len(centroid) == 1
    assert np.abs(centroid[0] - mean).max() <= 0.5 + 1e-9


@given(pictures(channels=3))
def test_wu_of_all_is_all_colors(image: Pixels) -> None:
    """Boxes are split down to single opaque colours if k allows."""
    histogram = histogram_of(image)
    assert rows(start("wu", histogram, len(histogram) + 3)) == rows(histogram.points)


def test_wu_splits_one_box_at_a_time(photo_histogram: Histogram) -> None:
    """With one box more, one centroid gives way to two that have it as a mean between them.

    By induction the centroids are the means of a partition of the pixels.
    """
    for k in range(1, 60):
        before = rows(start("wu", photo_histogram, k))
        after = rows(start("wu", photo_histogram, k + 1))
        assert (len(before), len(after)) == (k, k + 1)
        (parent,) = before - after
        one, other = (np.array(child) for child in after - before)
        step, way = other - one, np.array(parent) - one
        share = float(way @ step) / float(step @ step)
        assert 0 < share < 1
        assert np.abs(way - share * step).max() <= 2  # each mean is rounded


def test_wu_gets_better_with_more(photo_histogram: Histogram) -> None:
    """The distortion of Wu's start falls as k rises, and is far below that of random pixels."""
    tree = ColorTree(photo_histogram)
    distortions = []
    for k in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024):
        distortions.append(tree.assign(start("wu", photo_histogram, k)).distortion)
        if k >= 4:
            drawn = tree.assign(start("random", photo_histogram, k)).distortion
            assert distortions[-1] < 0.9 * drawn
    assert distortions == sorted(set(distortions), reverse=True)


@pytest.mark.parametrize("name", ["", "Wu", "kmeans", "random_space"])
def test_unknown_starts_are_refused(name: str) -> None:
    """A name that is none says what it is and which there are."""
    with pytest.raises(ParameterError, match=rf"init is '{name}', expected one of wu, kmeans\+\+"):
        starts.start_named(name)
