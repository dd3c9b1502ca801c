"""What was read of a damaged file, and how much is known of each pixel: values, without code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from kqformat.model import IndexedImage


class PixelState(IntEnum):
    """How much is known of a pixel of a damaged file."""

    LOST = 0
    """It is not in the file; entry 0 stands in its place."""

    DOUBTFUL = 1
    """It was read, but the CRC-32 of its band is wrong, or which band it is, is only likely."""

    UNCHECKED = 2
    """It was read, but the file ends before the CRC-32 of its band."""

    CHECKED = 3
    """It is what was written: the CRC-32 of its band, or of the head where k = 1, is right."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was read of a file that may be damaged.

    Attributes
    ----------
    image : IndexedImage
        The picture, with entry 0 where a pixel is lost, and the metadata that is left.
    states : ndarray, uint8, shape (H, W)
        A `PixelState` for each pixel.
    losses : tuple of str
        What was wrong and what is lost, each in a line; empty for a file that is whole.
    """

    image: IndexedImage
    states: npt.NDArray[np.uint8]
    losses: tuple[str, ...]

    @property
    def mask(self) -> npt.NDArray[np.bool_]:
        """Whether a pixel is real, as a CRC-32 proves: shape (H, W)."""
        is_checked: npt.NDArray[np.bool_] = self.states == PixelState.CHECKED
        return is_checked

    @property
    def readable(self) -> npt.NDArray[np.bool_]:
        """Whether a pixel was read at all, proved or not: shape (H, W)."""
        is_read: npt.NDArray[np.bool_] = self.states != PixelState.LOST
        return is_read
