"""The stages of each effort: never worse than what they began with, and the same every time."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import pictures

import kqformat
from kqformat.quantizer import swaps
from kqformat.quantizer.counting import count_colors
from kqformat.quantizer.kmeans import lloyd
from kqformat.quantizer.points import gather_cells
from kqformat.quantizer.starts import STARTS
from kqformat.quantizer.tree import ColorTree

Pixels = npt.NDArray[np.uint8]
EFFORTS = ("fast", "balanced", "best")
NO_CHANCE = np.random.default_rng(0)


@given(image=pictures(), dropped_bits=st.integers(1, 7))
def test_cells_keep_weight_and_mean(image: Pixels, dropped_bits: int) -> None:
    """Cells have the pixels of their colours, at the colours' mean, in Morton order."""
    fine = count_colors(image.reshape(-1, image.shape[2]))
    cells = gather_cells(fine, dropped_bits)
    labels = np.searchsorted(cells.codes, fine.codes >> np.uint32(4 * dropped_bits))
    assert (np.diff(cells.codes.astype(np.int64)) > 0).all()
    np.testing.assert_array_equal(np.bincount(labels, fine.counts), cells.counts)
    for axis in range(4):
        sums = np.bincount(labels, fine.counts * fine.points[:, axis].astype(np.float64))
        assert np.abs(sums / cells.counts - cells.points[:, axis]).max() <= 0.5


@given(image=pictures(), k=st.integers(1, 12), seed=st.integers(0, 9))
def test_relaxed_passes_never_raise_the_distortion(image: Pixels, k: int, seed: int) -> None:
    """Moving past the means, and rounding that, still lowers the distortion in every pass."""
    histogram = count_colors(image.reshape(-1, image.shape[2]))
    first = STARTS["random"](histogram, k, np.random.default_rng(seed))
    tree = ColorTree(histogram)
    run = lloyd(tree, first, 30, relaxed=True)
    steps = [*run.distortions, tree.assign(run.centroids).distortion]
    assert all(later <= earlier for earlier, later in pairwise(steps))


@pytest.mark.parametrize("k", [3, 8, 40])
def test_swaps_only_help(photo: Pixels, k: int) -> None:
    """Each round that is kept is better than the one before, and fixed centroids stay."""
    tree = ColorTree(gather_cells(count_colors(photo.reshape(-1, 3)), 2))
    spread = np.ascontiguousarray(tree.points[:: len(tree.points) // k][:k])
    first = lloyd(tree, spread, 5).centroids
    centroids, reached = swaps.improve(
        tree,
        first,
        lambda points: lloyd(tree, points, 2, fixed=2).centroids,
        swaps=4,
        rounds=20,
        fixed=2,
    )
    steps = [tree.assign(first).distortion, *reached]
    assert len(reached) >= (1 if k > 3 else 0)
    assert steps == sorted(steps, reverse=True)
    assert tree.assign(centroids).distortion == steps[-1]
    np.testing.assert_array_equal(centroids[:2], first[:2])


@pytest.mark.parametrize("k", [2, 16, 64, 300])
def test_more_effort_is_better(photo: Pixels, k: int) -> None:
    """Each effort ends with less error than the one before, and all with k colours."""
    results = [kqformat.quantization(photo, k, effort=effort) for effort in EFFORTS]
    errors = [result.distortion for result in results]
    assert errors[2] <= errors[1] * 1.001
    assert errors[1] <= errors[0] * 1.001
    assert {result.image.colors for result in results} == {k}


@pytest.mark.parametrize("effort", EFFORTS)
def test_the_account_is_of_what_happened(photo: Pixels, effort: str) -> None:
    """Distortions fall from pass to pass, through all stages, to that of the result."""
    result = kqformat.quantization(photo, 24, effort=effort, space="srgb")
    steps = result.distortions
    assert len(steps) == result.iterations > 4
    # Between cells and colours the means of cells are rounded, by a 64th of a level.
    assert all(b <= a * 1.0001 for a, b in pairwise(steps))
    assert result.distortion <= steps[-1] * 1.01
    assert {"start", "k-means"} <= {stage.name for stage in result.stages}
    assert all(stage.seconds >= 0 for stage in result.stages)


@given(image=pictures(), k=st.integers(1, 9), effort=st.sampled_from(EFFORTS))
def test_every_effort_takes_every_picture(image: Pixels, k: int, effort: str) -> None:
    """Small pictures, with alpha or without, few colours or many, end well and repeatably."""
    result = kqformat.quantization(image, k, effort=effort)
    assert result.image.colors <= k
    assert result.image == kqformat.quantization(image, k, effort=effort).image


def test_plain_passes_are_nothing_else(photo: Pixels) -> None:
    """With max_iterations there is the start and Lloyd's passes, whatever the effort."""
    one, other = (
        kqformat.quantization(photo, 12, max_iterations=7, effort=effort)
        for effort in ("fast", "best")
    )
    assert one.image == other.image
    assert [stage.name for stage in one.stages] == ["start", "k-means"]
    assert one.iterations == 7
