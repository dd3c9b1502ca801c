"""`KqFile`: pixels and regions of a file, on disk or in memory."""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import BAND_SHIFTS, indexed_images
from vectors import writer

import kqformat
from kqformat.codec.stream import encode_indexed
from kqformat.errors import (
    ChecksumError,
    FormatError,
    LimitError,
    ParameterError,
    TruncatedError,
)
from kqformat.file_view import FileView
from kqformat.kqfile import KqFile
from kqformat.limits import Limits
from kqformat.metadata import Metadata
from kqformat.model import IndexedImage

IMAGE = IndexedImage(
    np.random.default_rng(3).integers(0, 5, (6, 7), np.uint8),
    np.arange(20, dtype=np.uint8).reshape(5, 4),
    Metadata(b"icc", dpi=(300, 72)),
)
DATA = encode_indexed(IMAGE, band_shift=1)
ONE_COLOR = encode_indexed(IndexedImage(np.zeros((2, 3), np.uint8), np.zeros((1, 3), np.uint8)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of IMAGE on disk."""
    path = tmp_path / "image.kq"
    path.write_bytes(DATA)
    return path


@given(image=indexed_images(), band_shift=BAND_SHIFTS, data=st.data())
def test_pixels_and_regions_are_the_pictures(
    image: IndexedImage, band_shift: int | None, data: st.DataObject
) -> None:
    """Single pixels, regions and the whole are the same picture."""
    x, y = (data.draw(st.integers(0, side - 1)) for side in image.size)
    right = data.draw(st.integers(x + 1, image.width))
    bottom = data.draw(st.integers(y + 1, image.height))
    with KqFile(encode_indexed(image, band_shift=band_shift)) as file:
        assert file[x, y] == image.indices[y, x]
        part = IndexedImage(image.indices[y:bottom, x:right], image.palette, image.metadata)
        assert file.region(x, y, right, bottom) == part
        assert file.region(0, 0, *file.size) == file.to_indexed() == image
        assert np.array_equal(file.to_rgb(), image.to_rgb())


def test_every_pixel_is_the_pictures() -> None:
    """Every single pixel of a picture in bands is read right, and is an int."""
    with KqFile(DATA) as file:
        pixels = [[file[x, y] for x in range(IMAGE.width)] for y in range(IMAGE.height)]
    assert pixels == IMAGE.indices.tolist()
    assert all(type(pixel) is int for row in pixels for pixel in row)


def test_what_is_known_without_pixels() -> None:
    """Size, palette, metadata and layout are there when the file is open."""
    with KqFile(DATA) as file:
        assert file.size == IMAGE.size
        assert np.array_equal(file.palette, IMAGE.palette)
        assert not file.palette.flags.writeable
        assert file.metadata == IMAGE.metadata
        assert (len(file.layout.bands), file.layout.file_bytes) == (3, len(DATA))


@pytest.mark.parametrize("data", [DATA, ONE_COLOR], ids=["colours", "one colour"])
@pytest.mark.parametrize("corner", [(-1, 0), (0, -1), (1, 0), (0, 1)])
def test_pixel_outside_is_an_index_error(data: bytes, corner: tuple[int, int]) -> None:
    """Pixels are counted from 0; negative numbers do not count from the end."""
    with KqFile(data) as file:
        (width, height), (right, down) = file.size, corner
        x = right * width if right >= 0 else -1
        y = down * height if down >= 0 else -1
        with pytest.raises(IndexError, match=rf"pixel \({x}, {y}\) is not in a picture of"):
            file[x, y]


@pytest.mark.parametrize("position", [0, (0,), (0, 0, 0), (0.0, 0), ("0", 0), slice(1)])
def test_position_is_two_integers(position: Any) -> None:
    """Anything but a pair of integers is no position."""
    with KqFile(DATA) as file, pytest.raises((TypeError, ValueError)):
        file[position]


def test_region_outside_is_refused() -> None:
    """A box beyond the picture is the caller's error."""
    with KqFile(DATA) as file, pytest.raises(ParameterError, match="not inside the picture"):
        file.region(0, 0, 8, 6)


def test_index_without_an_entry_is_refused_where_it_is() -> None:
    """A bad index is an error of its pixel and of the full check, with its place in the file."""
    head = writer.Head(3, 1, ((0, 0, 0), (1, 1, 1), (2, 2, 2))).encode()
    with KqFile(head + writer.section("B", writer.pack([0, 3, 2], 2))) as file:
        assert (file[0, 0], file[2, 0]) == (0, 2)
        with pytest.raises(FormatError, match="an index has no palette entry") as caught:
            file[1, 0]
        assert caught.value.offset == len(head) + 5
        with pytest.raises(FormatError):
            file.verify()


@pytest.mark.parametrize("check", ["verify", "to_indexed", "to_rgb"])
def test_band_checksum_is_of_the_full_check(check: str) -> None:
    """Damage in a band is noticed by whatever reads the whole file."""
    damaged = bytearray(DATA)
    damaged[-5] ^= 1
    with KqFile(damaged) as file:
        assert file[0, 0] == IMAGE.indices[0, 0]
        with pytest.raises(ChecksumError):
            getattr(file, check)()


def test_verify_accepts_a_good_file() -> None:
    """A file without a fault passes the full check."""
    with KqFile(DATA) as file:
        file.verify()


def test_limits_hold_from_opening_to_decoding() -> None:
    """The limits that a file is opened with are those of all that is done with it."""
    sections = tuple(("z", bytes([number])) for number in range(65))
    image = IndexedImage(IMAGE.indices, IMAGE.palette, Metadata(unknown=sections))
    plain = encode_indexed(IndexedImage(IMAGE.indices, IMAGE.palette))
    head = 20 + IMAGE.palette.size
    written = b"".join(writer.section(tag, payload) for tag, payload in sections)
    data = plain[:head] + written + plain[head:]
    with pytest.raises(LimitError, match=r"^65 metadata sections are more than the limit of 64$"):
        KqFile(data)
    with KqFile(data, Limits(metadata_sections=65)) as file:
        assert file.to_indexed() == image
        assert np.array_equal(file.to_rgb(), image.to_rgb())
        file.verify()


def test_region_of_a_huge_picture_is_small() -> None:
    """A region takes memory for itself only, however large the picture."""
    data = writer.Head(2**31 - 1, 2**31 - 1, ((0, 0, 0),)).encode() + writer.section("B")
    with KqFile(data, Limits(pixels=2**62)) as file:
        corner = file.region(2**31 - 3, 2**31 - 2, 2**31 - 1, 2**31 - 1)
    assert corner.indices.tolist() == [[0, 0]]


@pytest.mark.skipif(not hasattr(os, "pread"), reason="files are mapped here")
def test_file_on_disk_is_read_in_parts(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file on disk, a pixel's bytes only are read; closing closes it."""
    file = kqformat.open(path)
    taken: list[int] = []
    pread = os.pread

    def note(descriptor: int, length: int, offset: int) -> bytes:
        taken.append(length)
        return pread(descriptor, length, offset)

    monkeypatch.setattr(os, "pread", note)
    assert file[3, 4] == IMAGE.indices[4, 3]
    assert sum(taken) <= 2
    view = file._data
    assert isinstance(view, FileView)
    assert file.to_indexed() == IMAGE
    file.close()
    with pytest.raises(ValueError, match="closed"):
        view[:1]


def test_memory_map_is_closed_with_the_file(path: Path) -> None:
    """A memory map that was given is read, and closed with the file."""
    with open(path, "rb") as stream:
        memory = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    with KqFile(memory) as file:
        assert file[3, 4] == IMAGE.indices[4, 3]
        assert file.to_indexed() == IMAGE
    assert memory.closed


@pytest.mark.parametrize("data", [DATA, bytearray(DATA), ONE_COLOR])
def test_closed_file_reads_nothing(data: bytes) -> None:
    """After closing, whatever reads pixels is a ValueError, whether or not there was a map."""
    with KqFile(data) as file:
        pass
    reads = [
        lambda: file[0, 0],
        lambda: file.region(0, 0, 1, 1),
        file.to_indexed,
        file.to_rgb,
        file.verify,
    ]
    for read in reads:
        with pytest.raises(ValueError, match=r"^the file is closed$"):
            read()


def test_closing_again_is_harmless(path: Path) -> None:
    """A file may be closed more than once."""
    file = kqformat.open(path)
    file.close()
    file.close()


def test_empty_file_is_truncated(tmp_path: Path) -> None:
    """A file of no bytes cannot be mapped, and is a TruncatedError as any short one."""
    empty = tmp_path / "empty.kq"
    empty.touch()
    with pytest.raises(TruncatedError):
        kqformat.open(empty)


def test_missing_file_is_an_os_error(tmp_path: Path) -> None:
    """Trouble with the file system stays what it is."""
    with pytest.raises(FileNotFoundError):
        kqformat.open(tmp_path / "missing.kq")
