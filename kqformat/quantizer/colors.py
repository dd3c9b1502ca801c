"""Colours as people give them: ``'#rrggbb'``, ``'#rgb'``, with or without alpha, or numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from kqformat.errors import ParameterError

Color: TypeAlias = str | Sequence[int]
"""A colour in hexadecimal, or three or four numbers from 0 to 255."""


def color_array(colors: Iterable[Color] | npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return colours as an array.

    Parameters
    ----------
    colors : iterable of Color, or ndarray, uint8, shape (n, 3) or (n, 4)

    Returns
    -------
    ndarray, uint8, shape (n, 4)
        Straight-alpha RGBA.

    Raises
    ------
    ParameterError
        If one is no colour.

    Examples
    --------
    >>> color_array(["#ff8000", "#F80", (1, 2, 3, 4)]).tolist()
    [[255, 128, 0, 255], [255, 136, 0, 255], [1, 2, 3, 4]]
    """
    rows = [_rgba(color) for color in colors]
    return np.array(rows, np.uint8).reshape(-1, 4)


def _rgba(color: object) -> tuple[int, ...]:
    if isinstance(color, str):
        return _from_hex(color)
    try:
        samples = tuple(int(sample) for sample in color)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        samples = ()
    if len(samples) not in (3, 4) or not all(0 <= sample <= 255 for sample in samples):
        raise ParameterError(f"colour is {color!r}, expected '#rrggbb' or 3 or 4 numbers to 255")
    return samples if len(samples) == 4 else (*samples, 255)


def _from_hex(text: str) -> tuple[int, ...]:
    digits = text.strip().removeprefix("#")
    if len(digits) in (3, 4):
        digits = "".join(2 * digit for digit in digits)
    try:
        samples = bytes.fromhex(digits)
    except ValueError:
        samples = b""
    if len(samples) not in (3, 4) or len(digits) not in (6, 8):
        raise ParameterError(f"colour is {text!r}, expected '#rrggbb' or '#rrggbbaa'")
    return tuple(samples) if len(samples) == 4 else (*samples, 255)
