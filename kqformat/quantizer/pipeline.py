"""The quantizer as a whole: pixels to `IndexedImage`, and an account of what happened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Unpack

import numpy as np
import numpy.typing as npt

from kqformat.errors import ParameterError
from kqformat.metadata import Metadata
from kqformat.model import MAX_COLORS, IndexedImage, Indices
from kqformat.quantizer.choose import Choice, Observer, Stage
from kqformat.quantizer.colors import color_array
from kqformat.quantizer.counting import CountedPixels, counted
from kqformat.quantizer.dither import dither
from kqformat.quantizer.histogram import Histogram
from kqformat.quantizer.options import Options, QuantizeOptions, check_integer
from kqformat.quantizer.pixels import Pictures, flat_pixels
from kqformat.quantizer.remap import distortion_of, keep, remap
from kqformat.quantizer.selection import Selector
from kqformat.quantizer.spaces import space_named
from kqformat.quantizer.tree import Clusters, ColorTree
from kqformat.threads import kept_threads

DEFAULT_COLORS = 256


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
    distortion : float
        The sum over all pixels of the squared distance to their palette entry (see `space`).
    stages : tuple of Stage
        What was done to choose the palette; empty if the image has no more colours than were
        asked for.
    lossless : bool
        Whether every pixel keeps its colour (fully transparent ones aside, of which it is lost).
    """

    image: IndexedImage
    distinct_colors: int
    converged: bool
    distortion: float
    stages: tuple[Stage, ...] = ()
    lossless: bool = False

    @property
    def distortions(self) -> tuple[float, ...]:
        """What each stage reached that was lower than all before, the start's first."""
        return tuple(value for stage in self.stages for value in stage.distortions)

    @property
    def iterations(self) -> int:
        """How many distortions there are: passes of k-means and rounds of swaps that helped."""
        return len(self.distortions)

    @property
    def mean_squared_error(self) -> float:
        """Distortion per pixel and channel (red, green, blue)."""
        return self.distortion / (3 * self.image.indices.size)

    @property
    def psnr(self) -> float:
        """Peak signal-to-noise ratio in dB, infinite where lossless."""
        error = self.mean_squared_error
        return float(10 * np.log10(255**2 / error)) if error else float("inf")


class Quantizer:
    """Quantizes one image, any number of times: its colours are counted once.

    Parameters
    ----------
    pixels : ndarray, uint8, shape (H, W), (H, W, 3) or (H, W, 4)
        Grey, RGB or straight-alpha RGBA.
    options : Options or None
        See there.
    metadata : Metadata or None
        Goes with the images made.
    observer : Observer or None
        Is told the centroids each time they have moved; see `trace`, which makes use of it.

    Raises
    ------
    ParameterError
        If the pixels, or the shape of the importance, are not as described.

    Examples
    --------
    >>> quantizer = Quantizer(np.arange(256, dtype=np.uint8).reshape(16, 16))
    >>> [round(quantizer.at(k).psnr, 1) for k in (2, 16, 256)]
    [16.8, 34.8, inf]
    """

    def __init__(
        self,
        pixels: npt.NDArray[np.uint8],
        options: Options | None = None,
        metadata: Metadata | None = None,
        observer: Observer | None = None,
    ) -> None:
        self._observer = observer
        self._flat, self._shape = flat_pixels(pixels)
        self._options = options if options is not None else Options()
        self._metadata = metadata if metadata is not None else Metadata()
        self._space = space_named(self._options.space)
        importance = self._options.importance
        if importance is not None and importance.shape != self._shape:
            raise ParameterError(
                f"importance has shape {importance.shape}, expected {self._shape} as the pixels"
            )

    @kept_threads()
    def at(self, colors: int) -> Quantization:
        """Quantize to at most `colors` colours.

        Raises
        ------
        ParameterError
            If `colors` is not from 1 to 65,536, or fewer than the colours to be kept.
        """
        if self._selector.keeps_all(colors):
            palette, positions = self._selector.all_colors()
            indices = keep(self._counted, positions, len(palette))
            image = self._image(indices, palette)
            return Quantization(image, len(self.histogram), True, 0.0, lossless=True)
        return self._mapped(*self._selector.choose(colors))

    def with_palette(self, palette: npt.NDArray[np.uint8]) -> Quantization:
        """Map every pixel to the nearest entry of a given palette, which is kept as it is.

        Parameters
        ----------
        palette : ndarray, uint8, shape (k, 3) or (k, 4)

        Returns
        -------
        Quantization
        """
        rgba = color_array(palette)
        check_integer("palette entries", len(rgba), 1, MAX_COLORS)
        clusters = self._selector.tree.assign(self._space.embed(rgba), labels=True)
        result = self._mapped(rgba, clusters, Choice(self._space.embed(rgba), True, ()))
        if self.histogram.exact:
            shown = rgba[clusters.labels]
            shown[shown[:, 3] == 0] = 0  # as all that is fully transparent is counted
            same = shown == self.histogram.colors
            result = replace(result, lossless=result.distortion == 0 and bool(same.all()))
        if np.asarray(palette).shape[1] == result.image.channels:
            return result
        image = replace(result.image, palette=np.ascontiguousarray(palette))
        return replace(result, image=image)

    @property
    def histogram(self) -> Histogram:
        """The image's colours."""
        return self._counted.histogram

    @property
    def pixels(self) -> npt.NDArray[np.uint8]:
        """The image's pixels, as `flat_pixels` returns them."""
        return self._flat

    @property
    def tree(self) -> ColorTree:
        """A tree over the image's colours in the space of the options."""
        return self._selector.tree

    @cached_property
    def _counted(self) -> CountedPixels:
        return counted(self._flat)

    @cached_property
    def _selector(self) -> Selector:
        pictures = Pictures(len(self._flat), [(self._flat, self._shape[1])])
        importance = self._options.importance
        if importance is None:
            return Selector(self.histogram, self._options, pictures, observer=self._observer)
        extra = self._counted.sum_weights(np.ascontiguousarray(importance).reshape(-1))
        return Selector(self.histogram, self._options, pictures, extra, self._observer)

    def _mapped(
        self, palette: npt.NDArray[np.uint8], clusters: Clusters, choice: Choice
    ) -> Quantization:
        options = self._options
        if options.dither == "none":
            indices, distortion = remap(self._counted, palette, clusters, self._space)
        else:
            pixels = self._flat.reshape(*self._shape, -1)
            dithered = dither(pixels, palette, options.dither, options.dither_strength)
            indices = dithered.reshape(-1)
            distortion = distortion_of(self._flat, indices, palette)
        image = self._image(indices, palette)
        return Quantization(image, len(self.histogram), choice.converged, distortion, choice.stages)

    def _image(self, indices: Indices, palette: npt.NDArray[np.uint8]) -> IndexedImage:
        """Put an image together; its palette is RGB where all of it is opaque."""
        channels = 3 if (palette[:, 3] == 255).all() else 4
        return IndexedImage(
            indices.reshape(self._shape),
            np.ascontiguousarray(palette[:, :channels]),
            self._metadata,
        )


def quantize(
    pixels: npt.NDArray[np.uint8],
    colors: int = DEFAULT_COLORS,
    *,
    metadata: Metadata | None = None,
    **options: Unpack[QuantizeOptions],
) -> Quantization:
    """Choose a palette by k-means and map every pixel to it.

    Parameters
    ----------
    pixels : ndarray, uint8, shape (H, W), (H, W, 3) or (H, W, 4)
        Grey, RGB or straight-alpha RGBA.
    colors : int
        The most palette entries, k, 1 to 65,536. An image with no more distinct colours is kept
        exactly, with exactly its colours.
    metadata : Metadata or None
        Goes with the image.
    **options
        See `Options`.

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
    return Quantizer(pixels, Options(**options), metadata).at(colors)
