"""``kq thumbnail``: small pictures, what is read for them, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from command import kq, names, run_kq
from PIL import ExifTags, Image, ImageCms

import kqformat
from kqformat import IndexedImage, Metadata
from kqformat.rasters.images import EXIF_PREFIX

GREYS = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)


def gradient(height: int, width: int) -> IndexedImage:
    """Return a picture that is darker at the left than at the right."""
    ramp = np.arange(width) * 256 // width
    return IndexedImage(np.tile(ramp.astype(np.uint8), (height, 1)), GREYS)


@pytest.mark.parametrize(
    ("size", "shape"), [(100, (100, 50)), (7, (7, 4)), (1, (1, 1)), (5000, (400, 200))]
)
def test_longer_side_has_the_size(size: int, shape: tuple[int, int], tmp_path: Path) -> None:
    """The proportions are kept, and a picture that is smaller is not enlarged."""
    kqformat.write(tmp_path / "a.kq", gradient(400, 200))
    assert kq("thumbnail", tmp_path / "a.kq", tmp_path / "a.png", "--size", str(size)) == 0
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == shape[::-1]


def test_picture_is_upright(tmp_path: Path) -> None:
    """A file whose EXIF says that it lies on its side is shown turned, with its ICC profile."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    metadata = Metadata(exif=exif.tobytes().removeprefix(EXIF_PREFIX), icc_profile=profile)
    kqformat.write(tmp_path / "a.kq", gradient(40, 80), metadata=metadata)
    assert kq("thumbnail", tmp_path / "a.kq", tmp_path / "a.png", "--size", "20") == 0
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (10, 20)
        column = np.asarray(image)[:, 5, 0].astype(int)
        assert (np.diff(column) > 0).all()
        assert image.info["icc_profile"] == profile
        assert "exif" not in image.info


def test_output_is_overwritten_but_never_the_input(tmp_path: Path) -> None:
    """File managers make the output first; the input as output is wrong usage."""
    kqformat.write(tmp_path / "a.kq", gradient(9, 9))
    (tmp_path / "a.png").write_bytes(b"")
    assert kq("thumbnail", tmp_path / "a.kq", tmp_path / "a.png") == 0
    assert (tmp_path / "a.png").stat().st_size > 0
    before = (tmp_path / "a.kq").read_bytes()
    assert kq("thumbnail", tmp_path / "a.kq", tmp_path / "a.kq") == 2
    assert (tmp_path / "a.kq").read_bytes() == before


def test_standard_input(tmp_path: Path) -> None:
    """A file can come from a pipe."""
    data = kqformat.encode(gradient(9, 9), coding="entropy")
    assert run_kq("thumbnail", "-", tmp_path / "a.png", data=data).returncode == 0
    assert names(tmp_path) == ["a.png"]


def test_flipped_bit_is_no_thumbnail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All is read, so that damage among the pixels is told, and not shown."""
    data = bytearray(kqformat.encode(gradient(90, 90)))
    data[-700] ^= 1
    (tmp_path / "a.kq").write_bytes(data)
    assert kq("thumbnail", tmp_path / "a.kq", tmp_path / "a.png", "--size", "9") == 1
    assert "crc of section 'B'" in capsys.readouterr().err
    assert names(tmp_path) == ["a.kq"]


@pytest.mark.parametrize("cut", [1, 30, 700])
def test_damaged_file_has_no_thumbnail(
    cut: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is no whole .kq file is one line of error, and nothing is written."""
    (tmp_path / "a.kq").write_bytes(kqformat.encode(gradient(9, 9))[:-cut])
    assert kq("thumbnail", tmp_path / "a.kq", tmp_path / "a.png") == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert names(tmp_path) == ["a.kq"]


def test_limit_holds(tmp_path: Path) -> None:
    """A picture of more pixels than are allowed is refused."""
    kqformat.write(tmp_path / "a.kq", gradient(9, 9))
    command = ("thumbnail", tmp_path / "a.kq", tmp_path / "a.png", "--max-pixels", "80")
    assert kq(*command) == 1
    assert names(tmp_path) == ["a.kq"]
