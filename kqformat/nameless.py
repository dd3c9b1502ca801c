"""Files without a name, which get one when they are whole (Linux), so that a crash leaves nothing.

To take the place of an existing file, one has to have a second name between two system calls.
That is the same for all who replace the file, and locked while it is in use, so that the next
removes what was left by a process that was killed just then.
"""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

_NAMELESS = getattr(os, "O_TMPFILE", 0)
_OPEN_FILES = "/proc/self/fd"


def open_nameless(folder: Path, mode: int) -> int | None:
    """Open a file without a name for writing; None where the system or file system has none."""
    if not _NAMELESS or not os.path.isdir(_OPEN_FILES):
        return None
    try:
        return os.open(folder, _NAMELESS | os.O_WRONLY, mode)
    except OSError:  # a file system without; another error comes again with a name
        return None


def give_name(descriptor: int, target: Path, *, overwrite: bool) -> None:
    """Give a nameless file its name.

    Raises
    ------
    FileExistsError
        If the name is taken and `overwrite` is false.
    """
    try:
        _link(descriptor, target)
    except FileExistsError:
        if not overwrite:
            raise
        _replace(descriptor, target)


def _replace(descriptor: int, target: Path) -> None:
    import fcntl  # noqa: PLC0415  (Windows has none, nor files without a name)

    with suppress(OSError):  # a file system without locks
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    digest = blake2b(os.fsencode(target.name), digest_size=8).hexdigest()
    temporary = target.parent / f".kq-{digest}.tmp"
    try:
        _link(descriptor, temporary)
    except FileExistsError:
        _remove_left(temporary)
        temporary = target.parent / f".kq-{os.urandom(8).hex()}.tmp"
        _link(descriptor, temporary)
    try:
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def _link(descriptor: int, path: Path) -> None:
    """Name the file itself, not what stands for it: with `src_dir_fd`, the link is followed."""
    try:
        os.link(f"{_OPEN_FILES}/{descriptor}", path, src_dir_fd=descriptor)
    except OSError as error:
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error


def _remove_left(temporary: Path) -> None:
    """Remove a name that nobody is using any more."""
    import fcntl  # noqa: PLC0415

    with suppress(OSError):  # it is in use, or gone, or may not be looked at
        descriptor = os.open(temporary, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(descriptor), os.lstat(temporary)):
                os.unlink(temporary)
        finally:
            os.close(descriptor)
