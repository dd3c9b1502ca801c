"""Taking bytes in order from memory and from streams."""

from __future__ import annotations

import array
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kqformat.codec.cursor import Cursor, MemoryCursor, StreamCursor, byte_view
from kqformat.errors import ParameterError, TruncatedError

MIB = 1 << 20


class Dribble(io.BytesIO):
    """A stream that gives at most three bytes at a time, as a pipe may."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(3 if size is None or size < 0 else min(size, 3))


CURSORS = [
    pytest.param(MemoryCursor, id="memory"),
    pytest.param(lambda data: StreamCursor(io.BytesIO(data)), id="stream"),
    pytest.param(lambda data: StreamCursor(Dribble(data)), id="dribble"),
]
LENGTHS = st.lists(st.integers(0, 30), max_size=8)


@pytest.mark.parametrize("cursor_of", CURSORS)
@given(data=st.binary(max_size=60), lengths=LENGTHS)
def test_bytes_come_in_order(cursor_of: Any, data: bytes, lengths: list[int]) -> None:
    """What is taken are the next bytes, up to a TruncatedError where they end."""
    cursor: Cursor = cursor_of(data)
    offset = 0
    for length in lengths:
        if offset + length > len(data):
            with pytest.raises(TruncatedError, match=r"the file ends too early: thing at byte"):
                cursor.take(length, "thing")
            return
        assert cursor.take(length, "thing") == data[offset : offset + length]
        offset += length
        assert cursor.offset == offset


@given(data=st.binary(max_size=60), lengths=LENGTHS)
def test_memory_is_skipped(data: bytes, lengths: list[int]) -> None:
    """Skipping moves as taking does, and a cursor over memory knows its end."""
    cursor = MemoryCursor(data)
    offset = 0
    for length in lengths:
        if offset + length > len(data):
            with pytest.raises(TruncatedError, match=r"the file ends too early: thing at byte"):
                cursor.skip(length, "thing")
            return
        cursor.skip(length, "thing")
        offset += length
        assert cursor.offset == offset
        assert cursor.at_end() == (offset == len(data))


@pytest.mark.parametrize("cursor_of", CURSORS)
def test_the_end_tells_what_was_missing(cursor_of: Any) -> None:
    """The error names the field, where it begins, what is left of it and what it needs."""
    cursor: Cursor = cursor_of(bytes(10))
    cursor.take(4, "head")
    with pytest.raises(TruncatedError) as caught:
        cursor.take(5000, "palette")
    error = caught.value
    assert (error.field, error.offset) == ("palette", 4)
    assert (error.found, error.expected) == ("6 bytes", "5,000 bytes")


def test_stream_goes_over_its_step() -> None:
    """Lengths over the step of a stream are put together from several reads."""
    data = np.random.default_rng(0).bytes(2 * MIB + 5)
    cursor = StreamCursor(io.BytesIO(data))
    assert cursor.take(2 * MIB + 3, "thing") == data[:-2]
    assert cursor.take(2, "rest") == data[-2:]


def test_memory_is_not_copied() -> None:
    """A cursor over memory hands out views of the very bytes."""
    data = bytearray(b"abcdef")
    cursor = MemoryCursor(data)
    cursor.skip(2, "before")
    taken = cursor.take(2, "thing")
    data[2:4] = b"XY"
    assert bytes(taken) == b"XY"


FLAT = b"12345678"


@pytest.mark.parametrize(
    "data",
    [
        FLAT,
        bytearray(FLAT),
        memoryview(FLAT),
        memoryview(FLAT).cast("I"),
        memoryview(FLAT).cast("B", (2, 4)),
        array.array("H", FLAT),
        np.frombuffer(FLAT, np.float64),
        np.frombuffer(FLAT, np.uint8).reshape(2, 2, 2),
    ],
    ids=lambda data: f"{type(data).__name__}-{memoryview(data).format}-{memoryview(data).ndim}",
)
def test_any_contiguous_buffer_is_flat_bytes(data: Any) -> None:
    """Whatever its items and shape, a contiguous buffer is seen as its bytes."""
    assert bytes(byte_view(data)[:]) == FLAT


@pytest.mark.parametrize("data", [b"", bytearray(), array.array("H"), np.zeros(0)])
def test_empty_buffer_is_no_bytes(data: Any) -> None:
    """A buffer of nothing is bytes of length 0, and the caller is not at fault."""
    assert bytes(byte_view(data)[:]) == b""


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ("text", "data is str, expected bytes"),
        (None, "data is NoneType, expected bytes"),
        (7, "data is int, expected bytes"),
        ([1, 2], "data is list, expected bytes"),
        (io.BytesIO(FLAT), "data is an open file: expected its bytes"),
        (memoryview(FLAT)[::2], "data is memoryview, expected bytes or another contiguous buffer"),
        (np.frombuffer(FLAT, np.uint8).reshape(2, 4).T, "data is ndarray, expected bytes"),
    ],
    ids=["str", "none", "int", "list", "file", "strided", "transposed"],
)
def test_anything_else_is_the_callers_error(data: Any, problem: str) -> None:
    """What has no contiguous buffer is refused, in words that help."""
    with pytest.raises(ParameterError, match=f"^{problem}"):
        byte_view(data)
