"""A file written band by band, as its rows come: the bytes that `encode_indexed` would return.

What is held is a few bands (packed ones: parts of them) for each thread. Where in entropy coding
no band, nor the palette, gets shorter, or "auto" turns out to be packed, the rows are asked for
once more and the file is written anew.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import IO
from zlib import crc32

import numpy as np
import numpy.typing as npt

from kqformat.codec import packed
from kqformat.codec.bands import band_rows, chunk_rows, packed_byte_length
from kqformat.codec.layout import band_byte_length, packed_file_bytes
from kqformat.codec.payloads import entropy_payload
from kqformat.codec.sections import (
    ENTROPY_TAG,
    PACKED_TAG,
    section_crc,
    section_start,
    write_section,
)
from kqformat.codec.stream import checked_coding, checked_opening, entropy_head_for, head_for
from kqformat.fields import index_width
from kqformat.metadata import Metadata
from kqformat.model import Indices
from kqformat.threads import in_order

Span = tuple[int, int]
"""A run of rows: the first, and the one after the last."""


@dataclass(frozen=True, slots=True, eq=False)
class RowImage:
    """An indexed image of which some rows at a time can be had.

    Attributes
    ----------
    width, height : int
    palette : ndarray, uint8, shape (k, 3) or (k, 4)
    metadata : Metadata
    rows : callable
        Given runs of rows, one after the other from the top, yields for each what makes its
        indices (uint8 or uint16, shape (rows, width)) when it is called; threads call several at
        once.
    """

    width: int
    height: int
    palette: npt.NDArray[np.uint8]
    metadata: Metadata
    rows: Callable[[Iterable[Span]], Iterator[Callable[[], Indices]]]


def write_rows(
    stream: IO[bytes], image: RowImage, *, coding: str = "packed", band_shift: int | None = None
) -> tuple[str, int]:
    """Write a whole file and return how it is coded, and its size in bytes.

    Parameters
    ----------
    stream : binary file
        Where to; what is no regular file gets the bytes when they are all there, unless packed.
    image : RowImage
        Gone through once for "packed", up to twice else.
    coding, band_shift
        As in `encode_indexed`.

    Raises
    ------
    ParameterError
        If an option is unknown or impossible, or an index has no palette entry.
    LimitError
        If there were more bands or metadata than a decoder accepts by default.
    """
    if checked_coding(coding) == "packed":
        return "packed", _write_packed(stream, image, band_shift)
    if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        return _write_smaller(stream, image, coding, band_shift)
    with tempfile.TemporaryFile() as spool:
        written = _write_smaller(spool, image, coding, band_shift)
        spool.seek(0)
        shutil.copyfileobj(spool, stream)
    return written


def _write_smaller(
    stream: IO[bytes], image: RowImage, coding: str, band_shift: int | None
) -> tuple[str, int]:
    head = head_for(image.width, image.height, image.palette, band_shift)
    byte_length = _write_entropy(stream, image, band_shift)
    if byte_length is not None and (
        coding == "entropy" or byte_length < packed_file_bytes(head, image.metadata)
    ):
        return "entropy", byte_length
    stream.seek(0)
    stream.truncate()
    return "packed", _write_packed(stream, image, band_shift)


def _write_packed(stream: IO[bytes], image: RowImage, band_shift: int | None) -> int:
    head = head_for(image.width, image.height, image.palette, band_shift)
    stream.write(checked_opening(head, image.metadata))
    chunks = list(chunk_rows(head.width, head.height, head.band_shift))

    def pack(rows: Callable[[], Indices]) -> bytes:
        return packed_payload(rows(), head.palette_size)

    start, crc, band_end = b"", 0, 0
    with closing(in_order(pack, image.rows(chunks))) as payloads:
        for (top, bottom), payload in zip(chunks, payloads, strict=True):
            if top == band_end:
                band_end = min(head.height, top + (1 << head.band_shift))
                start = section_start(PACKED_TAG, band_byte_length(head, band_end - top))
                stream.write(start)
                crc = crc32(start)
            stream.write(payload)
            crc = crc32(payload, crc)
            if bottom == band_end:
                stream.write(section_crc(crc))
    return packed_file_bytes(head, image.metadata)


def _write_entropy(stream: IO[bytes], image: RowImage, band_shift: int | None) -> int | None:
    """Write the file in entropy coding; return None where nothing in it is shorter for that."""
    head = entropy_head_for(image.width, image.height, image.palette, band_shift)
    byte_length = stream.write(checked_opening(head, image.metadata))
    is_shorter = head.palette_format.is_coded

    def code(rows: Callable[[], Indices]) -> tuple[str, bytes]:
        indices = rows()
        payload = entropy_payload(indices, image.palette)
        if payload is not None:
            return ENTROPY_TAG, payload
        return PACKED_TAG, packed_payload(indices, len(image.palette))

    bands = image.rows(band_rows(head.height, head.band_shift))
    with closing(in_order(code, bands)) as payloads:
        for tag, payload in payloads:
            is_shorter = is_shorter or tag == ENTROPY_TAG
            byte_length += stream.write(write_section(tag, payload))
    return byte_length if is_shorter else None


def packed_payload(indices: Indices, palette_size: int) -> bytes:
    """Return a packed band's payload, or that of a part of it."""
    payload = bytearray(packed_byte_length(indices.size, index_width(palette_size)))
    packed.pack(indices, palette_size, memoryview(payload))
    return bytes(payload)
