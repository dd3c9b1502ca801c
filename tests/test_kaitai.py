"""`spec/kq.ksy`, compiled by the real Kaitai Struct compiler, reads every valid vector.

The compiler is an npm package. KAITAI_COMPILER names a node_modules folder that holds it:

    npm install --prefix DIR kaitai-struct-compiler@0.11.0 js-yaml@4
    KAITAI_COMPILER=DIR/node_modules pytest tests/test_kaitai.py
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from suite import ROOT, VALID, VECTORS, name
from vectors import writer

BAND_NAMES = {"B": "band", "E": "entropy_band"}
FIELD_OF_KEY = {"icc": "profile", "exif": "tiff", "xmp": "packet"}

# What the description checks by itself; checksums, order and lengths are beyond it.
REFUSED = ["signature-png", "version-2", "palette-format-4", "width-0", "height-2e31"]
REFUSED += ["band-shift-32", "tag-digit", "tag-latin-1", "head-cut-22", "band-cut-06", "end-byte"]


def node_modules() -> Path:
    """Return the folder of the compiler, or skip."""
    folder = os.environ.get("KAITAI_COMPILER")
    if not folder:
        pytest.skip("KAITAI_COMPILER does not name a node_modules folder")
    for package in ("kaitai-struct-compiler", "js-yaml"):
        if not (Path(folder) / package).is_dir():
            pytest.skip(f"the folder of KAITAI_COMPILER holds no {package}")
    return Path(folder)


@pytest.fixture(scope="module")
def parser(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The parser class compiled from kq.ksy."""
    pytest.importorskip("kaitaistruct", reason="the kaitaistruct runtime is not installed")
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    folder = tmp_path_factory.mktemp("kaitai")
    script = Path(__file__).parent / "kaitai" / "compile.mjs"
    command = [node, str(script), str(node_modules()), str(ROOT / "spec" / "kq.ksy"), str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    specification = importlib.util.spec_from_file_location("kq_kaitai", folder / "kq.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module.Kq


def unpack_indices(payload: bytes, count: int, index_width: int) -> list[int]:
    """Return a band's indices, read from its bits as text."""
    if index_width == 0:
        return [0] * count
    bits = "".join(f"{byte:08b}" for byte in payload)
    starts = range(0, count * index_width, index_width)
    return [int(bits[start : start + index_width], 2) for start in starts]


def band_indices(file: Any, band: int, payload: bytes) -> list[int]:
    rows = min(1 << file.head.band_shift, file.head.height - (band << file.head.band_shift))
    return unpack_indices(payload, rows * file.head.width, file.head.index_width)


def metadata(file: Any) -> dict[str, Any]:
    """Return the ancillary sections in the form of the manifest."""
    found: dict[str, Any] = {"others": []}
    for section in file.sections:
        key = getattr(section.tag, "name", None)
        if key is None:
            found["others"].append([chr(section.tag), len(section.payload)])
        elif key == "resolution":
            found[key] = [section.payload.horizontal, section.payload.vertical]
        elif key in FIELD_OF_KEY:
            found[key] = len(getattr(section.payload, FIELD_OF_KEY[key]))
    return found


def is_all_packed(entry: dict[str, Any]) -> bool:
    """Tell whether no part of a vector is entropy-coded: what is, is bytes to the description."""
    return set(entry["tags"]) == {"B"} and not entry["is_palette_coded"]


def test_manifest_is_not_empty() -> None:
    """There are vectors to read."""
    assert len(VALID) >= 55


@pytest.mark.parametrize("entry", VALID, ids=name)
def test_fields_are_those_of_the_manifest(parser: Any, entry: dict[str, Any]) -> None:
    """The parser finds the dimensions, palette, bands and metadata of every valid vector."""
    file = parser.from_file(str(VECTORS / entry["file"]))
    head = file.head
    bands = [section for section in file.sections if section.is_critical]
    assert [section.tag.name for section in bands] == [BAND_NAMES[tag] for tag in entry["tags"]]
    assert (head.width, head.height) == (entry["width"], entry["height"])
    assert (head.palette_size, head.channels) == (entry["colors"], entry["channels"])
    assert head.coding.name == entry["coding"]
    assert head.is_palette_coded == entry["is_palette_coded"]
    assert head.index_width == (entry["colors"] - 1).bit_length()
    assert head.band_count == len(bands) == entry["bands"]
    assert metadata(file) == entry["metadata"]
    file.close()


@pytest.mark.parametrize("entry", [entry for entry in VALID if is_all_packed(entry)], ids=name)
def test_pixels_are_those_of_the_manifest(parser: Any, entry: dict[str, Any]) -> None:
    """Palette and band payloads, unpacked, are the pixels of every vector without coded parts."""
    file = parser.from_file(str(VECTORS / entry["file"]))
    names = ("red", "green", "blue", "alpha")[: file.head.channels]
    palette = [bytes(getattr(color, sample) for sample in names) for color in file.head.palette]
    bands = [section.payload for section in file.sections if section.is_critical]
    pixels = b"".join(
        palette[index]
        for band, payload in enumerate(bands)
        for index in band_indices(file, band, payload.packed_indices)
    )
    assert hashlib.sha256(pixels).hexdigest() == entry["pixels_sha256"]
    file.close()


@pytest.mark.parametrize("vector", REFUSED)
def test_description_refuses(parser: Any, vector: str) -> None:
    """The rules that the description can state are stated: it refuses what breaks them."""
    kaitaistruct = pytest.importorskip("kaitaistruct")
    with pytest.raises((kaitaistruct.ValidationFailedError, EOFError)):
        parser.from_file(str(VECTORS / "invalid" / f"{vector}.kq"))


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("colors", [2, 63, 64, 85, 86, 16_383, 16_384, 21_845, 21_846, 65_536])
def test_coded_parts_are_found(parser: Any, colors: int, channels: int) -> None:
    """The code of a palette, after its length of one to three bytes, and of a band are bytes."""
    head = writer.Head(
        9, 9, (), palette_format=channels - 1, coding=1, palette_size=colors, coded_palette=b"pal"
    )
    data = head.encode() + writer.section("E", b"band")
    file = parser.from_bytes(data)
    assert file.head.coding.name == "entropy"
    assert file.head.is_palette_coded
    assert (file.head.channels, file.head.palette_size) == (channels, colors)
    assert (file.head.coded_palette.length, file.head.coded_palette.code) == (3, b"pal")
    (section,) = file.sections
    assert section.is_critical
    assert section.payload.code == b"band"
