"""Pages of memory maps are given back, and nothing is lost with them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pytest

import kqformat
from kqformat.memory_maps import releaser


def resident(path: Path) -> int:
    """Return the bytes of a mapped file that are mapped just now (Linux)."""
    found, inside = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if "-" in line.split(" ")[0]:
            inside = line.endswith(str(path))
        elif inside and line.startswith("Rss:"):
            found += 1024 * int(line.split()[1])
    return found


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large.npy"
    pixels = np.lib.format.open_memmap(path, "w+", np.uint8, (4096, 1024, 3))
    pixels[:] = np.arange(1024, dtype=np.uint16)[:, None] // 4
    pixels.flush()
    return path


def test_raster_is_not_resident_after_it_was_written(large: Path, tmp_path: Path) -> None:
    """Of a map of 12 MB, less than one is left, whatever was read."""
    pixels = np.load(large, mmap_mode="r")
    assert pixels[:2000].sum() > 0
    assert resident(large) > 5 * 2**20
    kqformat.write_rows(tmp_path / "a.kq", pixels, threads=1)
    assert resident(large) < 2**20
    assert np.array_equal(kqformat.read(tmp_path / "a.kq"), pixels)


@pytest.mark.parametrize("mode", ["r+", "c"])
def test_changes_are_not_lost(mode: Literal["r+", "c"], large: Path, tmp_path: Path) -> None:
    """What was written to a map, even to a private one, is what is encoded, and stays."""
    pixels = np.load(large, mmap_mode=mode)
    pixels[5:1000] = 77
    kqformat.write_rows(tmp_path / "a.kq", pixels)
    assert (pixels[5:1000] == 77).all()
    assert (kqformat.read(tmp_path / "a.kq")[5:1000] == 77).all()


def test_file_is_read_into_a_map(large: Path, tmp_path: Path) -> None:
    """A map takes the pixels, and its pages are given back, too."""
    pixels = np.load(large, mmap_mode="r")
    kqformat.write_rows(tmp_path / "a.kq", pixels)
    copy = np.lib.format.open_memmap(tmp_path / "copy.npy", "w+", np.uint8, pixels.shape)
    with kqformat.open(tmp_path / "a.kq") as file:
        file.read_into(copy)
    assert resident(tmp_path / "copy.npy") < 2**20
    assert np.array_equal(np.load(tmp_path / "copy.npy"), pixels)


def test_views_are_released_within_their_map_only(large: Path) -> None:
    """A part that is no run of bytes of the map, or a copy, is left alone."""
    pixels = np.load(large, mmap_mode="r")
    release = releaser(pixels)
    release(pixels[:, ::2])
    release(np.array(pixels[:3]))
    release(pixels[:0])
    assert int(pixels[9, 8, 0]) == 2
