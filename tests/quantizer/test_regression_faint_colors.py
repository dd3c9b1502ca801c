"""Colours of alpha 1 to 3 that share a point of the space were taken for one another.

The points of such colours are up to 64 to a coordinate, fewer than there are samples. An image
with few enough colours must be kept exactly all the same.
"""

from __future__ import annotations

import numpy as np
import pytest

from kqformat.quantizer.pipeline import quantize
from kqformat.quantizer.space import embed


@pytest.mark.parametrize("alpha", [1, 2, 3])
def test_faint_colors_are_kept(alpha: int) -> None:
    """Every sample of every faint colour survives where the palette has room for all."""
    samples = np.arange(256, dtype=np.uint8)
    pixels = np.stack([samples, samples[::-1], samples, np.full(256, alpha)], axis=1)
    pixels = pixels.astype(np.uint8).reshape(16, 16, 4)
    assert len(np.unique(embed(pixels.reshape(-1, 4)), axis=0)) < 256
    result = quantize(pixels, 256)
    assert result.image.colors == 256
    np.testing.assert_array_equal(result.image.to_rgb(), pixels)
    assert len(np.unique(result.image.indices)) == 256


def test_lost_faint_colors_are_not_lossless() -> None:
    """Two colours made one are not called lossless, however little of them shows."""
    pixels = np.array([[[10, 0, 0, 1], [11, 0, 0, 1]]], np.uint8)
    result = quantize(pixels, 1)
    assert result.image.colors == 1
    assert not result.lossless
