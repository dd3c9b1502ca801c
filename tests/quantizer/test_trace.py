"""Traces of k-means: watching changes nothing, and what is seen is what happened."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from kqformat.errors import ParameterError
from kqformat.quantizer.options import Options
from kqformat.quantizer.pipeline import quantize
from kqformat.quantizer.trace import Trace, random_starts, trace

EFFORTS = ("fast", "balanced", "best")


def drop(course: Trace) -> npt.NDArray[np.float64]:
    """Return by how much each step but the rounding to 8 bits lowers the distortion."""
    return -np.diff(course.distortions[:-1])


@pytest.mark.parametrize("effort", EFFORTS)
def test_watching_changes_nothing(photo: npt.NDArray[np.uint8], effort: str) -> None:
    """The image that is watched in the making is the one that is made unwatched."""
    watched = trace(photo, 16, {"effort": effort}).result
    assert watched.image == quantize(photo, 16, effort=effort).image


@pytest.mark.parametrize("effort", EFFORTS)
def test_the_last_step_is_the_file(photo: npt.NDArray[np.uint8], effort: str) -> None:
    """The last step has the palette of the image, and how many pixels each entry has."""
    course = trace(photo, 16, {"effort": effort, "space": "srgb"})
    image, last = course.result.image, course.steps[-1]
    assert last.stage == "palette"
    assert np.array_equal(last.palette[:, :3], image.palette)
    assert last.weights.tolist() == np.bincount(image.indices.reshape(-1), minlength=16).tolist()
    assert last.distortion == pytest.approx(course.result.distortion / image.indices.size)


@pytest.mark.parametrize("effort", EFFORTS)
def test_every_stage_is_seen(photo: npt.NDArray[np.uint8], effort: str) -> None:
    """There is a step for each pass and for each round of swaps that helped."""
    course = trace(photo, 16, {"effort": effort, "outliers": "off"})
    assert course.steps[0].stage == "start"
    stages = {stage.name for stage in course.result.stages if stage.distortions}
    assert stages == {step.stage for step in course.steps} - {"start", "palette"}


def test_pins_are_seen(photo: npt.NDArray[np.uint8]) -> None:
    """The centroids that small bright regions get are steps of their own."""
    pixels = photo.copy()
    pixels[40:45, 40:44] = 0, 80, 255
    assert "outliers" in {step.stage for step in trace(pixels, 16).steps}


def test_plain_k_means_only_falls(photo: npt.NDArray[np.uint8]) -> None:
    """No pass of the textbook's algorithm raises the distortion, and the trace has them all."""
    course = trace(photo, 16, {"init": "random", "max_iterations": 500})
    assert course.result.converged
    assert (drop(course) >= 0).all()
    recorded = np.array(course.result.distortions) / photo[..., 0].size
    # The last pass, which moved nothing, is no step.
    assert np.allclose(course.distortions[:-1], recorded)


def test_the_weights_are_all_pixels(photo: npt.NDArray[np.uint8]) -> None:
    """At each step every pixel has a centroid."""
    course = trace(photo, 16)
    assert {int(step.weights.sum()) for step in course.steps} == {photo[..., 0].size}


def test_nothing_to_choose() -> None:
    """An image with no more colours than asked for has one step, without distortion."""
    course = trace(np.array([[1, 2, 3]], np.uint8), 4)
    assert [(step.stage, step.distortion) for step in course.steps] == [("palette", 0.0)]


def test_random_starts_differ_and_recur(photo: npt.NDArray[np.uint8]) -> None:
    """Starts differ from each other; the same seeds give the same again."""
    runs = random_starts(photo, 8, 4, seed=3)
    again = random_starts(photo, 8, 2, seed=4)
    assert len({run.distortions[0] for run in runs}) == 4
    assert [run.distortions for run in runs[1:3]] == [run.distortions for run in again]
    assert all(run.result.converged for run in runs)


def test_random_starts_heed_the_space(photo: npt.NDArray[np.uint8]) -> None:
    """Other options than those of the textbook's algorithm are heeded."""
    (there,) = random_starts(photo, 8, 1, options=Options(space="oklab", effort="best"))
    (here,) = random_starts(photo, 8, 1)
    assert there.distortions != here.distortions


@pytest.mark.parametrize(("count", "seed"), [(0, 0), (2, -1)])
def test_senseless_starts(count: int, seed: int) -> None:
    """No start, or a negative seed, is refused."""
    with pytest.raises(ParameterError, match="expected"):
        random_starts(np.zeros((2, 2), np.uint8), 2, count, seed=seed)
