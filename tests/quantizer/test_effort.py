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
from kqformat.quantizer.counting import count_colors
from kqformat.quantizer.effort import EFFORTS as NAMED_EFFORTS
from kqformat.quantizer.points import gather_cells

Pixels = npt.NDArray[np.uint8]
EFFORTS = ("fast", "balanced", "best")


@given(image=pictures(), dropped_bits=st.integers(1, 31))
def test_cells_keep_weight_and_mean(image: Pixels, dropped_bits: int) -> None:
    """Cells have the pixels of their colours, at the colours' mean, in Morton order."""
    fine = count_colors(image.reshape(-1, image.shape[2]))
    cells = gather_cells(fine, dropped_bits)
    labels = np.searchsorted(cells.codes, fine.codes >> np.uint32(dropped_bits))
    assert (np.diff(cells.codes.astype(np.int64)) > 0).all()
    np.testing.assert_array_equal(np.bincount(labels, fine.counts), cells.counts)
    for axis in range(4):
        sums = np.bincount(labels, fine.counts * fine.points[:, axis].astype(np.float64))
        assert np.abs(sums / cells.counts - cells.points[:, axis]).max() <= 0.5


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


def test_other_starts_are_as_many_as_the_effort_says(photo: Pixels) -> None:
    """With few colours "best" searches from other starts, too, with many from one."""
    best = NAMED_EFFORTS["best"]
    assert [best.starts_for(k) for k in (1, 256, 257, 641, 65_536)] == [5, 5, 4, 1, 1]
    for k, effort, name in (
        (16, "best", "4 other starts"),
        (16, "balanced", "another start"),
        (17, "balanced", None),
        (700, "best", None),
    ):
        stages = [stage.name for stage in kqformat.quantization(photo, k, effort=effort).stages]
        assert [stage for stage in stages if "start" in stage] == ["start", *filter(None, [name])]


@pytest.mark.parametrize("effort", EFFORTS)
def test_there_may_be_nothing_to_place(photo: Pixels, effort: str) -> None:
    """Where as many colours are kept as asked for, they are the palette."""
    kept = ["#102030", "#f0e0d0", "#808080"]
    image = kqformat.quantize(photo, 3, keep_colors=kept, effort=effort)
    assert {"#" + bytes(entry).hex() for entry in image.palette} == set(kept)


def test_the_seed_is_that_of_the_other_starts(photo: Pixels) -> None:
    """They are drawn with it, and the same again for the same."""
    one, same, other = (
        kqformat.quantize(photo, 24, effort="best", seed=seed) for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other


def test_plain_passes_are_nothing_else(photo: Pixels) -> None:
    """With max_iterations there is the start and Lloyd's passes, whatever the effort."""
    one, other = (
        kqformat.quantization(photo, 12, max_iterations=7, effort=effort)
        for effort in ("fast", "best")
    )
    assert one.image == other.image
    assert [stage.name for stage in one.stages] == ["start", "k-means"]
    assert one.iterations == 7
