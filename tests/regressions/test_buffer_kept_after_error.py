"""An error's traceback kept views of the data, so that a memory map could not be closed.

`kqformat.open` of any bad file was a BufferError ("cannot close exported pointers exist").
"""

from __future__ import annotations

from typing import Any

import pytest
from suite import INVALID, VECTORS, read_vector

import kqformat
from kqformat.codec.layout import read_layout
from kqformat.codec.region import read_region
from kqformat.codec.salvage import decode_truncated
from kqformat.codec.stream import decode_indexed, decode_rgb
from kqformat.errors import ChecksumError, FormatError, KqError


def read_all_as_region(data: bytearray) -> None:
    layout = read_layout(data)
    read_region(data, layout, 0, 0, layout.head.width, layout.head.height)


DECODERS: list[Any] = [
    read_layout,
    decode_indexed,
    decode_rgb,
    decode_truncated,
    read_all_as_region,
]


@pytest.mark.parametrize("decode", DECODERS)
def test_no_view_outlives_an_error(decode: Any) -> None:
    """While an error is being handled, the data can be resized: nothing holds its buffer."""
    errors = 0
    for entry in INVALID:
        data = bytearray(read_vector(entry))
        try:
            decode(data)
        except KqError:
            data.append(0)
            errors += 1
    assert errors >= 50


def test_bad_file_is_the_error_that_it_is() -> None:
    """Opening a bad file gives its own error, and leaves nothing open."""
    with pytest.raises(FormatError, match=r"^bytes after the last band"):
        kqformat.open(VECTORS / "invalid" / "end-byte.kq")


def test_damaged_band_is_the_error_that_it_is() -> None:
    """So does reading from a file that could be opened, when the block closes it."""
    with pytest.raises(ChecksumError):
        kqformat.read(VECTORS / "invalid" / "section-crc-band.kq")
