"""`lab` against the formulas in floating point, and the benchmark's CIEDE2000 as published."""

from __future__ import annotations

import numpy as np
import pytest
from bench import ciede2000

from kqformat.quantizer.lab import difference, lab

COLORS = np.random.default_rng(0).integers(0, 256, (4000, 3), dtype=np.uint8)


def test_coordinates_are_those_of_cielab() -> None:
    """The integer tables are right to 0.15 in each coordinate."""
    np.testing.assert_allclose(lab(COLORS), ciede2000.lab(COLORS), atol=0.15)


def test_greys_have_no_chroma() -> None:
    """For every grey a* and b* are exactly 0, and lightness rises from 0 to 100."""
    greys = lab(np.repeat(np.arange(256, dtype=np.uint8), 3).reshape(-1, 3))
    assert not greys[:, 1:].any()
    assert (np.diff(greys[:, 0]) > 0).all()
    np.testing.assert_allclose(greys[[0, 255], 0], [0, 100], atol=0.15)


def test_difference_is_cie94_made_symmetric() -> None:
    """With C* the geometric mean of both, as the standard has it for two samples of equal rank."""
    a, b = lab(COLORS[::2]), lab(COLORS[1::2])
    chroma_a, chroma_b = np.hypot(a[:, 1], a[:, 2]), np.hypot(b[:, 1], b[:, 2])
    mean = np.sqrt(chroma_a * chroma_b)
    # The chord between two hues: 2·√(C·C')·sin(Δh / 2).
    angle = np.arctan2(a[:, 2], a[:, 1]) - np.arctan2(b[:, 2], b[:, 1])
    hue = 2 * mean * np.sin(angle / 2)
    expected = np.sqrt(
        (a[:, 0] - b[:, 0]) ** 2
        + ((chroma_a - chroma_b) / (1 + 0.045 * mean)) ** 2
        + (hue / (1 + 0.015 * mean)) ** 2
    )
    np.testing.assert_allclose(difference(a, b), expected, atol=1e-6)
    np.testing.assert_array_equal(difference(a, b), difference(b, a))
    assert not difference(a, a).any()


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, -1.1848, -84.8006), (50, 0, -82.7485), 1.0),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
        ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((22.7233, 20.0904, -46.694), (23.0331, 14.973, -42.5619), 2.0373),
        ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_ciede2000_is_as_published(
    one: tuple[float, ...], other: tuple[float, ...], expected: float
) -> None:
    """Pairs of the test data of Sharma, Wu and Dalal give their differences."""
    found = float(ciede2000.ciede2000(np.array(one, np.float64), np.array(other, np.float64)))
    assert round(found, 4) == expected
