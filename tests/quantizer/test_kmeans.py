"""`kmeans.lloyd` against the textbook, and the laws of its passes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
import quantizer_oracle as oracle
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import pictures

from kqformat.quantizer.counting import count_colors
from kqformat.quantizer.histogram import Histogram
from kqformat.quantizer.kmeans import lloyd
from kqformat.quantizer.space import Points, embed
from kqformat.quantizer.starts import STARTS
from kqformat.quantizer.tree import ColorTree

Pixels = npt.NDArray[np.uint8]

INITS = list(STARTS)


def histogram_of(image: Pixels) -> Histogram:
    return count_colors(image.reshape(-1, image.shape[-1]))


def start(name: str, histogram: Histogram, k: int, seed: int = 0) -> Points:
    return STARTS[name](histogram, k, np.random.default_rng(seed))


def clustered_picture() -> Pixels:
    """Two small clouds of colours, in one corner of the cube."""
    rng = np.random.default_rng(9)
    clouds = rng.normal([[20, 20, 20], [60, 30, 20]], 5, (3000, 2, 3))
    return np.clip(clouds, 0, 255).astype(np.uint8)


def assert_never_rises(distortions: tuple[float, ...]) -> None:
    assert all(later <= earlier for earlier, later in pairwise(distortions))


@given(pictures(), st.sampled_from(INITS), st.integers(1, 40), st.integers(0, 99))
def test_distortion_never_rises(image: Pixels, init: str, k: int, seed: int) -> None:
    """From pass to pass the distortion stays or falls, whatever the start."""
    histogram = histogram_of(image)
    run = lloyd(ColorTree(histogram), start(init, histogram, k, seed), 30)
    assert 1 <= len(run.distortions) <= 30
    assert_never_rises(run.distortions)


@pytest.mark.parametrize("init", INITS)
def test_distortion_falls_on_a_photo(photo: Pixels, init: str) -> None:
    """On a photograph the passes find something better, and never anything worse."""
    histogram = histogram_of(photo)
    run = lloyd(ColorTree(histogram), start(init, histogram, 48), 12)
    assert_never_rises(run.distortions)
    assert run.distortions[-1] < run.distortions[0]


@given(pictures(), st.sampled_from(INITS), st.integers(1, 40))
def test_converged_means_nothing_changes(image: Pixels, init: str, k: int) -> None:
    """A run that converged is a fixed point: one pass more gives the same centroids."""
    histogram = histogram_of(image)
    tree = ColorTree(histogram)
    run = lloyd(tree, start(init, histogram, k), 1000)
    assert run.converged
    again = lloyd(tree, run.centroids, 1)
    assert again.converged
    np.testing.assert_array_equal(again.centroids, run.centroids)
    assert again.distortions == run.distortions[-1:]
    moved, _ = oracle.lloyd(histogram.points, histogram.counts, run.centroids, 1)
    np.testing.assert_array_equal(moved, run.centroids)


@given(pictures(), st.sampled_from(INITS[:3]), st.integers(1, 20), st.integers(0, 6))
def test_passes_are_the_textbook_ones(image: Pixels, init: str, k: int, passes: int) -> None:
    """Where no cluster gets empty, n passes give the centroids that n textbook passes give."""
    histogram = histogram_of(image)
    first = start(init, histogram, k)
    expected, had_empty = oracle.lloyd(histogram.points, histogram.counts, first, passes)
    assume(not had_empty)
    run = lloyd(ColorTree(histogram), first, passes)
    np.testing.assert_array_equal(run.centroids, expected)


@pytest.mark.parametrize(("k", "passes"), [(3, 20), (16, 8), (64, 4)])
def test_passes_are_the_textbook_ones_on_a_photo(photo: Pixels, k: int, passes: int) -> None:
    """So they are on a photograph, together with the distortions before each pass."""
    histogram = histogram_of(photo[::2, ::2])
    first = start("wu", histogram, k)
    expected, had_empty = oracle.lloyd(histogram.points, histogram.counts, first, passes)
    assert not had_empty
    run = lloyd(ColorTree(histogram), first, passes)
    np.testing.assert_array_equal(run.centroids, expected)
    assert len(run.distortions) == passes
    last, _ = oracle.lloyd(histogram.points, histogram.counts, first, passes - 1)
    before_last = oracle.assign(histogram.points, histogram.counts, last)
    assert run.distortions[-1] == before_last.distortion / oracle.UNIT**2


@pytest.mark.parametrize("k", [8, 32, 200])
def test_empty_clusters_are_repaired(k: int) -> None:
    """Centroids of the whole cube all end where a picture of two small clouds has colours."""
    histogram = histogram_of(clustered_picture())
    tree = ColorTree(histogram)
    first = start("random-space", histogram, k)
    assert (tree.assign(first).weights == 0).sum() > k // 2
    run = lloyd(tree, first, 100)
    assert (tree.assign(run.centroids).weights > 0).all()
    assert_never_rises(run.distortions)


def test_repair_goes_where_it_is_needed_most() -> None:
    """An empty centroid moves to the worst-served point of the cluster with most distortion."""
    reds = [[0, 0, 0], [6, 0, 0]] * 10
    blues = [[0, 0, 200], [0, 0, 220], [0, 0, 255]]
    histogram = count_colors(np.array(reds + blues, np.uint8))
    first = embed(np.array([[3, 0, 0, 255], [0, 0, 210, 255], [0, 255, 0, 255]], np.uint8))
    tree = ColorTree(histogram)
    assert tree.assign(first).weights.tolist() == [20, 3, 0]
    moved = lloyd(tree, first, 1).centroids
    np.testing.assert_array_equal(moved[:2], [[192, 0, 0, 8_160], [0, 0, 14_400, 8_160]])
    np.testing.assert_array_equal(moved[2], embed(np.array([[0, 0, 255, 255]], np.uint8))[0])


def test_useless_centroids_stay_where_all_is_perfect() -> None:
    """With more centroids than colours every colour gets its own, and the run converges."""
    histogram = count_colors(np.array([[1, 2, 3], [200, 100, 0], [9, 9, 9]], np.uint8))
    tree = ColorTree(histogram)
    run = lloyd(tree, start("random-space", histogram, 20), 50)
    assert run.converged
    assert tree.assign(run.centroids).distortion == 0


def test_no_passes_change_nothing(photo: Pixels) -> None:
    """With no iterations the start itself comes back, not converged, nothing measured."""
    histogram = histogram_of(photo)
    first = start("random", histogram, 5)
    run = lloyd(ColorTree(histogram), first, 0)
    np.testing.assert_array_equal(run.centroids, first)
    assert not run.converged
    assert run.distortions == ()


def test_the_start_is_not_changed(photo: Pixels) -> None:
    """Passes leave the array of first centroids as it was."""
    histogram = histogram_of(photo)
    first = start("wu", histogram, 6)
    copy = first.copy()
    lloyd(ColorTree(histogram), first, 3)
    np.testing.assert_array_equal(first, copy)
