"""Reading the pictures to be quantized, of any format that Pillow knows."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from kqformat.batch.jobs import read_input
from kqformat.codec.head import SIGNATURE
from kqformat.files import MAX_FILE_BYTES
from kqformat.limits import Limits

if TYPE_CHECKING:
    from kqformat.rasters import Raster

_STUBS = {"BUFR", "GRIB", "HDF5", "MPEG", "WMF"}
"""What Pillow recognizes and cannot read by itself; passed over in folders."""


def prepare_pillow(max_pixels: int | None) -> None:
    """Have Pillow know all of its formats, .kq too, and the limit of pixels, if one is given."""
    from PIL import Image

    import kqformat.pillow_plugin  # noqa: F401

    # For pictures inside of pictures, as in .ico; `read_raster` checks all others more strictly.
    if max_pixels is not None:
        Image.MAX_IMAGE_PIXELS = max_pixels
    Image.init()


def known_endings() -> tuple[set[str], set[str]]:
    """Return the endings of files that Pillow reads, and of all that it knows; not `.kq`."""
    from PIL import Image

    formats = Image.registered_extensions()
    known = set(formats) - {".kq"}
    is_read = Image.OPEN.keys() - _STUBS
    return {ending for ending in known if formats[ending] in is_read}, known


def read_source(path: str) -> bytes:
    """Return the bytes of a picture's file; of an endless one that is none, the first only."""
    return read_input(path, most_bytes=most_bytes_of)


def most_bytes_of(beginning: bytes) -> int:
    """Return how many bytes of a file that begins so are read: none, if it is no picture."""
    from kqformat.rasters import may_be_image

    is_known = beginning.startswith(SIGNATURE) or may_be_image(beginning)
    return MAX_FILE_BYTES if is_known else 0


def read_picture(source: bytes, max_pixels: int, *, labels: bool = False) -> Raster:
    """Read a picture; a .kq file with all that it has, unless it has to be turned.

    With `labels`, as `read_raster` does.
    """
    from kqformat.codec.stream import decode_indexed
    from kqformat.rasters import Raster, info_of, orientation_of, read_raster

    if source.startswith(SIGNATURE):
        indexed = decode_indexed(source, limits=Limits(pixels=max_pixels))
        if orientation_of(info_of(indexed)) == 1:
            return Raster(indexed, indexed.metadata, 1)
    return read_raster(io.BytesIO(source), max_pixels=max_pixels, labels=labels)
