"""`kq plot` and `kq animate`: files that are what they are called, and clear refusals."""

from __future__ import annotations

import importlib
import shutil
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from command import kq, names
from PIL import Image

import kqformat


@pytest.fixture
def picture(tmp_path: Path, data_folder: Path) -> Path:
    """A small photograph."""
    path = tmp_path / "in" / "photo.png"
    path.parent.mkdir()
    Image.open(data_folder / "chelsea.png").convert("RGB").crop((90, 90, 180, 150)).save(path)
    return path


@pytest.mark.parametrize("ending", ["svg", "png", "pdf", "PNG"])
def test_plots_are_what_their_names_say(
    picture: Path, tmp_path: Path, ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The ending decides the format, and a line says what was made."""
    output = tmp_path / f"a.{ending}"
    assert kq("plot", "palette", picture, "-k", "4", "-o", output) == 0
    start = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}[ending.lower()]
    assert output.read_bytes().startswith(start)
    assert f"{output.stat().st_size:,} bytes" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["k-grid", "cube", "convergence", "starts", "outliers", "error"])
def test_every_kind(picture: Path, tmp_path: Path, kind: str) -> None:
    """Every kind of figure can be had, quietly."""
    output = tmp_path / "a.png"
    assert kq("plot", kind, picture, "-q", "-k", "4", "--starts", "2", "-o", output) == 0
    with Image.open(output) as image:
        assert image.format == "PNG"


def test_a_list_of_k(picture: Path, tmp_path: Path) -> None:
    """A k-grid takes a list; others refuse it."""
    assert kq("plot", "k-grid", picture, "-k", "2,3", "-o", tmp_path / "a.svg") == 0
    assert kq("plot", "cube", picture, "-k", "2,3", "-o", tmp_path / "b.svg") == 2


@pytest.mark.parametrize("ending", ["gif", "webp", "png"])
def test_films_are_what_their_names_say(picture: Path, tmp_path: Path, ending: str) -> None:
    """The ending decides the format, and there are several frames."""
    output = tmp_path / f"a.{ending}"
    assert kq("animate", picture, "-k", "3", "-o", output) == 0
    with Image.open(output) as image:
        assert image.format == ending.upper()
        assert getattr(image, "n_frames", 1) > 2


def test_films_of_planes_and_efforts(picture: Path, tmp_path: Path) -> None:
    """Options change the film."""
    made = []
    for options in ([], ["--plane", "rg"], ["--plane", "pca"], ["-e", "fast"], ["--seed", "1"]):
        assert kq("animate", picture, "-k", "3", "-f", "-o", tmp_path / "a.gif", *options) == 0
        made.append((tmp_path / "a.gif").read_bytes())
    assert len(set(made)) == len(made)


def test_kq_files_can_be_drawn(picture: Path, tmp_path: Path) -> None:
    """A `.kq` file is a picture like another."""
    with Image.open(picture) as image:
        kqformat.write(tmp_path / "a.kq", np.asarray(image), colors=20)
    assert kq("plot", "palette", tmp_path / "a.kq", "-o", tmp_path / "a.svg") == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["plot", "pie", "IN", "-o", "OUT/a.svg"],
        ["plot", "cube", "IN", "-o", "OUT/a.gif"],
        ["plot", "cube", "IN"],
        ["plot", "cube", "IN", "-o", "OUT"],
        ["plot", "cube", "IN", "-o", ""],
        ["plot", "cube", "IN", "-o", "IN"],
        ["plot", "cube", "IN", "-o", "OUT/a.svg", "-k", "257"],
        ["plot", "cube", "IN", "-o", "OUT/a.svg", "-k", "x"],
        ["plot", "starts", "IN", "-o", "OUT/a.svg", "--starts", "25"],
        ["plot", "starts", "IN", "-o", "OUT/a.svg", "--seed", "-1"],
        ["animate", "IN", "-o", "OUT/a.svg"],
        ["animate", "IN", "-o", "OUT/a.gif", "-k", "1"],
        ["animate", "IN", "-o", "OUT/a.gif", "-k", "250"],
        ["animate", "IN", "-o", "OUT/a.gif", "--plane", "rg", "-k", "65"],
        ["animate", "IN", "-o", "OUT/a.gif", "--plane", "rg", "--space", "srgb"],
        ["animate", "IN", "-o", "OUT/a.gif", "--plane", "xy"],
        ["animate", "IN", "-o", "OUT/a.gif", "--size", "95"],
        ["animate", "IN", "-o", "OUT/a.gif", "--size", "2001"],
    ],
)
def test_wrong_usage(
    arguments: list[str], picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong usage is told in a line, with status 2, and nothing is written."""
    out = tmp_path / "out"
    out.mkdir()
    given = [word.replace("IN", str(picture)).replace("OUT", str(out)) for word in arguments]
    before = picture.read_bytes()
    assert kq(*given) == 2
    assert capsys.readouterr().err.strip()
    assert names(out) == []
    assert picture.read_bytes() == before


@pytest.mark.parametrize("command", [["plot", "cube"], ["animate"]])
def test_bad_files(
    command: list[str], picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is missing or no picture, or an output that exists, is told with status 1."""
    (tmp_path / "no.png").write_text("no picture")
    output = tmp_path / "a.png"
    for path in (tmp_path / "missing.png", tmp_path / "no.png"):
        assert kq(*command, path, "-o", output) == 1
        assert len(capsys.readouterr().err.splitlines()) == 1
    output.write_bytes(b"mine")
    assert kq(*command, picture, "-o", output) == 1
    assert "-f overwrites it" in capsys.readouterr().err
    assert output.read_bytes() == b"mine"


def test_hostile_names_are_made_safe(
    picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file name cannot steer the terminal."""
    hostile = tmp_path / "a\x1b[2J.png"
    shutil.copy(picture, hostile)
    assert kq("plot", "palette", hostile, "-k", "3", "-o", tmp_path / "a.svg") == 0
    assert "\x1b" not in capsys.readouterr().out


def test_a_missing_extra_is_named(
    picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without matplotlib a line says what brings it."""
    real = importlib.import_module

    def absent(package: str) -> object:
        if package == "matplotlib":
            raise ModuleNotFoundError(package)
        return real(package)

    with mock.patch("kqformat.report.extras.import_module", absent):
        assert kq("plot", "palette", picture, "-o", tmp_path / "a.svg") == 1
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert "pip install 'kqformat[report]'" in error
    assert names(tmp_path) == ["in/photo.png"]
