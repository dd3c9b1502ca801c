"""`.kq` files in Pillow: importing this module registers the format `KQ`.

`save` takes `colors` and the other options of `kqformat.quantize`, `coding`, `rdo` and
`band_shift`; an image of mode P keeps its indices and palette exactly unless fewer `colors` are
asked for.

`save` writes the ICC profile, EXIF, XMP and resolution that it is given, else those in the image's
`info`. Where the EXIF is the image's own and says that the picture is to be turned, the pixels are
written upright and the orientation is reset; EXIF given to `save` is written as it is, and so are
the pixels then.

`draft`, which `thumbnail` calls, has a picture made smaller while it is decoded, by means of its
pixels in mode RGB or RGBA; ``draft("P", size)`` has it keep its indices, as label masks need it.

Examples
--------
>>> import io
>>> from PIL import Image
>>> import kqformat.pillow_plugin
>>> file = io.BytesIO()
>>> Image.new("RGB", (8, 8), "teal").save(file, "KQ", colors=16)
>>> image = Image.open(file)
>>> image.format, image.mode, image.size
('KQ', 'P', (8, 8))
"""

from __future__ import annotations

import io
import os
import stat
from dataclasses import replace
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile, ImagePalette

from kqformat.api import quantization, suited
from kqformat.codec.cursor import StreamCursor
from kqformat.codec.head import SIGNATURE
from kqformat.codec.layout import most_file_bytes, read_opening
from kqformat.codec.salvage import decode_truncated
from kqformat.codec.stream import decode_indexed, encode_indexed, palette_array, verify
from kqformat.errors import KqError, ParameterError, TruncatedError
from kqformat.fields import MAX_DIMENSION
from kqformat.file_view import FileView
from kqformat.files import read_stream
from kqformat.kqfile import KqFile
from kqformat.limits import Limits
from kqformat.metadata import Metadata
from kqformat.model import IndexedImage
from kqformat.quantizer.options import Options
from kqformat.rasters import (
    indexed_from,
    info_of,
    metadata_from,
    pixels_from,
    turned_upright,
)

# Pillow has its own check of the number of pixels, and its users their own setting of it.
_LIMITS = Limits(pixels=MAX_DIMENSION**2)

_OPTIONS = ("colors", "coding", "rdo", "band_shift", *Options.__slots__)


class KqImageFile(ImageFile.ImageFile):
    """A `.kq` file in Pillow: mode P for up to 256 colours, else RGB or RGBA.

    Opening reads no pixels. Errors of the file are `OSError`, as from Pillow's own formats.
    """

    format = "KQ"
    format_description = "kqformat palette image"
    n_frames = 1
    is_animated = False

    def _open(self) -> None:
        """Read the head and the metadata."""
        assert self.fp is not None  # noqa: S101  (Pillow sets it before it calls)
        try:
            opening, _ = read_opening(StreamCursor(self.fp), _LIMITS)
        except KqError as error:
            raise OSError(str(error)) from error
        head = opening.head
        has_alpha = head.palette_format.channels == 4
        palette = palette_array(head)
        self._size = (head.width, head.height)
        self._pixels = head.width * head.height
        # What `draft` asks for: the side of the squares that become one, whether indices are kept.
        self._reduction: tuple[int, bool] | None = None
        if head.palette_size <= 256:
            self._mode = "P"
            mode = "RGBA" if has_alpha else "RGB"
            self.palette = ImagePalette.raw(mode, palette.tobytes())
            self.palette.mode = mode  # by which imageio chooses what to convert to
        else:
            self._mode = "RGBA" if has_alpha else "RGB"
        # One pixel of the first entry stands for the picture, whose pixels are not read yet.
        first = IndexedImage(np.zeros((1, 1), np.uint8), palette, opening.metadata)
        self.info.update(info_of(first))
        self.tile = [ImageFile._Tile("raw", (0, 0, *self.size), 0, self.mode)]

    def load(self) -> Any:
        """Decode the pixels, once, and check every byte of the file."""
        if self.tile:
            pixels = self._decode() if self._reduction is None else self._reduced(*self._reduction)
            decoded = np.ascontiguousarray(pixels, np.uint8).tobytes()
            self._close_exclusive()
            self.fp = io.BytesIO(decoded)
            self.tile = [ImageFile._Tile("raw", (0, 0, *self.size), 0, self.mode)]
        return super().load()

    def draft(
        self, mode: str | None, size: tuple[int, int] | None
    ) -> tuple[str, tuple[int, int, float, float]] | None:
        """Have the picture decoded smaller, before it is; every byte is checked all the same.

        Parameters
        ----------
        mode : str or None
            "P" to keep indices, of which one is taken for each square of pixels (where there are
            at most 256 colours); anything else for means, in mode RGB, or RGBA where the palette
            has alpha.
        size : (int, int) or None
            Width and height below which it must not fall: the sides are divided by a whole number.

        Returns
        -------
        (str, (int, int, float, float)) or None
            The mode, and the box that the picture has in what will be decoded; None where nothing
            is changed, as after the first call.
        """
        if not self.tile or self._reduction is not None or (mode, size) == (None, None):
            return None
        width, height = self.size
        factor = 1 if size is None else max(1, min(width // size[0], height // size[1]))
        keeps_indices = mode == self.mode == "P"
        if not keeps_indices and self.palette is not None:
            self._mode = self.palette.mode
            self.palette = None
            self.info.pop("transparency", None)
        self._reduction = factor, keeps_indices
        self._size = -(-width // factor), -(-height // factor)
        self.tile = [ImageFile._Tile("raw", (0, 0, *self.size), 0, self.mode)]
        return self.mode, (0, 0, width / factor, height / factor)

    def load_seek(self, pos: int) -> None:
        """Do nothing; tells Pillow's incremental parser to wait for the whole file."""

    def verify(self) -> None:
        """Check every byte of the file; raise `OSError` if anything is wrong."""
        if self.fp is None:
            raise RuntimeError("verify must be called directly after open")
        try:
            verify(self._whole_file(), limits=_LIMITS)
        except KqError as error:
            raise OSError(str(error)) from error
        finally:
            self._close_exclusive()
            self.fp = None

    def _close_exclusive(self) -> None:
        """Close the file if Pillow opened it."""
        if self._exclusive_fp and self.fp is not None:
            self.fp.close()

    def _whole_file(self) -> bytes:
        if self.fp is None:
            raise ValueError("the image is closed")
        self.fp.seek(0)
        return read_stream(self.fp, most_file_bytes(replace(_LIMITS, pixels=self._pixels)))

    def _decode(self) -> npt.NDArray[np.uint8 | np.uint16]:
        try:
            image = self._decoded(self._whole_file())
        except KqError as error:
            raise OSError(str(error)) from error
        return image.indices if self.mode == "P" else image.to_rgb()

    def _decoded(self, data: bytes) -> IndexedImage:
        try:
            return decode_indexed(data, limits=_LIMITS)
        except TruncatedError:
            if ImageFile.LOAD_TRUNCATED_IMAGES:
                return decode_truncated(data, limits=_LIMITS)
            raise

    def _reduced(self, factor: int, keeps_indices: bool) -> npt.NDArray[np.uint8 | np.uint16]:
        try:
            try:
                file = KqFile(self._bytes_as_asked_for(), _LIMITS)
            except TruncatedError:
                if not ImageFile.LOAD_TRUNCATED_IMAGES:
                    raise
                file = KqFile(encode_indexed(self._decoded(self._whole_file())), _LIMITS)
            return file.reduced(factor, labels=keeps_indices)
        except KqError as error:
            raise OSError(str(error)) from error

    def _bytes_as_asked_for(self) -> bytes | FileView:
        """Return a view of an ordinary file, so that it need not be in memory; else its bytes."""
        stream = self.fp
        is_file = isinstance(stream, io.BufferedReader) and isinstance(stream.raw, io.FileIO)
        if stream is None or not is_file or not hasattr(os, "pread"):
            return self._whole_file()
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode):
            return self._whole_file()
        return FileView(stream, status.st_size)


def _accept(prefix: bytes) -> bool:
    return prefix.startswith(SIGNATURE)


def _save(image: Image.Image, file: IO[bytes], filename: str | os.PathLike[str] | bytes) -> None:
    """Encode an image; one of mode P exactly, unless fewer `colors` are asked for."""
    if 0 in image.size:
        raise ParameterError("cannot write an empty image as KQ")
    given = image.encoderinfo
    if "exif" not in given:
        image = turned_upright(image)
    options: dict[str, Any] = {name: given[name] for name in _OPTIONS if name in given}
    content = indexed_from(image) if image.mode == "P" else pixels_from(image)
    encoding = {name: options.pop(name) for name in ("coding", "band_shift") if name in options}
    coding = encoding.get("coding", "packed")
    rdo = options.pop("rdo", 0.0)
    chosen = suited(quantization(content, **options), content, coding, rdo, options).image
    file.write(encode_indexed(replace(chosen, metadata=_metadata(given, image.info)), **encoding))


def _metadata(given: dict[str, Any], info: dict[Any, Any]) -> Metadata:
    """Return what `save` was told to write, and for the rest what the image carries."""
    carrier = Image.new("L", (1, 1))
    for name in ("icc_profile", "exif", "xmp", "dpi"):
        value = given.get(name, info.get(name))
        carrier.info[name] = value.tobytes() if isinstance(value, Image.Exif) else value
    return metadata_from(carrier)


Image.register_open(KqImageFile.format, KqImageFile, _accept)
Image.register_save(KqImageFile.format, _save)
Image.register_extension(KqImageFile.format, ".kq")
Image.register_mime(KqImageFile.format, "image/x-kq")
