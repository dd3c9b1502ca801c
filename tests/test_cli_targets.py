"""``kq encode`` for a quality or a size, with automatic k, and with dithering."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from command import kq
from PIL import Image

import kqformat


@pytest.fixture
def picture(tmp_path: Path, data_folder: Path) -> Path:
    """A copy of a photograph, alone in its folder."""
    return Path(shutil.copy(data_folder / "chelsea.png", tmp_path / "cat.png"))


def facts(capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    """Return what --json printed."""
    found: dict[str, float] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize("decibels", [28, 36.5])
def test_psnr_is_reached(
    picture: Path, capsys: pytest.CaptureFixture[str], decibels: float
) -> None:
    """The file has the PSNR asked for, and half its colours would not."""
    assert kq("encode", picture, "--target-psnr", str(decibels), "--json") == 0
    found = facts(capsys)
    assert found["psnr"] >= decibels
    pixels = np.asarray(Image.open(picture).convert("RGB"))
    assert kqformat.quantization(pixels, int(found["colors"]) // 2).psnr < decibels
    error = (kqformat.read(picture.with_suffix(".kq")).astype(int) - pixels) ** 2
    assert 10 * np.log10(255**2 / error.mean()) == pytest.approx(found["psnr"])


def test_size_is_that_of_the_file(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No more bytes than asked for, metadata included, with the most bits that fit."""
    assert kq("encode", picture, "--max-bytes", "80000", "--json") == 0
    assert picture.with_suffix(".kq").stat().st_size == facts(capsys)["file_bytes"] <= 80_000
    assert kqformat.read_indexed(picture.with_suffix(".kq")).index_width == 4


def test_worst_pixel_is_within_its_error(picture: Path) -> None:
    """No pixel differs by more than was allowed."""
    assert kq("encode", picture, "--max-error", "40") == 0
    pixels = np.asarray(Image.open(picture).convert("RGB")).astype(int)
    assert np.abs(kqformat.read(picture.with_suffix(".kq")) - pixels).max() <= 40


def test_impossible_target_writes_nothing(
    picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A target that cannot be met is one line and status 1; an old file stays."""
    old = picture.with_suffix(".kq")
    old.write_bytes(b"old")
    assert kq("encode", picture, "-f", "--quality", "99-100") == 1
    assert "cat.png: the target cannot be met: 256 colours give" in capsys.readouterr().err
    assert old.read_bytes() == b"old"


def test_auto_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """-k auto finds the colours of a picture that has few, and explains its choice."""
    pixels = np.random.default_rng(1).integers(0, 2, (64, 64, 3), np.uint8) * 200
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert kq("encode", tmp_path / "a.png", "-k", "auto") == 0
    first, why = capsys.readouterr().out.splitlines()
    assert "8 colours" in first
    assert why.startswith("  8 colours in ")


@pytest.mark.parametrize("method", ["floyd-steinberg", "blue-noise"])
def test_dithering_reaches_the_quantizer(picture: Path, method: str) -> None:
    """--dither and its strength give the bytes that `encode` gives with them."""
    options = ("-k", "12", "--dither", method, "--dither-strength", "0.8", "--strip")
    assert kq("encode", picture, *options) == 0
    pixels = np.asarray(Image.open(picture).convert("RGB"))
    result = kqformat.quantization(pixels, 12, dither=method, dither_strength=0.8)
    assert picture.with_suffix(".kq").read_bytes() == kqformat.encode(result.image)
    error = ((result.image.to_rgb().astype(int) - pixels) ** 2).sum()
    assert result.distortion == pytest.approx(error)
    assert result.image != kqformat.quantize(pixels, 12)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("-k", "auto", "--max-bytes", "9"), "-k auto and --max-bytes cannot be given together"),
        (("-k", "many"), "'many' is no number, nor auto"),
        (("--quality", "good"), "'good' is not MIN or MIN-MAX"),
        (("--quality", "90-80"), "quality"),
        (("--max-error", "256"), "max_error"),
        (("--target-psnr", "-1"), "psnr"),
        (("--dither-strength", "2"), "--dither-strength is 2.0"),
        (("--shared-palette", "--max-bytes", "9"), "targets and -k auto are for palettes of each"),
    ],
)
def test_wrong_usage_is_status_2(
    picture: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], says: str
) -> None:
    """What means nothing is said in one line, before any work."""
    assert kq("encode", picture, *options) == 2
    assert says in capsys.readouterr().err
    assert not picture.with_suffix(".kq").exists()
