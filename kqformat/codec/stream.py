"""Whole files: `IndexedImage` to bytes and back."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kqformat.codec import packed
from kqformat.codec.ancillary import metadata_sections
from kqformat.codec.bands import band_count, band_rows, canonical_band_shift, checked_band_shift
from kqformat.codec.cursor import BytesLike
from kqformat.codec.head import Coding, Head, PaletteFormat, write_head
from kqformat.codec.layout import band_byte_length, packed_file_bytes, read_layout
from kqformat.codec.sections import (
    BAND_TAG,
    checked_payload,
    section_end,
    section_start,
    write_section,
)
from kqformat.errors import ParameterError
from kqformat.limits import DEFAULT_LIMITS, Limits
from kqformat.model import IndexedImage, Indices

_MAX_PAYLOAD = 2**32 - 1


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
        If an option is unknown or impossible.
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
    data = bytearray(packed_file_bytes(head, image.metadata))
    view = memoryview(data)
    offset = _put(view, 0, write_head(head))
    for tag, payload in sections:
        offset = _put(view, offset, write_section(tag, payload))
    for top, bottom in band_rows(head.height, head.band_shift):
        offset = _put_band(view, offset, head, image.indices[top:bottom])
    return bytes(data)


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
    if length > _MAX_PAYLOAD:
        raise ParameterError(
            f"a band of 2^{band_shift} rows takes {length:,} bytes, "
            f"more than the {_MAX_PAYLOAD:,} that can be stored"
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
    layout = read_layout(data, limits)
    head = layout.head
    indices = packed.empty_indices(head.palette_size, head.width * head.height)
    for band, (top, bottom) in zip(
        layout.bands, band_rows(head.height, head.band_shift), strict=True
    ):
        rows = indices[top * head.width : bottom * head.width]
        with checked_payload(data, band) as payload:
            packed.unpack(payload, head.palette_size, rows, band.payload_offset)
    return IndexedImage(
        indices.reshape(head.height, head.width), palette_array(head), layout.metadata
    )


def decode_rgb(data: BytesLike, *, limits: Limits = DEFAULT_LIMITS) -> npt.NDArray[np.uint8]:
    """Decode a file to colours: uint8, shape (H, W, 3), or (H, W, 4) where the palette has alpha.

    Takes and raises what `decode_indexed` does, but never holds the indices.
    """
    layout = read_layout(data, limits)
    head = layout.head
    channels = head.palette_format.channels
    table = packed.colour_table(palette_array(head), head.index_width)
    pixels = np.empty(head.width * head.height * channels, np.uint8)
    for band, (top, bottom) in zip(
        layout.bands, band_rows(head.height, head.band_shift), strict=True
    ):
        rows = pixels[top * head.width * channels : bottom * head.width * channels]
        with checked_payload(data, band) as payload:
            packed.expand(payload, head.palette_size, table, channels, rows, band.payload_offset)
    return pixels.reshape(head.height, head.width, channels)


def palette_array(head: Head) -> npt.NDArray[np.uint8]:
    """Return the palette as an array: uint8, shape (k, c), read-only."""
    return np.frombuffer(head.palette, np.uint8).reshape(-1, head.palette_format.channels)


def _put(view: memoryview, offset: int, part: bytes) -> int:
    view[offset : offset + len(part)] = part
    return offset + len(part)


def _put_band(view: memoryview, offset: int, head: Head, rows: Indices) -> int:
    """Pack a band into its place, without a copy of the payload."""
    start = section_start(BAND_TAG, band_byte_length(head, len(rows)))
    offset = _put(view, offset, start)
    payload = view[offset : offset + band_byte_length(head, len(rows))]
    packed.pack(rows, head.index_width, payload)
    return _put(view, offset + len(payload), section_end(start, payload))
