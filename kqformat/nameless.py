"""Files without a name, which get one when they are whole (Linux), so that a crash leaves nothing.

To take the place of an existing file, one has to have a second name between two system calls;
what `leftovers` says of such names is why the next to replace the file removes it.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from kqformat.leftovers import lock, make_temporary

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
    lock(descriptor)
    temporary, _ = make_temporary(target, partial(_link, descriptor))
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
