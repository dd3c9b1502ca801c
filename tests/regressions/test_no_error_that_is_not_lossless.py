"""A picture whose only loss is nowhere seen has no PSNR that could be printed."""

from __future__ import annotations

import numpy as np
import pytest

import kqformat


def test_a_target_missed_without_error_is_refused_in_words() -> None:
    """The colour of a clear pixel is lost, nothing else; 30 bytes do not hold the picture."""
    pixels = np.array([[[0, 1, 1, 1], [1, 1, 1, 1]]], np.uint8)
    with pytest.raises(kqformat.TargetError, match="no error, 33 bytes"):
        kqformat.reach(pixels, kqformat.Target(psnr=5.0, max_bytes=30))
