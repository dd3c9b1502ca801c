"""An image file of any format that Pillow knows to a `Raster`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from kqformat.errors import KqError, RasterError
from kqformat.limits import Limits
from kqformat.metadata import Metadata
from kqformat.model import IndexedImage
from kqformat.rasters.images import metadata_from
from kqformat.rasters.modes import indexed_from, labels_from, pixels_from
from kqformat.rasters.orientation import turn_upright

_GREY_SCALES = {"L;2": 85, "L;4": 17}


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

    @property
    def pixels(self) -> npt.NDArray[np.uint8]:
        """The picture's pixels, also where it has a palette."""
        content = self.content
        return content.to_rgb() if isinstance(content, IndexedImage) else content


def read_raster(source: str | IO[bytes], *, max_pixels: int, labels: bool = False) -> Raster:
    """Read an image file of any format that Pillow knows.

    EXIF orientation is applied, to the resolution too, and removed from the metadata.

    Parameters
    ----------
    source : str or binary file
        What to read.
    max_pixels : int
        The most pixels to accept; checked when the size is known, before pixels are decoded.
        Pillow's own limit, `Image.MAX_IMAGE_PIXELS`, applies as well.
    labels : bool
        Whether it is a label mask, of which grey values are kept as indices.

    Raises
    ------
    RasterError
        If it is no image or a damaged one; with `labels`, if it is of true colour.
    LimitError
        If it has more pixels.
    OSError
        If the file cannot be opened.
    """
    try:
        with Image.open(source) as image:
            Limits(pixels=max_pixels).check_pixels(image.width, image.height)
            frames = _frames(image)
            _correct_transparency(image)
            turn_upright(image)
            content = _content(image, labels=labels)
            return Raster(content, metadata_from(image), frames)
    except (KqError, MemoryError, FileNotFoundError, IsADirectoryError, PermissionError):
        raise
    except Image.DecompressionBombError as error:
        limit = min(max_pixels, 2 * (Image.MAX_IMAGE_PIXELS or max_pixels))
        raise RasterError(f"has more pixels than the limit of {limit:,}") from error
    except Exception as error:  # Pillow's readers raise many kinds for damaged files
        raise RasterError(f"not an image that can be read ({_reason(error)})") from error


def _content(image: Image.Image, *, labels: bool) -> IndexedImage | npt.NDArray[np.uint8]:
    if labels:
        return labels_from(image)
    return indexed_from(image) if image.mode == "P" else pixels_from(image)


def _frames(image: Image.Image) -> int:
    """Count the frames, and stay at the first; one whose later frames are damaged has one."""
    try:
        frames = int(getattr(image, "n_frames", 1))
    except Exception:
        frames = 1
    image.seek(0)
    return frames


def _correct_transparency(image: Image.Image) -> None:
    """Bring a PNG's transparent colour to 8 bits, as its pixels are.

    Pillow leaves it as it is in the file. Of 16-bit colours, Pillow keeps the high bytes.
    """
    transparent = image.info.get("transparency")
    tiles = getattr(image, "tile", [])
    if image.format != "PNG" or image.mode == "P" or transparent is None or not tiles:
        return
    raw_mode = tiles[0].args
    if isinstance(transparent, int):
        image.info["transparency"] = transparent * _GREY_SCALES.get(raw_mode, 1)
    elif raw_mode == "RGB;16B":
        image.info["transparency"] = tuple(value >> 8 for value in transparent)


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "of no known format"
    return str(error) or type(error).__name__
