"""``kq compare``: its tables and data are true, and go where they belong."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from command import kq, run_kq, run_on_terminal
from PIL import Image

import kqformat


@pytest.fixture(scope="module")
def part(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A part of a photograph, 64 x 48, as a PNG file."""
    path = tmp_path_factory.mktemp("compare") / "part.png"
    with Image.open(data_folder / "chelsea.png") as image:
        image.convert("RGB").crop((150, 80, 214, 128)).save(path)
    return path


def compared(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> list[dict[str, Any]]:
    """Return the objects that `--json` prints."""
    assert kq("compare", "--json", *arguments) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_json_has_what_scripts_need(part: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One object has the picture, its files of each k and coding, and its peers."""
    [found] = compared(capsys, part, "-k", "16,4")
    assert found["image"] == str(part)
    assert found["baseline_bytes"] == 3 * 64 * 48
    assert found["source_bytes"] == part.stat().st_size
    pairs = [(row["colors"], row["coding"]) for row in found["rows"]]
    assert pairs == [(k, coding) for k in (4, 16) for coding in ("packed", "entropy")]
    for row in found["rows"]:
        assert row["ratio"] == found["baseline_bytes"] / row["file_bytes"]
        assert row["theoretical_ratio"] == 24 / row["index_bits"]
    assert {"PNG-8", "WebP lossless", "JPEG"} <= {peer["name"] for peer in found["peers"]}
    assert {"name", "colors", "reason"} <= set(found["left_out"][0]) if found["left_out"] else True


def test_bytes_are_those_of_encode(
    part: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A size in the table is that of what `kq encode --strip` writes with these options."""
    options = ["--effort", "fast", "--space", "srgb"]
    [found] = compared(capsys, part, "-k", "16", "--no-peers", "--no-lossy", *options)
    for row in found["rows"]:
        path = tmp_path / f"{row['coding']}.kq"
        form = ["--coding", row["coding"], "--strip=all", "-o", path]
        assert kq("encode", part, "-k", "16", *form, *options) == 0
        assert row["file_bytes"] == path.stat().st_size
        capsys.readouterr()


def test_nothing_infinite_is_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is lossless has a PSNR of null, so that every reader of JSON takes it."""
    path = tmp_path / "two.png"
    Image.fromarray(np.eye(16, dtype=np.uint8) * 255).save(path)
    [found] = compared(capsys, path, "-k", "2", "--no-lossy")
    assert {row["psnr"] for row in found["rows"]} == {None}
    assert {row["worst_error"] for row in found["rows"]} == {0}


def test_default_is_eight_numbers_of_colours(
    part: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without -k there are 2, 4, 8, … 256 colours, packed and entropy-coded."""
    [found] = compared(capsys, part, "--no-peers", "--no-lossy", "--no-ssimulacra2")
    assert [row["colors"] for row in found["rows"][::2]] == [2, 4, 8, 16, 32, 64, 128, 256]
    assert {row["ssimulacra2"] for row in found["rows"]} == {None}
    assert found["peers"] == []


def test_csv_has_a_line_for_every_file(part: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """CSV has the same numbers as JSON, under the same names."""
    [found] = compared(capsys, part, "-k", "4", "--no-ssimulacra2")
    assert kq("compare", "--csv", part, "-k", "4", "--no-ssimulacra2") == 0
    lines = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    files = [*found["rows"], *found["peers"]]
    assert [int(line["file_bytes"]) for line in lines] == [one["file_bytes"] for one in files]
    assert [line["name"] for line in lines] == [one.get("coding") or one["name"] for one in files]
    assert {line["image"] for line in lines} == {str(part)}
    assert {line["ssimulacra2"] for line in lines} == {""}


def test_table_has_the_sizes(part: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In a pipe the table is aligned, has no colour codes, and has the numbers of the JSON."""
    [found] = compared(capsys, part, "-k", "4,16")
    assert kq("compare", part, "-k", "4,16") == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert f"{part}, 64 x 48: 9,216 bytes at 24 bits a pixel" in shown
    own = shown.split("\n\n")[0].splitlines()[1:]
    assert len({len(line) for line in own}) == 1
    for row in found["rows"]:
        assert re.search(rf"^ +{row['colors']} .*\b{row['file_bytes']:,}  ", shown, re.MULTILINE)
    for peer in found["peers"]:
        assert re.search(rf"^ +{peer['colors']} .*\b{peer['file_bytes']:,}\b", shown, re.MULTILINE)


def test_smallest_and_beaten_are_marked(
    data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The smallest file of the pixels has a star; a smaller one of the same PSNR is said."""
    path = tmp_path / "photo.png"
    with Image.open(data_folder / "coffee.png") as image:
        image.convert("RGB").resize((300, 200)).save(path)
    [found] = compared(capsys, path, "-k", "4", "--no-ssimulacra2")
    sizes = [row["file_bytes"] for row in found["rows"]]
    same = [peer["file_bytes"] for peer in found["peers"] if peer["lossless_of_palette"]]
    near = [peer["file_bytes"] for peer in found["peers"] if not peer["lossless_of_palette"]]
    assert kq("compare", path, "-k", "4", "--no-ssimulacra2") == 0
    shown = capsys.readouterr().out
    assert f"* {min(sizes + same):,}" in shown
    assert min(near) < min(sizes)
    assert f"< {min(near):,}" in shown
    assert "(k = 4): where only bytes count, a palette is the wrong tool there" in shown


def test_picture_made_for_a_palette(data_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a chart it is said that no lossy format is smaller."""
    chart = data_folder / "chart.png"
    assert kq("compare", chart, "-k", "16", "--no-peers", "--no-ssimulacra2") == 0
    shown = capsys.readouterr().out
    assert "No lossy format is smaller than the .kq file at the same PSNR." in shown
    assert "<" not in shown


def test_markdown_is_a_table(part: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Markdown has a line of dashes, as many cells in each row, and the smallest in bold."""
    assert kq("compare", part, "-k", "4,16", "--markdown", "--no-lossy") == 0
    shown = capsys.readouterr().out
    tables = [
        [line for line in part.splitlines() if line[:1] == "|"] for part in shown.split("\n\n")
    ]
    own, same = [table for table in tables if table]
    assert {line.count("|") for line in own} == {11}
    assert own[1] == "|" + "--:|" * 10
    assert all("**" in line for line in same[2:])


def test_file_name_cannot_break_the_table(part: Path, tmp_path: Path) -> None:
    """A name with escape codes, newlines and Markdown in it is printed as text."""
    path = tmp_path / "a\x1b[31m|b\n# c.png"
    path.write_bytes(part.read_bytes())
    for form in ([], ["--markdown"]):
        done = run_kq("compare", path, "-k", "2", "--no-peers", "--no-lossy", *form)
        title = done.stdout.decode().splitlines()[0]
        assert r"a\x1b" in title.replace("\\\\", "\\")
        assert "\x1b" not in title
    assert r"\|b" in title
    assert r"\# c" in title


def test_folder_has_totals_by_kind(
    part: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a folder, each picture has its table, each kind its totals, and all of them theirs."""
    (tmp_path / "deep").mkdir()
    with Image.open(part) as image:
        for name in ("a.png", "deep/b.jpg"):
            image.save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no image")
    found = compared(capsys, "-r", tmp_path, "-k", "4", "--no-ssimulacra2")
    assert [one["image"] for one in found] == [str(tmp_path / n) for n in ("a.png", "deep/b.jpg")]
    assert kq("compare", "-r", tmp_path, "-k", "4", "--no-ssimulacra2") == 0
    shown = capsys.readouterr().out
    assert "png: 1 image, 9,216 bytes" in shown
    assert "jpeg: 1 image, 9,216 bytes" in shown
    total = sum(one["rows"][0]["file_bytes"] for one in found)
    assert re.search(rf"all: 2 images, 18,432 bytes.*\n.*packed.*\n +4 +{total:,} ", shown)
    assert kq("compare", "-r", tmp_path, "-k", "4", "--no-ssimulacra2", "--totals") == 0
    assert capsys.readouterr().out == shown[shown.index("png: 1 image") :]


def test_one_bad_file_leaves_the_others(
    part: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be read is a line on standard error and a status of 1; the rest is compared."""
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no image")
    assert kq("compare", bad, part, "-k", "2", "--no-peers", "--no-lossy") == 1
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert f"kq: {bad}: not an image that can be read" in captured.err
    assert "all: 1 image" in captured.out


def test_kq_files_and_standard_input_are_taken(
    part: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A .kq file is a picture like others; - is standard input."""
    path = tmp_path / "x.kq"
    kqformat.write(path, np.asarray(Image.open(part)), colors=8)
    [found] = compared(capsys, path, "-k", "8", "--no-peers", "--no-lossy")
    assert found["rows"][0]["psnr"] is None
    done = run_kq("compare", "-", "-k", "2", "--no-peers", "--no-lossy", data=part.read_bytes())
    assert done.stdout.startswith(b"standard input, 64 x 48")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["-k", "0"], "-k is 0, expected 1 to 65536"),
        (["-k", "4,x"], "'4,x' is not a list of numbers like 4,16"),
        (["-k", "auto"], "'auto' is not a list of numbers like 4,16"),
        (["--coding", "packed,zip"], "'packed,zip' is not a list of packed, entropy, auto"),
        (["--csv", "--json"], "not allowed with argument"),
        (["--totals", "--json"], "--totals is for tables"),
        (["."], "is a folder; -r takes folders whole"),
    ],
)
def test_wrong_usage_is_said(
    arguments: list[str], complaint: str, part: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is compared, and the status is 2."""
    assert kq("compare", part, *arguments) == 2
    captured = capsys.readouterr()
    assert complaint in captured.err
    assert captured.out == ""


def test_missing_package_is_one_line(part: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without the package for SSIMULACRA2, what to install is said once, whatever the files."""
    with mock.patch.dict(sys.modules, {"ssimulacra2": None}):
        assert kq("compare", part, part, "-k", "2") == 1
        captured = capsys.readouterr()
        assert captured.err == (
            "kq: SSIMULACRA2 needs the package ssimulacra2: pip install 'kqformat[report]'\n"
        )
        assert kq("compare", part, "-k", "2", "--no-ssimulacra2", "--no-peers", "--no-lossy") == 0


def test_terminal_has_colour_and_a_bar(data_folder: Path) -> None:
    """On a terminal the smallest file is green, and a bar is shown while it works."""
    photo = data_folder / "chelsea.png"
    status, shown = run_on_terminal("compare", photo, "-k", "64,256", "--no-lossy")
    assert status == 0
    assert re.search(r"\x1b\[1;32m *\* \d", shown)
    assert "left" in shown
    assert "%" in shown


def test_terminal_without_colour(part: Path) -> None:
    """With NO_COLOR there is no colour in the table; with -q no bar."""
    status, shown = run_on_terminal(
        "compare", part, "-k", "4", "--no-lossy", "-q", environment={"NO_COLOR": "1"}
    )
    assert status == 0
    assert "\x1b" not in shown
    assert "left" not in shown


def test_bar_is_apart_from_the_table(data_folder: Path, tmp_path: Path) -> None:
    """Where standard output is a file, the bar is on the terminal and the table in the file."""
    path, photo = tmp_path / "table.txt", data_folder / "chelsea.png"
    with open(path, "wb") as stream:
        status, shown = run_on_terminal(
            "compare", photo, "-k", "64,256", "--no-lossy", output=stream.fileno()
        )
    assert status == 0
    assert "left" in shown
    assert "smallest" not in shown
    assert "\x1b" not in path.read_text()
    assert path.read_text().startswith(f"{photo}, 451 x 300")


def test_no_bar_without_a_terminal(part: Path) -> None:
    """In a pipe, standard error stays empty."""
    done = run_kq("compare", part, "-k", "2", "--no-peers", "--no-lossy")
    assert done.stderr == b""


def test_reader_that_leaves_is_no_failure_to_complain_of(part: Path) -> None:
    """Where the table's reader has gone, there is no traceback."""
    command = f"{sys.executable} -m kqformat compare '{part}' -k 2 --no-peers --no-lossy | true"
    done = subprocess.run(command, shell=True, capture_output=True, check=False, timeout=60)
    assert done.stderr == b""


def test_tables_are_ascii(tmp_path: Path) -> None:
    """Output of another encoding takes them, with a size missing and a factor infinite."""
    path = tmp_path / "one.png"
    Image.new("RGB", (16, 16), (9, 8, 7)).save(path)
    done = run_kq("compare", path, "-k", "2,300", "--no-ssimulacra2")
    assert done.returncode == 0
    assert done.stdout.isascii()
    assert b" inf " in done.stdout
    assert b" - " in done.stdout
