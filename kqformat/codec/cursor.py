"""Taking bytes in order, from memory or from a stream, and noticing where they end."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING, Protocol, TypeAlias

from kqformat.errors import ParameterError, TruncatedError
from kqformat.file_view import FileView

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

BytesLike: TypeAlias = "ReadableBuffer | FileView"
"""What is decoded: bytes, bytearray, memoryview, mmap, another buffer, or an open file."""

_STREAM_STEP = 1 << 20


class Cursor(Protocol):
    """A place in a file from which bytes are taken."""

    offset: int

    def take(self, length: int, field: str) -> memoryview:
        """Return the next `length` bytes, or raise `TruncatedError` naming `field`."""


class MemoryCursor:
    """A cursor over bytes in memory, of which it hands out views, or over an open file."""

    def __init__(self, data: BytesLike) -> None:
        self.view = byte_view(data)
        self.offset = 0

    def take(self, length: int, field: str) -> memoryview:
        """Return a view of the next `length` bytes."""
        start = self.offset
        self.skip(length, field)
        return self.view[start : self.offset]

    def skip(self, length: int, field: str) -> None:
        """Move on by `length` bytes, which must be there."""
        left = len(self.view) - self.offset
        if length > left:
            raise _truncated(field, self.offset, left, length)
        self.offset += length

    def at_end(self) -> bool:
        """Whether the offset is the data's length."""
        return self.offset == len(self.view)


class StreamCursor:
    """A cursor over a binary stream, which is only ever read forwards."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.offset = 0

    def take(self, length: int, field: str) -> memoryview:
        """Read `length` bytes, in steps, so that a false length takes no memory."""
        taken = bytearray()
        while len(taken) < length:
            step = self.stream.read(min(_STREAM_STEP, length - len(taken)))
            if not step:
                raise _truncated(field, self.offset, len(taken), length)
            taken += step
        self.offset += length
        return memoryview(taken)


def byte_view(data: BytesLike) -> memoryview | FileView:
    """Return a flat view of the bytes of anything that has a contiguous buffer, or of a file."""
    if isinstance(data, FileView):
        return data
    try:
        return memoryview(data).cast("B")
    except TypeError as error:
        if isinstance(data, io.IOBase):
            raise ParameterError("data is an open file: expected its bytes") from error
        raise ParameterError(
            f"data is {type(data).__name__}, expected bytes or another contiguous buffer"
        ) from error


def _truncated(field: str, offset: int, left: int, needed: int) -> TruncatedError:
    return TruncatedError(
        "the file ends too early",
        field=field,
        offset=offset,
        found=f"{left:,} bytes",
        expected=f"{needed:,} bytes",
    )
