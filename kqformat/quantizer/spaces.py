"""The colour spaces by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kqformat.errors import ParameterError
from kqformat.quantizer import oklab, space, weighted
from kqformat.quantizer.space import UNIT, Points


@dataclass(frozen=True, slots=True)
class Space:
    """Where colours are points, and back.

    Attributes
    ----------
    name : str
    embed : callable
        From colours, uint8, shape (n, 4), to points, int16, shape (n, 4).
    nearest_colors : callable
        Its inverse, up to rounding.
    from_srgb : callable
        From points of `space`, which colours are counted as, to points of this one.
    units : tuple of int, or None
        Coordinates to a sample of red, green and blue, where opaque colours have so many.
    """

    name: str
    embed: Callable[[npt.NDArray[np.uint8]], Points]
    nearest_colors: Callable[[Points], npt.NDArray[np.uint8]]
    from_srgb: Callable[[Points], Points]
    units: tuple[int, int, int] | None = None


SRGB = Space("srgb", space.embed, space.nearest_colors, lambda points: points, (UNIT,) * 3)
WEIGHTED = Space(
    "weighted",
    weighted.embed,
    weighted.nearest_colors,
    weighted.from_srgb,
    weighted.UNITS_OF_COLORS,
)
OKLAB = Space("oklab", oklab.embed, oklab.nearest_colors, oklab.from_srgb)

SPACES = {chosen.name: chosen for chosen in (WEIGHTED, SRGB, OKLAB)}
"""The values of ``space`` and what they mean."""

DEFAULT_SPACE = WEIGHTED.name


def space_named(name: object) -> Space:
    """Return the space of this name.

    Raises
    ------
    ParameterError
        If there is none.
    """
    if not isinstance(name, str) or name not in SPACES:
        raise ParameterError(f"space is {name!r}, expected one of {', '.join(SPACES)}")
    return SPACES[name]
