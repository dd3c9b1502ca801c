"""How the pixels of a large picture come to lie in the samples of a small one. Reads no file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd
from typing import Self

import numpy as np
import numpy.typing as npt

from kqformat.errors import ParameterError
from kqformat.fields import checked_integer


@dataclass(frozen=True, slots=True)
class Axis:
    """How pixels along one side come to lie in samples.

    A pixel is `unit` long, a sample `span`, and the last sample may be shorter.

    Examples
    --------
    >>> Axis.into(5, 2), Axis.by(5, 3)
    (Axis(pixels=5, samples=2, unit=2, span=5), Axis(pixels=5, samples=2, unit=1, span=3))
    """

    pixels: int
    samples: int
    unit: int
    span: int

    @classmethod
    def into(cls, pixels: int, samples: int) -> Self:
        """Return an axis of so many samples of the same length."""
        divisor = gcd(pixels, samples)
        return cls(pixels, samples, samples // divisor, pixels // divisor)

    @classmethod
    def by(cls, pixels: int, factor: int) -> Self:
        """Return an axis where each sample but the last is of so many whole pixels."""
        return cls(pixels, -(-pixels // factor), 1, factor)

    def spans(self) -> npt.NDArray[np.int64]:
        """Return for each sample its whole pixels, as first and end, and the weights beside them.

        Returns
        -------
        ndarray, int64, shape (samples, 4)
        """
        start = np.arange(self.samples, dtype=np.int64) * self.span
        end = np.minimum(start + self.span, self.pixels * self.unit)
        first, last = -(-start // self.unit), end // self.unit
        return np.stack([first, last, first * self.unit - start, end - last * self.unit], axis=1)


@dataclass(frozen=True, slots=True)
class Grid:
    """The samples of a small picture, in the pixels of a large one.

    Examples
    --------
    >>> Grid.within((6000, 4000), 256).shape, Grid.by((6000, 4000), 7).shape
    ((171, 256), (572, 858))
    """

    across: Axis
    down: Axis

    @classmethod
    def within(cls, size: tuple[int, int], most: int | tuple[int, int]) -> Self:
        """Return the largest of the same proportions that fits, but none that enlarges.

        Parameters
        ----------
        size : (int, int)
            Width and height of the large picture.
        most : int or (int, int)
            The most pixels of the longer side, or of width and height.

        Raises
        ------
        ParameterError
            If these are no positive integers.
        """
        sides = tuple(most) if isinstance(most, Sequence) else (most, most)
        if len(sides) != 2:
            raise ParameterError(f"size is {most!r}, expected a number or width and height")
        limits = [checked_integer("size", side) for side in sides]
        if min(limits) < 1:
            raise ParameterError(f"size is {most!r}, expected at least 1")
        scale = min(1.0, *(limit / side for limit, side in zip(limits, size, strict=True)))
        across, down = (Axis.into(side, max(1, round(side * scale))) for side in size)
        return cls(across, down)

    @classmethod
    def by(cls, size: tuple[int, int], factor: int) -> Self:
        """Return the grid of squares of so many pixels."""
        return cls(*(Axis.by(side, factor) for side in size))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.down.samples, self.across.samples
