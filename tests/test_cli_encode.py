"""``kq encode``: what is written, what is printed, and what is refused."""

from __future__ import annotations

import io
import json
import os
import re
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from command import kq, names, run_kq
from icc_profiles import grey_profile
from PIL import Image, ImageCms
from png_files import EXAMPLES, PALETTE, RGB, example, example_id

import kqformat
from kqformat.cli.main import main

Pixels = npt.NDArray[np.uint8]

LINE = re.compile(
    r"^(?P<source>.+) -> (?P<target>.+): (?P<colors>[\d,]+) colours?, (?P<bits>\d+) bits?, "
    r"(?P<bytes>[\d,]+) bytes, (?P<ratio>[\d.]+):1 to 24-bit, (?P<source_ratio>[\d.]+):1 to "
    r"source, (?P<fidelity>lossless|[\d.]+ dB)(?P<frames>, first of \d+ frames)?$"
)


@pytest.fixture
def picture(tmp_path: Path, photo: Pixels) -> Path:
    """A PNG of 100 x 80 with more than 256 colours."""
    path = tmp_path / "picture.png"
    Image.fromarray(photo[:80, :100]).save(path)
    return path


def rgba(pixels: Pixels) -> Pixels:
    if pixels.shape[2] == 4:
        return pixels
    return np.concatenate([pixels, np.full((*pixels.shape[:2], 1), 255, np.uint8)], axis=2)


@pytest.mark.parametrize("arguments", EXAMPLES, ids=example_id)
def test_every_kind_of_png(arguments: tuple[int, int, bool, bool], tmp_path: Path) -> None:
    """A PNG of any kind, of few colours, is encoded without loss; transparent ones stay so."""
    color_type, depth, trns, interlaced = arguments
    png = example(color_type, depth, trns=trns, interlaced=interlaced)
    (tmp_path / "a.png").write_bytes(png.to_bytes())
    assert kq("encode", tmp_path / "a.png") == 0
    found, expected = rgba(kqformat.read(tmp_path / "a.kq")), png.rgba()
    np.testing.assert_array_equal(found[..., 3], expected[..., 3])
    is_seen = expected[..., 3] > 0
    np.testing.assert_array_equal(found[is_seen], expected[is_seen])
    if color_type == PALETTE:
        indexed = kqformat.read_indexed(tmp_path / "a.kq")
        np.testing.assert_array_equal(indexed.indices, png.samples[..., 0])
        assert indexed.colors == len(png.palette)


@pytest.mark.parametrize("suffix", ["bmp", "gif", "jpg", "ppm", "tga", "tiff", "webp", "qoi", "kq"])
def test_other_formats(suffix: str, photo: Pixels, tmp_path: Path) -> None:
    """Whatever Pillow reads is encoded, to the same bytes as its pixels are."""
    source = tmp_path / f"a.{suffix}"
    Image.fromarray(photo[:40, :50]).save(source)
    assert kq("encode", source, "-k", "32", "-o", tmp_path / "b.kq") == 0
    with Image.open(source) as image:
        pixels = np.asarray(image.convert("RGB"))
    expected = kqformat.encode(pixels, colors=32)
    found = (tmp_path / "b.kq").read_bytes()
    assert kqformat.decode_indexed(found).palette.tolist() == (
        kqformat.decode_indexed(expected).palette.tolist()
    )
    np.testing.assert_array_equal(kqformat.decode(found), kqformat.decode(expected))


def test_line_says_what_is_so(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The line has the colours, bits, bytes, both ratios and the PSNR of the file."""
    assert kq("encode", picture, "-k", "20") == 0
    out, err = capsys.readouterr()
    line = LINE.match(out.rstrip("\n"))
    assert line is not None
    assert err == ""
    target = picture.with_suffix(".kq")
    size = target.stat().st_size
    assert (line["source"], line["target"]) == (str(picture), str(target))
    assert (line["colors"], line["bits"], line["bytes"]) == ("20", "5", f"{size:,}")
    assert line["ratio"] == f"{3 * 100 * 80 / size:.2f}"
    assert line["source_ratio"] == f"{picture.stat().st_size / size:.2f}"
    difference = kqformat.read(target).astype(float) - np.asarray(Image.open(picture))
    psnr = 10 * np.log10(255**2 / (difference**2).mean())
    assert line["fidelity"] == f"{psnr:.2f} dB"


@pytest.mark.parametrize(("k", "words"), [(1, "1 colour, 0 bits"), (2, "2 colours, 1 bit")])
def test_line_counts_one_and_many(
    k: int, words: str, picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One is not put in the plural."""
    kq("encode", picture, "-k", str(k))
    assert f": {words}, " in capsys.readouterr().out


def test_json_says_what_is_so(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --json one object a file has the same facts as numbers."""
    assert kq("encode", picture, "-k", "20", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    size = picture.with_suffix(".kq").stat().st_size
    expected = {
        "input": str(picture),
        "output": str(picture.with_suffix(".kq")),
        "width": 100,
        "height": 80,
        "colors": 20,
        "index_bits": 5,
        "coding": "packed",
        "file_bytes": size,
        "baseline_bytes": 24_000,
        "ratio": 24_000 / size,
        "source_bytes": picture.stat().st_size,
        "source_ratio": picture.stat().st_size / size,
        "lossless": False,
        "frames": 1,
    }
    assert facts == facts | expected
    assert 20 < facts["psnr"] < 60


def test_json_of_a_lossless_file_is_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No PSNR is null, as JSON has no infinity."""
    Image.new("L", (4, 4), 9).save(tmp_path / "a.png")
    assert kq("encode", tmp_path / "a.png", "--json") == 0
    facts = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert (facts["lossless"], facts["psnr"], facts["colors"]) == (True, None, 1)


def test_verbose_tells_how_it_went(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With -v the stages, their times and the errors of passes follow the line; -q is silent."""
    assert kq("encode", picture, "-k", "20", "-v", "--max-iterations", "1") == 0
    first, *others = capsys.readouterr().out.splitlines()
    assert LINE.match(first)
    assert any(re.match(r"  start: [\d.]+ ms$", line) for line in others)
    assert any(
        re.match(r"  k-means: [\d.]+ ms, 1 step, [\d.]+ to [\d.]+$", line) for line in others
    )
    assert any(line.startswith("  k-means stopped before it converged; squ") for line in others)
    assert kq("encode", picture, "-k", "20", "-f", "-q") == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("init", ["wu", "kmeans++", "random", "random-space"])
def test_options_reach_the_quantizer(init: str, picture: Path) -> None:
    """The options of the quantizer give the bytes that `encode` gives with them."""
    options = ("-k", "30", "--init", init, "--max-iterations", "3", "--seed", "7")
    assert kq("encode", picture, *options, "--coding", "packed") == 0
    expected = kqformat.encode(
        np.asarray(Image.open(picture)), colors=30, init=init, max_iterations=3, seed=7
    )
    assert picture.with_suffix(".kq").read_bytes() == expected


def test_kept_colors_mask_and_space_reach_the_quantizer(picture: Path, tmp_path: Path) -> None:
    """Kept colours, a mask and the space give the bytes that `encode` gives with them."""
    pixels = np.asarray(Image.open(picture))
    mask = np.zeros(pixels.shape[:2], np.uint8)
    mask[:10] = 200
    Image.fromarray(mask).save(tmp_path / "mask.png")
    options = ["--keep-color", "#f0f", "--keep-color", "#123456", "--space", "oklab", "-e", "best"]
    options += ["--outliers", "kmor"]
    assert kq("encode", picture, "-k", "9", *options, "--importance", tmp_path / "mask.png") == 0
    expected = kqformat.encode(
        pixels,
        colors=9,
        keep_colors=["#ff00ff", "#123456"],
        space="oklab",
        effort="best",
        outliers="kmor",
        importance=mask,
    )
    assert picture.with_suffix(".kq").read_bytes() == expected


@pytest.mark.parametrize(
    ("options", "status", "says"),
    [
        (("--keep-color", "red"), 2, "colour is 'red', expected '#rrggbb'"),
        (("--importance", "{picture}"), 1, "is no mask: it has colours other than grey"),
        (("--importance", "{mask}"), 1, "importance has shape (2, 3), expected"),
    ],
)
def test_wrong_colours_and_masks(
    picture: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, str],
    status: int,
    says: str,
) -> None:
    """What is no colour, or no mask for this picture, is said in one line; nothing is written."""
    Image.new("L", (3, 2)).save(tmp_path / "mask.png")
    flag, value = options
    value = value.format(picture=picture, mask=tmp_path / "mask.png")
    assert kq("encode", picture, flag, value) == status
    assert says in capsys.readouterr().err
    assert not picture.with_suffix(".kq").exists()


def test_palette_of_more_colors_is_quantized(picture: Path) -> None:
    """A palette image of more colours than -k gets a new palette."""
    with Image.open(picture) as image:
        image.quantize(64).save(picture)
    assert kq("encode", picture, "-k", "8") == 0
    assert kqformat.read_indexed(picture.with_suffix(".kq")).colors == 8


def test_animation_says_that_the_first_frame_is_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of an animation the first frame is encoded, and the line says of how many."""
    frames = [Image.new("RGB", (6, 5), color) for color in ("#f00", "#0f0", "#00f")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert kq("encode", tmp_path / "a.gif") == 0
    out, err = capsys.readouterr()
    assert out.rstrip().endswith(", first of 3 frames")
    assert err == ""
    assert (kqformat.read(tmp_path / "a.kq")[..., :3] == (255, 0, 0)).all()


PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture
def tagged(tmp_path: Path) -> Path:
    """A JPEG on its side with a profile, EXIF, XMP and a resolution."""
    exif = Image.Exif()
    exif[274] = 6
    exif[315] = "someone"
    path = tmp_path / "tagged.jpg"
    image = Image.new("RGB", (16, 8), "teal")
    image.save(path, icc_profile=PROFILE, exif=exif, xmp=b"<x/>", dpi=(300, 300))
    return path


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ([], "icc exif xmp dpi"),
        (["--keep=all"], "icc exif xmp dpi"),
        (["--keep"], "icc exif xmp dpi"),
        (["--keep=none"], ""),
        (["--keep=icc,dpi"], "icc dpi"),
        (["--strip=all"], ""),
        (["--strip"], ""),
        (["--strip=none"], "icc exif xmp dpi"),
        (["--strip=exif"], "icc xmp dpi"),
        (["--strip=icc,exif"], "xmp dpi"),
        (["--keep=icc,exif", "--strip=exif,xmp"], "icc"),
    ],
)
def test_metadata_is_kept_as_asked(options: list[str], kept: str, tagged: Path) -> None:
    """--keep and --strip choose the parts of the metadata; all are kept by default.

    A bare --strip takes all away, and takes no file name for its list.
    """
    assert kq("encode", tagged, *options) == 0
    assert kq("encode", "-f", *options, tagged) == 0
    metadata = kqformat.read_indexed(tagged.with_suffix(".kq")).metadata
    found = {
        "icc": metadata.icc_profile == PROFILE,
        "exif": metadata.exif is not None and b"someone" in metadata.exif,
        "xmp": metadata.xmp == b"<x/>",
        "dpi": metadata.dpi == (300.0, 300.0),
    }
    assert [part for part, is_there in found.items() if is_there] == kept.split()


def test_sections_of_others_are_kept_where_no_pixel_changes(tmp_path: Path) -> None:
    """Of a .kq file all metadata is kept, unless the pixels change or it is not wanted."""
    metadata = kqformat.Metadata(xmp=b"<x/>", unknown=(("z", b"what"), ("a", b"ever")))
    palette = np.arange(900, dtype=np.uint16).astype(np.uint8).reshape(300, 3)
    indices = np.arange(300, dtype=np.uint16).reshape(15, 20)
    source, target = tmp_path / "a.kq", tmp_path / "b.kq"
    kqformat.write(source, kqformat.IndexedImage(indices, palette, metadata))
    exact: list[Any] = ["encode", source, "-f", "-k", "300", "-o", target]
    assert kq(*exact) == 0
    assert target.read_bytes() == source.read_bytes()
    for options in (["--strip"], ["--strip=other"], ["--keep=xmp"], ["-k", "20"]):
        assert kq(*exact, *options) == 0
        found = kqformat.read_indexed(target).metadata
        assert found.unknown == ()
        assert (found.xmp is None) == (options == ["--strip"])


def test_kq_file_on_its_side_is_turned(tagged: Path) -> None:
    """A .kq file whose EXIF says to turn it is turned as any picture is."""
    exif = Image.Exif()
    exif[274] = 6
    source = tagged.with_name("side.kq")
    given = kqformat.Metadata(exif=exif.tobytes()[6:], dpi=(300, 150), unknown=(("z", b""),))
    image = kqformat.IndexedImage(np.zeros((8, 16), np.uint8), np.zeros((1, 3), np.uint8), given)
    kqformat.write(source, image)
    assert kq("encode", source, "-o", tagged.with_name("up.kq")) == 0
    turned = kqformat.read_indexed(tagged.with_name("up.kq"))
    assert turned.size == (8, 16)
    assert turned.metadata.dpi == (150, 300)
    with Image.open(tagged.with_name("up.kq")) as upright:
        assert upright.getexif().get(274, 1) == 1


@pytest.mark.parametrize(
    ("orientation", "dpi"), [(1, (300, 150)), (3, (300, 150)), (8, (150, 300))]
)
@pytest.mark.parametrize("suffix", ["jpg", "png", "tiff"])
def test_resolution_is_turned_with_the_picture(
    orientation: int, dpi: tuple[int, int], suffix: str, tmp_path: Path
) -> None:
    """Where a picture is turned by a quarter its two resolutions change places."""
    exif = Image.Exif()
    exif[274] = orientation
    source = tmp_path / f"a.{suffix}"
    Image.new("RGB", (16, 8), "teal").save(source, exif=exif, dpi=(300, 150))
    assert kq("encode", source) == 0
    assert kqformat.read_indexed(tmp_path / "a.kq").metadata.dpi == pytest.approx(dpi, abs=0.02)


def test_defaults_are_those_of_the_quantizer(
    picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the help calls defaults is what the quantizer does if nothing is said."""
    with pytest.raises(SystemExit):
        main(["encode", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    found: dict[str, Any] = {
        name: re.findall(rf"--{name} \{{[^()]*\(default: ([^ ,)]+)", text)[-1]
        for name in ("effort", "init")
    }
    with Image.open(picture) as image:
        pixels = np.asarray(image)
    assert kq("encode", picture) == 0
    expected = kqformat.encode(pixels, colors=256, seed=0, **found)
    assert "1 to 65536 (default: 256)" in text
    assert picture.with_suffix(".kq").read_bytes() == expected


def test_picture_on_its_side_is_turned(tagged: Path) -> None:
    """EXIF orientation is applied, and not left to be applied again."""
    assert kq("encode", tagged) == 0
    indexed = kqformat.read_indexed(tagged.with_suffix(".kq"))
    assert indexed.size == (8, 16)
    exif = Image.Exif()
    assert indexed.metadata.exif is not None
    exif.load(indexed.metadata.exif)
    assert exif.get(274, 1) == 1


def test_grey_profile_is_applied_and_not_kept(tmp_path: Path) -> None:
    """A grey image with a profile becomes sRGB."""
    Image.new("L", (4, 4), 64).save(tmp_path / "a.png", icc_profile=grey_profile(1.0))
    assert kq("encode", tmp_path / "a.png") == 0
    indexed = kqformat.read_indexed(tmp_path / "a.kq")
    assert abs(int(indexed.palette[0, 0]) - 137) <= 1
    assert indexed.metadata.icc_profile is None


def damaged_files(photo: Pixels) -> dict[str, bytes]:
    """Return files of many formats that cannot be read."""
    files = {"empty.png": b"", "text.jpg": b"no image\n", "signature.png": b"\x89PNG\r\n\x1a\n"}
    for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "TGA", "PPM", "KQ"):
        stream = io.BytesIO()
        Image.fromarray(photo[:64, :64]).save(stream, kind)
        files[f"cut.{kind.lower()}"] = stream.getvalue()[: len(stream.getvalue()) // 3]
    whole = example(RGB, 8).to_bytes()
    files["crc.png"] = whole[:29] + b"\0\0\0\0" + whole[33:]
    files["depth.png"] = whole[:24] + b"\x03" + whole[25:]
    files["data.png"] = whole.replace(b"\x78\x9c", b"\xff\xff", 1)
    return files


def test_every_damaged_file_is_one_line(
    photo: Pixels, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A damaged file of any format is one line on standard error, status 1, and no output."""
    for name, data in damaged_files(photo).items():
        source = tmp_path / name
        source.write_bytes(data)
        assert kq("encode", source, "-o", tmp_path / "out.kq") == 1, name
        out, err = capsys.readouterr()
        assert out == ""
        assert re.fullmatch(rf"kq: {re.escape(str(source))}: [^\n]+\n", err), name
        assert not (tmp_path / "out.kq").exists()


@pytest.mark.filterwarnings("error")
def test_odd_exif_is_nothing_to_print(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What Pillow only warns of is not printed, and the file is encoded."""
    ifd = b"II*\0\x08\0\0\0\x02\0" + struct.pack("<HHII", 315, 2, 500, 26) + b"\x12\x01"
    Image.new("L", (5, 2), 9).save(tmp_path / "a.jpg", exif=b"Exif\0\0" + ifd)
    assert kq("encode", tmp_path / "a.jpg", "-q") == 0
    assert capsys.readouterr() == ("", "")


def test_limit_of_pixels(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--max-pixels is the most that is encoded."""
    assert kq("encode", picture, "--max-pixels", "7999") == 1
    assert "8,000 pixels are more than the limit of 7,999" in capsys.readouterr().err
    assert kq("encode", picture, "--max-pixels", "8000") == 0


def test_picture_inside_of_a_picture_meets_the_limit(
    picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An icon that says 16 x 16 and holds a far larger PNG is refused, in one line."""
    png = picture.read_bytes()
    entry = struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(png), 22)
    icon = picture.with_suffix(".ico")
    icon.write_bytes(struct.pack("<HHH", 0, 1, 1) + entry + png)
    assert kq("encode", icon, "--max-pixels", "1000") == 1
    err = capsys.readouterr().err
    assert "more pixels than the limit of 1,000" in err
    assert err.count("\n") == 1
    assert kq("encode", icon, "--max-pixels", "8000") == 0


@pytest.mark.parametrize(
    "options",
    [
        ["-k", "0"],
        ["-k", "65537"],
        ["-k", "many"],
        ["--seed", "-1"],
        ["--max-iterations", "-1"],
        ["--max-pixels", "0"],
        ["--max-pixels", "some"],
        ["-j", "0"],
        ["--init", "best"],
        ["--coding", "zip"],
        ["--keep=color"],
        ["--keep="],
        ["--strip=icc,color"],
        ["-q", "-v"],
        ["--colours", "3"],
        ["--max", "3"],
        ["-o", ""],
    ],
)
def test_wrong_usage_is_status_2(
    options: list[str], picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong option is status 2 and said on standard error, and nothing is written."""
    assert kq("encode", picture, *options) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.search(r"^kq( encode)?: ", err, re.MULTILINE)
    assert names(picture.parent) == ["picture.png"]


def test_number_of_colors_has_no_upper_hurdle(picture: Path) -> None:
    """-k takes 65,536, for an image with fewer."""
    assert kq("encode", picture, "-k", "65536") == 0
    np.testing.assert_array_equal(
        kqformat.read(picture.with_suffix(".kq")), np.asarray(Image.open(picture))
    )


def test_standard_input_goes_to_standard_output(picture: Path) -> None:
    """`-` is standard input, its output standard output, and the line goes to standard error."""
    done = run_kq("encode", "-", "-k", "9", data=picture.read_bytes())
    assert done.returncode == 0
    assert done.stdout == kqformat.encode(np.asarray(Image.open(picture)), colors=9)
    assert done.stderr.startswith(b"standard input -> standard output: 9 colours")


@pytest.mark.parametrize(
    "output",
    [
        "-",
        pytest.param(
            "/dev/stdout",
            marks=pytest.mark.skipif(not os.path.exists("/dev/stdout"), reason="no /dev/stdout"),
        ),
    ],
)
def test_file_goes_to_standard_output(output: str, picture: Path) -> None:
    """`-o -` and its name as a device write nothing but the file to standard output."""
    done = run_kq("encode", picture, "-o", output, "-k", "9")
    assert done.returncode == 0
    assert done.stdout == kqformat.encode(np.asarray(Image.open(picture)), colors=9)
    assert names(picture.parent) == ["picture.png"]


def test_standard_input_goes_to_a_file(picture: Path) -> None:
    """`-` with -o writes the file, and the line to standard output."""
    target = picture.parent / "b.kq"
    done = run_kq("encode", "-", "-o", target, data=picture.read_bytes())
    assert (done.returncode, done.stderr) == (0, b"")
    assert LINE.match(done.stdout.decode().rstrip())
    assert kqformat.read(target).shape == (80, 100, 3)


def test_damaged_standard_input_is_named() -> None:
    """An error of standard input says so, in one line."""
    done = run_kq("encode", "-", data=b"no image")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"kq: standard input: ")
    assert done.stderr.count(b"\n") == 1


def test_encoded_file_is_the_same_in_any_process(picture: Path) -> None:
    """The same picture and options give the same bytes, here and in another process."""
    options: list[Any] = ["encode", picture, "-k", "40", "-o"]
    assert kq(*options, picture.parent / "a.kq") == 0
    assert run_kq(*options, picture.parent / "b.kq").returncode == 0
    first, second = ((picture.parent / name).read_bytes() for name in ("a.kq", "b.kq"))
    assert first == second
