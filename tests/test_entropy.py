"""Entropy coding through the API, Pillow and the command line."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from command import kq
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from strategies import CODINGS, pictures

import kqformat
import kqformat.pillow_plugin
from kqformat import IndexedImage
from kqformat.codec.layout import read_layout
from kqformat.search.target import Target

Pixels = npt.NDArray[np.uint8]


@pytest.fixture
def picture(tmp_path: Path, photo: Pixels) -> Path:
    """A PNG of 100 x 80 with more than 256 colours."""
    path = tmp_path / "picture.png"
    Image.fromarray(photo[:80, :100]).save(path)
    return path


@pytest.fixture
def indexed(tmp_path: Path) -> Path:
    """A PNG of few colours, which are in no order and of which one stands there twice."""
    image = Image.new("P", (30, 20))
    image.putdata([(x // 5 + y // 4) % 5 for y in range(20) for x in range(30)])
    image.putpalette([200, 0, 0, 0, 0, 9, 255, 255, 255, 200, 0, 0, 0, 90, 0])
    path = tmp_path / "indexed.png"
    image.save(path)
    return path


def coding_of(path: Path) -> str:
    return read_layout(path.read_bytes()).head.coding.name.lower()


@settings(deadline=None)
@given(pixels=pictures(), colors=st.sampled_from([1, 2, 7, 64, 256]), coding=CODINGS)
def test_pixels_are_those_of_the_quantizer(pixels: Pixels, colors: int, coding: str) -> None:
    """Whatever the coding and the order of the palette, the pixels decoded are the same."""
    data = kqformat.encode(pixels, colors=colors, coding=coding)
    assert np.array_equal(kqformat.decode(data), kqformat.quantize(pixels, colors).to_rgb())
    assert len(data) <= len(kqformat.encode(pixels, colors=colors))


def test_write_takes_a_coding(photo: Pixels, tmp_path: Path) -> None:
    """`write` gives the file of `encode`, which is smaller than packed."""
    size = kqformat.write(tmp_path / "a.kq", photo, colors=32, coding="entropy")
    data = kqformat.encode(photo, colors=32, coding="entropy")
    assert (tmp_path / "a.kq").read_bytes() == data
    assert len(data) == size < len(kqformat.encode(photo, colors=32))
    assert np.array_equal(kqformat.read(tmp_path / "a.kq"), kqformat.decode(data))


def test_palette_of_an_indexed_image_keeps_its_order() -> None:
    """What the caller chose is kept, order and duplicates too; what was chosen here is sorted."""
    palette = np.array([[200, 0, 0], [0, 0, 9], [255] * 3, [200, 0, 0], [0, 90, 0]], np.uint8)
    indices = np.add.outer(np.arange(20) // 4, np.arange(30) // 5).astype(np.uint8) % 5
    image = IndexedImage(indices, palette)
    assert kqformat.decode_indexed(kqformat.encode(image, coding="entropy")) == image
    chosen = kqformat.decode_indexed(kqformat.encode(image.to_rgb(), coding="entropy"))
    assert chosen.colors == 4
    assert np.array_equal(chosen.to_rgb(), image.to_rgb())


@pytest.mark.parametrize("coding", ["entropy", "auto"])
@pytest.mark.parametrize(
    "target", [{"max_bytes": 1500}, {"psnr": 30.0}, {"quality": (40, 60)}, {"max_error": 60}]
)
def test_targets_hold_for_the_real_file(photo: Pixels, coding: str, target: dict[str, Any]) -> None:
    """The size found is that of the file written, and meets the target."""
    pixels = photo[:60, :60]
    reached = kqformat.reach(pixels, Target(**target), coding=coding)
    data = kqformat.encode(reached.quantization.image, coding=coding)
    assert len(data) == reached.file_bytes
    assert len(data) <= target.get("max_bytes", len(data))
    assert reached.quantization.psnr >= target.get("psnr", 0)


def test_more_colours_fit_than_packed(photo: Pixels) -> None:
    """A limit of bytes leaves room for a better picture than packed."""
    target = Target(max_bytes=2500)
    packed = kqformat.reach(photo[:60, :60], target).quantization
    entropy = kqformat.reach(photo[:60, :60], target, coding="entropy").quantization
    assert entropy.psnr > packed.psnr


@pytest.mark.parametrize("coding", ["entropy", "auto"])
def test_elbow_measures_the_real_file(photo: Pixels, coding: str) -> None:
    """The size of the elbow is that of the file written."""
    chosen = kqformat.auto_colors(photo[:60, :60], coding=coding)
    assert chosen.file_bytes == len(kqformat.encode(chosen.quantization.image, coding=coding))


def test_indexed_image_found_lossless_keeps_its_order() -> None:
    """A search that keeps every pixel of an indexed image gives its palette back, and its size."""
    palette = np.array([[200, 0, 0], [0, 0, 9], [255] * 3, [0, 90, 0]], np.uint8)
    indices = np.add.outer(np.arange(20) // 4, np.arange(30) // 5).astype(np.uint8) % 4
    image = IndexedImage(indices, palette)
    for found in (
        kqformat.reach(image, Target(max_error=0), coding="entropy"),
        kqformat.auto_colors(image, coding="entropy"),
    ):
        assert found.quantization.image == image
        assert found.file_bytes == len(kqformat.encode(image, coding="entropy"))


def test_pillow_saves_any_coding(photo: Pixels) -> None:
    """`save` takes a coding; what is opened again has the same pixels."""
    files = {}
    for coding in ("packed", "entropy", "auto"):
        stream = io.BytesIO()
        Image.fromarray(photo[:80, :100]).save(stream, "KQ", colors=64, coding=coding)
        files[coding] = stream.getvalue()
    pixels = [np.asarray(Image.open(io.BytesIO(data)).convert("RGB")) for data in files.values()]
    assert np.array_equal(pixels[0], pixels[1])
    assert files["entropy"] == files["auto"]
    assert len(files["entropy"]) < len(files["packed"])
    with Image.open(io.BytesIO(files["entropy"])) as image:
        assert (image.mode, image.size) == ("P", (100, 80))
        image.verify()


def test_pillow_keeps_a_palette(indexed: Path) -> None:
    """An image of mode P is kept with its indices and palette in entropy coding, too."""
    with Image.open(indexed) as image:
        stream = io.BytesIO()
        image.save(stream, "KQ", coding="entropy")
        found = kqformat.decode_indexed(stream.getvalue())
        assert np.array_equal(found.indices, np.asarray(image))
        assert found.palette.reshape(-1).tolist() == image.getpalette()


@pytest.mark.parametrize("options", [["--coding", "entropy"], ["--small"], ["--coding", "auto"]])
def test_command_encodes(
    options: list[str], picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each of the options gives a smaller file of the same pixels, and its real figures."""
    assert kq("encode", picture, "-o", picture.with_name("packed.kq")) == 0
    capsys.readouterr()
    assert kq("encode", picture, *options) == 0
    target = picture.with_suffix(".kq")
    size = target.stat().st_size
    out = capsys.readouterr().out
    assert f" 8 bits, entropy, {size:,} bytes, {24_000 / size:.2f}:1 to 24-bit, " in out
    assert size < picture.with_name("packed.kq").stat().st_size
    assert coding_of(target) == "entropy"
    packed = kqformat.read(picture.with_name("packed.kq"))
    assert np.array_equal(kqformat.read(target), packed)
    assert kq("verify", target) == 0


def test_command_says_which_coding_came_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A picture that entropy coding makes no smaller is packed, and is said to be."""
    Image.new("RGB", (3, 3), "teal").save(tmp_path / "a.png")
    assert kq("encode", tmp_path / "a.png", "--small", "--json") == 0
    assert json.loads(capsys.readouterr().out)["coding"] == coding_of(tmp_path / "a.kq") == "packed"


def test_command_refuses_two_codings(picture: Path) -> None:
    """--small and --coding say the same thing; only one is taken."""
    assert kq("encode", picture, "--small", "--coding", "auto") == 2


def test_command_keeps_palettes_that_were_given(indexed: Path, tmp_path: Path) -> None:
    """A palette image and --palette keep order and duplicates."""
    (tmp_path / "p.txt").write_text("#ffffff\n#000000\n#c80000\n#000000\n")
    assert kq("encode", indexed, "--small", "-o", tmp_path / "own.kq") == 0
    assert kqformat.read_indexed(tmp_path / "own.kq").palette.tolist() == [
        [200, 0, 0], [0, 0, 9], [255, 255, 255], [200, 0, 0], [0, 90, 0],
    ]  # fmt: skip
    given = ["--palette", str(tmp_path / "p.txt")]
    assert kq("encode", indexed, "--small", *given, "-o", tmp_path / "given.kq") == 0
    assert kqformat.read_indexed(tmp_path / "given.kq").palette.tolist() == [
        [255] * 3, [0] * 3, [200, 0, 0], [0] * 3,
    ]  # fmt: skip


def test_shared_palette_is_shared_in_any_coding(tmp_path: Path, photo: Pixels) -> None:
    """--shared-palette puts its entries in an order that is coded, the same in all files."""
    for name, part in (("a", photo[:60, :80]), ("b", photo[60:120, :80])):
        Image.fromarray(part).save(tmp_path / f"{name}.png")
    inputs = [tmp_path / "a.png", tmp_path / "b.png"]
    assert kq("encode", *inputs, "--shared-palette", "--small", "-k", "60") == 0
    heads = [read_layout((tmp_path / name).read_bytes()).head for name in ("a.kq", "b.kq")]
    assert heads[0].palette_format.is_coded
    assert heads[0].palette == heads[1].palette


def test_command_meets_a_size(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--max-bytes is of the real file."""
    assert kq("encode", picture, "--small", "--max-bytes", "2500", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["coding"] == "entropy"
    assert facts["file_bytes"] == picture.with_suffix(".kq").stat().st_size <= 2500


def test_info_tells_bands_and_palette(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`info` counts the bands of each kind and the bytes of the palette; -v shows them."""
    indices = np.random.default_rng(1).integers(0, 256, (32, 30), dtype=np.uint8)
    indices[16:] = 7
    palette = np.arange(256, dtype=np.uint8).repeat(3).reshape(256, 3)
    path = tmp_path / "a.kq"
    image = IndexedImage(indices, palette)
    size = kqformat.write(path, image, coding="entropy", band_shift=3)
    assert kq("info", path) == 0
    line = capsys.readouterr().out
    assert f" 8 bits, entropy, 4 bands (2 packed), {size:,} bytes, " in line
    assert kq("info", "-v", path) == 0
    out = capsys.readouterr().out
    assert out.count("section B, packed pixels: ok") == 2
    assert out.count("section E, entropy-coded pixels: ok") == 2
    assert "(coded, of 768 bytes) and head: ok" in out
    assert "palette_format 2 (RGB_CODED)" in out
    assert kq("info", "--json", path) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["coding"], facts["bands"], facts["entropy_bands"]) == ("entropy", 4, 2)
    assert facts["palette_coded"]
    assert facts["palette_bytes"] < 768
    assert facts["ratio"] == 3 * 32 * 30 / size


def test_decode_command_reads_it(picture: Path, tmp_path: Path) -> None:
    """`kq decode` makes the same PNG of either coding."""
    for coding in ("packed", "entropy"):
        folder = tmp_path / coding
        assert kq("encode", picture, "--coding", coding, "-k", "30", "-d", folder) == 0
        assert kq("decode", folder / "picture.kq") == 0
    with (
        Image.open(tmp_path / "packed" / "picture.png") as packed,
        Image.open(tmp_path / "entropy" / "picture.png") as entropy,
    ):
        assert np.array_equal(np.asarray(packed.convert("RGB")), np.asarray(entropy.convert("RGB")))
