"""Image files that need not fit into memory: TIFF by `tifffile`, and arrays of NumPy.

What is here is decoded row by row when it is asked for. Grey, RGB and straight-alpha RGBA of 8
bits, and palettes, are all that is taken; the pixels are those that `read_raster` finds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image

from kqformat.errors import MissingExtraError, RasterError
from kqformat.limits import DEFAULT_LIMITS, Limits
from kqformat.metadata import Metadata
from kqformat.rasters.images import metadata_from
from kqformat.threads import available

if TYPE_CHECKING:
    import tifffile

LARGE_PIXELS = 1 << 26
"""TIFF files of fewer are as well read at once."""

_NPY_SIGNATURE = b"\x93NUMPY"
_BLOCK_PIXELS = 1 << 20
_BUFFER_BYTES = 1 << 24
_PALETTE, _GREY, _RGB, _YCBCR = 3, 1, 2, 6
_JPEG = (6, 7)
_STRAIGHT_ALPHA = 2


@dataclass(frozen=True, slots=True, eq=False)
class LargeRaster:
    """An image file whose rows are read when they are asked for.

    Attributes
    ----------
    rows : array-like or callable
        What is sliced by rows, or returns an iterator over blocks of rows, each time from the top.
    shape : (int, int)
        Height and width.
    palette : ndarray, uint8, shape (k, 3), or None
        If given, `rows` are indices, else pixels.
    metadata : Metadata
        What came with it.
    frames : int
        Frames of the file, of which the first is here.
    is_only_here : bool
        Whether `read_raster` does not read such files.
    """

    rows: object
    shape: tuple[int, int]
    palette: npt.NDArray[np.uint8] | None = None
    metadata: Metadata = field(default_factory=Metadata)
    frames: int = 1
    is_only_here: bool = False


def open_large(
    path: str, *, max_pixels: int, least_pixels: int | None = None
) -> LargeRaster | None:
    """Open a NumPy array, or a TIFF file of at least so many pixels; None if it is none of these.

    Raises
    ------
    LimitError
        If it has more than `max_pixels`.
    RasterError
        If it is damaged, or its pixels are of another kind.
    MissingExtraError
        If `tifffile` is missing, and it has more pixels than are read at once by default.
    OSError
        If it cannot be read.
    """
    with open(path, "rb") as stream:
        start = stream.read(len(_NPY_SIGNATURE))
    if start == _NPY_SIGNATURE:
        return _opened_array(path, max_pixels)
    if start[:4] not in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return None
    try:
        with Image.open(path) as image:
            size, metadata = image.size, metadata_from(image)
            orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Image.DecompressionBombError as error:
        raise RasterError(f"has too many pixels ({error})") from error
    except (OSError, SyntaxError, ValueError):
        return None  # which whoever reads it at once will tell
    pixels = size[0] * size[1]
    if pixels < (LARGE_PIXELS if least_pixels is None else least_pixels):
        return None
    Limits(pixels=max_pixels).check_pixels(*size)
    return _opened_large_tiff(path, pixels, orientation, metadata)


def _opened_large_tiff(
    path: str, pixels: int, orientation: int, metadata: Metadata
) -> LargeRaster | None:
    """Open a TIFF file; None where it is to be read at once, by those who know more kinds."""
    may_be_read_at_once = pixels <= DEFAULT_LIMITS.pixels
    try:
        import tifffile  # noqa: PLC0415  (an extra)

        return _upright(_opened_tiff(tifffile, path, metadata), orientation)
    except MemoryError:
        raise
    except Exception as error:  # tifffile's of damaged tags are of any type
        if may_be_read_at_once:
            return None
        if isinstance(error, ModuleNotFoundError):
            purpose = f"a TIFF file of {pixels:,} pixels"
            raise MissingExtraError(purpose, "tifffile", "large") from error
        if isinstance(error, RasterError):
            raise
        raise RasterError(f"not an image that can be read ({error})") from error


def _upright(raster: LargeRaster, orientation: int) -> LargeRaster:
    if orientation != 1:
        raise RasterError("lies on its side by its EXIF, and is too large to be turned")
    return raster


def _opened_array(path: str, max_pixels: int) -> LargeRaster:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, MemoryError):
        raise
    except Exception as error:  # of a damaged header: tokenize.TokenError, too
        raise RasterError(f"not an array that can be read ({error})") from error
    if (
        array.ndim not in (2, 3)
        or array.dtype != np.uint8
        or array.shape[2:] not in ((), (3,), (4,))
    ):
        raise RasterError(
            f"is an array of {array.dtype} of shape {array.shape}, "
            "expected uint8 of shape (H, W), (H, W, 3) or (H, W, 4)"
        )
    height, width = array.shape[:2]
    Limits(pixels=max_pixels).check_pixels(width, height)
    return LargeRaster(array, (height, width), is_only_here=True)


def _opened_tiff(module: Any, path: str, metadata: Metadata) -> LargeRaster:
    with module.TiffFile(path) as file:
        page: tifffile.TiffPage = file.pages.first
        frames = len(file.pages)
        _check_kind(page)
        shape = page.imagelength, page.imagewidth
        palette = _palette_of(page)
        if page.is_memmappable:
            mapped = module.memmap(path, page=0, mode="r")
            return LargeRaster(mapped.reshape(page.shape), shape, palette, metadata, frames)
    return LargeRaster(_segments(module, path), shape, palette, metadata, frames)


def _check_kind(page: tifffile.TiffPage) -> None:
    """Refuse pixels that are not as they are to be."""
    samples = page.samplesperpixel
    is_rgb = page.photometric == _RGB or (page.photometric == _YCBCR and page.compression in _JPEG)
    is_plain = page.photometric in (_GREY, _PALETTE) and samples == 1
    has_straight_alpha = tuple(page.extrasamples) == (_STRAIGHT_ALPHA,)
    if (
        page.dtype != np.uint8
        or page.bitspersample != 8
        or (page.planarconfig != 1 and samples > 1)
        or not (is_plain or (is_rgb and (samples == 3 or (samples == 4 and has_straight_alpha))))
    ):
        raise RasterError(
            f"has samples of {page.bitspersample} bits, {samples} to a pixel, photometric "
            f"{int(page.photometric)}, planar configuration {int(page.planarconfig)}; so large a "
            "TIFF file can be grey, RGB, RGBA with straight alpha, or a palette, of 8 bits"
        )


def _palette_of(page: tifffile.TiffPage) -> npt.NDArray[np.uint8] | None:
    if page.photometric != _PALETTE:
        return None
    if page.colormap is None:
        raise RasterError("has a palette image without a palette")
    return np.ascontiguousarray((np.asarray(page.colormap) >> 8).astype(np.uint8).T)


def _segments(module: Any, path: str) -> Callable[[], Iterator[npt.NDArray[np.uint8]]]:
    """Return what goes through a file's strips or tiles, some rows of them at a time."""

    def blocks() -> Iterator[npt.NDArray[np.uint8]]:
        try:
            with module.TiffFile(path) as file:
                yield from _rows_of(file.pages.first)
        except (OSError, MemoryError):
            raise
        except Exception as error:
            raise RasterError(f"is damaged, or of a kind that is not known ({error})") from error

    return blocks


def _rows_of(page: tifffile.TiffPage) -> Iterator[npt.NDArray[np.uint8]]:
    height, width = page.imagelength, page.imagewidth
    segment_rows = page.tilelength if page.is_tiled else min(page.rowsperstrip, height)
    rows = segment_rows * max(1, _BLOCK_PIXELS // (segment_rows * width))
    tail = page.shape[2:]
    top = 0
    block = np.zeros((min(rows, height), width, *tail), np.uint8)
    for segment, place, _ in page.segments(maxworkers=available(), buffersize=_BUFFER_BYTES):
        row, left = place[2], place[3]
        if row >= top + rows:
            yield block
            top += rows
            block = np.zeros((min(rows, height - top), width, *tail), np.uint8)
        if segment is not None:
            part = block[row - top : row - top + segment.shape[1], left : left + segment.shape[2]]
            part[:] = segment[0, : part.shape[0], : part.shape[1]].reshape(part.shape)
    yield block
