"""The same pixels as Pillow has them, for the formats of others, and back."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from kqformat.errors import RasterError
from kqformat.model import IndexedImage


def plain_picture(pixels: npt.NDArray[np.uint8]) -> Image.Image:
    """Return pixels in the least mode that holds them: L, LA, RGB or RGBA.

    Parameters
    ----------
    pixels : ndarray, uint8, shape (H, W, 3) or (H, W, 4)

    Examples
    --------
    >>> plain_picture(np.array([[[9, 9, 9, 255]]], np.uint8)).mode
    'L'
    """
    is_grey = (pixels[..., :1] == pixels[..., 1:3]).all()
    is_opaque = (pixels[..., 3:] == 255).all()
    mode = ("L" if is_grey else "RGB") + ("" if is_opaque else "A")
    return Image.fromarray(pixels).convert(mode)


def saved(picture: Image.Image, form: str, **options: object) -> bytes:
    """Return the bytes of a picture in one of Pillow's formats.

    Raises
    ------
    RasterError
        If the format cannot hold it, or Pillow fails.
    """
    stream = io.BytesIO()
    try:
        picture.save(stream, form, **options)
    except MemoryError:
        raise
    except Exception as error:  # Pillow's writers raise many kinds
        raise RasterError(f"cannot be written ({error})") from error
    return stream.getvalue()


def loaded(path: str) -> npt.NDArray[np.uint8]:
    """Return the pixels of a file: uint8, shape (H, W, 3) or (H, W, 4)."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGBA" if picture.has_transparency_data else "RGB"))


def shows_the_same(pixels: npt.NDArray[np.uint8], image: IndexedImage) -> bool:
    """Whether pixels are those of an image, but for the colours of what is fully transparent.

    Examples
    --------
    >>> image = IndexedImage(np.zeros((1, 2), np.uint8), np.array([[9, 9, 9, 0]], np.uint8))
    >>> shows_the_same(np.zeros((1, 2, 4), np.uint8), image)
    True
    """
    theirs, own = with_alpha(pixels), with_alpha(image.to_rgb())
    if theirs.shape != own.shape or not np.array_equal(theirs[..., 3], own[..., 3]):
        return False
    visible = own[..., 3] > 0
    return np.array_equal(theirs[visible], own[visible])


def with_alpha(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return RGBA: uint8, shape (H, W, 4)."""
    if pixels.shape[2] == 4:
        return pixels
    return np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
