"""What `quantize` does about outliers: small bright things keep their colour."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import pictures

import kqformat
from kqformat.errors import ParameterError
from kqformat.quantizer.pinning import TREATMENTS

Pixels = npt.NDArray[np.uint8]
MAGENTA = (255, 0, 200)


@pytest.fixture(scope="module")
def planted(photo: Pixels) -> Pixels:
    """The photograph of a cat with a patch of magenta, a sixth of a thousandth of its pixels."""
    pixels = photo.copy()
    pixels[40:44, 300:306] = MAGENTA
    return pixels


def distance_to_magenta(image: kqformat.IndexedImage) -> float:
    """Return how far the patch is shown from what it is."""
    shown = image.to_rgb()[40:44, 300:306].astype(np.float64)
    return float(np.sqrt(((shown - MAGENTA) ** 2).sum(axis=2)).mean())


@pytest.mark.parametrize("effort", ["fast", "balanced", "best"])
@pytest.mark.parametrize("treatment", ["auto", "strong"])
def test_small_bright_things_are_kept(planted: Pixels, treatment: str, effort: str) -> None:
    """A region of 24 pixels keeps its colour at k = 16, at a small cost."""
    kept = kqformat.quantization(planted, 16, outliers=treatment, effort=effort)
    off = kqformat.quantization(planted, 16, outliers="off", effort=effort)
    assert distance_to_magenta(kept.image) < 6
    assert kept.image.colors == 16
    assert kept.distortion < 1.1 * off.distortion


def test_without_it_they_are_washed_out(planted: Pixels) -> None:
    """Without a pin the same region is shown in quite another colour."""
    off = kqformat.quantize(planted, 16, outliers="off", space="srgb")
    assert distance_to_magenta(off) > 60
    assert distance_to_magenta(kqformat.quantize(planted, 16, space="srgb")) < 6


def test_pictures_without_any_are_left_alone(photo: Pixels) -> None:
    """Where there is nothing small and bright, "auto" is "off"."""
    assert kqformat.quantize(photo, 16) == kqformat.quantize(photo, 16, outliers="off")


def test_kmor_is_another_palette(planted: Pixels) -> None:
    """k-means with outlier removal gives k colours, and heeds its two parameters."""
    removed = kqformat.quantization(planted, 16, outliers="kmor")
    assert removed.image.colors == 16
    assert removed.image != kqformat.quantize(planted, 16)
    low = kqformat.quantize(planted, 16, outliers="kmor", gamma=2)
    assert low != removed.image
    assert kqformat.quantize(planted, 16, outliers="kmor", gamma=2, n0=0.001) != low


def test_kept_colors_and_pins_together(planted: Pixels) -> None:
    """Colours to be kept and pinned regions do not push each other out."""
    image = kqformat.quantize(planted, 16, keep_colors=["#00ff00", "#0000ff"])
    entries = image.palette.tolist()
    assert [0, 255, 0] in entries
    assert [0, 0, 255] in entries
    assert distance_to_magenta(image) < 6


@given(image=pictures(), k=st.integers(1, 40), treatment=st.sampled_from(TREATMENTS))
def test_every_treatment_takes_every_picture(image: Pixels, k: int, treatment: str) -> None:
    """Small pictures, with alpha or without, few colours or many, end well and repeatably."""
    result = kqformat.quantize(image, k, outliers=treatment)
    assert result.colors <= k
    assert result == kqformat.quantize(image, k, outliers=treatment)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"outliers": "on"}, "outliers is 'on', expected one of off, auto, strong, kmor"),
        ({"outliers": None}, "outliers is None"),
        ({"gamma": -1.0}, "gamma is -1.0"),
        ({"n0": 1.5}, "n0 is 1.5"),
    ],
)
def test_wrong_treatments(photo: Pixels, options: dict[str, object], says: str) -> None:
    """What there is no treatment of is said with what there is."""
    with pytest.raises(ParameterError, match=says):
        kqformat.quantize(photo, 8, **options)  # type: ignore[arg-type]
