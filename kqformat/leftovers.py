"""Temporary names for files that are written, and what killed processes left under them.

All who write the same file take the same few names, and hold a lock on what they have there, so
that the next of them sees whose writer is gone, and removes it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

_Made = TypeVar("_Made")

_CREATE = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
_MOST = 16
"""Writers of one file at once that have such names; others take random ones."""


def make_temporary(target: Path, make: Callable[[Path], _Made]) -> tuple[Path, _Made]:
    """Make something under a temporary name beside `target`; return the name, and what was made.

    Parameters
    ----------
    target : path
        What is to be replaced in the end.
    make : callable
        What makes a file of a name, or raises `FileExistsError`.
    """
    digest = blake2b(os.fsencode(target.name), digest_size=8).hexdigest()
    for number in range(_MOST):
        temporary = target.parent / f".kq-{digest}-{number}.tmp"
        for _ in range(2):
            try:
                return temporary, make(temporary)
            except FileExistsError:
                _remove_left(temporary)
    temporary = target.parent / f".kq-{os.urandom(8).hex()}.tmp"
    return temporary, make(temporary)


def open_locked(path: Path, mode: int) -> int:
    """Make a file, and lock it against removal, as long as its descriptor is open.

    Raises
    ------
    FileExistsError
        If there is one, or was before this could be locked.
    """
    descriptor = os.open(path, _CREATE, mode)
    lock(descriptor, wait=True)
    if _is_at(descriptor, path):
        return descriptor
    os.close(descriptor)  # it was taken for left, and removed
    raise FileExistsError(path)


def lock(descriptor: int, *, wait: bool = False) -> bool:
    """Lock a file; return whether it could be done.

    Windows, where a file that is open cannot be removed, needs no lock.
    """
    try:
        import fcntl  # noqa: PLC0415  (Windows has none)

        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except (ImportError, OSError):  # or a file system without locks, or another has it
        return os.name == "nt"
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except FileNotFoundError:
        return False


def _remove_left(temporary: Path) -> None:
    """Remove a name that nobody is using any more."""
    if os.name == "nt":
        with suppress(OSError):  # it is in use, or gone
            os.unlink(temporary)
        return
    with suppress(OSError):  # it is gone, or may not be looked at
        descriptor = os.open(temporary, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            if lock(descriptor) and _is_at(descriptor, temporary):
                os.unlink(temporary)
        finally:
            os.close(descriptor)
