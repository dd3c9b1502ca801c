"""``kq decode``: the pixels, palette and metadata of what is written, and what is refused."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from command import kq, names, run_kq
from PIL import Image, ImageCms
from suite import INVALID, VALID, VECTORS, name, read_vector

import kqformat
from kqformat import IndexedImage, Metadata

Pixels = npt.NDArray[np.uint8]
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SMALL = [entry for entry in VALID if (VECTORS / entry["file"]).stat().st_size < 100_000]


def made(colors: int, channels: int = 3, metadata: Metadata | None = None) -> IndexedImage:
    """Return 37 x 23 pixels of that many palette entries."""
    rng = np.random.default_rng(colors * 10 + channels)
    palette = rng.integers(0, 255, (colors, channels), np.uint8)
    drawn = rng.integers(0, colors, (23, 37))
    indices = drawn.astype(np.uint8) if colors <= 256 else drawn.astype(np.uint16)
    return IndexedImage(indices, palette, metadata or Metadata())


def written(folder: Path, indexed: IndexedImage) -> Path:
    path = folder / "a.kq"
    kqformat.write(path, indexed)
    return path


def pixels_of(path: Path, channels: int) -> Pixels:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGBA" if channels == 4 else "RGB"))


def png_header(path: Path) -> tuple[int, int]:
    """Return bit depth and colour type."""
    data = path.read_bytes()
    return data[24], data[25]


@pytest.mark.parametrize(
    ("colors", "depth"),
    [(1, 1), (2, 1), (3, 2), (4, 2), (5, 4), (16, 4), (17, 8), (255, 8), (256, 8)],
)
@pytest.mark.parametrize("channels", [3, 4])
def test_png_is_indexed_with_the_fewest_bits(
    colors: int, depth: int, channels: int, tmp_path: Path
) -> None:
    """Up to 256 colours are an indexed PNG of the smallest depth, with that palette and alpha."""
    indexed = made(colors, channels)
    assert kq("decode", written(tmp_path, indexed)) == 0
    target = tmp_path / "a.png"
    assert png_header(target) == (depth, 3)
    np.testing.assert_array_equal(pixels_of(target, channels), indexed.to_rgb())
    with Image.open(target) as image:
        np.testing.assert_array_equal(np.asarray(image), indexed.indices)
        palette = np.array(image.getpalette(), np.uint8).reshape(-1, 3)
        np.testing.assert_array_equal(palette[:colors], indexed.palette[:, :3])


@pytest.mark.parametrize(("channels", "color_type"), [(3, 2), (4, 6)])
@pytest.mark.parametrize("colors", [257, 3000])
def test_png_of_more_colors_is_rgb(
    colors: int, channels: int, color_type: int, tmp_path: Path
) -> None:
    """More than 256 colours are a PNG of RGB or RGBA with the same pixels."""
    indexed = made(colors, channels)
    assert kq("decode", written(tmp_path, indexed)) == 0
    assert png_header(tmp_path / "a.png") == (8, color_type)
    np.testing.assert_array_equal(pixels_of(tmp_path / "a.png", channels), indexed.to_rgb())


@pytest.mark.parametrize("entry", SMALL, ids=name)
def test_every_valid_vector_becomes_a_png(entry: dict[str, Any], tmp_path: Path) -> None:
    """Every valid file of the suite is decoded to a PNG of the same pixels."""
    data = read_vector(entry)
    (tmp_path / "a.kq").write_bytes(data)
    assert kq("decode", tmp_path / "a.kq") == 0
    expected = kqformat.decode(data)
    found = pixels_of(tmp_path / "a.png", expected.shape[2])
    np.testing.assert_array_equal(found, expected)


def test_every_invalid_vector_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every invalid file of the suite is one line, status 1, and no output."""
    for entry in INVALID:
        source = VECTORS / entry["file"]
        assert kq("decode", source, "-d", tmp_path, "--max-pixels", "1000000") == 1, name(entry)
        out, err = capsys.readouterr()
        assert out == ""
        assert re.fullmatch(rf"kq: {re.escape(str(source))}: [^\n]+\n", err), name(entry)
    assert names(tmp_path) == []


EXIF = Image.Exif()
EXIF[315] = "someone"
PARTS = Metadata(PROFILE, EXIF.tobytes().removeprefix(b"Exif\0\0"), b"<x>\xc3\xa9</x>", (300, 150))


@pytest.mark.parametrize("colors", [16, 300])
def test_png_keeps_the_metadata(colors: int, tmp_path: Path) -> None:
    """A PNG has the profile, EXIF, XMP and resolution of the file."""
    assert kq("decode", written(tmp_path, made(colors, metadata=PARTS))) == 0
    with Image.open(tmp_path / "a.png") as image:
        image.load()
        assert image.info["icc_profile"] == PROFILE
        assert image.info["xmp"] == PARTS.xmp
        assert image.info["dpi"] == pytest.approx((300, 150), abs=0.02)
        assert dict(image.getexif()) == {315: "someone"}


def test_png_of_no_metadata_has_none(tmp_path: Path) -> None:
    """A PNG of a file without metadata has nothing but a palette and pixels."""
    assert kq("decode", written(tmp_path, made(16))) == 0
    data = (tmp_path / "a.png").read_bytes()
    kinds = re.findall(rb"IHDR|PLTE|IDAT|IEND|tRNS|iCCP|eXIf|iTXt|tEXt|pHYs|gAMA|sRGB", data)
    assert kinds == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "TIFF"])
def test_other_formats_keep_what_they_can(kind: str, tmp_path: Path) -> None:
    """JPEG, WebP and TIFF have the profile and EXIF of the file."""
    suffix = kind.lower()
    assert kq("decode", written(tmp_path, made(16, metadata=PARTS)), "--format", suffix) == 0
    with Image.open(tmp_path / f"a.{suffix}") as image:
        assert image.format == kind
        assert image.info["icc_profile"] == PROFILE
        assert image.getexif()[315] == "someone"


EXACT_OPAQUE = [
    "png",
    "bmp",
    "dib",
    "gif",
    "tiff",
    "tga",
    "pcx",
    "webp",
    "ppm",
    "qoi",
    "sgi",
    "ico",
]
EXACT_ALPHA = ["png", "tiff", "tga", "webp", "qoi", "sgi", "ico"]
CASES = [
    *((suffix, colors, 3) for suffix in EXACT_OPAQUE for colors in (2, 16, 200)),
    *((suffix, 1000, 3) for suffix in EXACT_OPAQUE if suffix != "gif"),
    *((suffix, colors, 4) for suffix in EXACT_ALPHA for colors in (16, 200, 1000)),
]


@pytest.mark.parametrize(("suffix", "colors", "channels"), CASES)
def test_formats_have_the_same_pixels(
    suffix: str, colors: int, channels: int, tmp_path: Path
) -> None:
    """Formats without loss have exactly the pixels of the file, transparency included."""
    indexed = made(colors, channels)
    assert kq("decode", written(tmp_path, indexed), "--format", suffix) == 0
    found = pixels_of(tmp_path / f"a.{suffix}", channels)
    np.testing.assert_array_equal(found, indexed.to_rgb())


@pytest.mark.parametrize("transparent", [[], [3], [0, 3, 15]])
def test_gif_has_one_transparent_color(transparent: list[int], tmp_path: Path) -> None:
    """A GIF shows what the file does where each colour is opaque or transparent."""
    indexed = made(16, 4)
    palette = indexed.palette.copy()
    palette[:, 3] = 255
    palette[transparent, 3] = 0
    indexed = IndexedImage(indexed.indices, palette)
    assert kq("decode", written(tmp_path, indexed), "--format", "gif") == 0
    found, expected = pixels_of(tmp_path / "a.gif", 4), indexed.to_rgb()
    np.testing.assert_array_equal(found[..., 3], expected[..., 3])
    is_seen = expected[..., 3] > 0
    np.testing.assert_array_equal(found[is_seen], expected[is_seen])


@pytest.mark.parametrize("suffix", ["jpg", "bmp", "dib", "pcx", "ppm", "gif"])
@pytest.mark.parametrize("colors", [16, 1000])
def test_alpha_is_never_dropped(
    suffix: str, colors: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A format without (partial) transparency is refused for a file with it, in one line."""
    assert kq("decode", written(tmp_path, made(colors, 4)), "--format", suffix) == 1
    assert re.fullmatch(r"kq: .+a\.kq: has [^\n]+\n", capsys.readouterr().err)
    assert names(tmp_path) == ["a.kq"]


@pytest.mark.parametrize("suffix", ["jpg", "bmp", "gif"])
def test_alpha_that_hides_nothing_is_no_obstacle(suffix: str, tmp_path: Path) -> None:
    """An RGBA palette whose entries are all opaque goes into any format."""
    indexed = made(16, 4)
    palette = indexed.palette.copy()
    palette[:, 3] = 255
    source = written(tmp_path, IndexedImage(indexed.indices, palette))
    assert kq("decode", source, "--format", suffix) == 0
    found = pixels_of(tmp_path / f"a.{suffix}", 3).astype(int)
    assert found.shape == (23, 37, 3)
    if suffix != "jpg":
        np.testing.assert_array_equal(found, palette[:, :3][indexed.indices])


def test_gif_of_many_colors_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A GIF is not quantized behind one's back."""
    assert kq("decode", written(tmp_path, made(257)), "--format", "gif") == 1
    assert "has 257 colours, of which GIF has 256" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "target", "kind"),
    [
        (["-o", "b.bmp"], "b.bmp", "BMP"),
        (["-o", "b.PNG"], "b.PNG", "PNG"),
        (["-o", "b"], "b", "PNG"),
        (["-o", "b.x", "--format", "tga"], "b.x", "TGA"),
        (["--format", ".gif"], "a.gif", "GIF"),
        (["--format", "JPG"], "a.jpg", "JPEG"),
        (["--format", "tif", "-d", "out/deep"], "out/deep/a.tif", "TIFF"),
    ],
)
def test_format_is_what_was_asked_for(
    options: list[str], target: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--format chooses, else the name given with -o, else it is PNG."""
    monkeypatch.chdir(tmp_path)
    written(tmp_path, made(16))
    assert kq("decode", "a.kq", *options) == 0
    assert names(tmp_path) == sorted(["a.kq", str(Path(target))])
    with Image.open(tmp_path / target) as image:
        assert image.format == kind


@pytest.mark.parametrize(
    "options",
    [["--format", "nope"], ["--format", "kq"], ["--format", ""], ["-o", "b.docx"], ["--format"]],
)
def test_unknown_format_is_status_2(
    options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A format that nothing can write is wrong usage, before anything is read."""
    assert kq("decode", written(tmp_path, made(16)), *options) == 2
    assert "kq" in capsys.readouterr().err
    assert names(tmp_path) == ["a.kq"]


def test_failing_writer_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A format of Pillow that cannot be written here is one line, status 1, and no output."""
    assert kq("decode", written(tmp_path, made(16)), "--format", "h5") == 1
    assert re.fullmatch(r"kq: .+: cannot be written as HDF5 \([^\n]+\)\n", capsys.readouterr().err)
    assert names(tmp_path) == ["a.kq"]


def test_line_says_what_is_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The line has the names, the size, the colours and the bytes before and after."""
    source = written(tmp_path, made(16))
    assert kq("decode", source) == 0
    target = tmp_path / "a.png"
    sizes = f"{source.stat().st_size:,} -> {target.stat().st_size:,} bytes"
    assert capsys.readouterr() == (f"{source} -> {target}: 37 x 23, 16 colours, {sizes}\n", "")


def test_limit_of_pixels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--max-pixels is the most that is decoded."""
    source = written(tmp_path, made(16))
    assert kq("decode", source, "--max-pixels", "850") == 1
    assert "851 pixels are more than the limit of 850" in capsys.readouterr().err
    assert kq("decode", source, "--max-pixels", "851") == 0


def test_standard_input_to_standard_output() -> None:
    """`-` reads a file and writes a PNG; the line goes to standard error."""
    indexed = made(200, 4)
    done = run_kq("decode", "-", data=kqformat.encode(indexed))
    assert done.returncode == 0
    assert done.stderr.startswith(b"standard input -> standard output: 37 x 23, 200 colours")
    with Image.open(io.BytesIO(done.stdout)) as image:
        assert image.format == "PNG"
        np.testing.assert_array_equal(np.asarray(image.convert("RGBA")), indexed.to_rgb())


def test_pipe_of_both_ways_and_back(photo: Pixels) -> None:
    """A picture of few colours goes through encode and decode by pipes unchanged."""
    picture = Image.fromarray(photo[:60, :60]).quantize(50).convert("RGB")
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    encoded = run_kq("encode", "-", "-q", data=stream.getvalue())
    decoded = run_kq("decode", "-", "-q", "--format", "bmp", data=encoded.stdout)
    assert (encoded.returncode, encoded.stderr) == (0, b"")
    assert (decoded.returncode, decoded.stderr) == (0, b"")
    with Image.open(io.BytesIO(decoded.stdout)) as image:
        assert image.format == "BMP"
        np.testing.assert_array_equal(np.asarray(image.convert("RGB")), np.asarray(picture))


def test_what_is_no_kq_file_is_one_line(
    data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An ordinary image given to decode is refused in one line."""
    assert kq("decode", data_folder / "chart.png", "-d", tmp_path) == 1
    err = capsys.readouterr().err
    assert "signature" in err
    assert err.count("\n") == 1
