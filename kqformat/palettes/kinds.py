"""Palette files of every kind: which kind it is, reading and writing."""

from __future__ import annotations

import os
from functools import partial
from typing import IO

import numpy as np
import numpy.typing as npt
from PIL import UnidentifiedImageError

from kqformat.codec.head import SIGNATURE
from kqformat.codec.layout import read_layout
from kqformat.errors import PaletteError, ParameterError, RasterError
from kqformat.fields import MAX_DIMENSION
from kqformat.files import MAX_FILE_BYTES, read_file, write_file
from kqformat.limits import DEFAULT_LIMITS, Limits
from kqformat.model import IndexedImage
from kqformat.palettes import gimp, hexadecimal, jasc
from kqformat.palettes.lines import BYTE_ORDER_MARK, MAX_TEXT_BYTES, lines_of
from kqformat.palettes.pictures import colors_of, swatches
from kqformat.rasters import may_be_image

KINDS = ("gpl", "pal", "hex", "png")
"""The kinds of files that can be written."""

ENDINGS = {".gpl": "gpl", ".pal": "pal", ".txt": "hex", ".hex": "hex", ".png": "png"}
"""The kinds of files by the endings of their names."""

_PARSERS = {"gpl": gimp.parse, "pal": jasc.parse, "hex": hexadecimal.parse}


def read_palette(
    path: str | os.PathLike[str], *, max_pixels: int = DEFAULT_LIMITS.pixels
) -> npt.NDArray[np.uint8]:
    """Read the palette of a file.

    Parameters
    ----------
    path : path-like
        A `.kq` file, an image of any format that Pillow knows, a GIMP palette (``.gpl``), a JASC
        palette (``.pal``) or a list of colours in hexadecimal; its content says which.
    max_pixels : int
        The most pixels to accept of an image.

    Returns
    -------
    ndarray, uint8, shape (k, 3), or (k, 4) where there is transparency
        The entries in their order, 1 to 65,536. Of an image without a palette, its distinct
        colours in the order in which they first come, row after row.

    Raises
    ------
    PaletteError
        If it is no palette, or a wrong one; an image with more than 65,536 colours is.
    FormatError
        If the structure of a `.kq` file is wrong or its head damaged.
    RasterError
        If it is a damaged image.
    LimitError
        If it is too large.
    OSError
        If it cannot be read.
    """
    ending = os.path.splitext(os.fspath(path))[1]
    data = read_file(path, most_bytes=partial(_most_bytes, ending))
    return decode_palette(data, ending, max_pixels=max_pixels)


def decode_palette(
    data: bytes, ending: str = "", *, max_pixels: int = DEFAULT_LIMITS.pixels
) -> npt.NDArray[np.uint8]:
    r"""Return the palette in a file's bytes; see `read_palette`.

    Parameters
    ----------
    data : bytes
        The whole file.
    ending : str
        Of its name, with its dot; it counts where the content says nothing.
    max_pixels : int
        The most pixels to accept of an image.

    Examples
    --------
    >>> decode_palette(b"#ff8000\n#0af\n").tolist()
    [[255, 128, 0], [0, 170, 255]]
    """
    if data.startswith(SIGNATURE):
        return _of_kq(data)
    kind = _text_kind(data)
    if kind is not None:
        return _PARSERS[kind](lines_of(data))
    try:
        return colors_of(data, max_pixels)
    except RasterError as error:
        expected = ENDINGS.get(ending.lower())
        if expected in _PARSERS:
            return _PARSERS[expected](lines_of(data))
        if isinstance(error.__cause__, UnidentifiedImageError):
            raise PaletteError("neither a palette nor an image of a known kind") from error
        raise


def write_palette(
    target: str | os.PathLike[str] | IO[bytes],
    palette: npt.NDArray[np.uint8],
    kind: str | None = None,
    *,
    overwrite: bool = True,
) -> None:
    """Write a palette to a file, whole or not at all, or to a stream.

    Parameters
    ----------
    target : path-like or binary stream
        Where to.
    palette : ndarray, uint8, shape (k, 3) or (k, 4)
        1 to 65,536 entries.
    kind : {"gpl", "pal", "hex", "png"} or None
        GIMP, JASC, one hexadecimal colour a line, or an image of swatches; None for what the
        ending of the file's name says.
    overwrite : bool
        Whether an existing file may be replaced; `FileExistsError` if not.

    Raises
    ------
    ParameterError
        If the palette or the kind is not as described.
    PaletteError
        If the palette has transparency, and the kind has not (GIMP's).
    OSError
        If the file cannot be written.
    """
    if not isinstance(target, str | os.PathLike):
        target.write(encode_palette(palette, kind))
        return
    stem, ending = os.path.splitext(os.path.basename(os.fspath(target)))
    chosen = ENDINGS.get(ending.lower()) if kind is None else kind
    write_file(target, encode_palette(palette, chosen, stem), overwrite=overwrite)


def encode_palette(
    palette: npt.NDArray[np.uint8], kind: str | None, name: str = "palette"
) -> bytes:
    r"""Return the bytes of a palette file; see `write_palette`.

    Parameters
    ----------
    palette : ndarray, uint8, shape (k, 3) or (k, 4)
        Where all is opaque, alpha is left out.
    kind : {"gpl", "pal", "hex", "png"}
    name : str
        What the palette is called, where the kind has names.

    Examples
    --------
    >>> encode_palette(np.array([[255, 128, 0, 255]], np.uint8), "hex")
    b'#ff8000\n'
    """
    if kind not in KINDS:
        raise ParameterError(f"kind of palette is {kind!r}, expected one of {', '.join(KINDS)}")
    palette = _checked(palette)
    if kind == "png":
        return swatches(palette)
    if kind == "gpl":
        printable = "".join(c if c.isprintable() else " " for c in name).strip()
        return gimp.format(palette, printable).encode()
    return (jasc.format(palette) if kind == "pal" else hexadecimal.format(palette)).encode()


def _checked(palette: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    checked = IndexedImage(np.zeros((1, 1), np.uint8), palette).palette
    if checked.shape[1] == 4 and (checked[:, 3] == 255).all():
        return np.ascontiguousarray(checked[:, :3])
    return checked


def _of_kq(data: bytes) -> npt.NDArray[np.uint8]:
    """Return the palette of a .kq file, none of whose pixels are looked at."""
    head = read_layout(data, Limits(pixels=MAX_DIMENSION**2)).head
    entries = np.frombuffer(head.palette, np.uint8)
    return entries.reshape(-1, head.palette_format.channels).copy()


def _most_bytes(ending: str, beginning: bytes) -> int:
    """Return how long a file may be that begins so, and whose name has this ending."""
    if _text_kind(beginning) is not None:
        return MAX_TEXT_BYTES
    if beginning.startswith(SIGNATURE) or may_be_image(beginning):
        return MAX_FILE_BYTES
    return MAX_TEXT_BYTES if ENDINGS.get(ending.lower()) in _PARSERS else 0


def _text_kind(data: bytes) -> str | None:
    opening = data[:64].removeprefix(BYTE_ORDER_MARK)
    if opening.startswith(gimp.MAGIC.encode()):
        return "gpl"
    if opening.startswith(jasc.MAGIC.encode()):
        return "pal"
    return "hex" if hexadecimal.is_list(data) else None
