"""The formats of others that keep the pixels of a palette image exactly.

Each works about as hard as it can where that takes seconds, and not minutes: WebP's method 6, for
a file smaller by a five-hundredth, takes four times as long as the 5 that is used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from PIL import features

from kqformat.errors import ParameterError
from kqformat.measure.comparison import LeftOut
from kqformat.measure.pictures import plain_picture, saved
from kqformat.model import IndexedImage
from kqformat.rasters import image_from

_OXIPNG_LEVEL = 6
_WEBP_METHOD = 5
_JXL_EFFORT = 9


@dataclass(frozen=True, slots=True)
class LosslessPeer:
    """An encoder.

    Attributes
    ----------
    name : str
        Of the format, and of the encoder where there are several.
    suffix : str
        Of its files.
    settings : str
        How hard it works.
    encode : callable
        From an image to the bytes of a file; `ParameterError` where the format cannot hold it.
    """

    name: str
    suffix: str
    settings: str
    encode: Callable[[IndexedImage], bytes]


def lossless_peers() -> tuple[list[LosslessPeer], list[LeftOut]]:
    """Return the encoders that are installed, and why others are not here."""
    peers = [LosslessPeer("PNG-8", ".png", "the smallest of three tries", _png)]
    left_out = []
    if find_spec("oxipng"):
        peers.append(LosslessPeer("PNG-8 (oxipng)", ".png", f"level {_OXIPNG_LEVEL}", _oxipng))
    else:
        left_out.append(_not_installed("PNG-8 (oxipng)", "pyoxipng"))
    if features.check("webp"):
        peers.append(LosslessPeer("WebP lossless", ".webp", f"method {_WEBP_METHOD}", _webp))
    else:
        left_out.append(LeftOut("WebP lossless", None, "Pillow is built without WebP"))
    if find_spec("pillow_jxl"):
        peers.append(LosslessPeer("JPEG XL lossless", ".jxl", f"effort {_JXL_EFFORT}", _jxl))
    else:
        left_out.append(_not_installed("JPEG XL lossless", "pillow-jxl-plugin"))
    return peers, left_out


def _not_installed(name: str, package: str) -> LeftOut:
    return LeftOut(name, None, f"{package} is not installed: pip install 'kqformat[peers]'")


def _png(image: IndexedImage) -> bytes:
    """Return the smallest PNG of those that Pillow makes by different settings."""
    _check_256_colors(image)
    picture = image_from(image)
    tries: list[dict[str, object]] = [{}, {"compress_level": 9}, {"optimize": True}]
    return min((saved(picture, "PNG", **options) for options in tries), key=len)


def _oxipng(image: IndexedImage) -> bytes:
    import oxipng

    _check_256_colors(image)
    return bytes(
        oxipng.optimize_from_memory(
            saved(image_from(image), "PNG"),
            level=_OXIPNG_LEVEL,
            optimize_alpha=True,
            strip=oxipng.StripChunks.all(),
        )
    )


def _webp(image: IndexedImage) -> bytes:
    picture = plain_picture(image.to_rgb())
    return saved(picture, "WEBP", lossless=True, quality=100, method=_WEBP_METHOD)


def _jxl(image: IndexedImage) -> bytes:
    import pillow_jxl  # noqa: F401  # makes the format known to Pillow

    picture = plain_picture(image.to_rgb())
    return saved(picture, "JXL", lossless=True, effort=_JXL_EFFORT, num_threads=1)


def _check_256_colors(image: IndexedImage) -> None:
    if image.colors > 256:
        raise ParameterError(f"has 256 colours at most, not {image.colors:,}")
