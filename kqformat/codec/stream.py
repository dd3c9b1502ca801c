"""Whole files: `IndexedImage` to bytes and back."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from zlib import crc32

import numpy as np
import numpy.typing as npt

from kqformat import pages
from kqformat.codec import coded_palette, packed
from kqformat.codec.ancillary import metadata_sections
from kqformat.codec.bands import (
    MAX_BAND_SHIFT,
    band_count,
    band_rows,
    canonical_band_shift,
    checked_band_shift,
    chunk_rows,
    entropy_band_pixels,
)
from kqformat.codec.crc import combined
from kqformat.codec.cursor import BytesLike
from kqformat.codec.head import Coding, Head, PaletteFormat, write_head
from kqformat.codec.layout import (
    Layout,
    band_byte_length,
    packed_file_bytes,
    read_layout,
)
from kqformat.codec.payloads import (
    check_band,
    entropy_payload,
    expand_band,
    read_band,
)
from kqformat.codec.sections import (
    ENTROPY_TAG,
    PACKED_TAG,
    SECTION_OVERHEAD,
    Section,
    section_crc,
    section_start,
    write_section,
)
from kqformat.errors import ParameterError
from kqformat.fields import MAX_U32
from kqformat.limits import DEFAULT_LIMITS, Limits
from kqformat.metadata import Metadata
from kqformat.model import IndexedImage, Indices
from kqformat.threads import for_each

CODINGS = ("packed", "entropy", "auto")
"""What `encode_indexed` takes."""


def encode_indexed(
    image: IndexedImage, *, coding: str = "packed", band_shift: int | None = None
) -> bytes:
    """Return the canonical file of an indexed image.

    Parameters
    ----------
    image : IndexedImage
        Indices, palette and metadata, all of which are kept exactly.
    coding : {"packed", "entropy", "auto"}
        How bands are coded: in a fixed number of bits an index, in as few bytes as can be (a band
        that this makes no shorter is packed all the same), or in whichever way the file is the
        smaller, "packed" if neither is.
    band_shift : int or None
        Bands of 2^band_shift rows, 0 to 31; None for the canonical choice, which is one band for
        up to 33 megapixels, or 4 where the bands are entropy-coded.

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
    checked_coding(coding)
    head = head_of(image, band_shift)
    if coding != "packed":
        smaller = _entropy_file(image, band_shift)
        if smaller is not None and (
            coding == "entropy" or len(smaller) < packed_file_bytes(head, image.metadata)
        ):
            return smaller
    opening = checked_opening(head, image.metadata)
    return _file(opening, head, image, [None] * band_count(head.height, head.band_shift))


def head_of(image: IndexedImage, band_shift: int | None = None) -> Head:
    """Return the head that a packed file of this image has."""
    return head_for(image.width, image.height, image.palette, band_shift)


def head_for(
    width: int, height: int, palette: npt.NDArray[np.uint8], band_shift: int | None = None
) -> Head:
    """Return the head of a packed file; takes and raises what `encode_indexed` does."""
    if band_shift is None:
        band_shift = canonical_band_shift(width, height)
    else:
        band_shift = checked_band_shift(band_shift, height)
    palette_format = PaletteFormat.RGBA if palette.shape[1] == 4 else PaletteFormat.RGB
    head = Head(width, height, palette.tobytes(), palette_format, band_shift, Coding.PACKED)
    length = band_byte_length(head, min(height, 1 << band_shift))
    if length > MAX_U32:
        raise ParameterError(
            f"a band of 2^{band_shift} rows takes {length:,} bytes, "
            f"more than the {MAX_U32:,} that can be stored"
        )
    return head


def entropy_head_for(
    width: int, height: int, palette: npt.NDArray[np.uint8], band_shift: int | None = None
) -> Head:
    """Return the head of an entropy-coded file, its palette coded where it is shorter so."""
    if band_shift is None:
        band_shift = canonical_band_shift(width, height, entropy_band_pixels(width))
    head = replace(head_for(width, height, palette, band_shift), coding=Coding.ENTROPY)
    coded = coded_palette.encode(palette)
    if coded is None:
        return head
    return replace(head, palette_format=head.palette_format.coded, coded_palette=coded)


def checked_opening(head: Head, metadata: Metadata) -> bytes:
    """Return the bytes before the first band.

    Raises
    ------
    LimitError
        If there is more than a decoder accepts by default (spec §9), pixels aside.
    """
    sections = list(metadata_sections(metadata))
    DEFAULT_LIMITS.check_metadata(len(sections), sum(len(payload) for _, payload in sections))
    DEFAULT_LIMITS.check_bands(band_count(head.height, head.band_shift))
    return write_head(head) + b"".join(write_section(tag, payload) for tag, payload in sections)


def checked_coding(coding: object) -> str:
    """Return the name of a coding, or raise `ParameterError`."""
    if coding not in CODINGS:
        names = ", ".join(map(repr, CODINGS[:-1]))
        raise ParameterError(f"coding is {coding!r}, expected {names} or {CODINGS[-1]!r}")
    return str(coding)


def _entropy_file(image: IndexedImage, band_shift: int | None) -> bytes | None:
    """Return the file in entropy coding, or None where nothing in it would be shorter for it."""
    head = entropy_head_for(image.width, image.height, image.palette, band_shift)
    opening = checked_opening(head, image.metadata)
    bands = [image.indices[top:bottom] for top, bottom in band_rows(head.height, head.band_shift)]
    parallel = len(bands) if head.palette_size > 1 else 1
    payloads = for_each(partial(entropy_payload, palette=image.palette), bands, parallel)
    if payloads.count(None) == len(payloads) and not head.palette_format.is_coded:
        return None
    return _file(opening, head, image, payloads)


def _file(
    opening: bytes, head: Head, image: IndexedImage, payloads: Sequence[bytes | None]
) -> bytes:
    """Put a file together; a band is packed into its place where there is no payload for it."""
    bands = list(zip(band_rows(head.height, head.band_shift), payloads, strict=True))
    byte_length = len(opening) + sum(
        SECTION_OVERHEAD + (band_byte_length(head, end - top) if coded is None else len(coded))
        for (top, end), coded in bands
    )
    with _room(byte_length) as file:
        with file.getbuffer() as view:
            offset = _put(view, 0, opening)
            for (top, end), coded in bands:
                if coded is None:
                    offset = _put_packed(view, offset, head, image.indices[top:end])
                else:
                    offset = _put(view, offset, write_section(ENTROPY_TAG, coded))
            assert offset == byte_length  # noqa: S101
        return file.getvalue()


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
    palette = palette_array(head)
    indices = packed.empty_indices(head.palette_size, head.width * head.height)
    indices = indices.reshape(head.height, head.width)

    def read(run: tuple[Section, int, int]) -> None:
        band, top, bottom = run
        read_band(data, band, palette, indices[top:bottom])

    for_each(read, _runs(layout), layout.entropy_bands)
    return IndexedImage(indices, palette, layout.metadata)


def decode_rgb(data: BytesLike, *, limits: Limits = DEFAULT_LIMITS) -> npt.NDArray[np.uint8]:
    """Decode a file to colours: uint8, shape (H, W, 3), or (H, W, 4) where the palette has alpha.

    Takes and raises what `decode_indexed` does, but never holds the indices of more than a band.
    """
    layout = read_structure(data, limits)
    head = layout.head
    palette = palette_array(head)
    table = packed.colour_table(palette)
    pixels = pages.empty((head.height, head.width, head.palette_format.channels), np.uint8)

    def expand(run: tuple[Section, int, int]) -> None:
        band, top, bottom = run
        expand_band(data, band, palette, table, pixels[top:bottom])

    for_each(expand, _runs(layout), layout.entropy_bands)
    return pixels


def verify(data: BytesLike, *, limits: Limits = DEFAULT_LIMITS) -> None:
    """Check every byte of a file, band by band, without memory for its pixels.

    Of an entropy-coded file, with memory for those of one band. Takes and raises what
    `decode_indexed` does.
    """
    layout = read_structure(data, limits)
    palette = palette_array(layout.head)
    for band, top, bottom in _runs(layout):
        check_band(data, band, palette, bottom - top, layout.head.width)


def read_structure(data: BytesLike, limits: Limits = DEFAULT_LIMITS) -> Layout:
    """Return what `read_layout` does; where that fails, the first error in the file's order."""

    def check(head: Head, band: Section, pixels: int) -> None:
        check_band(data, band, palette_array(head), pixels // head.width, head.width)

    return read_layout(data, limits, check)


def _runs(layout: Layout) -> list[tuple[Section, int, int]]:
    """Return each band with its first row and the one after its last."""
    rows = band_rows(layout.head.height, layout.head.band_shift)
    return [(band, top, bottom) for band, (top, bottom) in zip(layout.bands, rows, strict=True)]


def palette_array(head: Head) -> npt.NDArray[np.uint8]:
    """Return the palette as an array: uint8, shape (k, c), read-only."""
    return np.frombuffer(head.palette, np.uint8).reshape(-1, head.palette_format.channels)


def _room(byte_length: int) -> io.BytesIO:
    """Return a file in memory, to be filled, which takes its bytes and gives them away uncopied."""
    return io.BytesIO(packed.room(byte_length))


def _put(view: memoryview, offset: int, part: bytes) -> int:
    view[offset : offset + len(part)] = part
    return offset + len(part)


def _put_packed(view: memoryview, offset: int, head: Head, rows: Indices) -> int:
    """Pack a band into its place, without a copy of the payload; threads share its parts."""
    start = section_start(PACKED_TAG, band_byte_length(head, len(rows)))
    offset = _put(view, offset, start)

    def pack(part: tuple[int, int]) -> tuple[int, int]:
        first, last = (band_byte_length(head, row) for row in part)
        with view[offset + first : offset + last] as payload:
            packed.pack(rows[part[0] : part[1]], head.palette_size, payload)
            return crc32(payload), last - first

    parts = list(chunk_rows(head.width, len(rows), MAX_BAND_SHIFT))
    crc = crc32(start)
    for part_crc, byte_length in for_each(pack, parts, len(parts)):
        crc = combined(crc, part_crc, byte_length)
    return _put(view, offset + band_byte_length(head, len(rows)), section_crc(crc))
