"""Files that are written to be measured: their bytes are what the file system says."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count


@dataclass(frozen=True, slots=True)
class FileOnDisk:
    """A file in the temporary folder.

    Attributes
    ----------
    path : str
        Its name.
    file_bytes : int
        Its size, as the file system has it.
    """

    path: str
    file_bytes: int

    def read(self) -> bytes:
        """Return its bytes."""
        with open(self.path, "rb") as stream:
            return stream.read()


class Folder:
    """A place for files that are measured; any number of threads may write there."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._numbers = count()

    def write(self, data: bytes, suffix: str) -> FileOnDisk:
        """Write a file, and ask the file system for its size."""
        path = os.path.join(self._path, f"{next(self._numbers)}{suffix}")
        with open(path, "xb") as stream:
            stream.write(data)
        return FileOnDisk(path, os.path.getsize(path))


@contextmanager
def temporary_folder() -> Iterator[Folder]:
    """Give a folder that is gone afterwards, with all that is in it."""
    with tempfile.TemporaryDirectory(prefix="kq-compare-") as path:
        yield Folder(path)
