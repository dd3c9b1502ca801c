"""Means of points, rounded as the compiled loop does it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kqformat.quantizer import cells_kernel
from kqformat.quantizer.points import bits_to_drop, rounded_means


@given(st.lists(st.tuples(st.integers(0, 16320), st.integers(1, 2**31)), min_size=1, max_size=9))
def test_means_are_rounded_to_the_nearest(cells: list[tuple[int, int]]) -> None:
    """Halves are rounded up, whatever the weight; sums need not be contiguous."""
    means, weights = (np.array(numbers, np.int64) for numbers in zip(*cells, strict=True))
    more = np.stack([weights, means * weights + weights // 2, means * weights], axis=1)
    expected = means + (weights % 2 == 0)
    assert rounded_means(more[:, 1:2], more[:, 0]).ravel().tolist() == expected.tolist()
    assert rounded_means(more[:, 2:], weights).ravel().tolist() == means.tolist()


@pytest.mark.parametrize("weight", [0, -1])
def test_weight_below_one_is_refused(weight: int) -> None:
    """It would be a division by zero."""
    with pytest.raises(ValueError, match=f"a weight is {weight}, expected 1 or more"):
        rounded_means(np.zeros((2, 4), np.int64), np.array([1, weight]))


@pytest.mark.parametrize(("weights", "means"), [(1, (2, 4)), (2, (1, 4)), (2, (2, 3))])
def test_lengths_that_do_not_fit_are_refused(weights: int, means: tuple[int, int]) -> None:
    """Nothing is read or written beyond an array."""
    with pytest.raises(ValueError, match="different lengths"):
        cells_kernel.rounded_means(
            np.zeros((2, 4), np.int64), np.ones(weights, np.int64), np.zeros(means, np.int16)
        )


@given(
    st.sets(st.integers(0, 2**32 - 1), min_size=1, max_size=60),
    st.integers(1, 70),
    st.integers(0, 31),
)
def test_bits_are_dropped_while_there_are_enough_cells(
    codes: set[int], cells: int, most: int
) -> None:
    """One bit more, if there may be one, leaves fewer cells than are asked for."""
    dropped = bits_to_drop(np.array(sorted(codes), np.uint32), cells, most)

    def left(bits: int) -> int:
        return len({code >> bits for code in codes})

    assert 0 <= dropped <= most
    assert dropped == 0 or left(dropped) >= cells
    assert dropped == most or left(dropped + 1) < cells
