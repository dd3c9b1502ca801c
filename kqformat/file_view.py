"""The bytes of an open file, read where they are asked for. Knows nothing of the format."""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import IO, Self

from kqformat.errors import TruncatedError


class FileView:
    """A file's bytes as a `memoryview` gives them, by slices, but each read when it is taken.

    Unlike a memory map, which ends the process (SIGBUS) where another program made the file
    shorter, this raises an error. Threads may read at once.

    Parameters
    ----------
    file : binary file
        A regular file, unbuffered; `close` closes it.
    length : int
        Its length in bytes, up to which it is read.

    Examples
    --------
    >>> import tempfile
    >>> file = tempfile.TemporaryFile(buffering=0)
    >>> _ = file.write(b"0123456789")
    >>> with FileView(file, 10) as view:
    ...     len(view), bytes(view[2:5])
    (10, b'234')
    >>> file.close()
    """

    __slots__ = ("_file", "_length")

    def __init__(self, file: IO[bytes], length: int) -> None:
        self._file = file
        self._length = length

    def __len__(self) -> int:
        """Return the length that the file had when it was opened."""
        return self._length

    def __getitem__(self, span: slice) -> memoryview:
        """Read a run of bytes.

        Raises
        ------
        TruncatedError
            If the file has become so short that they are not all there.
        OSError
            If they cannot be read.
        """
        start, end, _ = span.indices(self._length)
        parts: list[bytes] = []
        offset = start
        while offset < end:
            part = os.pread(self._file.fileno(), end - offset, offset)
            if not part:
                raise TruncatedError(
                    "the file became shorter while it was read",
                    offset=start,
                    found=f"{offset - start:,} bytes",
                    expected=f"{end - start:,} bytes",
                )
            parts.append(part)
            offset += len(part)
        return memoryview(parts[0] if len(parts) == 1 else b"".join(parts))

    def expect(self, span: slice) -> None:
        """Have a run of bytes read ahead of time, where the system can; it is not waited for."""
        if sys.platform == "linux":
            start, end, _ = span.indices(self._length)
            os.posix_fadvise(self._file.fileno(), start, end - start, os.POSIX_FADV_WILLNEED)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        """Return the view; as with a `memoryview`, the block's end leaves the file open."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Do nothing: what was taken from the view is a copy."""
