"""Reading through a memory map ended the process (SIGBUS) where the file became shorter."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import kqformat
from kqformat.errors import TruncatedError
from kqformat.kqfile import KqFile
from kqformat.model import IndexedImage

PAGE = 4096
IMAGE = IndexedImage(
    np.random.default_rng(6).integers(0, 200, (256, 512), np.uint8),
    np.random.default_rng(6).integers(0, 256, (200, 3), np.uint8),
)
READERS: dict[str, Callable[[KqFile], object]] = {
    "pixel": lambda file: file[511, 255],
    "region": lambda file: file.region(0, 100, 512, 256),
    "rgb": KqFile.to_rgb,
    "indexed": KqFile.to_indexed,
    "verify": KqFile.verify,
}

pytestmark = pytest.mark.skipif(os.name != "posix", reason="files in use cannot be cut short")


@pytest.mark.parametrize("coding", ["packed", "entropy"])
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("left", [0, 1, PAGE])
def test_open_file_cut_short_is_an_error(
    left: int, reader: str, coding: str, tmp_path: Path
) -> None:
    """What another program cut off an open file is an error to read, and not the end of all."""
    path = tmp_path / "a.kq"
    kqformat.write(path, IMAGE, coding=coding)
    with kqformat.open(path) as file:
        os.truncate(path, left)
        with pytest.raises(TruncatedError):
            READERS[reader](file)
        assert file.size == (512, 256)


def test_what_is_left_of_an_open_file_is_read(tmp_path: Path) -> None:
    """Pixels before the cut are still there, and all of them once the file is whole again."""
    path = tmp_path / "a.kq"
    kqformat.write(path, IMAGE)
    data = path.read_bytes()
    with kqformat.open(path) as file:
        os.truncate(path, 2 * PAGE)
        assert file[0, 0] == IMAGE.indices[0, 0]
        path.write_bytes(data)
        assert file.to_indexed() == IMAGE


@pytest.mark.parametrize("read", [kqformat.read, kqformat.read_indexed])
def test_file_beyond_the_limits_is_not_read_whole(
    read: Callable[..., object], tmp_path: Path
) -> None:
    """A file longer than any that the limits allow is refused while it is read."""
    path = tmp_path / "a.kq"
    kqformat.write(path, IMAGE)
    with open(path, "r+b") as stream:
        stream.truncate(2**26)  # a hole: takes no room
    with pytest.raises(kqformat.LimitError, match="bytes are more than the limit of"):
        read(path, limits=kqformat.Limits(pixels=1000))
