"""The CRC-32 of parts gives that of the whole."""

from __future__ import annotations

from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kqformat.codec import bands
from kqformat.codec.crc import combined
from kqformat.codec.stream import encode_indexed, verify
from kqformat.model import IndexedImage
from kqformat.threads import at_most


@given(st.binary(), st.binary())
def test_two_parts(first: bytes, second: bytes) -> None:
    """Whatever the lengths, none included."""
    assert combined(crc32(first), crc32(second), len(second)) == crc32(first + second)


def test_long_second_part() -> None:
    """A length of many bits."""
    second = bytes(range(256)) * 5000
    assert combined(crc32(b"x"), crc32(second), len(second)) == crc32(b"x" + second)


@given(st.integers(1, 40), st.integers(1, 60), st.sampled_from([1, 2, 3, 9, 256, 300]))
def test_band_packed_in_parts(width: int, height: int, k: int) -> None:
    """A band that threads pack has the bytes of one that is packed at once."""
    numbers = np.random.default_rng(k)
    indices = numbers.integers(0, k, (height, width)).astype(np.uint16)
    image = IndexedImage(indices, np.zeros((k, 3), np.uint8))
    whole = encode_indexed(image)
    verify(whole)
    with pytest.MonkeyPatch.context() as patch, at_most(3):
        patch.setattr(bands, "CHUNK_PIXELS", 64)
        assert encode_indexed(image) == whole
