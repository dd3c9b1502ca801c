"""Options of a wrong type raised `TypeError`, or were taken; with an `IndexedImage` all were."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kqformat
from kqformat import IndexedImage, ParameterError
from kqformat.quantizer.pipeline import quantize

PIXELS = np.arange(27, dtype=np.uint8).reshape(3, 3, 3)

WRONG_TYPES: list[tuple[str, Any]] = [
    ("colors", 2.5),
    ("colors", "3"),
    ("colors", None),
    ("max_iterations", 1.5),
    ("max_iterations", "1"),
    ("seed", 1.5),
    ("seed", None),
    ("init", ["wu"]),
    ("init", None),
]

OUT_OF_RANGE: list[tuple[str, Any]] = [
    ("colors", 65_537),
    ("max_iterations", -1),
    ("seed", -1),
    ("init", "best"),
]


@pytest.mark.parametrize(("option", "value"), WRONG_TYPES)
def test_options_of_wrong_type_are_refused(option: str, value: Any) -> None:
    """An option that is no integer, or no name, is a parameter error that names it."""
    options: dict[str, Any] = {"colors": 4, option: value}
    with pytest.raises(ParameterError, match=f"{option} is "):
        quantize(PIXELS, **options)


@pytest.mark.parametrize(("option", "value"), OUT_OF_RANGE)
def test_options_are_checked_for_indexed_images(option: str, value: Any) -> None:
    """`quantization` refuses the same options whether or not its image is indexed already."""
    image = IndexedImage(np.zeros((2, 2), np.uint8), np.zeros((1, 3), np.uint8))
    with pytest.raises(ParameterError, match=f"{option} is "):
        kqformat.quantization(image, **{option: value})
