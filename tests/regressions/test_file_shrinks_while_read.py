"""Reading through a memory map ended the process (SIGBUS) where the file became shorter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from command import kq

import kqformat
from kqformat import decoding, files
from kqformat.cli import jobs
from kqformat.model import IndexedImage

IMAGE = IndexedImage(np.zeros((3, 4), np.uint8), np.zeros((2, 3), np.uint8))


def test_only_open_maps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`read`, `read_indexed`, `kq verify` and `kq info -v` take the whole file into memory."""
    path = tmp_path / "a.kq"
    kqformat.write(path, IMAGE)

    def refuse(_: object) -> None:
        pytest.fail("the file was mapped")

    for module in (files, decoding, jobs):
        monkeypatch.setattr(module, "map_file", refuse)
    assert kqformat.read_indexed(path) == IMAGE
    assert kqformat.read(path).shape == (3, 4, 3)
    assert kq("verify", path) == 0
    assert kq("info", "-v", path) == 0


@pytest.mark.parametrize("read", [kqformat.read, kqformat.read_indexed])
def test_file_beyond_the_limits_is_not_read_whole(
    read: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file longer than any that the limits allow is refused while it is read."""
    path = tmp_path / "a.kq"
    kqformat.write(path, IMAGE)
    assert callable(read)
    with open(path, "r+b") as stream:
        stream.truncate(2**26)  # a hole: takes no room
    with pytest.raises(kqformat.LimitError, match="bytes are more than the limit of"):
        read(path, limits=kqformat.Limits(pixels=1000))
