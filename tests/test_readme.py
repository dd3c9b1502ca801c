"""The README: its Python and its commands run, its figures are those of the files."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from command import run_on_terminal
from PIL import Image

import kqformat
from kqformat.measure import compare

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
COMMANDS = re.findall(r"^\$ kq (.*?)(?:  +#.*)?$", TEXT, re.MULTILINE)
TABLE = re.findall(
    r"^\| (?:(\w+\.png)[^|]*)?\s*\| (\d+) \| (\d+) \| ([\d,]+) \| ([\d.]+) \| ([\d,]+) \| ([\d.]+)"
    r" \| ([\d.]+) dB \|$",
    TEXT,
    re.MULTILINE,
)
CHOICES = re.findall(
    r"^\| (?:(\w+\.\w+))?\s*\| (\d+) \| (\d) \| ([\d,]+) \| ([\d.]+) \| ([\d.]+) \| (−?[\d.]+)"
    r" \| (\d+) \| ([\d,]+|–)[^|]* \| ([\d,]+|–)[^|]* \| ([\d,]+|–)[^|]* \|$",
    TEXT,
    re.MULTILINE,
)


def test_readme_has_what_is_tested_here() -> None:
    """The patterns above find the blocks, commands and rows of the README."""
    assert len(PYTHON) == 6
    assert len(COMMANDS) >= 6
    assert len(TABLE) >= 7
    assert len(CHOICES) == 8


@pytest.mark.parametrize(
    "block", PYTHON, ids=["batch", "figures", "pillow", "python", "labels", "large"]
)
def test_python_blocks_run(
    block: str, tmp_path: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every Python block runs as it stands, in a folder that has tests/data."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "data").symlink_to(data_folder)
    monkeypatch.chdir(tmp_path)
    printed: list[str] = []
    exec(
        compile(block, "README.md", "exec"),
        {"print": lambda *values: printed.append(" ".join(map(str, values)))},
    )
    promised = [
        line.split("  # ")[1]
        for line in block.splitlines()
        if line.startswith("print(") and "  # " in line
    ]
    assert set(promised) <= set(printed)
    assert printed


@pytest.fixture(scope="module")
def kq_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a command `kq`, for shells."""
    folder = tmp_path_factory.mktemp("bin")
    script = folder / "kq"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m kqformat "$@"\n', "utf-8")
    script.chmod(0o755)
    return folder


def lay_out(folder: Path, data_folder: Path) -> None:
    """Put small pictures into a folder, by the names that the README's commands use."""
    (folder / "tests" / "data").mkdir(parents=True)
    (folder / "pictures" / "inner").mkdir(parents=True)
    coffee = Image.open(data_folder / "coffee.png").convert("RGB")
    photo = coffee.resize((72, 48))
    for name in ("photo", "a", "pictures/one", "tests/data/coffee"):
        photo.save(folder / f"{name}.png")
    for name in ("b", "pictures/inner/two"):
        photo.transpose(Image.Transpose.FLIP_TOP_BOTTOM).save(folder / f"{name}.png")
    photo.save(folder / "sky.jpg")
    (folder / "masks").mkdir()
    Image.linear_gradient("L").save(folder / "masks" / "grey.png")
    Image.open(data_folder / "chart.png").convert("RGB").resize((80, 60)).save(folder / "chart.png")
    Image.linear_gradient("L").resize(photo.size).save(folder / "mask.png")


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_run(
    command: str,
    tmp_path: Path,
    data_folder: Path,
    kq_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every line of a `kq` does what it says, by a shell, in a folder that has its inputs."""
    lay_out(tmp_path, data_folder)
    monkeypatch.chdir(tmp_path)
    if "-o small.kq" not in command:
        kqformat.write("small.kq", np.asarray(Image.open("photo.png")), colors=16)
    if command.startswith("show "):  # which draws on terminals only
        status, shown = run_on_terminal(*command.split())
        assert (status, "▀" in shown or "▄" in shown) == (0, True)
        return
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    done = subprocess.run(
        f"kq {command}",
        shell=True,
        env=os.environ | {"PATH": f"{kq_folder}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == "" or "-o - " in command
    made = {path for path in tmp_path.rglob("*") if before.get(path) != path.stat().st_mtime_ns}
    writes = command.split(maxsplit=1)[0] not in {"info", "verify", "compare"}
    assert bool(made) == (writes and "--dry-run" not in command)
    for name in re.findall(r" -o ([\w.-]+\.\w+)", command):
        assert (tmp_path / name).stat().st_size > 0


def test_table_is_true(data_folder: Path) -> None:
    """Bytes, ratios and PSNR of the table are what encoding gives."""
    name = ""
    for given, colors, bits, size, ratio, small_size, small_ratio, psnr in TABLE:
        name = given or name
        pixels = np.asarray(Image.open(data_folder / name).convert("RGB"))
        result = kqformat.quantization(pixels, int(colors))
        data = kqformat.encode(result.image)
        assert result.image.index_width == int(bits)
        assert len(data) == int(size.replace(",", ""))
        assert f"{pixels.size / len(data):.2f}" == ratio
        small = kqformat.encode(pixels, colors=int(colors), coding="entropy")
        assert len(small) == int(small_size.replace(",", ""))
        assert f"{pixels.size / len(small):.2f}" == small_ratio
        assert f"{result.psnr:.1f}" == psnr


def test_table_of_choices_is_true(data_folder: Path) -> None:
    """Bytes and fidelity of each k are what `compare` finds; those of lossy formats nearly so."""
    promised: dict[str, dict[int, list[str]]] = {}
    for name, k, *cells in CHOICES:
        promised.setdefault(name or [*promised][-1], {})[int(k)] = cells
    for name, cells_of in promised.items():
        pixels = np.asarray(Image.open(data_folder / name).convert("RGB"))
        found = compare(pixels, colors=cells_of, codings=["packed"], peers=False)
        sizes = {(peer.colors, peer.name): peer.file_bytes for peer in found.peers}
        for row in found.rows:
            bits, size, ratio, psnr, score, worst, *lossy = cells_of[row.colors]
            own = [str(row.index_bits), f"{row.file_bytes:,}", f"{row.ratio:.2f}"]
            assert [bits, size, ratio, psnr, worst] == [
                *own,
                f"{row.psnr:.2f}",
                str(row.worst_error),
            ]
            assert row.ssimulacra2 == pytest.approx(float(score.replace("−", "-")), abs=0.3)
            for peer, cell in zip(("JPEG", "WebP", "AVIF"), lossy, strict=True):
                if cell == "–":
                    assert (row.colors, peer) not in sizes
                else:  # other releases of their encoders make other files
                    near = pytest.approx(int(cell.replace(",", "")), rel=0.2)
                    assert sizes[row.colors, peer] == near


def test_links_lead_somewhere() -> None:
    """Every file that the README links to is there."""
    targets = re.findall(r"\]\((?!http)([^)#]+)\)", TEXT)
    assert len(targets) >= 6
    assert all(os.path.exists(ROOT / target) for target in targets)
