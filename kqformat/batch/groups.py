"""New files that are flushed to the disk together, up to 100, and only then get their names.

A flush takes milliseconds, however little there is to flush: more than a small picture takes to be
encoded. Where the system cannot flush a whole file system (Linux can), or a file replaces another,
each is written by itself, as `files.write_file` does.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

from kqformat.batch.gate import writing
from kqformat.batch.jobs import STANDARD, Job
from kqformat.nameless import give_name, open_nameless
from kqformat.stores import is_url

_MAX_WAITING = 100
"""Each is open until it has its name."""


@dataclass(frozen=True, slots=True)
class _Nameless:
    descriptor: int
    target: Path
    job: Job
    failed: Callable[[OSError], None]


class FileGroup:
    """Files that wait for their names, which they have at the end of a `with` block at the latest.

    Parameters
    ----------
    force : bool
        Whether existing files may be replaced.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with FileGroup(force=False) as group:
    ...         for name in "ab":
    ...             group.add(Job("", f"{folder}/{name}"), b"data", failed=print)
    ...     sorted(os.listdir(folder))
    ['a', 'b']
    """

    def __init__(self, *, force: bool) -> None:
        self._force = force
        self._waiting: list[_Nameless] = []
        self._folders: dict[str, Path] = {}

    def add(self, job: Job, data: bytes, failed: Callable[[OSError], None]) -> None:
        """Write a job's target.

        Parameters
        ----------
        job : Job
            Of those with one target, the first gets the name.
        data : bytes
            What is to be in it.
        failed : callable
            Is told the error if the file cannot have its name, when others have been added.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        if len(self._waiting) >= _MAX_WAITING:
            self.commit()
        target = self._free_place(job)
        descriptor = open_nameless(target.parent, 0o666) if target is not None else None
        if target is None or descriptor is None:
            with writing():
                job.write(data, force=self._force)
            return
        try:
            _write_all(descriptor, data)
        except BaseException as error:
            os.close(descriptor)
            if isinstance(error, OSError):
                raise OSError(error.errno, error.strerror, job.target) from error
            raise
        self._waiting.append(_Nameless(descriptor, target, job, failed))

    def _free_place(self, job: Job) -> Path | None:
        """Return where a job's file goes; None where it cannot wait for its name."""
        if job.target == STANDARD or is_url(job.target) or _flush_function() is None:
            return None
        folder, name = os.path.split(job.target)
        if folder not in self._folders:
            job.make_folder()
            self._folders[folder] = Path(os.path.realpath(folder))
        target = self._folders[folder] / name
        return None if os.path.lexists(target) else target

    def commit(self) -> None:
        """Flush all files, and give them their names."""
        waiting, self._waiting = self._waiting, []
        try:
            with writing():
                _flush([file.descriptor for file in waiting])
                for file in waiting:
                    self._name(file)
                _flush([file.descriptor for file in waiting])
        except OSError as error:
            for file in waiting:
                file.failed(OSError(error.errno, error.strerror, file.job.target))
        finally:
            for file in waiting:
                os.close(file.descriptor)

    def _name(self, file: _Nameless) -> None:
        try:
            overwrite = self._force or file.job.replaces
            give_name(file.descriptor, file.target, overwrite=overwrite)
        except OSError as error:
            file.failed(error)

    def __enter__(self) -> Self:
        """Return the group."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Name the files that were written, also if an interrupt keeps others from that."""
        self.commit()


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _flush(descriptors: list[int]) -> None:
    """Flush the file systems that files are on."""
    function = _flush_function()
    flushed = set()
    for descriptor in descriptors:
        device = os.fstat(descriptor).st_dev
        if device not in flushed and function is not None:
            if function(descriptor):
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number))
            flushed.add(device)


@cache
def _flush_function() -> Callable[[int], int] | None:
    """Return the C library's `syncfs`, which Python does not have; None where there is none."""
    try:
        function: Callable[[int], int] = ctypes.CDLL(None, use_errno=True).syncfs
    except (AttributeError, OSError, TypeError):  # no such function; no C library by this way
        return None
    return function
