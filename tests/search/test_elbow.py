"""The number of colours for those who give none."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from strategies import pictures

from kqformat.codec.stream import encode_indexed
from kqformat.quantizer.pipeline import Quantizer
from kqformat.search.elbow import BIT_WORTH, auto_colors
from kqformat.search.trials import Trial


def clusters(k: int, spread: float, seed: int = 0) -> npt.NDArray[np.uint8]:
    """Draw pixels around k colours that are far apart: shape (100, 100, 3)."""
    random = np.random.default_rng(seed)
    grid = np.stack(np.meshgrid(*[np.arange(16, 256, 56)] * 3), axis=-1).reshape(-1, 3)
    centres = grid[random.permutation(len(grid))[:k]]
    pixels = centres[random.integers(0, k, 10_000)] + random.normal(0, spread, (10_000, 3))
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8).reshape(100, 100, 3)


@pytest.mark.parametrize("k", [2, 3, 4, 7, 16, 23, 60])
@pytest.mark.parametrize("spread", [0.6, 1.2])
def test_clear_clusters(k: int, spread: float) -> None:
    """Of k clear clusters each gets a colour, and the bits for that are not exceeded."""
    pixels = clusters(k, spread)
    assert len(Quantizer(pixels).histogram) > 2 * k
    elbow = auto_colors(Quantizer(pixels))
    assert elbow.quantization.image.colors == 1 << (k - 1).bit_length()


@pytest.mark.parametrize("k", [1, 5, 40, 64])
def test_few_colours_are_all_kept(k: int) -> None:
    """A picture of few clear colours is lossless, and said to be."""
    elbow = auto_colors(Quantizer(clusters(k, 0)))
    assert elbow.quantization.lossless
    assert elbow.quantization.image.colors == k
    assert elbow.reason.endswith("lossless: all that the image has")
    assert elbow.reason.startswith("1 colour in" if k == 1 else f"{k} colours in")


@given(pictures())
def test_least_cost_of_the_curve(pixels: npt.NDArray[np.uint8]) -> None:
    """No other point of the curve has less error plus bits, and the file is as large as said."""
    elbow = auto_colors(Quantizer(pixels))
    count = pixels.shape[0] * pixels.shape[1]

    def cost(error: float, size: int) -> float:
        return float(error + BIT_WORTH * 8 * size / count)

    chosen = elbow.quantization
    assert elbow.file_bytes == len(encode_indexed(chosen.image))
    own = cost(chosen.mean_squared_error, elbow.file_bytes)
    assert own == min(cost(point.mean_squared_error, point.file_bytes) for point in elbow.curve)


def test_a_photograph_gets_what_there_is(photo: npt.NDArray[np.uint8]) -> None:
    """A photograph far from perfect is given all 256 colours, which are a limit."""
    elbow = auto_colors(Quantizer(photo))
    assert [point.colors for point in elbow.curve] == [1 << bits for bits in range(9)]
    assert elbow.quantization.image.colors == 256
    assert elbow.reason.endswith("the most that were tried")
    assert auto_colors(Quantizer(photo), max_colors=20).quantization.image.colors == 20


def test_the_reason_says_what_more_would_bring() -> None:
    """Where the curve goes on, the reason gives its next point."""
    elbow = auto_colors(Quantizer(clusters(7, 1.2)))
    eight, sixteen = (point for point in elbow.curve if point.colors in (8, 16))

    def decibels(point: Trial) -> str:
        return f"{point.psnr:.1f} dB"

    assert elbow.reason == (
        f"8 colours in {eight.file_bytes:,} bytes, {decibels(eight)}: "
        f"16 would be {decibels(sixteen)}, "
        f"not worth {sixteen.file_bytes - eight.file_bytes:,} bytes more"
    )


def test_deterministic() -> None:
    """Two choices are the same."""
    pixels = clusters(23, 1.2)
    first, second = auto_colors(Quantizer(pixels)), auto_colors(Quantizer(pixels))
    assert first.quantization.image == second.quantization.image
    assert first.curve == second.curve
