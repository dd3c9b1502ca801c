"""Files that are named by a URL, in object stores and wherever else fsspec reaches.

What is written appears whole: stores take an object in one request, or, of a large one, join its
parts in one. fsspec is imported where there is a URL; errors of its backends come as `OSError`.
"""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import IO, TYPE_CHECKING, Any

from kqformat.errors import KqError, LimitError, MissingExtraError, ParameterError
from kqformat.file_view import FileView

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")  # two letters or more: C:// is a drive
_BLOCK = 1 << 16
_BEGINNING = 1 << 20


@dataclass(frozen=True, slots=True)
class Status:
    """What tells one state of a file from another.

    Attributes
    ----------
    size : int
        In bytes.
    mtime_ns : int or None
        When it was changed, in nanoseconds since 1970, where a store says so.
    mark : str or None
        The store's own mark of the state (ETag), if it has any.
    """

    size: int
    mtime_ns: int | None = None
    mark: str | None = None


def is_url(path: str | os.PathLike[str]) -> bool:
    """Whether a name is a URL rather than that of a file here.

    Examples
    --------
    >>> is_url("s3://bucket/a.png"), is_url("C://a.png"), is_url("a.png")
    (True, False, False)
    """
    return isinstance(path, str) and _URL.match(path) is not None


def read_object(url: str, max_bytes: int, most_bytes: Callable[[bytes], int]) -> bytes:
    """Return the bytes of an object.

    Parameters
    ----------
    url : str
    max_bytes : int
        The most that is accepted.
    most_bytes : callable
        What is asked, where there is more than a mebibyte, how long an object that begins like this
        may be: 0 where its beginning is enough.

    Raises
    ------
    LimitError
        If there are more bytes.
    OSError
        If it is not there, or the store says anything else.
    """
    store, path = _opened(url)
    with _errors_of(url):
        size = store.info(path)["size"]
        if size is None:  # a server that does not say: read no more than that
            with store.open(path, "rb") as stream:
                data: bytes = stream.read(max_bytes + 1)
            size = len(data)
        elif size <= min(_BEGINNING, max_bytes):
            return bytes(store.cat_file(path))
        elif size <= max_bytes:
            data = store.cat_file(path, start=0, end=_BEGINNING)
            max_bytes = min(max_bytes, most_bytes(data))
            if not max_bytes:
                return data
            if size <= max_bytes:
                data += store.cat_file(path, start=_BEGINNING, end=size)
        if size > max_bytes:
            raise LimitError("bytes", size, max_bytes)
    return data


def open_object(url: str) -> ObjectView:
    """Open an object of which only parts may be read."""
    store, path = _opened(url)
    with _errors_of(url):
        file = store.open(path, "rb", block_size=_BLOCK, cache_type="blockcache")
        return ObjectView(url, file, int(file.size))


def write_object(url: str, data: bytes, *, overwrite: bool) -> None:
    """Write an object in one request; see `new_object`."""
    store, path = _opened(url)
    with _errors_of(url):
        if overwrite:
            store.pipe_file(path, data)
            return
        if store.exists(path):
            raise _exists(url)
        store.pipe_file(path, data, mode="create")  # which stores heed that can


@contextmanager
def new_object(url: str, *, overwrite: bool) -> Iterator[IO[bytes]]:
    """Open an object for writing that appears, whole, when the block ends without an error.

    Until then it is a temporary file here, so that it can be gone back in.

    Raises
    ------
    FileExistsError
        If it exists and `overwrite` is false.
    """
    store, path = _opened(url)
    with _errors_of(url):
        if not overwrite and store.exists(path):
            raise _exists(url)
    with tempfile.NamedTemporaryFile(prefix="kq-") as stream:
        yield stream
        stream.flush()
        with _errors_of(url):
            store.put_file(stream.name, path, mode="overwrite" if overwrite else "create")


def status_of_object(url: str) -> Status | None:
    """Return size and age of an object, or None if there is none."""
    store, path = _opened(url)
    with _errors_of(url):
        try:
            return _status(store.info(path))
        except FileNotFoundError:
            return None


def is_folder(url: str) -> bool:
    """Whether there is anything below a URL."""
    store, path = _opened(url)
    with _errors_of(url):
        return bool(store.isdir(path))


def objects_below(url: str) -> Iterator[str]:
    """Yield the URLs of all objects below one, sorted."""
    store, path = _opened(url)
    with _errors_of(url):
        found = sorted(store.find(path))
    start = len(path.rstrip("/")) + 1
    for name in found:
        yield f"{url.rstrip('/')}/{name[start:]}"


class ObjectView(FileView):
    """An object's bytes by slices, each block fetched once while it is remembered."""

    __slots__ = ("_lock", "_url")

    def __init__(self, url: str, file: IO[bytes], length: int) -> None:
        super().__init__(file, length)
        self._url = url
        self._lock = Lock()

    def __getitem__(self, span: slice) -> memoryview:
        """Read a run of bytes."""
        start, end, _ = span.indices(self._length)
        with self._lock, _errors_of(self._url):
            self._file.seek(start)
            return memoryview(self._file.read(max(0, end - start)))

    def expect(self, span: slice) -> None:
        """Fetch nothing ahead of time: a block that is fetched is remembered."""


def _opened(url: str) -> tuple[AbstractFileSystem, str]:
    """Return the file system of a URL, and the path in it."""
    try:
        from fsspec.core import url_to_fs  # noqa: PLC0415  (an extra)
    except ModuleNotFoundError as error:
        raise MissingExtraError(f"reading or writing {url}", "fsspec", "remote") from error
    try:
        store, path = url_to_fs(url)
    except ImportError as error:
        if url.startswith("s3"):
            raise MissingExtraError(f"reading or writing {url}", "s3fs", "remote") from error
        raise ParameterError(f"{url}: {error}") from error
    except ValueError as error:
        raise ParameterError(f"{url}: {error}") from error
    return store, path


@contextmanager
def _errors_of(url: str) -> Iterator[None]:
    """Have whatever a backend raises be an `OSError` that names the URL."""
    try:
        yield
    except (KqError, MemoryError):
        raise
    except OSError as error:
        number = _PLAIN.get(type(error), error.errno or errno.EIO)
        raise OSError(number, _reason(error), url) from error
    except Exception as error:
        raise OSError(errno.EIO, _reason(error), url) from error


_PLAIN: dict[type[Exception], int] = {
    FileNotFoundError: errno.ENOENT,
    FileExistsError: errno.EEXIST,
    PermissionError: errno.EACCES,
    IsADirectoryError: errno.EISDIR,
}


def _reason(error: Exception) -> str:
    if type(error) in _PLAIN:
        return os.strerror(_PLAIN[type(error)])
    said = getattr(error, "strerror", None) or str(error)
    return " ".join(said.split()) or type(error).__name__


def _exists(url: str) -> FileExistsError:
    return FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), url)


def _status(info: dict[str, Any]) -> Status:
    changed = info.get("mtime") or info.get("LastModified") or info.get("created")
    if isinstance(changed, datetime):
        changed = changed.timestamp()
    mtime_ns = int(changed * 1e9) if isinstance(changed, (int, float)) else None
    mark = info.get("ETag") or info.get("etag")
    return Status(int(info.get("size") or 0), mtime_ns, str(mark) if mark else None)
