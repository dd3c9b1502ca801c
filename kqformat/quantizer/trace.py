"""What k-means did, step by step: for figures, films and lectures.

The course of a quantization is recorded by watching it, so it is the one that makes the file, and
nothing is spent on this where nobody watches. Distortions are those of all the image's colours,
also where the step itself worked on cells of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from kqformat.quantizer.options import Options, QuantizeOptions, check_integer
from kqformat.quantizer.pipeline import Quantization, Quantizer
from kqformat.quantizer.space import Points
from kqformat.quantizer.spaces import space_named

MAX_PASSES = 1000
"""Passes after which the textbook's algorithm is ended; a photograph takes it 30 to 300."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """Centroids at one moment.

    Attributes
    ----------
    stage : str
        What moved them: "start", "k-means on cells", "swaps on cells", "another start" or as many
        as there were, "outliers", "k-means", or "palette", the last, when they are 8-bit colours in
        the order of the file.
    palette : ndarray, uint8, shape (k, 4)
        Their colours, rounded, RGBA.
    weights : ndarray, int64, shape (k,)
        Pixels of each.
    distortion : float
        The mean over all pixels of the squared distance to the nearest centroid, in the space that
        was asked for, in squared sample values.
    """

    stage: str
    palette: npt.NDArray[np.uint8]
    weights: npt.NDArray[np.int64]
    distortion: float


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """The course of one quantization.

    Attributes
    ----------
    steps : tuple of Step
        From the start to the palette of the file; only the latter where nothing had to be chosen.
    result : Quantization
        What came of it.
    """

    steps: tuple[Step, ...]
    result: Quantization

    @property
    def distortions(self) -> tuple[float, ...]:
        """Of each step."""
        return tuple(step.distortion for step in self.steps)


def trace(
    pixels: npt.NDArray[np.uint8], colors: int, options: Options | QuantizeOptions | None = None
) -> Trace:
    """Quantize, and record the centroids each time they have moved.

    Parameters
    ----------
    pixels : ndarray, uint8, shape (H, W), (H, W, 3) or (H, W, 4)
        Grey, RGB or straight-alpha RGBA.
    colors : int
        1 to 65,536.
    options : Options, dict or None
        As of `quantize`. With `max_iterations` it is the textbook's k-means that is watched,
        otherwise the stages of the effort.

    Returns
    -------
    Trace

    Raises
    ------
    ParameterError
        If an argument is not as described.

    Examples
    --------
    >>> ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    >>> course = trace(ramp, 4, {"init": "random", "max_iterations": 50})
    >>> [round(value) for value in course.distortions[:3]], round(course.distortions[-1])
    ([1740, 1117, 991], 904)
    """
    chosen = options if isinstance(options, Options) else Options(**(options or {}))
    seen: list[tuple[str, Points]] = []
    quantizer = Quantizer(pixels, chosen, observer=lambda *step: seen.append(step))
    result = quantizer.at(colors)
    space = space_named(chosen.space)
    palette = _rgba(result.image.palette)
    steps = [_step(quantizer, stage, at, space.nearest_colors(at)) for stage, at in seen]
    steps.append(_step(quantizer, "palette", space.embed(palette), palette))
    return Trace(tuple(steps), result)


def random_starts(
    pixels: npt.NDArray[np.uint8],
    colors: int,
    count: int,
    *,
    seed: int = 0,
    options: Options | None = None,
) -> tuple[Trace, ...]:
    """Run the textbook's k-means from several random starts until nothing changes.

    Each start is the colours of pixels drawn at random; then come Lloyd's passes on all colours,
    and nothing else.

    Parameters
    ----------
    pixels, colors
        As of `trace`.
    count : int
        How many starts, from 1.
    seed : int
        Of the first; each next one's is greater by one.
    options : Options or None
        What else is asked, such as the space.

    Returns
    -------
    tuple of Trace

    Examples
    --------
    >>> ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    >>> [round(run.distortions[-1]) for run in random_starts(ramp, 8, 3)]
    [230, 236, 231]
    """
    check_integer("starts", count, 1)
    check_integer("seed", seed, 0)
    asked = options if options is not None else Options()
    return tuple(
        trace(
            pixels,
            colors,
            replace(asked, init="random", max_iterations=MAX_PASSES, seed=seed + number),
        )
        for number in range(count)
    )


def _step(
    quantizer: Quantizer, stage: str, centroids: Points, palette: npt.NDArray[np.uint8]
) -> Step:
    clusters = quantizer.tree.assign(centroids)
    pixels = int(clusters.weights.sum())
    return Step(stage, palette, clusters.weights, clusters.distortion / pixels)


def _rgba(palette: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    if palette.shape[1] == 4:
        return palette
    return np.pad(palette, ((0, 0), (0, 1)), constant_values=255)
