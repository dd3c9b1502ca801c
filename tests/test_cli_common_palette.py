"""``kq encode --palette`` and ``--shared-palette``: one palette for all files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from command import kq, names, run_kq
from PIL import Image

import kqformat
from kqformat import IndexedImage
from kqformat.palettes import KINDS, write_palette
from kqformat.quantizer.options import Options
from kqformat.quantizer.pipeline import Quantizer
from kqformat.quantizer.shared import shared_palette

Pixels = npt.NDArray[np.uint8]

PALETTE = np.array([[250, 250, 240], [60, 40, 30], [1, 255, 1], [150, 120, 90]], np.uint8)


@pytest.fixture
def folder(photo: Pixels, tmp_path: Path) -> Path:
    """Two photographs, and a place for other files."""
    (tmp_path / "in").mkdir()
    Image.fromarray(photo[::4, :200:4]).save(tmp_path / "in" / "left.png")
    Image.fromarray(photo[::4, 200::4]).save(tmp_path / "in" / "right.png")
    return tmp_path


def pixels(path: Path) -> Pixels:
    return np.asarray(Image.open(path))


@pytest.mark.parametrize("kind", [*KINDS, "kq"])
def test_given_palette_is_kept_as_it_is(kind: str, folder: Path) -> None:
    """Of any kind of file, all entries are in each output, in their order, and pixels nearest.

    Nearest in the default space, that is.
    """
    file = folder / f"palette.{kind}"
    if kind == "kq":
        kqformat.write(file, IndexedImage(np.zeros((1, 1), np.uint8), PALETTE))
    else:
        write_palette(file, PALETTE, kind)
    assert kq("encode", "-r", folder / "in", "-d", folder / "out", "--palette", file) == 0
    for stem in ("left", "right"):
        found = kqformat.read_indexed(folder / "out" / f"{stem}.kq")
        np.testing.assert_array_equal(found.palette, PALETTE, strict=True)
        image = pixels(folder / "in" / f"{stem}.png").astype(int)
        squares = (((image[:, :, None] - PALETTE) * [59, 64, 57]) ** 2).sum(axis=3)
        np.testing.assert_array_equal(found.indices, squares.argmin(axis=2))


def test_image_with_a_palette_is_mapped_to_the_given_one(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Indices of an image's own are not kept; if its colours are all there, nothing is lost."""
    write_palette(folder / "p.pal", PALETTE)
    image = Image.fromarray(np.array([[0, 1, 1]], np.uint8), "L")
    image.putpalette(PALETTE[[3, 0]].tobytes())
    image.save(folder / "a.png")
    assert kq("encode", folder / "a.png", "--palette", folder / "p.pal") == 0
    found = kqformat.read_indexed(folder / "a.kq")
    assert found.indices.tolist() == [[3, 0, 0]]
    np.testing.assert_array_equal(found.palette, PALETTE)
    assert ", lossless\n" in capsys.readouterr().out


def test_given_palette_can_be_dithered(folder: Path) -> None:
    """How pixels are mapped can still be asked for: the palette stays, the indices change."""
    write_palette(folder / "p.hex", PALETTE)
    image = folder / "in" / "left.png"
    given = ["--palette", str(folder / "p.hex"), "--dither", "floyd-steinberg"]
    assert kq("encode", image, *given, "-o", folder / "a.kq") == 0
    expected = Quantizer(pixels(image), Options(dither="floyd-steinberg")).with_palette(PALETTE)
    assert kqformat.read_indexed(folder / "a.kq") == expected.image
    assert expected.image != Quantizer(pixels(image)).with_palette(PALETTE).image


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_shared_palette_is_that_of_all_pixels(jobs: str, folder: Path) -> None:
    """Both files have the same palette, chosen for both images with the options that are given."""
    paths = [folder / "in" / "right.png", folder / "in" / "left.png"]
    arguments = ["--shared-palette", "-k", "9", "-e", "best", "-j", jobs]
    assert kq("encode", *arguments, "-d", folder / "out", *paths) == 0
    options = Options(effort="best")
    palette = shared_palette([pixels(path) for path in paths], 9, options)
    for path in paths:
        found = kqformat.read_indexed(folder / "out" / f"{path.stem}.kq")
        assert found == Quantizer(pixels(path), options).with_palette(palette).image


def test_shared_palette_of_one_is_its_own(folder: Path) -> None:
    """A single file is the same as without the option."""
    path = folder / "in" / "left.png"
    assert kq("encode", path, "-k", "20", "-o", folder / "own.kq") == 0
    assert kq("encode", path, "-k", "20", "-o", folder / "shared.kq", "--shared-palette") == 0
    assert (folder / "own.kq").read_bytes() == (folder / "shared.kq").read_bytes()


def test_files_that_fail_have_no_say(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Damaged inputs, and those whose outputs exist, are reported once and do not count."""
    broken, left, right = (folder / "in" / f"{stem}.png" for stem in ("broken", "left", "right"))
    broken.write_bytes(left.read_bytes()[:500])
    left.with_suffix(".kq").write_bytes(b"mine")
    assert kq("encode", "--shared-palette", "-k", "5", broken, left, right) == 1
    err = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[1] for line in err] == [str(broken), str(left)]
    expected = kqformat.quantize(pixels(right), 5)
    assert kqformat.read_indexed(right.with_suffix(".kq")) == expected


def test_only_files_that_fail(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where no input can be read each is reported, and that is all."""
    assert kq("encode", "--shared-palette", folder / "a.png", folder / "b.png") == 1
    err = capsys.readouterr().err.splitlines()
    assert err == [f"kq: {folder / n}: No such file or directory" for n in ("a.png", "b.png")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file or directory"),
        (b"GIMP Palette\n1 2\n", "bad colour: line 2 has '1 2', expected three numbers"),
        (b"what?", "neither a palette nor an image of a known kind"),
    ],
)
def test_palette_that_cannot_be_read_is_named(
    content: bytes | None, message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is wrong with the palette's file is one line, and no image is touched: status 1."""
    file = folder / "p.x"
    if content is not None:
        file.write_bytes(content)
    before = names(folder)
    assert kq("encode", "-r", folder / "in", "--palette", file) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"kq: {file}: {message}")
    assert err.count("\n") == 1
    assert names(folder) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--palette", "p.txt", "-k", "4"], "--palette leaves nothing to choose, so -k has no"),
        (["--palette", "p.txt", "-e", "best"], "so --effort has no meaning"),
        (["--palette", "p.txt", "--seed", "0"], "so --seed has no meaning"),
        (["--palette", "p.txt", "--keep-color", "#fff"], "so --keep-color has no meaning"),
        (["--palette", "p.txt", "--shared-palette"], "so --shared-palette has no meaning"),
        (["--shared-palette", "--importance", "m.png"], "--importance is of one image"),
        (["--shared-palette", "-k", "auto"], "--shared-palette needs a number of colours"),
    ],
)
def test_wrong_usage_is_status_2(
    arguments: list[str], message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Options that contradict one another are refused before anything is read."""
    assert kq("encode", folder / "in" / "left.png", *arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err


def test_standard_input_is_not_shared(folder: Path) -> None:
    """Standard input can be mapped to a palette, but not be read twice."""
    data = (folder / "in" / "left.png").read_bytes()
    assert run_kq("encode", "-", "--shared-palette", data=data).returncode == 2
    write_palette(folder / "p.hex", PALETTE)
    process = run_kq("encode", "-", "--palette", folder / "p.hex", data=data)
    assert process.returncode == 0
    np.testing.assert_array_equal(kqformat.decode_indexed(process.stdout).palette, PALETTE)
