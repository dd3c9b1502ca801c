"""Whole files: `IndexedImage` to bytes and back."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial

import numpy as np
import numpy.typing as npt

from kqformat.codec import packed
from kqformat.codec.ancillary import metadata_sections
from kqformat.codec.bands import band_count, band_rows, canonical_band_shift, checked_band_shift
from kqformat.codec.cursor import BytesLike
from kqformat.codec.head import Coding, Head, PaletteFormat, write_head
from kqformat.codec.layout import (
    Layout,
    band_byte_length,
    band_pixels,
    packed_file_bytes,
    read_layout,
)
from kqformat.codec.sections import (
    BAND_TAG,
    Section,
    checked_payload,
    section_end,
    section_start,
    write_section,
)
from kqformat.errors import ParameterError
from kqformat.fields import MAX_U32
from kqformat.limits import DEFAULT_LIMITS, Limits
from kqformat.model import IndexedImage, Indices


def encode_indexed(
    image: IndexedImage, *, coding: str = "packed", band_shift: int | None = None
) -> bytes:
    """Return the canonical file of an indexed image.

    Parameters
    ----------
    image : IndexedImage
        Indices, palette and metadata, all of which are kept exactly.
    coding : {"packed"}
        How bands are coded.
    band_shift : int or None
        Bands of 2^band_shift rows, 0 to 31; None for the canonical choice, which is one band for
        up to 33 megapixels.

    Returns
    -------
    bytes

    Raises
    ------
    ParameterError
        If an option is unknown or impossible, or an index has no palette entry any more.
    LimitError
        If there were more bands or metadata than a decoder accepts by default.

    Examples
    --------
    >>> image = IndexedImage(np.zeros((2, 3), np.uint8), np.array([[9, 9, 9]], np.uint8))
    >>> len(encode_indexed(image))
    32
    """
    if coding != "packed":
        raise ParameterError(f"coding is {coding!r}, expected 'packed'")
    head = head_of(image, band_shift)
    sections = list(metadata_sections(image.metadata))
    # Nothing is written that a decoder with default limits would refuse (spec §8), pixels aside.
    DEFAULT_LIMITS.check_bands(band_count(head.height, head.band_shift))
    DEFAULT_LIMITS.check_metadata(len(sections), sum(len(payload) for _, payload in sections))
    with _room(packed_file_bytes(head, image.metadata)) as file:
        with file.getbuffer() as view:
            offset = _put(view, 0, write_head(head))
            for tag, payload in sections:
                offset = _put(view, offset, write_section(tag, payload))
            for top, bottom in band_rows(head.height, head.band_shift):
                offset = _put_band(view, offset, head, image.indices[top:bottom])
        return file.getvalue()


def head_of(image: IndexedImage, band_shift: int | None = None) -> Head:
    """Return the head that a file of this image has."""
    if band_shift is None:
        band_shift = canonical_band_shift(image.width, image.height)
    else:
        band_shift = checked_band_shift(band_shift, image.height)
    palette_format = PaletteFormat.RGBA if image.channels == 4 else PaletteFormat.RGB
    head = Head(
        image.width,
        image.height,
        image.palette.tobytes(),
        palette_format,
        band_shift,
        Coding.PACKED,
    )
    length = band_byte_length(head, min(image.height, 1 << band_shift))
    if length > MAX_U32:
        raise ParameterError(
            f"a band of 2^{band_shift} rows takes {length:,} bytes, "
            f"more than the {MAX_U32:,} that can be stored"
        )
    return head


def decode_indexed(data: BytesLike, *, limits: Limits = DEFAULT_LIMITS) -> IndexedImage:
    """Decode a file to indices, palette and metadata.

    Parameters
    ----------
    data : bytes-like
        The whole file: bytes, bytearray, memoryview, mmap or another contiguous buffer.
    limits : Limits
        What the file may ask for, checked before memory is taken.

    Returns
    -------
    IndexedImage
        Indices are uint8 for up to 256 colours, else uint16.

    Raises
    ------
    FormatError
        If the file breaks a rule of the format or is damaged.
    LimitError
        If the file asks for more than `limits`.
    """
    layout = read_structure(data, limits)
    head = layout.head
    indices = packed.empty_indices(head.palette_size, head.width * head.height)
    for band, first, end in _runs(layout):
        with checked_payload(data, band) as payload:
            packed.unpack(payload, head.palette_size, indices[first:end], band.payload_offset)
    return IndexedImage(
        indices.reshape(head.height, head.width), palette_array(head), layout.metadata
    )


def decode_rgb(data: BytesLike, *, limits: Limits = DEFAULT_LIMITS) -> npt.NDArray[np.uint8]:
    """Decode a file to colours: uint8, shape (H, W, 3), or (H, W, 4) where the palette has alpha.

    Takes and raises what `decode_indexed` does, but never holds the indices.
    """
    layout = read_structure(data, limits)
    head = layout.head
    channels = head.palette_format.channels
    table = packed.colour_table(palette_array(head))
    pixels = np.empty(head.width * head.height * channels, np.uint8)
    for band, first, end in _runs(layout):
        rows = pixels[first * channels : end * channels]
        with checked_payload(data, band) as payload:
            packed.expand(payload, head.palette_size, table, channels, rows, band.payload_offset)
    return pixels.reshape(head.height, head.width, channels)


def verify(data: BytesLike, *, limits: Limits = DEFAULT_LIMITS) -> None:
    """Check every byte of a file, band by band, without memory for its pixels.

    Takes and raises what `decode_indexed` does.
    """
    layout = read_structure(data, limits)
    for band, pixels in zip(layout.bands, band_pixels(layout.head), strict=True):
        _check_band(data, layout.head, band, pixels)


def read_structure(data: BytesLike, limits: Limits = DEFAULT_LIMITS) -> Layout:
    """Return what `read_layout` does; where that fails, the first error in the file's order."""
    return read_layout(data, limits, partial(_check_band, data))


def _check_band(data: BytesLike, head: Head, band: Section, pixels: int) -> None:
    with checked_payload(data, band) as payload:
        packed.check(payload, head.palette_size, pixels, band.payload_offset)


def _runs(layout: Layout) -> Iterator[tuple[Section, int, int]]:
    """Yield each band with its first pixel and the one after its last, in raster order."""
    first = 0
    for band, pixels in zip(layout.bands, band_pixels(layout.head), strict=True):
        yield band, first, first + pixels
        first += pixels


def palette_array(head: Head) -> npt.NDArray[np.uint8]:
    """Return the palette as an array: uint8, shape (k, c), read-only."""
    return np.frombuffer(head.palette, np.uint8).reshape(-1, head.palette_format.channels)


def _room(byte_length: int) -> io.BytesIO:
    """Return a file of zeros in memory, which gives its bytes away without a copy."""
    file = io.BytesIO()
    file.seek(byte_length - 1)
    file.write(b"\0")
    return file


def _put(view: memoryview, offset: int, part: bytes) -> int:
    view[offset : offset + len(part)] = part
    return offset + len(part)


def _put_band(view: memoryview, offset: int, head: Head, rows: Indices) -> int:
    """Pack a band into its place, without a copy of the payload."""
    start = section_start(BAND_TAG, band_byte_length(head, len(rows)))
    offset = _put(view, offset, start)
    with view[offset : offset + band_byte_length(head, len(rows))] as payload:
        packed.pack(rows, head.palette_size, payload)
        return _put(view, offset + len(payload), section_end(start, payload))
