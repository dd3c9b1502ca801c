"""Tiny files, every byte of them: what version 1 wrote once it reads and writes for ever."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from suite import reference

from kqformat.codec.stream import decode_indexed, encode_indexed
from kqformat.metadata import Metadata
from kqformat.model import IndexedImage


@dataclass(frozen=True)
class Golden:
    """A picture and its file in hexadecimal."""

    name: str
    indices: list[list[int]]
    palette: list[list[int]]
    file: str
    band_shift: int | None = None
    metadata: Metadata = field(default_factory=Metadata)

    @property
    def image(self) -> IndexedImage:
        return IndexedImage(
            np.array(self.indices, np.uint8), np.array(self.palette, np.uint8), self.metadata
        )


GOLDEN = [
    Golden(
        "one pixel",
        [[0]],
        [[17, 34, 51]],
        """
        bb4b5101 00000001 00000001 00001f00
        112233 4b92c08b
        42 00000000 e411fc34
        """,
    ),
    Golden(
        "annex B",
        [[0, 1, 2, 1, 0], [2, 2, 0, 1, 2]],
        [[255, 255, 255], [0, 0, 0], [230, 60, 20]],
        """
        bb4b5101 00000005 00000002 00021f00
        ffffff 000000 e63c14 7cc347f4
        42 00000003 192860 1f37e21a
        """,
    ),
    Golden(
        "RGBA, 3 bits, three bands",
        [[4, 0, 1], [2, 3, 4], [0, 4, 0]],
        [[1, 2, 3, 0], [4, 5, 6, 255], [7, 8, 9, 128], [10, 11, 12, 1], [13, 14, 15, 254]],
        """
        bb4b5101 00000003 00000003 00040001
        01020300 040506ff 07080980 0a0b0c01 0d0e0ffe 9b207b91
        42 00000002 8080 9b47742b
        42 00000002 4e00 23860dcb
        42 00000002 1000 07be7d11
        """,
        band_shift=0,
    ),
    Golden(
        "all metadata",
        [[1, 0, 1, 1, 0, 0, 0, 1, 1]],
        [[0, 0, 0], [255, 255, 255]],
        """
        bb4b5101 00000009 00000001 00011f00
        000000 ffffff 8e830cdd
        69 00000001 49 88223744
        65 00000002 4d4d 0adc6437
        78 00000003 3c783e 03d40803
        72 00000008 012c0000 00488000 efb93a10
        7a 00000000 75400f73
        61 00000001 ff 4673a390
        42 00000002 b180 5d1a7399
        """,
        metadata=Metadata(b"I", b"MM", b"<x>", (300, 72.5), (("z", b""), ("a", b"\xff"))),
    ),
]


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)
def test_file_has_these_bytes(golden: Golden) -> None:
    """The encoder writes exactly these bytes."""
    encoded = encode_indexed(golden.image, band_shift=golden.band_shift)
    assert encoded == bytes.fromhex(golden.file)


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)
def test_bytes_are_this_picture(golden: Golden) -> None:
    """The package and the reference decoder read these bytes as this picture."""
    data = bytes.fromhex(golden.file)
    assert decode_indexed(data) == golden.image
    picture = reference.decode(data)
    assert picture.indices == [index for row in golden.indices for index in row]
    assert picture.palette == [tuple(entry) for entry in golden.palette]
