"""What `quantize` refuses: `ParameterError` says what was found and what is expected."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import kqformat
from kqformat import ParameterError
from kqformat.quantizer.pipeline import quantize

PIXELS = np.zeros((4, 5, 3), np.uint8)

BAD_PIXELS: list[tuple[Any, str]] = [
    (PIXELS.astype(np.float32), "pixels are a float32 array, expected a uint8 array"),
    (PIXELS.astype(np.int64), "pixels are a int64 array, expected a uint8 array"),
    (PIXELS.astype(np.uint16), "pixels are a uint16 array, expected a uint8 array"),
    (PIXELS.astype(bool), "pixels are a bool array, expected a uint8 array"),
    (PIXELS.tolist(), "pixels are a list, expected a uint8 array"),
    (PIXELS.tobytes(), "pixels are a bytes, expected a uint8 array"),
    (None, "pixels are a NoneType, expected a uint8 array"),
    (np.zeros(9, np.uint8), r"pixels have shape (9,), expected (H, W), (H, W, 3) or (H, W, 4)"),
    (np.zeros((), np.uint8), r"pixels have shape (), expected (H, W), (H, W, 3) or (H, W, 4)"),
    (PIXELS[None], r"pixels have shape (1, 4, 5, 3), expected (H, W), (H, W, 3) or (H, W, 4)"),
    (PIXELS[..., :2], r"pixels have shape (4, 5, 2), expected (H, W), (H, W, 3) or (H, W, 4)"),
    (PIXELS[..., :1], r"pixels have shape (4, 5, 1), expected (H, W), (H, W, 3) or (H, W, 4)"),
    (np.zeros((4, 5, 5), np.uint8), r"pixels have shape (4, 5, 5), expected (H, W)"),
    (PIXELS[:0], r"pixels have shape (0, 5, 3), expected"),
    (PIXELS[:, :0], r"pixels have shape (4, 0, 3), expected"),
    (PIXELS[..., :0], r"pixels have shape (4, 5, 0), expected"),
]

BAD_OPTIONS: list[tuple[dict[str, Any], str]] = [
    ({"colors": 0}, "colors is 0, expected 1 to 65,536"),
    ({"colors": -1}, "colors is -1, expected 1 to 65,536"),
    ({"colors": 65_537}, "colors is 65537, expected 1 to 65,536"),
    ({"init": "best"}, "init is 'best', expected one of wu, kmeans++, random, random-space"),
    ({"init": ""}, "init is '', expected one of wu, kmeans++, random, random-space"),
    ({"max_iterations": -1}, "max_iterations is -1, expected 0 or more"),
    ({"seed": -1}, "seed is -1, expected 0 or more"),
]


@pytest.mark.parametrize(("pixels", "message"), BAD_PIXELS)
def test_bad_pixels_are_refused(pixels: Any, message: str) -> None:
    """Pixels of another type or shape, or none at all, are refused by all public functions."""
    for function in (quantize, kqformat.quantize, kqformat.quantization, kqformat.encode):
        with pytest.raises(ParameterError, match=re.escape(message)):
            function(pixels)


@pytest.mark.parametrize(("options", "message"), BAD_OPTIONS)
def test_bad_options_are_refused(options: dict[str, Any], message: str) -> None:
    """An option out of range is refused, also where the image has few colours anyway."""
    for function in (quantize, kqformat.quantize, kqformat.quantization, kqformat.encode):
        with pytest.raises(ParameterError, match=re.escape(message)):
            function(PIXELS, **options)


@pytest.mark.parametrize("colors", [1, 2, 65_536])
def test_extreme_options_are_taken(colors: int) -> None:
    """The least and greatest values that are allowed are not refused."""
    pixels = np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8)
    result = quantize(pixels, colors, max_iterations=0, seed=2**64)
    assert result.image.colors == min(colors, 2)
    number: Any = np.int64(colors)
    assert quantize(pixels, number).image == quantize(pixels, colors).image
