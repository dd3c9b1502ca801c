"""``kq decode --recover``: what is written of damaged files, what is said, and the exit status."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from command import kq, names, run_kq
from PIL import Image

import kqformat
from kqformat import IndexedImage

INDICES = np.random.default_rng(1).integers(0, 5, (8, 10), dtype=np.uint8)
IMAGE = IndexedImage(INDICES, np.arange(15, dtype=np.uint8).reshape(5, 3))
WHOLE = kqformat.encode(IMAGE, band_shift=2)


@pytest.fixture
def cut(tmp_path: Path) -> Path:
    """Return a file whose second band ends after 14 of its 40 pixels."""
    path = tmp_path / "a.kq"
    path.write_bytes(WHOLE[: -4 - 15 + 14 * 3 // 8 + 1])
    return path


def test_lost_pixels_are_transparent(cut: Path) -> None:
    """Of a file that is cut, the pixels before the cut are written, the others are transparent."""
    done = run_kq("decode", "--recover", cut)
    lines = done.stderr.decode().splitlines()
    assert done.returncode == 1
    assert all(line.startswith(f"kq: {cut}: ") for line in lines)
    assert "the file ends too early" in lines[0]
    assert lines[-1].endswith("of 80 pixels: 40 checked, 16 unchecked, 0 doubtful, 24 lost")
    pixels = np.asarray(Image.open(cut.with_suffix(".png")).convert("RGBA"))
    alpha = pixels[..., 3].reshape(-1)
    assert (alpha == [255] * 56 + [0] * 24).all()
    assert np.array_equal(pixels[..., :3].reshape(-1, 3)[:56], IMAGE.to_rgb().reshape(-1, 3)[:56])


def test_quiet_does_not_hide_losses(cut: Path) -> None:
    """With -q, what is lost is said all the same."""
    done = run_kq("decode", "--recover", "-q", cut)
    assert b"24 lost" in done.stderr
    assert done.stdout == b""


def test_lost_pixels_have_a_colour(cut: Path) -> None:
    """A colour can be given, for formats without transparency; without it these are refused."""
    target = cut.with_suffix(".bmp")
    assert kq("decode", "--recover", cut, "-o", target) == 1
    assert not target.exists()
    assert kq("decode", "--recover", "--lost-color", "#ff0080", cut, "-o", target) == 1
    assert Image.open(target).convert("RGB").getpixel((9, 7)) == (255, 0, 128)


def test_mask_is_written(cut: Path, tmp_path: Path) -> None:
    """The mask says what is known of each pixel; an existing file is left without -f."""
    mask = tmp_path / "mask.png"
    assert kq("decode", "--recover", cut, "--mask", mask) == 1
    found = np.asarray(Image.open(mask)).reshape(-1).tolist()
    assert found == [255] * 40 + [170] * 16 + [0] * 24
    mask.write_bytes(b"mine")
    assert kq("decode", "--recover", cut, "-o", tmp_path / "b.png", "--mask", mask) == 2
    assert mask.read_bytes() == b"mine"


def test_whole_file_is_as_ever(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file without damage is decoded to the same bytes, silently, with exit status 0."""
    path = tmp_path / "a.kq"
    path.write_bytes(WHOLE)
    assert kq("decode", path, "-o", tmp_path / "plain.png") == 0
    assert kq("decode", "--recover", path, "-o", tmp_path / "recovered.png") == 0
    assert (tmp_path / "plain.png").read_bytes() == (tmp_path / "recovered.png").read_bytes()
    assert capsys.readouterr().err == ""


def test_without_the_option_nothing_is_written(cut: Path, tmp_path: Path) -> None:
    """The default refuses damaged files."""
    assert kq("decode", cut) == 1
    assert names(tmp_path) == ["a.kq"]


def test_damaged_head_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the palette is damaged nothing is guessed: one line, no file."""
    path = tmp_path / "a.kq"
    path.write_bytes(WHOLE[:20] + b"?" + WHOLE[21:])
    assert kq("decode", "--recover", path) == 1
    assert "head_crc" in capsys.readouterr().err
    assert names(tmp_path) == ["a.kq"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--mask", "m.png", "a.kq"),
        ("--lost-color", "#ffffff", "a.kq"),
        ("--recover", "--lost-color", "beige-ish", "a.kq"),
        ("--recover", "--mask", "m.png", "a.kq", "b.kq"),
        ("--recover", "--mask", "a.kq", "a.kq"),
        ("--recover", "--mask", "a.png", "a.kq"),
    ],
)
def test_wrong_usage(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Options that have no meaning are refused, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.kq").write_bytes(WHOLE)
    assert kq("decode", *arguments) == 2
    assert names(tmp_path) == ["a.kq"]


def test_all_colours_taken(tmp_path: Path) -> None:
    """Lost pixels take the place of an entry that no other pixel has, at 65,536 colours."""
    indices = np.arange(65_536, dtype=np.uint16).reshape(256, 256)
    palette = np.random.default_rng(0).integers(0, 256, (65_536, 3), dtype=np.uint8)
    path = tmp_path / "a.kq"
    path.write_bytes(kqformat.encode(IndexedImage(indices, palette), band_shift=7)[:-5])
    assert kq("decode", "--recover", path) == 1
    alpha = np.asarray(Image.open(tmp_path / "a.png").convert("RGBA"))[..., 3]
    assert int((alpha == 0).sum()) == 1
