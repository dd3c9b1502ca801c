"""How far pictures are from each other: by the formulas, worked by hand."""

from __future__ import annotations

import math
import sys
from unittest import mock

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

import kqformat
from kqformat.errors import MissingExtraError, ParameterError
from kqformat.measure.fidelity import (
    MAX_SSIMULACRA2_PIXELS,
    fidelity_of,
    has_ssimulacra2,
    mean_squared_error,
    psnr_of,
    ssimulacra2_of,
    worst_error,
)

Pixels = npt.NDArray[np.uint8]


def seen_error(original: Pixels, other: Pixels) -> float:
    """Return the squared error, averaged over all greys: by Simpson's rule, as it is a parabola."""
    total = 0.0
    for grey, weight in ((0.0, 1), (0.5, 4), (1.0, 1)):
        shown = [over(picture.astype(np.float64), grey) for picture in (original, other)]
        total += weight * float(((shown[0] - shown[1]) ** 2).mean())
    return total / 6


def over(picture: npt.NDArray[np.float64], grey: float) -> npt.NDArray[np.float64]:
    alpha = picture[..., 3:] / 255
    return picture[..., :3] * alpha + 255 * grey * (1 - alpha)


def test_error_of_opaque_pictures_is_the_plain_one(photo: Pixels) -> None:
    """MSE and PSNR are those that anybody would compute from the samples."""
    other = kqformat.quantize(photo, 16).to_rgb()
    by_hand = float(((photo.astype(np.float64) - other) ** 2).mean())
    found = fidelity_of(photo, other, ssimulacra2=False)
    assert found.mean_squared_error == pytest.approx(by_hand, rel=1e-12)
    assert found.psnr == pytest.approx(10 * math.log10(255**2 / by_hand), rel=1e-12)
    assert found.worst_error == int(np.abs(photo.astype(int) - other).max())
    assert found.ssimulacra2 is None


@given(
    arrays(np.uint8, (2, 3, 4), elements=st.integers(0, 255)),
    arrays(np.uint8, (2, 3, 4), elements=st.integers(0, 255)),
)
def test_error_with_alpha_is_what_is_seen(original: Pixels, other: Pixels) -> None:
    """With alpha, the error is that over a grey background, averaged over all greys."""
    assert mean_squared_error(original, other) == pytest.approx(
        seen_error(original, other), rel=1e-9, abs=1e-9
    )


@pytest.mark.parametrize("name", ["coffee.png", "clipart_soccer_alpha.png"])
def test_psnr_is_that_of_the_quantizer(name: str, data_folder: object) -> None:
    """A quantized picture has the PSNR here that the quantizer gave it, with or without alpha."""
    with Image.open(f"{data_folder}/{name}") as image:
        pixels = np.asarray(image)
    result = kqformat.quantization(pixels, 16)
    found = fidelity_of(pixels, result.image.to_rgb(), ssimulacra2=False)
    assert found.psnr == pytest.approx(result.psnr, abs=0.001)


def test_colours_of_what_is_transparent_do_not_count() -> None:
    """Two fully transparent pixels are the same, whatever their colours."""
    clear, other = np.zeros((1, 1, 4), np.uint8), np.full((1, 1, 4), [9, 9, 9, 0], np.uint8)
    found = fidelity_of(clear, other)
    assert (found.mean_squared_error, found.psnr, found.worst_error) == (0, math.inf, 0)


def test_alpha_may_be_missing_where_all_is_opaque() -> None:
    """RGB and RGBA compare, in either order."""
    rgb = np.full((2, 2, 3), 9, np.uint8)
    rgba = np.dstack([rgb + 2, np.full((2, 2), 255, np.uint8)])
    assert mean_squared_error(rgb, rgba) == mean_squared_error(rgba, rgb) == 4
    assert worst_error(rgb, rgba) == 2


def test_psnr_of_known_errors() -> None:
    """PSNR is 0 dB for black against white, and infinite for nothing."""
    assert psnr_of(65025) == 0
    assert psnr_of(0) == math.inf
    assert psnr_of(6502.5) == pytest.approx(10)


def test_ssimulacra2_orders_by_quality(photo: Pixels) -> None:
    """Equal pictures have 100; more colours score higher than fewer."""
    part = photo[:96, :96]
    scores = [
        ssimulacra2_of(part, kqformat.quantize(part, colors).to_rgb()) for colors in (4, 64, 65536)
    ]
    assert scores[0] < scores[1] < scores[2]
    assert scores[2] == pytest.approx(100)


def test_ssimulacra2_sees_alpha() -> None:
    """A picture and its ghost are apart, though their colours are the same."""
    noise = np.random.default_rng(1).integers(0, 256, (32, 32, 3), np.uint8)
    solid, ghost = (np.dstack([noise, np.full((32, 32), a, np.uint8)]) for a in (255, 20))
    assert ssimulacra2_of(solid, solid) == pytest.approx(100)
    assert ssimulacra2_of(solid, ghost) < 50


@pytest.mark.parametrize(
    ("height", "width", "is_measured"),
    [
        (8, 8, True),
        (7, 100, False),
        (1, MAX_SSIMULACRA2_PIXELS // 8, False),
        (2048, 2048, True),
        (2048, 2049, False),
    ],
)
def test_ssimulacra2_of_sizes_it_is_not_for(height: int, width: int, is_measured: bool) -> None:
    """Where it means nothing, or would take gigabytes, it is left away."""
    empty = np.broadcast_to(np.zeros(3, np.uint8), (height, width, 3))
    assert has_ssimulacra2(empty) is is_measured


def test_missing_package_is_named() -> None:
    """Without its package, SSIMULACRA2 is an error that says what to install."""
    black = np.zeros((8, 8, 3), np.uint8)
    with (
        mock.patch.dict(sys.modules, {"ssimulacra2": None}),
        pytest.raises(MissingExtraError, match=r"pip install 'kqformat\[report\]'"),
    ):
        fidelity_of(black, black)


def test_pictures_of_different_sizes_cannot_be_compared() -> None:
    """They are refused, with both shapes."""
    with pytest.raises(ParameterError, match=r"\(2, 2, 3\) and \(2, 3, 3\)"):
        fidelity_of(np.zeros((2, 2, 3), np.uint8), np.zeros((2, 3, 3), np.uint8))
