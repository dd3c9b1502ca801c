"""``kq show``: what a terminal would draw from its escape codes is the picture."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from command import kq, run_kq, run_on_terminal
from PIL import Image

import kqformat

Pixels = npt.NDArray[np.uint8]

LEVELS = (0, 95, 135, 175, 215, 255)


def color_of(samples: str, numbered: str) -> tuple[int, ...]:
    """Return what a terminal makes of three samples or of a number."""
    if samples:
        return tuple(int(sample) for sample in samples.split(";"))
    number = int(numbered)
    if number >= 232:
        return (8 + 10 * (number - 232),) * 3
    red, green, blue = (number - 16) // 36, (number - 16) // 6 % 6, (number - 16) % 6
    return LEVELS[red], LEVELS[green], LEVELS[blue]


def drawn(shown: str) -> Pixels:
    """Draw half blocks as a terminal does; a lower half without a colour is left out."""
    rows: list[list[tuple[int, ...]]] = []
    for line in shown.splitlines():
        upper: list[tuple[int, ...]] = []
        lower: list[tuple[int, ...]] = []
        foreground, background = None, None
        for code, block in re.findall(r"(?:\x1b\[([\d;]*)m)|(.)", line):
            if block:
                assert block == "▀"
                assert foreground is not None
                upper.append(foreground)
                lower += [background] if background is not None else []
            elif code == "0":
                foreground = background = None
            else:
                for which, *given in re.findall(r"([34]8);(?:2;(\d+;\d+;\d+)|5;(\d+))", code):
                    color = color_of(*given)
                    foreground = color if which == "38" else foreground
                    background = color if which == "48" else background
        assert line.endswith("\x1b[0m")
        rows += [upper, lower] if lower else [upper]
    return np.array(rows, np.uint8)


@pytest.fixture(scope="module")
def small(data_folder: Path) -> Pixels:
    """A part of a photograph that fits a window as it is: 40 x 20."""
    with Image.open(data_folder / "chelsea.png") as image:
        return np.asarray(image.convert("RGB").crop((150, 100, 190, 120)))


def test_small_picture_is_drawn_exactly(small: Pixels, tmp_path: Path) -> None:
    """In true colour every pixel of a picture that fits is one half block of its colour."""
    path = tmp_path / "small.kq"
    kqformat.write(path, small, colors=64)
    status, shown = run_on_terminal("show", path)
    assert status == 0
    assert np.array_equal(drawn(shown), kqformat.read(path))


def test_odd_height_has_half_a_line(small: Pixels, tmp_path: Path) -> None:
    """The last row of an odd number is an upper half, with nothing below."""
    path = tmp_path / "odd.png"
    Image.fromarray(small[:13]).save(path)
    shown = run_on_terminal("show", path)[1]
    assert len(shown.splitlines()) == 7
    assert np.array_equal(drawn(shown), small[:13])


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (30, 50), (200, 11)])
def test_large_picture_is_scaled_to_the_window(columns: int, rows: int, data_folder: Path) -> None:
    """It fits, keeps its proportions, and leaves a line for the prompt."""
    shown = run_on_terminal("show", data_folder / "coffee.png", columns=columns, rows=rows)[1]
    height, width, _ = drawn(shown).shape
    assert width <= columns
    assert len(shown.splitlines()) <= rows - 1
    assert width == columns or len(shown.splitlines()) == rows - 1
    assert abs(width / height - 600 / 400) < 0.06


def test_scaled_pixels_are_means(data_folder: Path) -> None:
    """A pixel of the window is the mean of those of the picture that it stands for."""
    shown = run_on_terminal("show", data_folder / "coffee.png", "--width", "60")[1]
    with Image.open(data_folder / "coffee.png") as image:
        pixels = np.asarray(image.convert("RGB")).astype(float)
    means = pixels.reshape(40, 10, 60, 10, 3).mean(axis=(1, 3))
    assert np.abs(drawn(shown) - means).max() <= 1


def test_width_is_heeded_even_where_it_takes_many_lines(data_folder: Path) -> None:
    """--width is of columns; lines may be more than the window has."""
    shown = run_on_terminal("show", data_folder / "coffee.png", "--width", "90", rows=10)[1]
    assert drawn(shown).shape == (60, 90, 3)


def test_terminal_of_256_colours_gets_the_nearest(small: Pixels, tmp_path: Path) -> None:
    """Without COLORTERM, each colour is the nearest of the 240 that are known, by search."""
    path = tmp_path / "small.png"
    Image.fromarray(small).save(path)
    shown = run_on_terminal("show", path, environment={"COLORTERM": ""})[1]
    assert "38;2;" not in shown
    known = np.array([color_of("", str(number)) for number in range(16, 256)])
    distances = ((small[:, :, None, :].astype(int) - known) ** 2).sum(axis=3)
    result = ((drawn(shown).astype(int) - small) ** 2).sum(axis=2)
    assert np.array_equal(result, distances.min(axis=2))


def test_what_is_transparent_shows_a_checkerboard(tmp_path: Path) -> None:
    """Clear pixels are two greys in squares of four; half of red is red over them."""
    pixels = np.zeros((8, 12, 4), np.uint8)
    pixels[:, 8:] = (255, 0, 0, 128)
    path = tmp_path / "clear.png"
    Image.fromarray(pixels).save(path)
    seen = drawn(run_on_terminal("show", path)[1]).astype(int)
    assert {tuple(color) for color in seen[:4, :4].reshape(-1, 3)} == {(153, 153, 153)}
    assert {tuple(color) for color in seen[:4, 4:8].reshape(-1, 3)} == {(102, 102, 102)}
    assert {tuple(color) for color in seen[4:, :4].reshape(-1, 3)} == {(102, 102, 102)}
    assert np.abs(seen[:4, 8:] - (128 + 76, 76, 76)).max() <= 1


def test_colour_codes_are_not_repeated(tmp_path: Path) -> None:
    """A run of one colour has one code."""
    path = tmp_path / "plain.png"
    Image.new("RGB", (50, 2), (9, 8, 7)).save(path)
    assert run_on_terminal("show", path)[1].count("38;2;9;8;7") == 1


def test_several_files_have_their_names(small: Pixels, tmp_path: Path) -> None:
    """Above each picture stands what it is."""
    paths = [tmp_path / "a.png", tmp_path / "b.png"]
    for path in paths:
        Image.fromarray(small).save(path)
    shown = run_on_terminal("show", *paths)[1].splitlines()
    assert [shown[0], shown[11]] == [str(path) for path in paths]
    assert len(shown) == 22


def test_pipe_gets_no_codes_unless_forced(small: Pixels, tmp_path: Path) -> None:
    """Where output is no terminal there is one line of error, or with --force-color the picture."""
    path = tmp_path / "small.png"
    Image.fromarray(small).save(path)
    refused = run_kq("show", path)
    assert refused.returncode == 2
    assert refused.stdout == b""
    assert refused.stderr.splitlines() == [
        b"kq: standard output is no terminal; --force-color shows pictures all the same"
    ]
    forced = run_kq("show", path, "--force-color")
    assert forced.returncode == 0
    assert drawn(forced.stdout.decode()).shape == small.shape


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [("NO_COLOR", "1", "NO_COLOR is set"), ("TERM", "dumb", "the terminal has no colour")],
)
def test_terminal_without_colour_is_refused(
    variable: str, value: str, complaint: str, small: Pixels, tmp_path: Path
) -> None:
    """One line says why, and what shows the picture all the same; it then does."""
    path = tmp_path / "small.png"
    Image.fromarray(small).save(path)
    status, shown = run_on_terminal("show", path, environment={variable: value})
    assert status == 2
    assert shown.startswith(f"kq: {complaint}")
    assert shown.count("\n") == 1
    status, shown = run_on_terminal("show", path, "--force-color", environment={variable: value})
    assert status == 0
    assert drawn(shown).shape == small.shape


def test_encoding_without_half_blocks_is_refused(small: Pixels, tmp_path: Path) -> None:
    """Where output is ASCII there is one line of error and no traceback."""
    path = tmp_path / "small.png"
    Image.fromarray(small).save(path)
    status, shown = run_on_terminal("show", path, environment={"PYTHONIOENCODING": "ascii"})
    assert status == 2
    assert shown == "kq: standard output has the encoding ascii, which has no half blocks\n"


def test_bad_file_leaves_the_others(small: Pixels, tmp_path: Path) -> None:
    """What cannot be read is reported, the rest shown, and the status is 1."""
    good, bad = tmp_path / "good.png", tmp_path / "bad.kq"
    Image.fromarray(small).save(good)
    bad.write_bytes(b"\xbbKQ\x01")
    done = run_kq("show", bad, good, "--force-color")
    assert done.returncode == 1
    assert done.stderr.startswith(b"kq: " + bytes(bad))
    assert "▀" in done.stdout.decode()


def test_width_is_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    """What is no number of columns is wrong usage."""
    assert kq("show", "x.png", "--width", "0") == 2
    assert "'0' is not a whole number of 1 or more" in capsys.readouterr().err
