"""Damaged files: cut, flipped and otherwise changed, none passes for another picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from suite import VALID, name, read_vector, vectors_below

from kqformat.codec.layout import read_layout
from kqformat.codec.salvage import decode_truncated
from kqformat.codec.stream import decode_indexed, decode_rgb
from kqformat.errors import KqError, TruncatedError
from kqformat.limits import Limits

CUT_EVERYWHERE_BELOW = 2048
FLIPPED_BELOW = 400
SMALL = vectors_below(FLIPPED_BELOW)


def cuts(size: int) -> list[int]:
    """Return all sizes of a cut file; of a large one the ends and a sample between."""
    if size <= CUT_EVERYWHERE_BELOW:
        return list(range(size))
    return [*range(400), *range(400, size - 400, max(1, size // 199)), *range(size - 400, size)]


def test_there_are_vectors_to_damage() -> None:
    """Most vectors are small enough for every bit of them to be flipped."""
    assert len(SMALL) >= 40


@pytest.mark.parametrize("decode", [read_layout, decode_indexed, decode_rgb])
@pytest.mark.parametrize("entry", VALID, ids=name)
def test_cut_file_is_truncated(entry: dict[str, Any], decode: Any) -> None:
    """A vector cut anywhere gives a TruncatedError, and never a picture."""
    data = read_vector(entry)
    for size in cuts(len(data)):
        with pytest.raises(TruncatedError):
            decode(data[:size])


@pytest.mark.parametrize("entry", SMALL, ids=name)
def test_flipped_bit_is_noticed(entry: dict[str, Any]) -> None:
    """A vector with one bit flipped, whichever it is, gives an error."""
    data = bytearray(read_vector(entry))
    for bit in range(8 * len(data)):
        data[bit // 8] ^= 1 << bit % 8
        with pytest.raises(KqError):
            decode_indexed(data)
        data[bit // 8] ^= 1 << bit % 8


@st.composite
def damaged(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A vector, and what it is with a run of bytes deleted or repeated, and others overwritten.

    One run only: to delete one band and repeat another is a change that spec §11 does not promise
    to notice.
    """
    original = read_vector(draw(st.sampled_from(SMALL)))
    place = st.integers(0, len(original))
    start, end = sorted((draw(place), draw(place)))
    run = original[start:end] * draw(st.sampled_from([1, 0, 2])) + draw(st.binary(max_size=9))
    data = bytearray(original[:start] + run + original[end:])
    for position, byte in draw(st.lists(st.tuples(place, st.integers(0, 255)), max_size=3)):
        data[position : position + 1] = bytes([byte])
    return original, bytes(data)


@settings(max_examples=1000)
@given(files=damaged())
def test_damage_is_noticed_or_harmless(files: tuple[bytes, bytes]) -> None:
    """A damaged vector gives an error or the pixels that it had."""
    original, data = files
    try:
        pixels = decode_rgb(data)
    except KqError:
        return
    assert np.array_equal(pixels, decode_rgb(original))


@settings(max_examples=300)
@given(data=st.binary(max_size=200) | damaged().map(lambda files: files[1]))
def test_rescue_fails_with_an_error_of_the_package(data: bytes) -> None:
    """`decode_truncated`, which forgives much, gives a picture or a KqError for any bytes."""
    try:
        image = decode_truncated(data, limits=Limits(pixels=2**20))
    except KqError:
        return
    assert int(image.indices.max()) < image.colors
