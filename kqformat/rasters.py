"""Ordinary images, as Pillow has them, to arrays and indexed images, and back.

Whatever mode an image has, it becomes one of two things: an `IndexedImage` where it is a
palette image already (indices and palette are then kept exactly), else uint8 pixels of grey, RGB
or RGBA in the colour space of an RGB profile or sRGB. This module chooses no palette.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import IO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from kqformat.errors import LimitError, ParameterError, RasterError
from kqformat.limits import Limits
from kqformat.metadata import Metadata
from kqformat.model import IndexedImage

EXIF_PREFIX = b"Exif\0\0"
"""What JPEG and Pillow put before the TIFF stream of EXIF."""

_STRIP_PIXELS = 1 << 20
_TIFF_BITS_PER_SAMPLE = 258


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """An image file's first frame, upright.

    Attributes
    ----------
    content : IndexedImage or ndarray, uint8, shape (H, W), (H, W, 3) or (H, W, 4)
        The picture.
    metadata : Metadata
        What came with it.
    frames : int
        Frames of the file, of which the first is here.
    """

    content: IndexedImage | npt.NDArray[np.uint8]
    metadata: Metadata
    frames: int


def read_raster(source: str | IO[bytes], *, max_pixels: int) -> Raster:
    """Read an image file of any format that Pillow knows.

    EXIF orientation is applied, and removed from the metadata.

    Parameters
    ----------
    source : str or binary file
        What to read.
    max_pixels : int
        The most pixels to accept; checked when the size is known, before pixels are decoded.

    Raises
    ------
    RasterError
        If it is no image or a damaged one.
    LimitError
        If it has more pixels.
    OSError
        If the file cannot be opened.
    """
    try:
        with Image.open(source) as image:
            Limits(pixels=max_pixels).check_pixels(image.width, image.height)
            frames = getattr(image, "n_frames", 1)
            image.seek(0)
            image.load()
            upright = _upright(image)
            content = indexed_from(upright) if upright.mode == "P" else pixels_from(upright)
            return Raster(content, metadata_from(upright), frames)
    except (LimitError, FileNotFoundError, IsADirectoryError, PermissionError):
        raise
    except Exception as error:  # Pillow's readers raise many kinds for damaged files
        raise RasterError(f"not an image that can be read ({_reason(error)})") from error


def pixels_from(image: Image.Image) -> npt.NDArray[np.uint8]:
    """Return an image's pixels: uint8, shape (H, W), (H, W, 3) or (H, W, 4).

    Grey of 16 bits is scaled to 8. 32-bit integers are taken as 16-bit grey unless none is above
    255. Floats are taken as 0 to 1 if all are, as 0 to 255 if all are, and else stretched.
    CMYK, Lab and grey with a profile are converted to sRGB by it.
    """
    if image.mode.startswith("I;16"):
        return _grey_16(image)
    if image.mode == "I":
        return _grey_32(np.asarray(image))
    if image.mode == "F":
        return _grey_float(np.asarray(image))
    return _bytes_of(_as_rgb(image))


def indexed_from(image: Image.Image) -> IndexedImage:
    """Return a mode P image exactly: its indices, and its palette with transparency as alpha."""
    indices = np.asarray(image)
    palette = np.array(image.getpalette("RGB"), np.uint8).reshape(-1, 3)
    alpha = _palette_alpha(image, len(palette))
    missing = int(indices.max()) + 1 - len(palette)
    if alpha is not None:
        palette = np.concatenate([palette, alpha[:, None]], axis=1)
    if missing > 0:  # Pillow shows what is past a palette's end as opaque black
        black = np.array([0, 0, 0, 255], np.uint8)[: palette.shape[1]]
        palette = np.concatenate([palette, np.tile(black, (missing, 1))])
    return IndexedImage(indices, palette, metadata_from(image))


def metadata_from(image: Image.Image) -> Metadata:
    """Return what an image carries, as far as a `.kq` file can."""
    info = image.info
    profile = info.get("icc_profile") or None
    if profile is not None and _profile_space(profile) != "RGB":
        profile = None
    exif = info.get("exif") or b""
    xmp = info.get("xmp") or None
    metadata = Metadata(
        icc_profile=profile,
        exif=bytes(exif).removeprefix(EXIF_PREFIX) or None,
        xmp=xmp.encode() if isinstance(xmp, str) else xmp,
    )
    try:
        return replace(metadata, dpi=info.get("dpi"))
    except ParameterError:  # a resolution that makes no sense is as good as none
        return metadata


def image_from(indexed: IndexedImage) -> Image.Image:
    """Return a Pillow image: mode P for up to 256 colours, else RGB or RGBA; with its metadata."""
    if indexed.colors <= 256:
        image = Image.fromarray(indexed.indices.astype(np.uint8, copy=False), "L")
        image.putpalette(np.ascontiguousarray(indexed.palette[:, :3]).tobytes())
    else:
        image = Image.fromarray(indexed.to_rgb())
    image.info.update(info_of(indexed))
    return image


def info_of(indexed: IndexedImage) -> dict[str, object]:
    """Return the entries of Pillow's `info` for an indexed image."""
    info = info_of_metadata(indexed.metadata)
    if indexed.channels == 4 and indexed.colors <= 256:
        info["transparency"] = indexed.palette[:, 3].tobytes()
    return info


def info_of_metadata(metadata: Metadata) -> dict[str, object]:
    """Return the entries of Pillow's `info` for metadata."""
    entries: dict[str, object] = {
        "icc_profile": metadata.icc_profile,
        "exif": EXIF_PREFIX + metadata.exif if metadata.exif else None,
        "xmp": metadata.xmp,
        "dpi": metadata.dpi,
    }
    return {name: value for name, value in entries.items() if value is not None}


def _upright(image: Image.Image) -> Image.Image:
    """Apply the EXIF orientation; an image whose EXIF cannot be read stays as it is."""
    try:
        ImageOps.exif_transpose(image, in_place=True)  # a copy would hold all pixels twice
        return image
    except (SyntaxError, ValueError, KeyError, TypeError, OSError):
        image.info.pop("exif", None)
        return image


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "of no known format"
    return str(error) or type(error).__name__


def _as_rgb(image: Image.Image) -> Image.Image:
    """Return the image in mode L, RGB or RGBA."""
    profile = image.info.get("icc_profile")
    if image.mode == "LAB" or (profile and _profile_space(profile) not in ("", "RGB")):
        image = _to_srgb(image, profile)
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in ("1", "L"):
        return image.convert("L")
    return image.convert("RGB")


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert by the image's profile; without one for its mode, leave it to Pillow's formulas."""
    srgb = ImageCms.createProfile("sRGB")
    spaces = {"LAB": "LAB", "CMYK": "CMYK", "L": "GRAY", "LA": "GRAY", "1": "GRAY"}
    try:
        if profile and _profile_space(profile) == spaces.get(image.mode):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        elif image.mode == "LAB":
            source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        else:
            return image
        alpha = image.getchannel("A") if image.mode == "LA" else None
        opaque = image.convert("L") if image.mode in ("LA", "1") else image
        converted = ImageCms.profileToProfile(opaque, source, srgb, outputMode="RGB")
    except ImageCms.PyCMSError:
        return image
    assert converted is not None  # noqa: S101  (only None when told to work in place)
    if alpha is not None:
        converted.putalpha(alpha)
    return converted


def _profile_space(profile: bytes) -> str:
    """Return the colour space that an ICC profile says it is for (ICC.1, 7.2: bytes 16 to 19)."""
    return profile[16:20].decode("latin-1").strip()


def _bytes_of(image: Image.Image) -> npt.NDArray[np.uint8]:
    """Copy pixels strip by strip: Pillow would hold all of them two times more."""
    channels = len(image.getbands())
    pixels = np.empty((image.height, image.width, channels), np.uint8)
    rows = max(1, _STRIP_PIXELS // image.width)
    for top in range(0, image.height, rows):
        bottom = min(image.height, top + rows)
        strip = image.crop((0, top, image.width, bottom))
        pixels[top:bottom] = np.asarray(strip).reshape(bottom - top, image.width, channels)
    return pixels[..., 0] if channels == 1 else pixels


def _grey_16(image: Image.Image) -> npt.NDArray[np.uint8]:
    values = np.asarray(image).astype(np.uint32)
    grey = _scaled(values, _white_of(image))
    transparent = image.info.get("transparency")
    if not isinstance(transparent, int):
        return grey
    alpha = np.where(values == transparent, 0, 255).astype(np.uint8)
    return np.stack([grey, grey, grey, alpha], axis=2)


def _white_of(image: Image.Image) -> int:
    """Return the greatest value of 16-bit grey: less in a TIFF of, say, 12 bits."""
    bits = getattr(image, "tag_v2", {}).get(_TIFF_BITS_PER_SAMPLE, (16,))
    return (1 << min(16, max(1, int(bits[0])))) - 1


def _scaled(values: npt.NDArray[np.uint32], white: int) -> npt.NDArray[np.uint8]:
    return ((np.minimum(values, white) * 510 + white) // (2 * white)).astype(np.uint8)


def _grey_32(values: npt.NDArray[np.int32]) -> npt.NDArray[np.uint8]:
    if values.max() <= 255:
        return values.clip(0, 255).astype(np.uint8)
    return _scaled(values.clip(0, 65_535).astype(np.uint32), 65_535)


def _grey_float(values: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    finite = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0).astype(np.float64)
    low, high = float(finite.min()), float(finite.max())
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    elif low >= 0 and high <= 255:
        low, high = 0.0, 255.0
    grey: npt.NDArray[np.uint8] = ((finite - low) * (255 / (high - low)) + 0.5).astype(np.uint8)
    return grey


def _palette_alpha(image: Image.Image, entries: int) -> npt.NDArray[np.uint8] | None:
    """Return the alpha of each palette entry, or None where all are opaque."""
    transparency = image.info.get("transparency")
    if isinstance(transparency, bytes):
        alpha = np.full(entries, 255, np.uint8)
        given = np.frombuffer(transparency[:entries], np.uint8)
        alpha[: len(given)] = given
        return alpha
    if isinstance(transparency, int):
        return np.where(np.arange(entries) == transparency, 0, 255).astype(np.uint8)
    if image.palette is not None and image.palette.mode.endswith("A"):
        return np.array(image.getpalette("RGBA"), np.uint8).reshape(-1, 4)[:entries, 3]
    return None
