"""What a caller can ask of the quantizer, besides the number of colours; checked once, here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from kqformat.errors import ParameterError
from kqformat.quantizer.colors import Color, color_array
from kqformat.quantizer.dither import check_dithering
from kqformat.quantizer.effort import DEFAULT_EFFORT, effort_named
from kqformat.quantizer.kmor import DEFAULT_GAMMA, DEFAULT_N0, check_parameters
from kqformat.quantizer.pinning import DEFAULT_TREATMENT, check_treatment
from kqformat.quantizer.spaces import DEFAULT_SPACE, space_named
from kqformat.quantizer.starts import start_named

DEFAULT_INIT = "wu"


class QuantizeOptions(TypedDict, total=False):
    """The keyword arguments of `quantize`; see `Options`."""

    effort: str
    init: str
    max_iterations: int | None
    seed: int
    space: str
    keep_colors: Iterable[Color]
    importance: npt.NDArray[np.uint8] | None
    outliers: str
    gamma: float
    n0: float
    dither: str
    dither_strength: float


@dataclass(frozen=True, slots=True, eq=False)
class Options:
    """Options with their defaults.

    Parameters
    ----------
    effort : {"fast", "balanced", "best"}
        How much work is put into the palette.
    init : {"wu", "kmeans++", "random", "random-space"}
        The first centroids; see `starts`.
    max_iterations : int or None
        If given, plain k-means: from the start, at most so many passes on all the colours, and
        nothing else. If None, the effort decides what is done.
    seed : int
        For the starts that draw at random: those of `init`, and the further ones that "best"
        searches from, and "balanced" with up to 16 colours.
    space : {"weighted", "srgb", "oklab"}
        Where distances are measured: `weighted`, `space` or `oklab`.
    keep_colors : iterable of Color
        Colours that are in the palette whatever else is.
    importance : ndarray, uint8, shape (H, W), or None
        How much pixels count in the choice of the palette: from 1 (0) to 256 (255).
    outliers : {"auto", "off", "strong", "kmor"}
        Whether small bright regions get entries of their own (see `outliers`), or k-means is run
        without its outliers (see `kmor`).
    gamma, n0 : float
        Of `kmor`: how many times the average squared distance makes an outlier, and the greatest
        share of them among the pixels.
    dither : {"none", "floyd-steinberg", "blue-noise"}
        Whether pixels are mixed from entries so that gradients have no bands; see `dither`.
    dither_strength : float
        From 0 to 1.

    Raises
    ------
    ParameterError
        If one is not as described.
    """

    effort: str = DEFAULT_EFFORT
    init: str = DEFAULT_INIT
    max_iterations: int | None = None
    seed: int = 0
    space: str = DEFAULT_SPACE
    keep_colors: Iterable[Color] = ()
    importance: npt.NDArray[np.uint8] | None = None
    outliers: str = DEFAULT_TREATMENT
    gamma: float = DEFAULT_GAMMA
    n0: float = DEFAULT_N0
    dither: str = "none"
    dither_strength: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what cannot be done."""
        effort_named(self.effort)
        start_named(self.init)
        if self.max_iterations is not None:
            check_integer("max_iterations", self.max_iterations, 0)
        check_integer("seed", self.seed, 0)
        space_named(self.space)
        check_treatment(self.outliers)
        check_dithering(
            "blue-noise" if self.dither == "none" else self.dither, self.dither_strength
        )
        check_parameters(self.gamma, self.n0)
        object.__setattr__(self, "keep_colors", tuple(self.keep_colors))
        color_array(self.keep_colors)
        if self.importance is not None and (
            not isinstance(self.importance, np.ndarray) or self.importance.dtype != np.uint8
        ):
            raise ParameterError("importance is no uint8 array")


def check_integer(name: str, value: object, least: int, most: int | None = None) -> None:
    """Raise `ParameterError` unless a value is an integer in a range."""
    expected = f"{least} or more" if most is None else f"{least} to {most:,}"
    if not isinstance(value, int | np.integer) or isinstance(value, bool):
        raise ParameterError(f"{name} is {value!r}, expected an integer, {expected}")
    if value < least or (most is not None and value > most):
        raise ParameterError(f"{name} is {value}, expected {expected}")
