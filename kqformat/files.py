"""Files on disk: reading with a cap or in parts, and writing whole or not at all."""

from __future__ import annotations

import errno
import io
import mmap
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO, TypeAlias

from kqformat.errors import LimitError
from kqformat.file_view import FileView
from kqformat.leftovers import make_temporary, open_locked
from kqformat.nameless import give_name, open_nameless
from kqformat.stores import is_url, new_object, open_object, read_object, write_object

MAX_FILE_BYTES = 1 << 32
"""The most that is read into memory, unless the caller knows better."""

MostBytes: TypeAlias = Callable[[bytes], int]
"""What says how long a file may be that begins so, 0 if nobody knows what it is."""

_STEP = 1 << 20
_MUST_CLOSE = os.name == "nt"
"""Whether a file has to be closed before it can have another name."""


def read_stream(
    stream: IO[bytes],
    max_bytes: int = MAX_FILE_BYTES,
    signature: bytes = b"",
    most_bytes: MostBytes | None = None,
) -> bytes:
    """Read a stream to its end; if it does not begin with the signature, no further than that.

    Parameters
    ----------
    stream : binary file
        What to read.
    max_bytes : int
        The most that is accepted.
    signature : bytes
        Without which there is no more to be read than the first part.
    most_bytes : callable or None
        What is asked, where there is more than a mebibyte, how long a file that begins like this
        may be: 0 where there is no more to be read, as nobody knows what it is.

    Raises
    ------
    LimitError
        If there are more than `max_bytes`.
    """
    parts = io.BytesIO()  # which, unlike a bytearray, gives its bytes away without a copy
    while step := stream.read(_STEP):
        parts.write(step)
        if most_bytes is not None and parts.tell() >= _STEP:
            max_bytes = min(max_bytes, most_bytes(parts.getvalue()))
            if not max_bytes:
                break
            most_bytes = None
        if parts.tell() > max_bytes:
            raise LimitError("bytes", parts.tell(), max_bytes)
        if signature and parts.tell() >= len(signature):
            if parts.getbuffer()[: len(signature)] != signature:
                break
            signature = b""
    return parts.getvalue()


def read_file(
    path: str | os.PathLike[str],
    max_bytes: int = MAX_FILE_BYTES,
    signature: bytes = b"",
    most_bytes: MostBytes | None = None,
) -> bytes:
    """Read a file, a pipe by its name, or an object by its URL, to its end; see `read_stream`."""
    if is_url(path):
        most = partial(_most_bytes, max_bytes=max_bytes, signature=signature, most_bytes=most_bytes)
        return read_object(os.fspath(path), max_bytes, most)
    with open(path, "rb") as stream:
        return read_stream(stream, max_bytes, signature, most_bytes)


def _most_bytes(
    beginning: bytes, *, max_bytes: int, signature: bytes, most_bytes: MostBytes | None
) -> int:
    """Return how long what begins like this may be; 0 without the signature."""
    if not beginning.startswith(signature):
        return 0
    return max_bytes if most_bytes is None else most_bytes(beginning)


def open_file(
    path: str | os.PathLike[str], max_bytes: int = MAX_FILE_BYTES, signature: bytes = b""
) -> FileView | mmap.mmap | bytes:
    """Open a regular file, to be read in parts; read anything else (a pipe); see `read_stream`.

    It is mapped into memory only on Windows, where a file that is mapped cannot be made shorter.

    Raises
    ------
    LimitError
        If a pipe gives more than `max_bytes`.
    """
    if is_url(path):
        return open_object(os.fspath(path))
    stream = open(path, "rb", buffering=0)  # noqa: SIM115  (the view closes it)
    try:
        status = os.fstat(stream.fileno())
        if stat.S_ISREG(status.st_mode) and status.st_size:
            if hasattr(os, "pread"):
                return FileView(stream, status.st_size)
            data: mmap.mmap | bytes = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        else:
            data = read_stream(stream, max_bytes, signature)
    except BaseException:
        stream.close()
        raise
    stream.close()
    return data


def write_file(path: str | os.PathLike[str], data: bytes, *, overwrite: bool = True) -> None:
    """Write a file whole or not at all.

    See `new_file`, which this calls.

    Examples
    --------
    >>> write_file("/dev/null", b"anything")
    """
    if is_url(path):
        write_object(os.fspath(path), data, overwrite=overwrite)
        return
    with new_file(path, overwrite=overwrite) as stream:
        stream.write(data)


@contextmanager
def new_file(path: str | os.PathLike[str], *, overwrite: bool = True) -> Iterator[IO[bytes]]:
    """Open a file for writing that appears, whole, when the block ends without an error.

    What is written goes to a temporary file in the same folder, which is flushed to the disk and
    then takes the name. On Linux it has none of its own while it is written, so that a process that
    is killed leaves nothing; but to replace a file it has to have one, ``.kq-*.tmp``, between two
    system calls. Elsewhere, and on file systems that cannot do this, it is called so all along. If
    a process that was killed has left one, the next to write the same file removes it.

    As with ``cp``, a symbolic link is followed, so that it stays and the file that it names is
    new, and an existing file's permissions are kept, and its owner where the system allows it.
    Unlike with ``cp``, another hard link to the old file keeps the old bytes, and extended
    attributes are not copied. Of two writers at once, the last to end has the name. A device or
    pipe is written directly. By a URL, the object appears when its store has all of it.

    Parameters
    ----------
    path : path-like
        The file's name, or a URL of one (str).
    overwrite : bool
        Whether an existing file may be replaced.

    Raises
    ------
    FileExistsError
        If the file exists and `overwrite` is false; also if it came to exist meanwhile.
    OSError
        If the folder cannot be written, the disk is full, …; the old file is then untouched.
    """
    if is_url(path):
        with new_object(os.fspath(path), overwrite=overwrite) as stream:
            yield stream
        return
    old = _status(path)
    if old is not None and not stat.S_ISREG(old.st_mode):
        with open(path, "wb") as stream:
            yield stream
        return
    if old is not None and not overwrite:
        raise _exists(path)
    target = Path(os.path.realpath(path))
    temporary = target
    try:
        # 0o666: less the process's mask, as for any new file; else nobody's until it is whole.
        mode = 0o666 if old is None else 0o600
        nameless = open_nameless(target.parent, mode)
        is_named = nameless is None
        if nameless is not None:
            descriptor = nameless
        else:
            temporary, descriptor = make_temporary(target, partial(open_locked, mode=mode))
    except OSError as error:  # in which the name of the temporary file would tell nothing
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            if old is not None:
                _take_permissions(temporary if is_named else descriptor, old)
            os.fsync(descriptor)
            if not is_named:
                give_name(descriptor, target, overwrite=overwrite)
            elif not _MUST_CLOSE:  # before the lock is let go
                _take_name(temporary, target, overwrite=overwrite)
        if is_named and _MUST_CLOSE:
            _take_name(temporary, target, overwrite=overwrite)
    except BaseException:
        if is_named:
            with suppress(FileNotFoundError):
                os.unlink(temporary)
        raise
    _sync_folder(target.parent)


def _status(path: str | os.PathLike[str]) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _take_permissions(file: Path | int, old: os.stat_result) -> None:
    """Give a new file the owner, where this may be done, and the mode of the one it replaces."""
    if hasattr(os, "chown"):
        new = os.stat(file)
        if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
            with suppress(PermissionError):
                os.chown(file, old.st_uid, old.st_gid)
    os.chmod(file, stat.S_IMODE(old.st_mode))


def _exists(path: str | os.PathLike[str]) -> FileExistsError:
    return FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), os.fspath(path))


def _take_name(temporary: Path, target: Path, *, overwrite: bool) -> None:
    if overwrite:
        os.replace(temporary, target)
        return
    try:
        os.link(temporary, target)  # unlike a rename, fails if the name is taken
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if target.exists():
            raise _exists(target) from None
        os.replace(temporary, target)
    else:
        os.unlink(temporary)


def _sync_folder(folder: Path) -> None:
    """Make the new name durable, where the system lets a folder be opened."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
