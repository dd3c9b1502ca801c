"""One file to be made from another, and what is said where that goes wrong."""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kqformat.errors import KqError, LimitError, ParameterError
from kqformat.files import MAX_FILE_BYTES, MostBytes, open_file, read_file, read_stream, write_file
from kqformat.stores import Status, is_url, status_of_object

if TYPE_CHECKING:
    import mmap

    from kqformat.file_view import FileView

STANDARD = "-"
"""The name of standard input and output."""

FAILURES = (KqError, OSError, MemoryError)
"""What may go wrong with one file and leaves the others to be done."""


@dataclass(frozen=True, slots=True)
class Job:
    """One file to make from another.

    Attributes
    ----------
    source, target : str
        Their names, or URLs, or `STANDARD`.
    makes_folder : bool
        Whether the target's folder is made where it is missing.
    fault : str or None
        Why it cannot be done.
    replaces : bool
        Whether an existing target may be overwritten whatever else is asked for, since it is known
        to be of an earlier run.

    Examples
    --------
    >>> Job("-", "a.kq").has_target()
    False
    """

    source: str
    target: str
    makes_folder: bool = False
    fault: str | None = None
    replaces: bool = False

    def check(self, *, force: bool) -> None:
        """Raise what is known to be wrong before any work is spent."""
        self.check_place()
        if not (force or self.replaces) and self.has_target():
            raise FileExistsError(errno.EEXIST, "exists already; -f overwrites it", self.target)

    def check_place(self) -> None:
        """Raise what is known to be wrong with the target, but that it exists."""
        if self.fault is not None:
            raise ParameterError(self.fault)
        if self.target != STANDARD and not self.makes_folder and not is_url(self.target):
            os.stat(os.path.dirname(self.target) or os.curdir)

    def has_target(self) -> bool:
        """Whether there is a file already where the result would go."""
        if is_url(self.target):
            return status_of_object(self.target) is not None
        return self.target != STANDARD and os.path.isfile(self.target)

    def read(
        self,
        max_bytes: int = MAX_FILE_BYTES,
        signature: bytes = b"",
        most_bytes: MostBytes | None = None,
    ) -> bytes:
        """Return the bytes of the source; see `read_input`."""
        return read_input(self.source, max_bytes, signature, most_bytes)

    def make_folder(self) -> None:
        """Make the target's folder if that is wanted; stores have none."""
        if self.makes_folder and not is_url(self.target):
            Path(self.target).parent.mkdir(parents=True, exist_ok=True)

    def write(self, data: bytes, *, force: bool) -> None:
        """Write the target, whole or not at all."""
        if self.target == STANDARD:
            _write_standard_output(data)
            return
        self.make_folder()
        write_file(self.target, data, overwrite=force or self.replaces)


def read_input(
    path: str,
    max_bytes: int = MAX_FILE_BYTES,
    signature: bytes = b"",
    most_bytes: MostBytes | None = None,
) -> bytes:
    """Return the bytes of an input; of one without the signature, the first only.

    See `read_stream`.
    """
    if path != STANDARD:
        return read_file(path, max_bytes, signature, most_bytes)
    if sys.stdin is None:
        raise OSError(errno.EBADF, "standard input is closed")
    return read_stream(sys.stdin.buffer, max_bytes, signature, most_bytes)


def open_input(path: str, signature: bytes) -> FileView | mmap.mmap | bytes:
    """Open an input of which few bytes are looked at; what is no file is read."""
    if path == STANDARD:
        return read_input(path, signature=signature)
    return open_file(path, signature=signature)


def status_of(path: str) -> Status | None:
    """Return what tells one state of a file from another; None of a pipe, and where none is.

    Raises
    ------
    OSError
        If it is there and cannot be looked at.
    """
    if path == STANDARD:
        return None
    if is_url(path):
        return status_of_object(path)
    try:
        found = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Status(found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None


def explanation(error: BaseException, path: str | None = None) -> str:
    """Return an error as people say it, without the file name if that is `path`, said already."""
    if isinstance(error, MemoryError):
        return "not enough memory"
    if isinstance(error, OSError) and error.strerror:
        is_other = error.filename is not None and error.filename != path
        return f"{error.filename}: {error.strerror}" if is_other else error.strerror
    if isinstance(error, LimitError) and error.quantity == "pixels":
        return f"{error}; --max-pixels raises it"
    if not isinstance(error, FAILURES):
        return f"unexpected {type(error).__name__}: {error}"
    return str(error)


def abandon_output() -> None:
    """Keep Python from complaining, at exit, of output that nobody takes."""
    with suppress(OSError, ValueError, AttributeError):  # closed, or no file at all
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write_standard_output(data: bytes) -> None:
    if sys.stdout is None:
        raise OSError(errno.EBADF, "standard output is closed")
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        abandon_output()  # or what is left of it would be tried again
        raise OSError(error.errno, error.strerror, "standard output") from error
