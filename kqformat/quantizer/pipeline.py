"""The quantizer as a whole: pixels to `IndexedImage`, and an account of what happened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kqformat.errors import ParameterError
from kqformat.metadata import Metadata
from kqformat.model import MAX_COLORS, IndexedImage
from kqformat.quantizer.histogram import Histogram, count_colors
from kqformat.quantizer.kmeans import Convergence, lloyd
from kqformat.quantizer.palette import ranking, round_centroids
from kqformat.quantizer.remap import keep, remap
from kqformat.quantizer.starts import start_named
from kqformat.quantizer.tree import ColorTree

DEFAULT_COLORS = 256
DEFAULT_INIT = "wu"
DEFAULT_MAX_ITERATIONS = 16


@dataclass(frozen=True, slots=True, eq=False)
class Quantization:
    """A quantized image and how it came about.

    Attributes
    ----------
    image : IndexedImage
        The result.
    distinct_colors : int
        Different colours among the pixels (cells of colours, in an image with over a million).
    converged : bool
        Whether k-means ended because another pass would have changed nothing.
    distortions : tuple of float
        Before each pass, the sum over all pixels of the squared distance to their centroid (see
        `space`); empty if the image has no more colours than were asked for.
    distortion : float
        The same for the final palette of 8-bit colours.
    """

    image: IndexedImage
    distinct_colors: int
    converged: bool
    distortions: tuple[float, ...]
    distortion: float

    @property
    def iterations(self) -> int:
        """Passes of k-means."""
        return len(self.distortions)

    @property
    def lossless(self) -> bool:
        """Whether every pixel keeps its colour (transparent ones aside, of which it is lost)."""
        return self.distortion == 0 and self.image.colors == self.distinct_colors

    @property
    def mean_squared_error(self) -> float:
        """Distortion per pixel and channel (red, green, blue)."""
        return self.distortion / (3 * self.image.indices.size)

    @property
    def psnr(self) -> float:
        """Peak signal-to-noise ratio in dB, infinite where lossless."""
        error = self.mean_squared_error
        return float(10 * np.log10(255**2 / error)) if error else float("inf")


def quantize(
    pixels: npt.NDArray[np.uint8],
    colors: int = DEFAULT_COLORS,
    *,
    init: str = DEFAULT_INIT,
    max_iterations: int = DEFAULT_MAX_ITERATIONS,
    seed: int = 0,
    metadata: Metadata | None = None,
) -> Quantization:
    """Choose a palette by k-means and map every pixel to it.

    Parameters
    ----------
    pixels : ndarray, uint8, shape (H, W), (H, W, 3) or (H, W, 4)
        Grey, RGB or straight-alpha RGBA.
    colors : int
        The most palette entries, k, 1 to 65,536. An image with no more distinct colours is kept
        exactly, with exactly its colours.
    init : {"wu", "kmeans++", "random", "random-space"}
        The first centroids; see `starts`.
    max_iterations : int
        The most passes of k-means, from 0.
    seed : int
        For the starts that draw at random.
    metadata : Metadata or None
        Goes with the image.

    Returns
    -------
    Quantization

    Raises
    ------
    ParameterError
        If an argument is not as described.

    Examples
    --------
    >>> ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    >>> result = quantize(ramp, 4)
    >>> result.image.palette[:, 0].tolist(), result.converged
    ([32, 96, 160, 224], True)
    """
    flat, shape = _flat_pixels(pixels)
    check_options(colors, init, max_iterations, seed)
    start = start_named(init)
    histogram = count_colors(flat)
    if histogram.exact and len(histogram) <= colors:
        run = None
        ranks = ranking(histogram.colors)
        palette = histogram.colors[ranks]
        indices, distortion = keep(flat, ranks, histogram), 0.0
    else:
        tree = ColorTree(histogram)
        centroids = start(histogram, colors, np.random.default_rng(seed))
        run = lloyd(tree, centroids, max_iterations)
        palette = round_centroids(tree, run.centroids, colors)
        indices, distortion = remap(flat, palette, histogram, tree)
    channels = 3 if (palette[:, 3] == 255).all() else 4
    image = IndexedImage(
        indices.reshape(shape),
        np.ascontiguousarray(palette[:, :channels]),
        metadata if metadata is not None else Metadata(),
    )
    return _account(image, histogram, run, distortion)


def _account(
    image: IndexedImage, histogram: Histogram, run: Convergence | None, distortion: float
) -> Quantization:
    if run is None:
        return Quantization(image, len(histogram), True, (), distortion)
    return Quantization(image, len(histogram), run.converged, run.distortions, distortion)


def _flat_pixels(pixels: object) -> tuple[npt.NDArray[np.uint8], tuple[int, int]]:
    """Return pixels as (N, 3|4) and the image's shape (H, W)."""
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8:
        kind = f"{pixels.dtype} array" if isinstance(pixels, np.ndarray) else type(pixels).__name__
        raise ParameterError(f"pixels are a {kind}, expected a uint8 array")
    if not pixels.size or not (
        pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (3, 4))
    ):
        raise ParameterError(
            f"pixels have shape {pixels.shape}, expected (H, W), (H, W, 3) or (H, W, 4), not empty"
        )
    height, width = pixels.shape[:2]
    return np.ascontiguousarray(pixels).reshape(height * width, -1), (height, width)


def check_options(colors: object, init: object, max_iterations: object, seed: object) -> None:
    """Raise `ParameterError` unless options are as `quantize` describes them."""
    _check_integer("colors", colors, 1, MAX_COLORS)
    _check_integer("max_iterations", max_iterations, 0)
    _check_integer("seed", seed, 0)
    start_named(init)


def _check_integer(name: str, value: object, least: int, most: int | None = None) -> None:
    expected = f"{least} or more" if most is None else f"{least} to {most:,}"
    if not isinstance(value, int | np.integer):
        raise ParameterError(f"{name} is {value!r}, expected an integer, {expected}")
    if value < least or (most is not None and value > most):
        raise ParameterError(f"{name} is {value}, expected {expected}")
