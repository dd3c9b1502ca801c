"""The worst pixel, held against a slow look at every background."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from strategies import pictures

from kqformat import IndexedImage
from kqformat.quantizer.pipeline import Quantizer
from kqformat.search.worst import worst_error

BACKGROUNDS = (0, 1, 77, 128, 254, 255)


def over(color: npt.NDArray[np.uint8], background: int) -> list[Fraction]:
    """Return what shows of an RGB or RGBA colour, exactly."""
    alpha = int(color[3]) if len(color) == 4 else 255
    return [Fraction(int(c) * alpha + background * (255 - alpha), 255) for c in color[:3]]


def slowly(pixels: npt.NDArray[np.uint8], shown: npt.NDArray[np.uint8]) -> int:
    """Compare pixel by pixel over a choice of backgrounds, black and white among them."""
    return max(
        math.ceil(abs(a - b))
        for before, after in zip(pixels, shown, strict=True)
        for background in BACKGROUNDS
        for a, b in zip(over(before, background), over(after, background), strict=True)
    )


@given(pictures(), st.integers(1, 9))
def test_equals_the_slow_look(pixels: npt.NDArray[np.uint8], k: int) -> None:
    """It is the greatest difference of a channel over any background, rounded up."""
    pixels = pixels[:6, :6]
    image = Quantizer(pixels).at(k).image
    flat = pixels.reshape(-1, pixels.shape[2])
    assert worst_error(flat, image) == slowly(flat, image.palette[image.indices.reshape(-1)])


def test_grey_pixels() -> None:
    """Grey pixels of one channel are compared with all three of the palette."""
    image = IndexedImage(np.zeros((1, 2), np.uint8), np.array([[10, 20, 30]], np.uint8))
    assert worst_error(np.array([[20], [25]], np.uint8), image) == 15


def test_finds_the_one_pixel_in_a_later_block() -> None:
    """One pixel that is wrong is found wherever it is among many."""
    pixels = np.zeros((300_000, 3), np.uint8)
    pixels[299_999, 1] = 200
    image = IndexedImage(np.zeros((300, 1000), np.uint8), np.zeros((1, 3), np.uint8))
    assert worst_error(pixels, image) == 200


def test_invisible_colours_do_not_count() -> None:
    """What a fully transparent pixel has for red, green and blue is nobody's error."""
    image = IndexedImage(np.zeros((1, 1), np.uint8), np.zeros((1, 4), np.uint8))
    assert worst_error(np.array([[255, 9, 70, 0]], np.uint8), image) == 0
