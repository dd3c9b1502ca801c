"""kq decode writes arrays and large TIFF files block by block."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import kqformat
from kqformat import IndexedImage, Metadata
from kqformat.cli.main import main
from kqformat.codec import bands
from kqformat.rasters import large


@pytest.fixture(autouse=True)
def small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take any picture for a large one, in many blocks."""
    monkeypatch.setattr(large, "LARGE_PIXELS", 1)
    monkeypatch.setattr(bands, "CHUNK_PIXELS", 500)


def picture(k: int, channels: int) -> IndexedImage:
    numbers = np.random.default_rng(k)
    palette = numbers.integers(0, 256, (k, channels), np.uint8)
    indices = numbers.integers(0, k, (70, 90)).astype(np.uint16)
    return IndexedImage(indices, palette, Metadata(xmp=b"<x/>", dpi=(300, 150)))


@pytest.mark.parametrize(("k", "channels"), [(5, 3), (256, 3), (300, 3), (40, 4)])
@pytest.mark.parametrize("coding", ["packed", "entropy"])
def test_array_and_tiff(k: int, channels: int, coding: str, tmp_path: Path) -> None:
    """Both have the picture's colours; a TIFF file keeps up to 256 opaque ones as a palette."""
    image = picture(k, channels)
    kqformat.write(tmp_path / "a.kq", image, coding=coding)
    for name in ("a.npy", "a.tif"):
        assert main(["decode", "-q", str(tmp_path / "a.kq"), "-o", str(tmp_path / name)]) == 0
    assert np.array_equal(np.load(tmp_path / "a.npy"), image.to_rgb())
    with Image.open(tmp_path / "a.tif") as tiff:
        assert tiff.mode == (
            "P" if k <= 256 and channels == 3 else "RGB" if channels == 3 else "RGBA"
        )
        assert np.array_equal(np.asarray(tiff.convert("RGBA"))[..., :channels], image.to_rgb())
        assert (tiff.info["dpi"], tiff.info["xmp"]) == ((300, 150), b"<x/>")


@pytest.mark.parametrize("name", ["a.npy", "a.tif"])
def test_damaged_file_leaves_nothing(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A band that is damaged is one line, and the old file stays."""
    kqformat.write(tmp_path / "a.kq", picture(30, 3), band_shift=3)
    data = bytearray((tmp_path / "a.kq").read_bytes())
    data[-100] ^= 1
    (tmp_path / "a.kq").write_bytes(data)
    target = tmp_path / name
    target.write_bytes(b"old")
    assert main(["decode", "-f", str(tmp_path / "a.kq"), "-o", str(target)]) == 1
    assert "the file is damaged: crc of section 'B'" in capsys.readouterr().err
    assert target.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 2


def test_what_an_array_cannot_be_written_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong usage is told before anything is read."""
    for option in ("--recover", "--dry-run"):
        assert main(["decode", option, "a.kq", "-o", str(tmp_path / "a.npy")]) == 2
        assert ".npy is written block by block" in capsys.readouterr().err
