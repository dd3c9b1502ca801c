"""The cheapest unions of clusters: the compiled search against the table of all costs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from kqformat.quantizer import unions_kernel


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
