"""The scale of quality."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kqformat.search.quality import error_allowed, quality_of


def test_endpoints() -> None:
    """100 allows no error at all, 0 allows any, and no error is quality 100."""
    assert error_allowed(100) == 0
    assert error_allowed(0) == math.inf
    assert quality_of(0) == 100
    assert 0 <= quality_of(255**2) < 1


def test_monotone() -> None:
    """Every point of quality allows less error."""
    errors = [error_allowed(quality) for quality in range(101)]
    assert all(worse > better for worse, better in pairwise(errors))


@given(st.floats(0.01, 100))
def test_inverse(quality: float) -> None:
    """The quality of the error that a quality allows is that quality."""
    assert quality_of(error_allowed(quality)) == pytest.approx(quality, abs=1e-6)


@pytest.mark.parametrize(
    ("quality", "error"), [(10, 58.2), (30, 35.5), (50, 22.1), (70, 13.9), (80, 9.38), (90, 4.74)]
)
def test_as_with_pngquant(quality: float, error: float) -> None:
    """The error allowed is within 8 % (a third of a dB) of what imagequant was measured to make."""
    assert abs(np.log(error_allowed(quality) / error)) < np.log(1.08)
