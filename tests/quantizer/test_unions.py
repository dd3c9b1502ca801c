"""The cheapest unions of clusters, and what is made of two sets of centroids by them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from kqformat.quantizer import unions_kernel
from kqformat.quantizer.counting import count_colors
from kqformat.quantizer.kmeans import lloyd
from kqformat.quantizer.space import embed
from kqformat.quantizer.tree import ColorTree
from kqformat.quantizer.unions import disjoint_pairs, merged, recombined


def slow(
    centroids: npt.NDArray[np.int16], weights: npt.NDArray[np.int64], fixed: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """The row minima of the whole table."""
    steps = centroids[:, None].astype(np.float64) - centroids
    w = weights.astype(np.float64)
    cost = (steps**2).sum(axis=2) * (w[:, None] * w / np.maximum(w[:, None] + w, 1))
    np.fill_diagonal(cost, np.inf)
    cost[:fixed] = cost[:, :fixed] = np.inf
    partner = cost.argmin(axis=1)
    return partner, cost[np.arange(len(cost)), partner]


@given(st.integers(1, 60), st.integers(0, 60), st.integers(1, 4000), st.integers(0, 2**32 - 1))
def test_kernel_finds_what_the_table_has(k: int, fixed: int, spread: int, seed: int) -> None:
    """Partners and costs are the table's to the bit, ties and empty clusters included."""
    draw = np.random.default_rng(seed)
    centroids = draw.integers(0, spread, (k, 4)).astype(np.int16)
    counts = draw.integers(0, draw.choice([2, 2**31]), (k, 5))
    weights = counts[:, 0]  # a column, as the tree gives them
    partners, costs = np.empty(k, np.int64), np.empty(k, np.float64)
    unions_kernel.cheapest_unions(centroids, weights, min(fixed, k), partners, costs)
    expected = slow(centroids, weights, min(fixed, k))
    np.testing.assert_array_equal(partners, expected[0])
    np.testing.assert_array_equal(costs, expected[1])


@given(st.integers(2, 60), st.integers(0, 5), st.integers(0, 2**32 - 1))
def test_merging_leaves_as_many_as_asked(m: int, fixed: int, seed: int) -> None:
    """The fixed ones stay in front, and the weighted mean of the rest stays where it is."""
    draw = np.random.default_rng(seed)
    fixed = min(fixed, m - 2)
    count = int(draw.integers(fixed + 1, m + 1))
    centroids = draw.integers(0, 16_321, (m, 4)).astype(np.int16)
    weights = draw.integers(1, 1000, m)
    left = merged(centroids, weights, count, fixed)
    assert len(left) == count
    np.testing.assert_array_equal(left[:fixed], centroids[:fixed])
    if count == fixed + 1:
        mean = np.average(centroids[fixed:], axis=0, weights=weights[fixed:])
        assert np.abs(left[-1] - mean).max() <= m  # each union is rounded


def test_the_cheapest_pairs_are_those_of_different_clusters() -> None:
    """A cluster is in one pair only, whoever else it would be cheapest with."""
    partners, costs = np.array([1, 0, 1, 0, 3]), np.array([2.0, 2.0, 3.0, 5.0, 4.0])
    assert disjoint_pairs(partners, costs, 5) == [(0, 1), (4, 3)]
    assert disjoint_pairs(partners, costs, 1) == [(0, 1)]
    assert disjoint_pairs(partners, np.where(costs < 4, costs, np.inf), 5) == [(0, 1)]


def test_recombination_takes_the_better_parts() -> None:
    """Of two sets, each with too few centroids in one of two clouds, comes one for both."""
    clouds = np.random.default_rng(3).normal([[50, 50, 50], [200, 200, 200]], 12, (3000, 2, 3))
    tree = ColorTree(count_colors(np.clip(clouds, 0, 255).astype(np.uint8).reshape(-1, 3)))
    dark, bright = tree.points[tree.points[:, 0] < 8000], tree.points[tree.points[:, 0] > 8000]
    one, other = (
        lloyd(
            tree, np.concatenate([dark[:: len(dark) // m][:m], bright[:: len(bright) // n][:n]]), 9
        )
        for m, n in ((9, 1), (1, 9))
    )
    child = recombined(tree, one.centroids, other.centroids)
    assert child.shape == (10, 4)
    assert (child[:, 0] < 8000).sum() in (4, 5, 6)
    best_parent = min(one.distortions[-1], other.distortions[-1])
    assert tree.assign(child).distortion < 0.8 * best_parent


def test_recombination_keeps_what_is_fixed_and_what_both_have() -> None:
    """A set with itself is itself, once its means are taken; fixed centroids stay in front."""
    colors = np.random.default_rng(4).integers(0, 256, (900, 3), np.uint8)
    tree = ColorTree(count_colors(colors))
    first = embed(np.array([[7, 7, 7, 255], [90, 0, 0, 255], [0, 200, 9, 255]], np.uint8))
    settled = lloyd(tree, np.concatenate([first, tree.points[:5]]), 200, fixed=2)
    assert settled.converged
    again = recombined(tree, settled.centroids, settled.centroids, fixed=2)
    np.testing.assert_array_equal(again[:2], first[:2])
    assert {tuple(row) for row in again} == {tuple(row) for row in settled.centroids}
