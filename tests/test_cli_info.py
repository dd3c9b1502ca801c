"""``kq info``: what is in a file, without decoding it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import kq, run_kq
from suite import INVALID, VALID, VECTORS, name, read_vector, reference
from vectors import writer

import kqformat
from kqformat import IndexedImage, Metadata

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture
def tagged(tmp_path: Path) -> Path:
    """A file of 3 x 2 pixels, 3 colours with alpha, and all metadata."""
    palette = np.array([[1, 2, 3, 255], [16, 32, 48, 128], [255, 255, 255, 0]], np.uint8)
    metadata = Metadata(b"profile", b"MM\0*", b"<x/>", (300, 72.5), (("z", b"unknown"),))
    indices = np.array([[0, 1, 2], [2, 1, 0]], np.uint8)
    path = tmp_path / "tagged.kq"
    kqformat.write(path, IndexedImage(indices, palette, metadata))
    return path


def facts_of(out: str) -> list[dict[str, Any]]:
    return [json.loads(line, parse_constant=pytest.fail) for line in out.splitlines()]


@pytest.mark.parametrize("entry", VALID, ids=name)
def test_json_agrees_with_the_reference(
    entry: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """For every valid file of the suite --json has the facts of its manifest, and only numbers."""
    data = read_vector(entry)
    assert kq("info", "--json", VECTORS / entry["file"]) == 0
    (facts,) = facts_of(capsys.readouterr().out)
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (4, 8))
    assert (facts["width"], facts["height"]) == (width, height)
    assert facts["file_bytes"] == len(data)
    assert facts["baseline_bytes"] == 3 * width * height
    assert facts["ratio"] == 3 * width * height / len(data)
    assert facts["coding"] == entry["coding"]
    assert 2 ** facts["index_bits"] >= facts["colors"] > 2 ** facts["index_bits"] // 2
    decoded = kqformat.decode_indexed(data)
    assert (facts["colors"], facts["alpha"]) == (decoded.colors, decoded.channels == 4)


def test_json_of_metadata(tagged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--json has the length of each section, and the resolution as numbers."""
    assert kq("info", "--json", tagged) == 0
    (facts,) = facts_of(capsys.readouterr().out)
    assert facts["metadata"] == {"i": 7, "e": 4, "x": 4, "r": 8, "z": 7}
    assert facts["dpi"] == [300.0, 72.5]
    assert facts["file"] == str(tagged)


def test_line_is_one_line(tagged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without an option a file is one line: size, colours, bits, coding, bytes, ratio, sections."""
    assert kq("info", tagged) == 0
    size = tagged.stat().st_size
    assert capsys.readouterr() == (
        f"{tagged}: 3 x 2, 3 colours with alpha, 2 bits, packed, {size} bytes, "
        f"{18 / size:.2f}:1 to 24-bit, ICC profile, EXIF, XMP, resolution, section 'z'\n",
        "",
    )


def test_bands_are_counted(tagged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The line counts bands where there is more than one, and -v has each of them."""
    kqformat.write(tagged, kqformat.read_indexed(tagged), band_shift=0)
    assert kq("info", "-v", tagged) == 0
    out = capsys.readouterr().out
    assert ", packed, 2 bands, " in out
    assert out.count("section B, packed pixels: ok") == 2


def test_verbose_has_every_section(tagged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With -v each section stands with its offset, length, CRC and meaning."""
    assert kq("info", "-v", tagged) == 0
    out = capsys.readouterr().out
    data = tagged.read_bytes()
    rows = re.findall(
        r"^  (\d+) +(\d+) +([0-9a-f]{8})  section (\w), ([^:\n]+): ok$", out, re.MULTILINE
    )
    meanings = ["ICC profile", "EXIF", "XMP", "resolution 300 x 72.5 dpi", "unknown"]
    meanings.append("packed pixels")
    assert [row[3] for row in rows] == ["i", "e", "x", "r", "z", "B"]
    assert [row[4] for row in rows] == meanings
    at = int(rows[0][0])
    for offset, length, crc, tag, _ in rows:
        assert int(offset) == at
        assert data[at : at + 1].decode() == tag
        assert int.from_bytes(data[at + 1 : at + 5], "big") == int(length)
        at += 5 + int(length)
        assert data[at : at + 4].hex() == crc
        at += 4
    assert at == len(data)


def test_verbose_has_the_palette(tagged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With -v each palette entry stands as it is, without colour where there is no terminal."""
    assert kq("info", "-v", tagged) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[-1].split() == ["0", "#010203ff", "#10203080", "#ffffff00"]
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("environment", "is_colored"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ],
)
def test_swatches_where_the_terminal_has_color(
    environment: dict[str, str],
    is_colored: bool,
    tagged: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a terminal that shows colour the palette has swatches; NO_COLOR is heeded."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert kq("info", "-v", tagged) == 0
    assert ("\x1b[48;2;16;32;48m  \x1b[0m#10203080" in capsys.readouterr().out) == is_colored


def test_damaged_pixels_are_pointed_out(tagged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With -v a band whose CRC is wrong says so, and is status 1; without, it is not looked at."""
    data = bytearray(tagged.read_bytes())
    data[-5] ^= 0x80
    tagged.write_bytes(data)
    assert kq("info", tagged) == 0
    capsys.readouterr()
    assert kq("info", "-v", tagged) == 1
    out, err = capsys.readouterr()
    assert re.search(r"section B, packed pixels: DAMAGED, crc-32 of the bytes is [0-9a-f]{8}$",
                     out, re.MULTILINE)  # fmt: skip
    assert re.fullmatch(rf"kq: {re.escape(str(tagged))}: the file is damaged: [^\n]+\n", err)
    assert kq("info", "-v", "--json", tagged) == 1
    assert kq("verify", tagged) == 1


def test_neither_numpy_nor_pillow_is_imported(tagged: Path) -> None:
    """`info`, with all of its options, loads no NumPy, Pillow or bitarray."""
    program = (
        "import sys; from kqformat.cli.main import main; "
        "status = main(['info', '-v', sys.argv[1]]) + main(['info', '--json', sys.argv[1]]); "
        "sys.exit(status + 10 * len({'numpy', 'PIL', 'bitarray'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program, tagged], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.count(b"tagged.kq") == 2


@pytest.mark.parametrize("option", [["--help"], ["--version"], ["encode", "--help"]])
def test_help_imports_neither(option: list[str]) -> None:
    """Help comes without loading NumPy or Pillow."""
    program = (
        "import sys; from kqformat.cli.main import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: sys.exit(10 * len({'numpy', 'PIL'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *option], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"kq" in done.stdout


@pytest.mark.parametrize(
    ("vector", "size"),
    [
        ("limit-pixels", "2147483647 x 2147483647"),
        ("limit-pixels-65536-squared", "65536 x 65536"),
        ("limit-pixels-plus-1", "268435457 x 1"),
    ],
)
def test_huge_claim_is_described(
    vector: str, size: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A whole file over any limit of pixels is described, as nothing is decoded."""
    assert kq("info", VECTORS / "invalid" / f"{vector}.kq") == 0
    out, err = capsys.readouterr()
    assert f".kq: {size}, 1 colour, 0 bits, packed, 32 bytes, " in out
    assert err == ""


def test_many_bands_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of more bands than a decoder accepts is refused, before memory is taken for them."""
    head = writer.Head(1, 2**22, ((0, 0, 0),), band_shift=0).encode()
    (tmp_path / "bands.kq").write_bytes(head + 2**22 * writer.section("B"))
    assert kq("info", tmp_path / "bands.kq") == 1
    assert "4,194,304 bands are more than the limit of 65,536" in capsys.readouterr().err


def test_others_are_described_after_an_error(
    tagged: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is missing, a folder or damaged is one line each, and the others are done."""
    (tmp_path / "empty.kq").write_bytes(b"")
    (tmp_path / "cut.kq").write_bytes(tagged.read_bytes()[:30])
    bad = [tmp_path / "missing.kq", tmp_path, tmp_path / "empty.kq", tmp_path / "cut.kq"]
    assert kq("info", tagged, *bad, tagged) == 1
    out, err = capsys.readouterr()
    assert out.count("\n") == 2
    lines = err.splitlines()
    assert len(lines) == len(bad)
    for path, line in zip(bad, lines, strict=True):
        assert line.startswith(f"kq: {path}: ")
    assert lines[0] == f"kq: {bad[0]}: No such file or directory"


def test_head_is_checked(capsys: pytest.CaptureFixture[str]) -> None:
    """Files that the reference decoder refuses for their structure are one line and status 1."""
    entries = [e for e in INVALID if e["name"].startswith(("head-", "signature-", "version-"))]
    assert len(entries) > 10
    for entry in entries:
        with pytest.raises(reference.KqError):
            reference.decode(read_vector(entry))
        assert kq("info", VECTORS / entry["file"]) == 1, name(entry)
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)


def test_standard_input_is_described(tagged: Path) -> None:
    """`-` is standard input."""
    done = run_kq("info", "-v", "-", data=tagged.read_bytes())
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"standard input: 3 x 2, 3 colours with alpha")


@pytest.mark.skipif(os.name != "posix", reason="names that are bytes")
@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"a b.kq", "a b.kq"),
        (b"-o.kq", "-o.kq"),
        (b"\x1b[31m\n.kq", r"\x1b[31m\n.kq"),
        (b"\xff\xfe.kq", r"\xff\xfe.kq"),
        ("é\u202e.kq".encode(), "é\\u202e.kq"),
    ],
)
def test_names_are_safe_to_print(raw: bytes, shown: str, tagged: Path) -> None:
    """Names are printed with what could steer a terminal escaped; JSON holds them too."""
    folder = os.fsencode(tagged.parent)
    try:
        os.rename(tagged, os.path.join(folder, raw))
    except OSError:
        pytest.skip("the file system takes no such name")
    environment = {**os.environ, "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "kqformat", "info"]
    for options, expected in (([], f"{shown}: 3 x 2"), (["--json"], "")):
        done = subprocess.run(
            [*command, *options, "--", raw], cwd=folder, env=environment, capture_output=True,
            check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.decode().startswith(expected)
        assert done.stdout.count(b"\n") == 1
    assert os.fsencode(json.loads(done.stdout)["file"]) == raw
