"""The modes of Pillow: palette images to `IndexedImage`, all others to uint8 pixels."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

from kqformat.errors import RasterError
from kqformat.model import IndexedImage
from kqformat.rasters.depths import eight_bit, is_deep
from kqformat.rasters.images import metadata_from, profile_space

_STRIP_PIXELS = 1 << 20
_GREY = ("1", "L", "LA")
_PROFILE_SPACES = {"LAB": "LAB", "CMYK": "CMYK"} | dict.fromkeys(_GREY, "GRAY")


def pixels_from(image: Image.Image) -> npt.NDArray[np.uint8]:
    """Return an image's pixels: uint8, shape (H, W), (H, W, 3) or (H, W, 4).

    Deeper grey becomes grey of 8 bits as `depths.eight_bit` says. CMYK, Lab and grey with a
    profile are converted to sRGB by it; without one, CMYK by Pillow's formula.
    """
    if is_deep(image):
        image = eight_bit(image)
    elif image.mode == "La":
        image = image.convert("LA")
    return _bytes_of(_as_rgb(image))


def indexed_from(image: Image.Image) -> IndexedImage:
    """Return a mode P image exactly: its indices, and its palette with transparency as alpha."""
    indices = np.asarray(image)
    palette = np.array(image.getpalette("RGB"), np.uint8).reshape(-1, 3)
    missing = int(indices.max()) + 1 - len(palette)
    if missing > 0:  # Pillow shows what is past a palette's end as opaque black
        palette = np.concatenate([palette, np.zeros((missing, 3), np.uint8)])
    alpha = _palette_alpha(image, len(palette))
    if alpha is not None:
        palette = np.concatenate([palette, alpha[:, None]], axis=1)
    return IndexedImage(indices, palette, metadata_from(image))


def labels_from(image: Image.Image) -> IndexedImage:
    """Return a label mask exactly: of mode P its indices, of mode L its values as indices.

    Those of mode L get the greys that they are as their palette, from 0 to the greatest of them;
    no profile is applied, as labels are no colours.

    Raises
    ------
    RasterError
        If it is an image of another mode.
    """
    if image.mode == "P":
        return indexed_from(image)
    if image.mode != "L":
        raise RasterError(f"no label mask: of mode {image.mode}, expected P or L (8 bits of grey)")
    values = np.asarray(image)
    greys = np.arange(int(values.max()) + 1, dtype=np.uint8)
    palette = np.repeat(greys[:, None], 3, axis=1)
    transparent = image.info.get("transparency")
    if isinstance(transparent, int) and transparent < len(greys):
        alpha = np.where(greys == transparent, np.uint8(0), np.uint8(255))
        palette = np.concatenate([palette, alpha[:, None]], axis=1)
    return IndexedImage(values, palette, metadata_from(image))


def _palette_alpha(image: Image.Image, entries: int) -> npt.NDArray[np.uint8] | None:
    """Return the alpha of each palette entry, or None where nothing says that there is any."""
    transparency = image.info.get("transparency")
    has_own = image.palette is not None and image.palette.mode.endswith("A")
    if transparency is None and not has_own:
        return None
    alpha = np.full(entries, 255, np.uint8)
    if has_own:
        own = np.array(image.getpalette("RGBA"), np.uint8)[3::4]
        alpha[: len(own)] = own[:entries]
    if isinstance(transparency, bytes):
        given = np.frombuffer(transparency[:entries], np.uint8)
        alpha[: len(given)] = given
    elif isinstance(transparency, int) and 0 <= transparency < entries:
        alpha[transparency] = 0
    return alpha


def _as_rgb(image: Image.Image) -> Image.Image:
    """Return the image in mode L, RGB or RGBA."""
    profile = image.info.get("icc_profile")
    if image.mode == "LAB" or (profile and profile_space(profile) not in ("", "RGB")):
        image = _to_srgb(image, profile)
    mode = "L" if image.mode in ("1", "L") else "RGB"
    if image.has_transparency_data:
        mode = "RGBA"
    return image if image.mode == mode else image.convert(mode)


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert by the image's profile; without one for its mode, leave it to Pillow's formulas."""
    is_grey = image.mode in _GREY
    alpha = image.convert("LA").getchannel("A") if is_grey and image.has_transparency_data else None
    try:
        source = _source_profile(image.mode, profile)
        if source is None:
            return image
        opaque = image.convert("L") if is_grey else image
        srgb = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(opaque, source, srgb, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):  # a damaged profile
        return image
    assert converted is not None  # noqa: S101  (only None when told to work in place)
    if alpha is not None:
        converted.putalpha(alpha)
    return converted


def _source_profile(mode: str, profile: bytes | None) -> ImageCms.ImageCmsProfile | None:
    if profile and profile_space(profile) == _PROFILE_SPACES.get(mode):
        return ImageCms.ImageCmsProfile(io.BytesIO(profile))
    if mode == "LAB":
        return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    return None


def _bytes_of(image: Image.Image) -> npt.NDArray[np.uint8]:
    """Copy pixels strip by strip: Pillow would hold all of them two times more."""
    channels = len(image.getbands())
    pixels = np.empty((image.height, image.width, channels), np.uint8)
    rows = max(1, _STRIP_PIXELS // image.width)
    for top in range(0, image.height, rows):
        bottom = min(image.height, top + rows)
        is_all = rows >= image.height
        strip = image if is_all else image.crop((0, top, image.width, bottom))
        pixels[top:bottom] = np.asarray(strip).reshape(bottom - top, image.width, channels)
    return pixels[..., 0] if channels == 1 else pixels
