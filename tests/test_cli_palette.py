"""``kq palette``: what `kq encode` would choose, or the image's own, for other programs."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from unittest import mock

import numpy as np
import numpy.typing as npt
import pytest
from command import kq, names, run_kq
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from suite import VALID, VECTORS, name

import kqformat
from kqformat import IndexedImage
from kqformat.cli import palette as command
from kqformat.palettes import KINDS, decode_palette, encode_palette, kinds, read_palette

Pixels = npt.NDArray[np.uint8]

PALETTE = np.array([[9, 9, 9], [255, 128, 0], [9, 9, 9], [0, 0, 7], [1, 2, 3]], np.uint8)


@pytest.fixture
def picture(photo: Pixels, tmp_path: Path) -> Path:
    """A photograph of 113 x 75 pixels."""
    path = tmp_path / "cat.png"
    Image.fromarray(photo[::4, ::4]).save(path)
    return path


@pytest.fixture
def indexed(tmp_path: Path) -> Path:
    """A PNG file with a palette of 5 entries, one of which is there twice and two are not used."""
    image = Image.fromarray(np.array([[0, 1, 3]], np.uint8), "L")
    image.putpalette(PALETTE.tobytes())
    path = tmp_path / "indexed.png"
    image.save(path)
    return path


def listed(out: str) -> list[list[int]]:
    return [list(bytes.fromhex(line.removeprefix("#"))) for line in out.splitlines()]


@pytest.mark.parametrize("arguments", [[], ["-k", "8"], ["-k", "300", "-e", "fast"]])
def test_palette_is_that_of_encode(
    arguments: list[str], picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The list on standard output is the palette of the file that `kq encode` makes."""
    assert kq("palette", picture, *arguments) == 0
    out, err = capsys.readouterr()
    assert kq("encode", picture, *arguments, "-o", tmp_path / "cat.kq") == 0
    expected = kqformat.read_indexed(tmp_path / "cat.kq").palette
    assert (listed(out), err) == (expected.tolist(), "")
    assert out.startswith("#")


def test_image_with_a_palette_gives_its_own(
    indexed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Entries that are unused, or there twice, are given in their order; fewer are chosen."""
    for arguments in ([], ["-k", "5"], ["-k", "65536"]):
        assert kq("palette", indexed, *arguments) == 0
        assert listed(capsys.readouterr().out) == PALETTE.tolist()
    assert kq("palette", indexed, "-k", "4") == 0
    assert listed(capsys.readouterr().out) == [[0, 0, 7], [9, 9, 9], [255, 128, 0]]


@pytest.mark.parametrize("entry", VALID, ids=name)
def test_kq_file_gives_its_own(entry: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """Of every valid file of the suite the palette is exact, and no pixel is looked at."""
    path = VECTORS / entry["file"]
    assert kq("palette", path, "--json", "--max-pixels", "1") == 0
    facts = json.loads(capsys.readouterr().out)
    expected = kqformat.read_indexed(path)
    assert listed("\n".join(facts["palette"])) == expected.palette.tolist()
    assert (facts["alpha"], facts["colors"]) == (expected.channels == 4, expected.colors)
    assert facts["own"] is facts["lossless"] is True


def test_kq_file_gives_fewer_if_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With a smaller -k a palette is chosen by the pixels, whose number is then limited."""
    path = tmp_path / "a.kq"
    image = IndexedImage(np.array([[0, 1, 3, 3]], np.uint8), PALETTE)
    kqformat.write(path, image)
    assert kq("palette", path, "-k", "2") == 0
    expected = kqformat.quantize(image.to_rgb(), 2).palette.tolist()
    assert listed(capsys.readouterr().out) == expected
    assert len(expected) == 2
    assert kq("palette", path, "-k", "2", "--max-pixels", "3") == 1
    assert (
        capsys.readouterr().err
        == f"kq: {path}: 4 pixels are more than the limit of 3; --max-pixels raises it\n"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file(
    kind: str, picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The ending of the output or --format says what is written, and one line what was done."""
    expected = kqformat.quantize(np.asarray(Image.open(picture)), 40).palette
    endings = [ending for ending, other in kinds.ENDINGS.items() if other == kind]
    outputs: list[tuple[str, list[str]]] = [(f"named{ending.upper()}", []) for ending in endings]
    for file, options in [*outputs, ("other.palette", ["--format", kind])]:
        output = tmp_path / file
        assert kq("palette", picture, "-k", "40", "-o", output, *options) == 0
        assert output.read_bytes() == encode_palette(expected, kind, "cat")
        out, err = capsys.readouterr()
        assert out.startswith(f"{picture} -> {output}: 40 colours, ")
        assert out.endswith(" dB\n")
        assert err == ""


def test_what_the_command_offers_is_what_there_is() -> None:
    """The command, which does not import the kinds of files for its help, knows all of them."""
    assert command._ENDINGS == kinds.ENDINGS
    out = run_kq("palette", "--help").stdout.decode()
    assert f"{{{','.join(KINDS)}}}" in out


def test_standard_input_and_output(picture: Path) -> None:
    """An image from standard input gives a palette of any kind on standard output."""
    expected = kqformat.quantize(np.asarray(Image.open(picture)), 9).palette
    for kind in KINDS:
        process = run_kq("palette", "-", "-k", "9", "--format", kind, data=picture.read_bytes())
        assert (process.returncode, process.stderr) == (0, b"")
        np.testing.assert_array_equal(decode_palette(process.stdout), expected)


def test_json_says_what_is_so(
    picture: Path, indexed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--json has the palette and its PSNR; with -o the file is written, too."""
    quantization = kqformat.quantization(np.asarray(Image.open(picture)), 7)
    output = picture.parent / "out.pal"
    targets: list[list[str]] = [[], ["-o", str(output)]]
    for target in targets:
        assert kq("palette", picture, "-k", "7", "--json", *target) == 0
        facts = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
        colors = facts.pop("palette")
        assert listed("\n".join(colors)) == quantization.image.palette.tolist()
        assert facts == {
            "input": str(picture),
            "output": str(output) if target else "-",
            "colors": 7,
            "alpha": False,
            "own": False,
            "lossless": False,
            "psnr": quantization.psnr,
        }
    assert read_palette(output).tolist() == quantization.image.palette.tolist()
    Image.new("RGB", (3, 3), "red").save(indexed)
    assert kq("palette", indexed, "--json") == 0
    facts = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert (facts["own"], facts["lossless"], facts["psnr"]) == (False, True, None)


def test_line_says_whose_palette_it_is(
    indexed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A palette of the image's own is told from one that was chosen; -q says nothing."""
    output = tmp_path / "out.gpl"
    assert kq("palette", indexed, "-o", output) == 0
    assert capsys.readouterr().out == f"{indexed} -> {output}: 5 colours, its own\n"
    assert kq("palette", indexed, "-k", "3", "-f", "-o", output) == 0
    assert capsys.readouterr().out == f"{indexed} -> {output}: 3 colours, lossless\n"
    assert kq("palette", indexed, "-q", "-f", "-o", output) == 0
    assert capsys.readouterr() == ("", "")


def test_existing_file_is_kept(
    indexed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without -f a file that is there stays as it is, status 1."""
    output = tmp_path / "out.gpl"
    output.write_bytes(b"mine")
    assert kq("palette", indexed, "-o", output) == 1
    assert output.read_bytes() == b"mine"
    assert capsys.readouterr().err == f"kq: {indexed}: {output}: exists already; -f overwrites it\n"
    assert kq("palette", indexed, "-f", "-o", output) == 0
    assert read_palette(output).tolist() == PALETTE.tolist()


def test_transparent_colours_are_not_for_gimp(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the kind of file has no transparency, that is said and no file is left."""
    image = tmp_path / "a.png"
    Image.new("RGBA", (2, 2), (1, 2, 3, 4)).save(image)
    assert kq("palette", image, "-o", tmp_path / "a.gpl") == 1
    out, err = capsys.readouterr()
    assert (out, err) == (
        "",
        f"kq: {image}: has transparent colours, which .gpl has not; .pal and .txt have\n",
    )
    assert names(tmp_path) == ["a.png"]
    assert kq("palette", image) == 0
    assert capsys.readouterr().out == "#01020304\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-k", "0"], "-k is 0, expected 1 to 65536"),
        (["-k", "65537"], "-k is 65537, expected 1 to 65536"),
        (["-o", ""], "a file name is empty"),
        (["-o", "."], ". has none of the endings .gpl, .pal, .txt, .hex, .png"),
        (["-o", ".", "--format", "gpl"], ". is a folder; -o names a file"),
        (["-o", "a.kq"], "-o a.kq has none of the endings"),
        (["-o", "a.gpl", "--format", "pal"], "-o a.gpl has the ending of another format than .pal"),
        (["-o", "a.kq", "--format", "hex"], "-o a.kq has the ending of another format than .txt"),
        (["--json", "--format", "pal"], "--json takes the place of --format on standard output"),
        (["--format", "act"], "invalid choice: 'act'"),
        (["-e", "most"], "invalid choice: 'most'"),
        (["second.png"], "unrecognized arguments: second.png"),
    ],
)
def test_wrong_usage_is_status_2(
    arguments: list[str],
    message: str,
    picture: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What cannot be meant is refused before the image is read, and nothing is written."""
    monkeypatch.chdir(picture.parent)
    assert kq("palette", picture, *arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert names(picture.parent) == ["cat.png"]


def test_image_is_not_overwritten(indexed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Swatches never take the place of the image, even with -f."""
    before = indexed.read_bytes()
    assert kq("palette", indexed, "-f", "-o", indexed) == 2
    assert "would be overwritten with its own palette" in capsys.readouterr().err
    assert indexed.read_bytes() == before


def test_swatches_are_not_for_terminals(
    indexed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A PNG file is not printed to a terminal."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert kq("palette", indexed, "--format", "png") == 2
    assert "standard output is a terminal" in capsys.readouterr().err
    assert kq("palette", indexed) == 0


@given(
    st.binary(max_size=60), st.sampled_from([b"", b"\xbbKQ\x01", b"\x89PNG\r\n\x1a\n", b"GIF89a"])
)
def test_damaged_image_is_one_line(rest: bytes, start: bytes) -> None:
    """Whatever an image is, what is wrong with it is one line, status 1."""
    out, err = io.StringIO(), io.StringIO()
    source = mock.Mock(buffer=io.BytesIO(start + rest))
    with mock.patch.multiple(sys, stdin=source, stdout=out, stderr=err):
        status = kq("palette", "-")
    assert status == 1
    assert out.getvalue() == ""
    assert err.getvalue().startswith("kq: standard input: ")
    assert err.getvalue().count("\n") == 1


def test_missing_image_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An image that is not there is said to be missing."""
    path = tmp_path / "none.png"
    assert kq("palette", path) == 1
    assert capsys.readouterr().err == f"kq: {path}: No such file or directory\n"
