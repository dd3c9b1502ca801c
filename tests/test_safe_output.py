"""What could steer a terminal or a page, in names and metadata, never reaches one raw."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from command import run_kq
from PIL import Image

import kqformat
from kqformat.metadata import Metadata
from kqformat.model import IndexedImage

if os.name != "posix":
    pytest.skip("names that only POSIX allows", allow_module_level=True)

STEERING = "\a\b\t\n\r\x1b[2J\x1b]0;owned\x07\x7f\x80\x9b2J\x9d\u061c\u200b\u200e\u2028\u202e\u2066"
"""C0, ESC with commands, DEL, C1, and what changes the direction of text."""

MARKUP = "<b onload=x>&amp;\"'"
EVIL = f"a{STEERING}{MARKUP}"
METADATA = Metadata(
    icc_profile=STEERING.encode(), xmp=f"<x>{EVIL}</x>".encode(), unknown=(("z", EVIL.encode()),)
)


def picture() -> IndexedImage:
    indices = np.arange(48 * 40).reshape(40, 48).astype(np.uint8) % 7
    return IndexedImage(indices, np.arange(21, dtype=np.uint8).reshape(7, 3) * 12, METADATA)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of evil names: a picture, its .kq file, damaged ones, palettes, and a folder."""
    folder = tmp_path / EVIL
    folder.mkdir()
    image = picture()
    Image.fromarray(image.to_rgb()).save(folder / f"{EVIL}.png", "PNG")
    kqformat.write(folder / f"{EVIL}.kq", image)
    data = bytearray(kqformat.encode(image))
    (folder / f"cut{EVIL}.kq").write_bytes(data[:-9])
    data[-6] ^= 1
    (folder / f"damaged{EVIL}.kq").write_bytes(data)
    (folder / f"bad{EVIL}.png").write_bytes(b"\x89PNG\r\n\x1a\n" + EVIL.encode())
    (folder / f"bad{EVIL}.gpl").write_text(f"GIMP Palette\nName: {EVIL}\n{EVIL} 1 2\n", "utf-8")
    return folder


def assert_harmless(output: bytes) -> None:
    """Check that there is nothing but printable text and ends of lines."""
    text = output.decode()
    raw = {character for character in text if not character.isprintable() and character != "\n"}
    assert not raw, f"{raw} in {text!r}"


BRIEFLY = ["-k", "2", "--no-peers", "--no-lossy", "--no-ssimulacra2"]
"""Has `kq compare` measure little."""

COMMANDS = {
    "info": ["info", "{kq}"],
    "info -v": ["info", "-v", "{kq}"],
    "info --json": ["info", "--json", "{kq}"],
    "info, damaged": ["info", "-v", "{damaged}", "{cut}", "{missing}"],
    "verify": ["verify", "{kq}", "{damaged}", "{cut}", "{missing}", "{folder}"],
    "decode": ["decode", "-f", "{kq}", "-o", "{out}.png"],
    "decode, wrong": ["decode", "{kq}", "{damaged}", "{missing}", "-d", "{out}"],
    "decode, exists": ["decode", "{kq}"],
    "decode, format": ["decode", "{kq}", "--format", "{evil}"],
    "encode": ["encode", "-v", "{png}", "-o", "{out}.kq"],
    "encode --json": ["encode", "--json", "{png}", "-o", "{out}.kq"],
    "encode, folder": ["encode", "-r", "{folder}", "-d", "{out}", "-k", "4"],
    "encode, no folder": ["encode", "{folder}"],
    "encode, skipped": ["encode", "--skip-existing", "{png}", "{png}"],
    "encode, wrong": ["encode", "{bad}", "{missing}", "-d", "{out}"],
    "encode, ending": ["encode", "{png}", "-o", "{out}.png"],
    "encode, palette": ["encode", "{png}", "-o", "{out}.kq", "--palette", "{gpl}"],
    "encode, colour": ["encode", "{png}", "-o", "{out}.kq", "--keep-color", "{evil}"],
    "encode, strip": ["encode", "{png}", "--strip={evil}"],
    "palette": ["palette", "{png}", "-o", "{out}.gpl"],
    "palette --json": ["palette", "{png}", "-o", "{out}.gpl", "--json"],
    "palette, shown": ["palette", "{png}", "--format", "hex"],
    "palette, jasc": ["palette", "{png}", "--format", "{evil}"],
    "compare": ["compare", "{png}", *BRIEFLY],
    "compare --csv": ["compare", "{png}", *BRIEFLY, "--csv"],
    "compare --json": ["compare", "{png}", *BRIEFLY, "--json"],
    "compare --markdown": ["compare", "{png}", *BRIEFLY, "--markdown"],
    "compare, wrong": ["compare", "{bad}", "{missing}", "-k", "2"],
    "report": ["report", "{png}", "-k", "2", "-o", "{out}.html"],
    "report, wrong": ["report", "{bad}", "-o", "{out}.html"],
    "report, ending": ["report", "{png}", "-o", "{out}"],
    "plot": ["plot", "k-grid", "{png}", "-k", "2", "-o", "{out}.svg"],
    "plot, wrong": ["plot", "{evil}", "{png}", "-o", "{out}.svg"],
    "animate": ["animate", "{png}", "-k", "2", "--size", "30", "-o", "{out}.gif"],
    "animate, wrong": ["animate", "{bad}", "-o", "{out}.gif"],
    "show, wrong": ["show", "--force-color", "{bad}", "{missing}"],
    "command": ["{evil}"],
    "option": ["info", "{kq}", "--nope\x1b[2J\u202e"],
    "option, near": ["info", "{kq}", "--jsn\x9b"],
    "value": ["encode", "{png}", "-k", "{evil}"],
    "completion": ["completion", "{evil}"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_names_and_metadata_are_shown_harmless(command: str, folder: Path, tmp_path: Path) -> None:
    """Whatever names and files hold, each command prints printable text, and JSON as text."""
    names = {
        "kq": folder / f"{EVIL}.kq",
        "png": folder / f"{EVIL}.png",
        "damaged": folder / f"damaged{EVIL}.kq",
        "cut": folder / f"cut{EVIL}.kq",
        "bad": folder / f"bad{EVIL}.png",
        "gpl": folder / f"bad{EVIL}.gpl",
        "missing": folder / f"missing{EVIL}",
        "out": tmp_path / f"out{EVIL}",
        "folder": folder,
        "evil": EVIL,
    }
    result = run_kq(*(word.format(**names) for word in COMMANDS[command]))
    assert result.stdout or result.stderr, "nothing was said"
    assert_harmless(result.stdout)
    assert_harmless(result.stderr)


@pytest.mark.parametrize("command", ["info", "encode", "palette", "compare"])
def test_json_has_the_name_as_it_is(command: str, folder: Path, tmp_path: Path) -> None:
    """JSON escapes what a terminal would obey, and whoever reads it has the name unchanged."""
    path = str(folder / f"{EVIL}.png")
    output = str(tmp_path / "b.kq")
    more = {
        "encode": ["-o", output],
        "palette": ["-o", str(tmp_path / "b.gpl")],
        "compare": BRIEFLY,
    }.get(command, [])
    if command == "info":
        path = str(folder / f"{EVIL}.kq")
    result = run_kq(command, "--json", path, *more)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert path in (found.get("file"), found.get("input"), found.get("image"))


def test_page_has_names_as_text(folder: Path, tmp_path: Path) -> None:
    """In the page of `kq report` a name is text: no markup, nothing that steers."""
    page = tmp_path / "a.html"
    result = run_kq("report", folder / f"{EVIL}.png", "-k", "2", "-o", page)
    assert result.returncode == 0, result.stderr
    text = page.read_text("utf-8")
    assert "<b onload" not in text
    assert "&lt;b onload=x&gt;" in text
    assert not {c for c in text if not c.isprintable() and c not in "\n"}


def test_palette_file_keeps_a_name_to_its_line(folder: Path, tmp_path: Path) -> None:
    """A name with line ends adds no lines to a palette file, nor what steers a terminal."""
    path = tmp_path / "a.gpl"
    assert run_kq("palette", folder / f"{EVIL}.png", "-o", path).returncode == 0
    lines = path.read_text("utf-8").split("\n")
    assert lines[0] == "GIMP Palette"
    assert lines[1].startswith("Name: a")
    assert_harmless("\n".join(lines).replace("\t", " ").encode())  # tabs stand before names
    assert lines[2].startswith("Columns: ")


def test_figure_has_no_name_that_steers(folder: Path, tmp_path: Path) -> None:
    """An SVG of `kq plot` is XML, which control characters would break."""
    figure = tmp_path / "a.svg"
    result = run_kq("plot", "k-grid", folder / f"{EVIL}.png", "-k", "2", "-o", figure)
    assert result.returncode == 0, result.stderr
    assert not {c for c in figure.read_text("utf-8") if not c.isprintable() and c not in "\n"}


def test_name_of_bytes_that_are_no_text(tmp_path: Path) -> None:
    """A name that is no UTF-8 is shown with its bytes escaped."""
    name = os.fsencode(tmp_path) + b"/\xff\x9b.kq"
    with open(name, "wb") as stream:
        stream.write(b"no")
    result = run_kq("info", name)
    assert result.returncode == 1
    assert rb"\xff\x9b.kq: " in result.stderr
    assert_harmless(result.stderr)
