"""Which way up a picture is, by its EXIF or XMP, and how it is turned upright."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

from PIL import ExifTags, Image, ImageOps

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ON_ITS_SIDE = 5

_UNREADABLE = (SyntaxError, ValueError, KeyError, IndexError, TypeError, OSError, struct.error)
"""What Pillow raises for EXIF that makes no sense."""


def orientation_of(info: Mapping[Any, Any]) -> int:
    """Return the orientation that EXIF or XMP in an `info` of Pillow says; 1 where none does."""
    return _orientation(_carrier(info))


_TELLERS = frozenset(["exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif"])
"""What of an `info` Pillow looks at for an orientation; a TIFF has tags besides."""


def turned_upright(image: Image.Image) -> Image.Image:
    """Return the image as its `info` says that it is to be seen, with an `info` that says so.

    It is the image itself where that is upright.
    """
    found = orientation_of(image.info)
    if found == 1:
        return image
    turned = image.transpose(_TURNS[found])
    carrier = _carrier(image.info)
    ImageOps.exif_transpose(carrier, in_place=True)
    turned.info.update(carrier.info)
    if found >= _ON_ITS_SIDE:
        _swap_resolution(turned)
    return turned


def turn_upright(image: Image.Image) -> None:
    """Load an image and turn it in place; one whose EXIF cannot be read stays as it is."""
    found = getattr(image, "tag_v2", {}).get(ExifTags.Base.Orientation, 1)  # loading turns a TIFF
    image.load()  # or `getexif` would, of a PNG, and what is wrong with its pixels would be lost
    if found == 1 and _TELLERS.isdisjoint(image.info):
        return
    found = max(found, _orientation(image))
    try:
        ImageOps.exif_transpose(image, in_place=True)  # a copy would hold all pixels twice
    except _UNREADABLE:
        image.info.pop("exif", None)
        return
    if found >= _ON_ITS_SIDE:
        _swap_resolution(image)


def _orientation(image: Image.Image) -> int:
    try:
        found = image.getexif().get(ExifTags.Base.Orientation, 1)
    except _UNREADABLE:
        return 1
    return found if found in _TURNS else 1


def _carrier(info: Mapping[Any, Any]) -> Image.Image:
    """Return one pixel with the parts of an `info` that know an orientation."""
    carrier = Image.new("L", (1, 1))
    for name in ("exif", "xmp"):
        value = info.get(name)
        if value is not None:
            carrier.info[name] = value.tobytes() if isinstance(value, Image.Exif) else value
    return carrier


def _swap_resolution(image: Image.Image) -> None:
    """Let the resolution across be that down, and the other way round."""
    dpi = image.info.get("dpi")
    if isinstance(dpi, tuple) and len(dpi) == 2:
        image.info["dpi"] = dpi[::-1]
