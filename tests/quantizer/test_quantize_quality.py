"""How good the palettes are on photographs: quality is pinned, not bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import quantizer_oracle as oracle
from PIL import Image

from kqformat.quantizer.pipeline import quantize

Pixels = npt.NDArray[np.uint8]

PHOTOS = ["astronaut.png", "chelsea.png", "coffee.png"]


def error_of_pillow(image: Image.Image, k: int, method: Image.Quantize, passes: int = 0) -> float:
    reduced = image.quantize(k, method=method, kmeans=passes, dither=Image.Dither.NONE)
    return oracle.mean_squared_error(np.asarray(image), np.asarray(reduced.convert("RGB")))


@pytest.fixture(params=PHOTOS, scope="module")
def image(request: pytest.FixtureRequest, data_folder: Path) -> Image.Image:
    """One photograph after the other, as Pillow has it."""
    return Image.open(data_folder / str(request.param)).convert("RGB")


@pytest.mark.parametrize("k", [16, 256])
@pytest.mark.parametrize("method", ["MEDIANCUT", "MAXCOVERAGE", "FASTOCTREE"])
def test_better_than_pillow(image: Image.Image, k: int, method: str) -> None:
    """The error is less than four fifths of that of each way of Pillow to split colours."""
    own = quantize(np.asarray(image), k).mean_squared_error
    assert own < 0.8 * error_of_pillow(image, k, Image.Quantize[method])


@pytest.mark.parametrize("method", ["MEDIANCUT", "MAXCOVERAGE"])
def test_better_than_pillow_with_kmeans(image: Image.Image, method: str) -> None:
    """With 256 colours Pillow's own k-means, run until it converges, is worse by over 5 %."""
    image = image.reduce(2)
    own = quantize(np.asarray(image), 256).mean_squared_error
    assert own < 0.95 * error_of_pillow(image, 256, Image.Quantize[method], passes=1)


@pytest.mark.parametrize("k", [16, 256])
def test_better_than_the_textbook(image: Image.Image, k: int) -> None:
    """The error is less than the median of three textbook runs: random pixels, ten passes."""
    pixels = np.asarray(image)[::3, ::3]
    textbook = [
        oracle.mean_squared_error(pixels, oracle.textbook_quantize(pixels, k, 10, seed))
        for seed in range(3)
    ]
    assert quantize(pixels, k).mean_squared_error < np.median(textbook)
