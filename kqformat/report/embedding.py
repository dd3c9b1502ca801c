"""Pictures inside of the page: as data URIs, exactly."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np

from kqformat.model import IndexedImage
from kqformat.quantizer.options import Options
from kqformat.quantizer.pipeline import Quantizer
from kqformat.report.pixels import Pixels, as_drawn, shrunk

MAX_SIDE = 1600
"""Of a picture in a page; larger ones are shown smaller, so that the page can be sent around."""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A picture as the page shows it, over white.

    Attributes
    ----------
    pixels : ndarray, uint8, shape (H, W, 3)
    is_whole : bool
        Whether it has all pixels that there are.
    """

    pixels: Pixels
    is_whole: bool

    def uri(self) -> str:
        """Return the picture as a data URI."""
        return webp(self.pixels)

    def uri_of(self, image: IndexedImage, space: str) -> str:
        """Return what became of it as a data URI: of a picture shown smaller, by its palette."""
        if self.is_whole:
            return webp(as_drawn(image.to_rgb()))
        palette = as_drawn(image.palette[None])[0]
        mapped = Quantizer(self.pixels, Options(space=space)).with_palette(palette).image
        return webp(mapped.to_rgb())


def shown(pixels: Pixels) -> Shown:
    """Return a picture as the page shows it."""
    small = shrunk(pixels, MAX_SIDE)
    return Shown(small, small.shape[:2] == pixels.shape[:2])


def webp(pixels: Pixels) -> str:
    """Return pixels, uint8, shape (H, W, 3), as the data URI of a lossless WebP file.

    A photograph is a fifth smaller so than as PNG; browsers have had it since 2020.

    Examples
    --------
    >>> webp(np.zeros((1, 1, 3), np.uint8))[:23]
    'data:image/webp;base64,'
    """
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "WEBP", lossless=True, quality=60, method=3)
    return f"data:image/webp;base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"


def points(pixels: Pixels, most: int) -> str:
    """Return different colours of some pixels, three bytes each, as base64."""
    flat = pixels.reshape(-1, 3)
    picked = flat[np.random.default_rng(0).permutation(len(flat))[:most]]
    return base64.b64encode(np.unique(picked, axis=0).tobytes()).decode("ascii")
