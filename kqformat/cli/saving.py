"""A decoded picture to the bytes of one of Pillow's formats, exactly where the format can."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
from PIL import Image, PngImagePlugin

from kqformat.errors import RasterError
from kqformat.model import IndexedImage, look_up
from kqformat.rasters import carried_info, image_from

_WITH_PALETTE = {"PNG", "GIF", "BMP", "DIB", "TIFF", "PCX", "TGA"}
_WITHOUT_ALPHA = {"JPEG", "MPO", "PPM", "BMP", "DIB", "PCX", "EPS"}
_EXACT = {"WEBP": {"lossless": True, "exact": True}}


def encoded_as(kind: str, indexed: IndexedImage, *, grey: bool = False) -> bytes:
    """Encode a picture.

    Parameters
    ----------
    kind : str
        Pillow's name of the format.
    indexed : IndexedImage
        The picture; its metadata goes along as far as the format and Pillow can.
    grey : bool
        Whether grey values are written where all colours are opaque greys.

    Raises
    ------
    RasterError
        If the format has no transparency, or no partial one, or too few colours, or Pillow fails.
    """
    if grey and _is_grey(indexed):
        image = _image_of_greys(indexed)
    elif kind == "GIF":
        image = _image_for_gif(indexed)
    else:
        image = _image_for(kind, indexed)
    stream = io.BytesIO()
    try:
        image.save(stream, kind, **_options(kind, image))
    except MemoryError:
        raise
    except Exception as error:  # Pillow's writers raise many kinds
        raise RasterError(f"cannot be written as {kind} ({error})") from error
    return stream.getvalue()


def _is_grey(indexed: IndexedImage) -> bool:
    """Whether all colours are opaque greys, and no profile says that they are not."""
    greys = indexed.palette[:, :1]
    is_opaque = bool((indexed.palette[:, 3:] == 255).all())
    has_profile = indexed.metadata.icc_profile is not None
    return is_opaque and not has_profile and bool((indexed.palette[:, :3] == greys).all())


def _image_of_greys(indexed: IndexedImage) -> Image.Image:
    image = Image.fromarray(look_up(indexed.palette[:, 0].copy(), indexed.indices))
    image.info.update(carried_info(indexed.metadata))
    return image


def _image_for(kind: str, indexed: IndexedImage) -> Image.Image:
    image = image_from(indexed)
    has_alpha = indexed.channels == 4 and bool((indexed.palette[:, 3] < 255).any())
    if has_alpha and kind in _WITHOUT_ALPHA:
        raise RasterError(f"has transparent colours, which {kind} has not")
    if kind == "PNG" or (kind in _WITH_PALETTE and indexed.channels == 3):
        return image
    return image.convert("RGBA" if has_alpha else "RGB")


def _image_for_gif(indexed: IndexedImage) -> Image.Image:
    """Return a mode P image with one transparent index: all that GIF has."""
    if indexed.colors > 256:
        raise RasterError(f"has {indexed.colors:,} colours, of which GIF has 256")
    if indexed.channels == 3:
        return image_from(indexed)
    if not np.isin(indexed.palette[:, 3], (0, 255)).all():
        raise RasterError("has partly transparent colours, which GIF has not")
    transparent = np.flatnonzero(indexed.palette[:, 3] == 0).astype(np.uint8)
    opaque = np.ascontiguousarray(indexed.palette[:, :3])
    if not len(transparent):
        return image_from(replace(indexed, palette=opaque))
    first = transparent[0]
    indices = np.where(np.isin(indexed.indices, transparent), first, indexed.indices)
    image = image_from(replace(indexed, indices=indices, palette=opaque))
    image.info["transparency"] = int(first)
    return image


def _options(kind: str, image: Image.Image) -> dict[str, object]:
    options: dict[str, object] = {
        name: image.info[name]
        for name in ("icc_profile", "exif", "xmp", "dpi")
        if name in image.info
    }
    xmp = options.get("xmp")
    if kind == "PNG" and isinstance(xmp, bytes):
        options["pnginfo"] = _png_text(xmp)
    transparency = image.info.get("transparency")
    if kind == "PNG" and isinstance(transparency, bytes):  # what is opaque at the end is implied
        options["transparency"] = transparency.rstrip(b"\xff") or b"\xff"
    if kind == "ICO" and max(image.size) <= 256:  # or Pillow writes smaller ones
        options["sizes"] = [image.size]
    return options | _EXACT.get(kind, {})


def _png_text(xmp: bytes) -> PngImagePlugin.PngInfo:
    """XMP goes to PNG in a text chunk of a fixed name, which Pillow leaves to its callers."""
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", xmp.decode("utf-8", "replace"))
    return text
