"""Searches: momentum against its formula, and what is kept on the way."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import pictures

from kqformat.quantizer.counting import count_colors
from kqformat.quantizer.kmeans import lloyd
from kqformat.quantizer.momentum import MOMENTUM, STRIDE, Motion
from kqformat.quantizer.points import gather_cells
from kqformat.quantizer.search import Search
from kqformat.quantizer.space import MAX_COORDINATE, Points
from kqformat.quantizer.starts import STARTS, wu
from kqformat.quantizer.tree import ColorTree

Pixels = npt.NDArray[np.uint8]
NO_CHANCE = np.random.default_rng(0)


@pytest.fixture(scope="module")
def cells(photo: Pixels) -> ColorTree:
    """A photograph's colours in cells of 4 levels a side."""
    return ColorTree(gather_cells(count_colors(photo.reshape(-1, 3)), 8))


def spread_over(tree: ColorTree, k: int) -> Points:
    """Return k of the points, from all over their order."""
    return np.ascontiguousarray(tree.points[:: len(tree.points) // k][:k])


@given(k=st.integers(1, 9), fixed=st.integers(0, 9), seed=st.integers(0, 2**32 - 1))
def test_speed_is_kept_and_gained(k: int, fixed: int, seed: int) -> None:
    """Each pass is the formula's, rounded, within the cube; the fixed ones stay."""
    draw = np.random.default_rng(seed)
    tree = ColorTree(count_colors(draw.integers(0, 256, (40, 4), np.uint8)))
    centroids = draw.integers(0, MAX_COORDINATE + 1, (k, 4)).astype(np.int16)
    places = np.clip(centroids + draw.uniform(-0.5, 0.5, (k, 4)), 0, MAX_COORDINATE)
    motion = Motion(places, draw.normal(0, 3000, (k, 4)), centroids)
    clusters = tree.assign(centroids)
    moved = motion.advanced(clusters, fixed)
    means = clusters.sums / np.maximum(clusters.weights, 1)[:, None]
    ways = np.where(clusters.weights[:, None] > 0, means - places, 0)
    speeds = MOMENTUM * motion.velocities + STRIDE * ways
    speeds[:fixed] = 0
    np.testing.assert_allclose(moved.velocities, speeds)
    np.testing.assert_array_equal(
        moved.places, np.clip(places + moved.velocities, 0, MAX_COORDINATE)
    )
    np.testing.assert_array_equal(moved.centroids, np.floor(moved.places + 0.5))
    np.testing.assert_array_equal(moved.places[:fixed], places[:fixed])


def test_what_is_put_elsewhere_is_at_rest() -> None:
    """The others keep their places and speeds, and the motion before is not changed."""
    nine = np.full((3, 4), 9, np.int16)
    motion = Motion(np.full((3, 4), 9.25), np.ones((3, 4)), nine)
    new = motion.replaced(np.array([1]), np.full((1, 4), 70, np.int16))
    assert new.centroids[:, 0].tolist() == [9, 70, 9]
    assert new.places[:, 0].tolist() == [9.25, 70, 9.25]
    assert new.velocities[:, 0].tolist() == [1, 0, 1]
    assert not new.rests
    assert Motion.at_rest(nine).rests
    assert (motion.centroids == 9).all()
    assert (motion.velocities == 1).all()


@given(
    image=pictures(),
    k=st.integers(1, 12),
    seed=st.integers(0, 9),
    fixed=st.integers(0, 3),
    swaps=st.integers(0, 4),
)
def test_a_search_never_ends_worse(
    image: Pixels, k: int, seed: int, fixed: int, swaps: int
) -> None:
    """Its lows fall from the start's to that of the best, whose means are no worse; pins stay."""
    histogram = count_colors(image.reshape(-1, image.shape[2]))
    first = STARTS["random"](histogram, k, np.random.default_rng(seed))
    fixed = min(fixed, len(first))
    tree = ColorTree(histogram)
    search = Search(tree, first, fixed)
    seen: list[Points] = []
    search.run_passes(6, seen.append)
    search.run_swaps(swaps, 0.3, 1, seen.append)
    search.run_passes(3, seen.append)
    lows = search.new_lows()
    assert lows[0] == tree.assign(first).distortion
    assert (np.diff(lows) < 0).all()
    assert lows[-1] == search.distortion == tree.assign(search.best).distortion
    assert [tree.assign(each).distortion for each in seen] == lows[1:]
    assert search.new_lows() == []
    settled, converged = search.settled(seen.append)
    assert converged == (settled == search.best).all()
    assert tree.assign(settled).distortion <= search.distortion
    np.testing.assert_array_equal(seen[-1], settled)
    for centroids in (search.best, settled):
        np.testing.assert_array_equal(centroids[:fixed], first[:fixed])


@pytest.mark.parametrize("k", [8, 40, 200])
def test_momentum_gets_further_than_plain_passes(cells: ColorTree, k: int) -> None:
    """Of as many passes, those with momentum find better centroids from the same start."""
    first = spread_over(cells, k)
    search = Search(cells, first)
    search.run_passes(12)
    assert search.distortion < 0.99 * lloyd(cells, first, 13).distortions[-1]


@pytest.mark.parametrize("k", [40, 120])
def test_swaps_leave_a_local_optimum(cells: ColorTree, k: int) -> None:
    """Where no pass helps any more, swaps do; fixed centroids take part in none."""
    settled = lloyd(cells, spread_over(cells, k), 300).centroids
    before = cells.assign(settled).distortion
    search = Search(cells, settled, 2)
    search.run_swaps(20, 0.2, 3)
    assert search.distortion < 0.99 * before
    np.testing.assert_array_equal(search.best[:2], settled[:2])


def test_a_search_that_has_converged_says_so(cells: ColorTree) -> None:
    """In the end all is at rest at the means; when it has just begun it is not."""
    search = Search(cells, spread_over(cells, 3))
    search.run_passes(2)
    assert not search.settled()[1]
    search.run_passes(400)
    settled, converged = search.settled()
    assert converged
    assert lloyd(cells, settled, 1).converged
    seen: list[Points] = []
    search.run_passes(400, seen.append)
    assert not seen


def test_centroids_without_points_are_put_to_use() -> None:
    """Those that are nobody's nearest move to where the distortion is greatest."""
    rng = np.random.default_rng(9)
    clouds = rng.normal([[20, 20, 20], [60, 30, 20]], 5, (3000, 2, 3))
    histogram = count_colors(np.clip(clouds, 0, 255).astype(np.uint8).reshape(-1, 3))
    tree = ColorTree(histogram)
    first = STARTS["random-space"](histogram, 40, np.random.default_rng(0))
    assert (tree.assign(first).weights == 0).sum() > 20
    search = Search(tree, first)
    search.run_passes(10)
    assert (tree.assign(search.best).weights == 0).sum() <= 4
    assert search.distortion < 3 * tree.assign(wu(histogram, 40, NO_CHANCE)).distortion
