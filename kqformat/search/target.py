"""What is wanted of a file besides a number of colours: its quality, its size, or both."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from kqformat.errors import ParameterError
from kqformat.model import MAX_COLORS
from kqformat.search.quality import error_allowed

QUALITY_MAX_COLORS = 256
"""The most colours tried for a quality unless the caller says otherwise, as with pngquant."""


class Measured(Protocol):
    """What a target is held against; see `Trial`."""

    @property
    def file_bytes(self) -> int:
        """Size of the file."""

    @property
    def mean_squared_error(self) -> float:
        """Per pixel and channel."""

    @property
    def psnr(self) -> float:
        """In dB."""

    @property
    def max_error(self) -> int | None:
        """Of the worst pixel, if that was measured."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a file has to reach; all that is given must hold.

    Parameters
    ----------
    psnr : float or None
        The least peak signal-to-noise ratio in dB; infinity is lossless.
    max_error : int or None
        The greatest error of a pixel, 0 (lossless) to 255; see `worst`.
    max_bytes : int or None
        The greatest size of the file.
    quality : tuple of float or None
        The least quality that is accepted, and the quality that is aimed at, 0 to 100; see
        `quality`.

    Raises
    ------
    ParameterError
        If one is not as described, or none is given.

    Examples
    --------
    >>> Target(psnr=40, max_bytes=100_000).wanted
    '40 dB or more, 100,000 bytes or less'
    """

    psnr: float | None = None
    max_error: int | None = None
    max_bytes: int | None = None
    quality: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        """Refuse what means nothing."""
        if self.psnr is not None:
            _check("psnr", self.psnr, "a number, 0 or more", math.inf)
        if self.max_error is not None:
            _check("max_error", self.max_error, "an integer, 0 to 255", 255, whole=True)
        if self.max_bytes is not None:
            _check("max_bytes", self.max_bytes, "an integer, 1 or more", math.inf, 1, whole=True)
        if self.quality is not None:
            object.__setattr__(self, "quality", _quality_range(self.quality))
        if not self.wants_quality and self.max_bytes is None:
            raise ParameterError(
                "the target is empty, expected psnr, max_error, max_bytes or quality"
            )

    @property
    def wants_quality(self) -> bool:
        """Whether anything but the size is limited."""
        return any(part is not None for part in (self.psnr, self.max_error, self.quality))

    @property
    def aims_at_lossless(self) -> bool:
        """Whether only an image of all the colours is as good as aimed at."""
        aims_at_no_error = self.quality is not None and self.quality[1] == 100
        return self.psnr == math.inf or self.max_error == 0 or aims_at_no_error

    @property
    def max_colors(self) -> int:
        """The most colours that are tried where the caller does not say."""
        return MAX_COLORS if self.quality is None else QUALITY_MAX_COLORS

    @property
    def wanted(self) -> str:
        """The target in words."""
        parts = []
        if self.quality is not None:
            parts.append(f"quality {self.quality[0]:g} or more")
        if self.psnr is not None:
            lossless = self.psnr == math.inf
            parts.append("a lossless image" if lossless else f"{self.psnr:g} dB or more")
        if self.max_error is not None:
            parts.append(f"a worst error of {self.max_error} or less")
        if self.max_bytes is not None:
            parts.append(f"{self.max_bytes:,} bytes or less")
        return ", ".join(parts)

    def fits(self, measured: Measured) -> bool:
        """Whether the file is small enough."""
        return self.max_bytes is None or measured.file_bytes <= self.max_bytes

    def is_close(self, measured: Measured, *, aim: bool) -> bool:
        """Whether the squared error is small enough: for the quality aimed at, or the least."""
        if self.psnr is not None and measured.psnr < self.psnr:
            return False
        return self.quality is None or (
            measured.mean_squared_error <= error_allowed(self.quality[aim])
        )

    def is_even(self, measured: Measured) -> bool:
        """Whether the worst pixel is good enough."""
        if self.max_error is None:
            return True
        return measured.max_error is not None and measured.max_error <= self.max_error

    def is_met(self, measured: Measured) -> bool:
        """Whether all holds that must."""
        return self.fits(measured) and self.is_close(measured, aim=False) and self.is_even(measured)


def _quality_range(given: object) -> tuple[float, float]:
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise ParameterError(f"quality is {given!r}, expected two numbers, 0 to 100")
    least, aim = given
    for value in (least, aim):
        _check("quality", value, "a number, 0 to 100", 100)
    if least > aim:
        raise ParameterError(f"quality is {least:g} to {aim:g}, expected the lower number first")
    return least, aim


def _check(
    name: str,
    value: object,
    expected: str,
    most: float,
    least: float = 0,
    *,
    whole: bool = False,
) -> None:
    """Raise `ParameterError` unless a value is a number in a range."""
    is_number = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
    if not (is_number and least <= value <= most):  # type: ignore[operator]  # NaN fails, too
        raise ParameterError(f"{name} is {value!r}, expected {expected}")
