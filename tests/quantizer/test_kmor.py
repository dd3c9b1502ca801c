"""`kmor` against the paper's algorithm in plain NumPy, and what it makes of outliers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import quantizer_oracle as oracle
from hypothesis import given
from hypothesis import strategies as st
from strategies import pictures

from kqformat.errors import ParameterError
from kqformat.quantizer.counting import count_colors
from kqformat.quantizer.histogram import Histogram
from kqformat.quantizer.kmeans import lloyd
from kqformat.quantizer.kmor import kmor, outlier_centers
from kqformat.quantizer.space import UNIT, Points, embed, nearest_colors
from kqformat.quantizer.starts import wu
from kqformat.quantizer.tree import ColorTree

Pixels = npt.NDArray[np.uint8]


def histogram_of(image: Pixels) -> Histogram:
    return count_colors(image.reshape(-1, image.shape[-1]))


def start(histogram: Histogram, k: int) -> Points:
    return wu(histogram, k, np.random.default_rng(0))


def squares(points: Points, centroids: Points, labels: oracle.Ints) -> oracle.Ints:
    return np.asarray(((points.astype(np.int64) - centroids[labels]) ** 2).sum(axis=1))


def paper(
    histogram: Histogram, centroids: Points, gamma: float, n0: float, iterations: int
) -> tuple[Points, npt.NDArray[np.bool_], list[float]]:
    """The paper's algorithm, pixel by pixel, on the grid of coordinates.

    U begins with every pixel at its nearest centroid. Then, again and again: D from U and Z; the
    pixels beyond D, the farthest first, up to n0 of them, but a colour as a whole, become outliers;
    the others go to their nearest centroid; Z becomes the means; P.
    """
    points, weights = histogram.points, histogram.counts
    n = int(weights.sum())
    labels = oracle.nearest(points, centroids)
    outliers = np.zeros(len(points), np.bool_)
    objectives = []
    for _ in range(iterations):
        before = squares(points, centroids, labels)
        inside = sum(int(w) for w, out in zip(weights, outliers, strict=True) if not out)
        spread = sum(
            int(w) * int(d) for w, d, out in zip(weights, before, outliers, strict=True) if not out
        )
        limit = gamma * spread / inside if inside else float("inf")
        labels = oracle.nearest(points, centroids)
        now = squares(points, centroids, labels)
        outliers = np.zeros(len(points), np.bool_)
        removed = 0
        for i in sorted(range(len(points)), key=lambda i: (-now[i], i)):
            if now[i] <= limit or removed + weights[i] > int(n0 * n):
                break
            outliers[i] = True
            removed += int(weights[i])
        centroids = centroids.copy()
        for j in range(len(centroids)):
            own = (labels == j) & ~outliers
            if own.any():
                sums = (weights[own, None] * points[own].astype(np.int64)).sum(axis=0)
                centroids[j] = oracle.rounded_means(sums[None], weights[own].sum()[None])[0]
        after = squares(points, centroids, labels)
        kept = int((weights * after)[~outliers].sum())
        each = gamma * kept / (n - removed) if removed < n else 0.0
        objectives.append((kept + removed * each) / (n * UNIT**2))
    return centroids, outliers, objectives


@given(
    pictures(),
    st.integers(1, 12),
    st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0, 9.0]),
    st.sampled_from([0.0, 0.01, 0.1, 0.3, 0.9]),
    st.integers(1, 6),
)
def test_iterations_are_the_paper_s(
    image: Pixels, k: int, gamma: float, n0: float, iterations: int
) -> None:
    """n iterations give the centroids, the outliers and the objectives of the paper's n."""
    histogram = histogram_of(image)
    first = start(histogram, k)
    run = kmor(ColorTree(histogram), first, gamma, n0, iterations)
    done = len(run.objectives)
    assert done == iterations or run.converged
    centroids, outliers, objectives = paper(histogram, first, gamma, n0, done)
    np.testing.assert_array_equal(run.centroids, centroids)
    np.testing.assert_array_equal(run.outliers, outliers)
    np.testing.assert_allclose(run.objectives, objectives, rtol=1e-12)


@pytest.mark.parametrize("gamma", [3.0, 9.0])
def test_iterations_are_the_paper_s_on_a_photo(photo: Pixels, gamma: float) -> None:
    """So they are on a photograph, where there are outliers, of which no more are allowed."""
    histogram = histogram_of(photo[::3, ::3])
    first = start(histogram, 8)
    run = kmor(ColorTree(histogram), first, gamma, 0.02, 5)
    centroids, outliers, objectives = paper(histogram, first, gamma, 0.02, 5)
    assert outliers.any()
    np.testing.assert_array_equal(run.centroids, centroids)
    np.testing.assert_array_equal(run.outliers, outliers)
    np.testing.assert_allclose(run.objectives, objectives, rtol=1e-12)


def test_without_outliers_it_is_k_means(photo: Pixels) -> None:
    """If none are allowed, or none is far enough, it ends where Lloyd's passes end."""
    histogram = histogram_of(photo)
    tree, first = ColorTree(histogram), start(histogram, 6)
    expected = lloyd(tree, first, 5)
    for gamma, n0 in ((9.0, 0.0), (1e6, 0.5)):
        run = kmor(tree, first, gamma, n0, 5)
        np.testing.assert_array_equal(run.centroids, expected.centroids)
        assert not run.outliers.any()


@given(pictures(), st.integers(1, 8), st.floats(0, 4), st.floats(0, 1))
def test_no_more_outliers_than_allowed(image: Pixels, k: int, gamma: float, n0: float) -> None:
    """Of the pixels at most the share n0 are outliers, each at least as far as any that is not."""
    histogram = histogram_of(image)
    tree = ColorTree(histogram)
    run = kmor(tree, start(histogram, k), gamma, n0, 50)
    assert histogram.counts[run.outliers].sum() <= n0 * histogram.counts.sum()
    if run.converged and run.outliers.any():
        distances = tree.distances(run.centroids, tree.assign(run.centroids, labels=True).labels)
        assert distances[run.outliers].min() >= distances[~run.outliers].max(initial=0)


def test_converged_means_nothing_changes(photo: Pixels) -> None:
    """Another iteration from where a run converged changes neither centroids nor objective."""
    histogram = histogram_of(photo[::4, ::4])
    tree = ColorTree(histogram)
    run = kmor(tree, start(histogram, 4), max_iterations=200)
    assert run.converged
    assert len(run.objectives) < 200
    assert run.objectives[-1] == run.objectives[-2]


def test_outliers_move_no_centroid() -> None:
    """Two colours and a few far pixels: the centroids are where they would be without those."""
    bulk = [[10, 10, 10], [14, 10, 10]] * 200 + [[90, 90, 90], [94, 90, 90]] * 200
    far = [[255, 0, 0]] * 3 + [[0, 0, 255]] * 2
    histogram = count_colors(np.array(bulk + far, np.uint8))
    first = embed(np.array([[20, 20, 20, 255], [80, 80, 80, 255]], np.uint8))
    run = kmor(ColorTree(histogram), first)
    assert nearest_colors(run.centroids).tolist() == [[12, 10, 10, 255], [92, 90, 90, 255]]
    assert histogram.colors[run.outliers].tolist() == [[0, 0, 255, 255], [255, 0, 0, 255]]


def test_unrelated_outliers_get_a_center_each() -> None:
    """Farthest first: of three groups of outliers, one centre each, at its mean; never more."""
    bulk = [[20, 20, 20], [24, 20, 20]] * 500
    groups = [[250, 0, 0], [254, 0, 0], [0, 250, 0], [0, 254, 0], [0, 0, 150], [0, 0, 154]]
    histogram = count_colors(np.array(bulk + groups * 2, np.uint8))
    tree = ColorTree(histogram)
    run = kmor(tree, embed(np.array([[22, 20, 20, 255]], np.uint8)))
    assert run.outliers.sum() == 6
    centers = nearest_colors(outlier_centers(tree, run, 3))[:, :3].tolist()
    assert sorted(centers[:2]) == [[0, 252, 0], [252, 0, 0]]
    assert centers[2] == [0, 0, 152]
    assert len(outlier_centers(tree, run, 1)) == 1
    assert len(outlier_centers(tree, run, 99)) == 6
    assert len(outlier_centers(tree, run, 0)) == 0


def test_no_outliers_no_centers(photo: Pixels) -> None:
    """Without outliers there is nothing to divide."""
    histogram = histogram_of(photo)
    tree = ColorTree(histogram)
    run = kmor(tree, start(histogram, 6), n0=0.0)
    assert outlier_centers(tree, run, 4).shape == (0, 4)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"gamma": -1.0}, "gamma is -1.0"),
        ({"gamma": float("nan")}, "gamma is nan"),
        ({"n0": 1.5}, "n0 is 1.5"),
        ({"n0": -0.1}, "n0 is -0.1"),
        ({"max_iterations": 0}, "max_iterations is 0"),
    ],
)
def test_wrong_parameters_are_refused(parameters: dict[str, float], message: str) -> None:
    """The error names the parameter and what it was."""
    histogram = count_colors(np.array([[1, 2, 3]], np.uint8))
    with pytest.raises(ParameterError, match=message):
        kmor(ColorTree(histogram), histogram.points, **parameters)  # type: ignore[arg-type]
