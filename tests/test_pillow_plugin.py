"""`.kq` files in Pillow behave as the formats that Pillow has itself."""

from __future__ import annotations

import io
import pickle
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from PIL import Image, ImageFile, UnidentifiedImageError
from strategies import indexed_images
from suite import INVALID, VALID, name, read_vector

import kqformat
import kqformat.pillow_plugin
from kqformat import IndexedImage, Metadata
from kqformat.rasters import pixels_from

Pixels = npt.NDArray[np.uint8]


def encoded(colors: int, channels: int = 3, metadata: Metadata | None = None) -> bytes:
    """Return a file of 40 x 30 that has that many palette entries."""
    rng = np.random.default_rng(colors)
    palette = rng.integers(0, 256, (colors, channels), np.uint8)
    drawn = rng.integers(0, colors, (30, 40))
    indices = drawn.astype(np.uint8) if colors <= 256 else drawn.astype(np.uint16)
    return kqformat.encode(IndexedImage(indices, palette, metadata or Metadata()))


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def load(data: bytes) -> None:
    opened(data).load()


def verify(data: bytes) -> None:
    opened(data).verify()


def saved(image: Image.Image, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "KQ", **options)
    return stream.getvalue()


def rgba(pixels: Pixels) -> Pixels:
    if pixels.shape[2] == 4:
        return pixels
    return np.concatenate([pixels, np.full((*pixels.shape[:2], 1), 255, np.uint8)], axis=2)


def seen(image: Image.Image) -> Pixels:
    return np.asarray(image.convert("RGBA"))


KINDS = [(1, 3), (2, 3), (16, 4), (255, 3), (256, 4), (257, 3), (300, 4), (5000, 3)]


@pytest.mark.parametrize(("colors", "channels"), KINDS)
def test_modes_and_pixels(colors: int, channels: int) -> None:
    """Up to 256 colours are mode P, more are RGB or RGBA; the pixels are those of `decode`."""
    data = encoded(colors, channels)
    image = opened(data)
    assert image.format == "KQ"
    assert image.size == (40, 30)
    assert image.mode == ("P" if colors <= 256 else "RGB" if channels == 3 else "RGBA")
    assert ("transparency" in image.info) == (channels == 4 and colors <= 256)
    np.testing.assert_array_equal(seen(image), rgba(kqformat.decode(data)))


@pytest.mark.parametrize("entry", VALID, ids=name)
@pytest.mark.filterwarnings("ignore:Image size:PIL.Image.DecompressionBombWarning")
def test_every_valid_vector_opens(entry: dict[str, Any]) -> None:
    """Every valid file of the suite opens, and loads to the pixels of `decode`."""
    data = read_vector(entry)
    expected = rgba(kqformat.decode(data))
    np.testing.assert_array_equal(seen(opened(data)), expected)


@pytest.mark.parametrize("entry", INVALID, ids=name)
@pytest.mark.filterwarnings("ignore:Image size:PIL.Image.DecompressionBombWarning")
def test_every_invalid_vector_is_refused(
    entry: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every invalid file of the suite is an `OSError`, when opened or when loaded or verified."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1 << 20)
    data = read_vector(entry)
    for use in (load, verify):
        with pytest.raises((OSError, Image.DecompressionBombError)):
            use(data)


def test_opening_reads_the_head_only(tmp_path: Path) -> None:
    """Opening reads no pixels: a file whose pixels are missing opens, with palette and size."""
    path = tmp_path / "a.kq"
    path.write_bytes(encoded(16, 4)[:-300])
    with Image.open(path) as image:
        assert (image.size, image.mode, len(image.info["transparency"])) == ((40, 30), "P", 16)
        assert image.palette is not None
        assert image.palette.mode == "RGBA"
        assert len(image.palette.palette) == 4 * 16
        with pytest.raises(OSError, match="ends too early"):
            image.load()


def bomb(width: int, height: int) -> bytes:
    """Return a small file of one colour that claims a size, and has it: its indices are 0 bits."""
    head = encoded(1)
    fields = bytearray(head[:20])
    assert fields[4:12] == struct.pack(">II", 40, 30)
    fields[4:12] = struct.pack(">II", width, height)
    covered = bytes(fields[:19])
    return covered + struct.pack(">I", zlib.crc32(covered)) + head[23:]


def test_bomb_is_refused_as_pillow_refuses_any(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of a few bytes that claims many pixels meets Pillow's check when it is opened."""
    data = bomb(40_000, 30_000)
    assert len(data) < 64
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 600_000_000)
    with pytest.warns(Image.DecompressionBombWarning):
        opened(data)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500_000_000)
    with pytest.raises(Image.DecompressionBombError):
        opened(data)


def one(mode: str, color: int | float | tuple[int, ...]) -> Image.Image:
    return Image.new(mode, (3, 2), color)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (one("1", 255), (255, 255, 255, 255)),
        (one("L", 9), (9, 9, 9, 255)),
        (one("LA", (9, 8)), (9, 9, 9, 8)),
        (one("La", (9, 255)), (9, 9, 9, 255)),
        (one("RGB", (1, 2, 3)), (1, 2, 3, 255)),
        (one("RGBA", (1, 2, 3, 4)), (1, 2, 3, 4)),
        (one("RGBa", (1, 2, 3, 255)), (1, 2, 3, 255)),
        (one("RGBX", (1, 2, 3, 4)), (1, 2, 3, 255)),
        (one("CMYK", (255, 0, 0, 0)), (0, 255, 255, 255)),
        (one("YCbCr", (128, 128, 128)), (128, 128, 128, 255)),
        (one("HSV", (0, 0, 200)), (200, 200, 200, 255)),
        (one("LAB", (255, 128, 128)), (255, 255, 255, 255)),
        (one("I", 65_535), (255, 255, 255, 255)),
        (one("I;16", 0x8080), (128, 128, 128, 255)),
        (one("F", 0.2), (51, 51, 51, 255)),
        (one("PA", (0, 77)), (0, 0, 0, 77)),
    ],
    ids=lambda value: value.mode if isinstance(value, Image.Image) else "",
)
def test_every_mode_can_be_saved(image: Image.Image, expected: tuple[int, ...]) -> None:
    """An image of each mode is saved with the colours that one expects."""
    pixels = seen(opened(saved(image)))
    assert pixels.shape == (2, 3, 4)
    np.testing.assert_allclose(pixels[1, 2], expected, atol=1)


@given(indexed_images())
def test_palette_images_come_back_exactly(indexed: IndexedImage) -> None:
    """A mode P image from a file, saved again, is the same file but for unknown sections."""
    if indexed.colors > 256:
        return
    known = IndexedImage(
        indexed.indices,
        indexed.palette,
        Metadata(exif=indexed.metadata.exif, xmp=indexed.metadata.xmp, dpi=indexed.metadata.dpi),
    )
    data = kqformat.encode(known)
    assert saved(opened(data)) == data


@pytest.mark.parametrize("loaded", [True, False])
@pytest.mark.parametrize(
    ("palette", "mode"),
    [([9, 8, 7] * 200, "RGB"), ([1, 2, 3], "RGB"), ([1, 2, 3, 4] * 5, "RGBA")],
)
@pytest.mark.parametrize("transparency", [None, 0, b"\x05"])
def test_palette_is_kept_exactly(
    palette: list[int], mode: str, transparency: int | bytes | None, loaded: bool
) -> None:
    """Equal and unused entries stay where they are; transparency of either kind is kept."""
    image = Image.new("P", (4, 4))
    image.putpalette(palette, mode)
    if transparency is not None:
        image.info["transparency"] = transparency
    if loaded:
        image.load()
    decoded = kqformat.decode_indexed(saved(image, colors=256))
    channels = len(mode)
    assert decoded.colors == len(palette) // channels
    assert decoded.palette[:, :3].tolist() == np.reshape(palette, (-1, channels))[:, :3].tolist()
    if transparency is None:
        assert decoded.channels == channels
    else:
        assert decoded.palette[0, 3] == (0 if transparency == 0 else 5)


def test_palette_of_more_colors_than_asked_for_is_quantized() -> None:
    """A mode P image of more colours than `colors` goes through the quantizer."""
    image = Image.linear_gradient("L").convert("P")
    assert kqformat.decode_indexed(saved(image, colors=8)).colors == 8


@pytest.mark.parametrize("colors", [2, 17, 256, 1000])
def test_options_reach_the_quantizer(colors: int, photo: Pixels) -> None:
    """`save` takes the options of `encode`, and writes the same bytes."""
    options: dict[str, Any] = {"init": "kmeans++", "max_iterations": 2, "seed": 5, "band_shift": 4}
    image = Image.fromarray(photo[:50, :60])
    data = saved(image, colors=colors, coding="packed", **options)
    assert data == kqformat.encode(photo[:50, :60], colors=colors, **options)


@pytest.mark.parametrize(
    "options", [{"colors": 0}, {"colors": 65_537}, {"coding": "zip"}, {"init": "x"}, {"seed": -1}]
)
def test_wrong_options_write_nothing(options: dict[str, Any], tmp_path: Path) -> None:
    """A wrong option is a `ValueError` that names it, and Pillow leaves no file."""
    with pytest.raises(ValueError, match=next(iter(options))):
        Image.linear_gradient("L").save(tmp_path / "a.kq", **options)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", ["P", "L", "RGB", "F"])
@pytest.mark.parametrize("size", [(0, 0), (0, 5), (5, 0)])
def test_empty_image_is_refused(mode: str, size: tuple[int, int]) -> None:
    """An image without pixels is a `ValueError`, as it is in Pillow's own formats."""
    with pytest.raises(ValueError, match="cannot write an empty image"):
        saved(Image.new(mode, size))


PARTS: dict[str, Any] = {
    "icc_profile": bytes(16) + b"RGB " + bytes(100),
    "exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0",
    "xmp": b"<x:xmpmeta/>",
    "dpi": (300.0, 72.5),
}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("where", ["save", "info"])
@pytest.mark.parametrize("mode", ["P", "RGB"])
def test_metadata_goes_both_ways(part: str, where: str, mode: str) -> None:
    """Profile, EXIF, XMP and resolution are written from `save` or `info`, and read to `info`."""
    image = Image.new(mode, (3, 3))
    options = {}
    if where == "save":
        image.info[part] = (1, 1) if part == "dpi" else b"another"
        options[part] = PARTS[part]
    else:
        image.info[part] = PARTS[part]
    info = opened(saved(image, **options)).info
    assert info == {part: PARTS[part]}


def test_all_metadata_at_once_and_none() -> None:
    """All parts go together; None given to `save` leaves out what `info` has."""
    image = Image.new("RGB", (3, 3))
    image.info.update(PARTS)
    assert opened(saved(image)).info == PARTS
    assert opened(saved(image, **dict.fromkeys(PARTS))).info == {}


def test_exif_can_be_given_and_read_as_pillow_has_it() -> None:
    """`save` takes an `Exif`, and `getexif` gives its tags back."""
    exif = Image.Exif()
    exif[315] = "someone"
    image = opened(saved(Image.new("RGB", (3, 3)), exif=exif))
    assert dict(image.getexif()) == {315: "someone"}


def test_text_xmp_is_written_as_utf_8() -> None:
    """XMP that is text, as some of Pillow's readers have it, is written as UTF-8."""
    assert opened(saved(Image.new("L", (1, 1)), xmp="<é/>")).info["xmp"] == "<é/>".encode()


def test_profile_of_another_space_is_left_out() -> None:
    """A profile of grey or of inks does not fit colours, and is not written."""
    image = Image.new("L", (1, 1))
    assert opened(saved(image, icc_profile=bytes(16) + b"CMYK" + bytes(99))).info == {}


@pytest.mark.parametrize(("colors", "channels"), [(16, 3), (256, 4), (300, 3)])
def test_verify_checks_every_byte(colors: int, channels: int) -> None:
    """`verify` passes a whole file and finds a bit that changed anywhere in its pixels."""
    data = encoded(colors, channels)
    opened(data).verify()
    for at in range(len(data) - 600, len(data), 23):
        damaged = bytearray(data)
        damaged[at] ^= 4
        for use in (load, verify):
            with pytest.raises(OSError, match="damaged"):
                use(bytes(damaged))


def test_verify_closes_the_file(tmp_path: Path) -> None:
    """After `verify` a file that Pillow opened is closed, and the image is of no use."""
    (tmp_path / "a.kq").write_bytes(encoded(16))
    image = Image.open(tmp_path / "a.kq")
    stream = image.fp
    image.verify()
    assert stream is not None
    assert stream.closed
    with pytest.raises(RuntimeError):
        image.verify()
    with pytest.raises(ValueError, match="closed"):
        image.load()


@pytest.mark.parametrize(("colors", "channels"), KINDS[1:])
@pytest.mark.parametrize("lost", [1, 4, 5, 200])
def test_truncated_file(
    colors: int, channels: int, lost: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file cut short is an `OSError`; Pillow's setting gives the pixels that are there."""
    whole = encoded(colors, channels)
    if len(whole) < 400:
        lost = min(lost, 20)
    data = whole[:-lost]
    with pytest.raises(OSError, match="ends too early"):
        opened(data).load()
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    pixels, expected = seen(opened(data)), rgba(kqformat.decode(whole))
    index_bits = (colors - 1).bit_length()
    missing = -(-8 * max(0, lost - 4) // index_bits) + 1
    there = 40 * 30 - missing
    np.testing.assert_array_equal(pixels.reshape(-1, 4)[:there], expected.reshape(-1, 4)[:there])


def test_damaged_file_is_an_error_even_where_truncated_ones_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A wrong CRC is an `OSError` whatever is said of truncated files."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    data = bytearray(encoded(16))
    data[-10] ^= 1
    with pytest.raises(OSError, match="damaged"):
        opened(bytes(data)).load()


@pytest.mark.parametrize("data", [b"\xbbKP\x01" + bytes(40), b"", b"kq", b"\x89PNG\r\n\x1a\n"])
def test_foreign_files_are_left_to_others(data: bytes) -> None:
    """What does not start with the signature is not of this format."""
    with pytest.raises(UnidentifiedImageError):
        Image.open(io.BytesIO(data), formats=["KQ"])


def test_other_formats_still_open(data_folder: Path) -> None:
    """A PNG is opened by its own reader."""
    with Image.open(data_folder / "chart.png") as image:
        assert image.format == "PNG"


class Unseekable(io.BytesIO):
    def seekable(self) -> bool:
        return False

    def seek(self, *_: object) -> int:
        raise io.UnsupportedOperation("seek")

    def tell(self) -> int:
        raise io.UnsupportedOperation("tell")


@pytest.mark.parametrize("kind", [io.BytesIO, Unseekable])
def test_stream_is_read_and_left_open(kind: Callable[[bytes], io.BytesIO]) -> None:
    """An image opens from any stream, which stays its owner's to close."""
    data = encoded(300)
    stream = kind(data)
    image = Image.open(stream)
    np.testing.assert_array_equal(seen(image), rgba(kqformat.decode(data)))
    image.close()
    assert not stream.closed


@pytest.mark.parametrize(("colors", "channels"), KINDS)
@pytest.mark.parametrize("step", [1, 7, 1000, 10**6])
def test_parser_takes_pieces(colors: int, channels: int, step: int) -> None:
    """`ImageFile.Parser`, fed in pieces of any size, gives the whole image."""
    data = encoded(colors, channels)
    parser = ImageFile.Parser()
    for at in range(0, len(data), step):
        parser.feed(data[at : at + step])
    image = parser.close()
    np.testing.assert_array_equal(seen(image), rgba(kqformat.decode(data)))


def test_parser_refuses_what_ends_early() -> None:
    """`ImageFile.Parser` raises `OSError` where the file is not whole."""
    parser = ImageFile.Parser()
    parser.feed(encoded(16)[:-9])
    with pytest.raises(OSError, match="ends too early"):
        parser.close()


def test_there_is_one_frame() -> None:
    """A file is one frame, not animated; another is `EOFError`."""
    image = opened(encoded(16))
    assert isinstance(image, ImageFile.ImageFile)
    assert (getattr(image, "n_frames", None), getattr(image, "is_animated", None)) == (1, False)
    image.seek(0)
    with pytest.raises(EOFError):
        image.seek(1)
    assert image.tell() == 0


USES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "copy": lambda image: image.copy(),
    "crop": lambda image: image.crop((3, 2, 20, 25)),
    "rgb": lambda image: image.convert("RGB"),
    "rgba": lambda image: image.convert("RGBA"),
    "grey": lambda image: image.convert("L"),
    "resize": lambda image: image.resize((80, 60)),
    "turn": lambda image: image.transpose(Image.Transpose.ROTATE_90),
    "pickle": lambda image: pickle.loads(pickle.dumps(image)),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(("colors", "channels"), [(16, 3), (16, 4), (300, 3), (300, 4)])
@pytest.mark.filterwarnings("ignore:Palette images with Transparency:UserWarning")
def test_uses_right_after_opening(use: str, colors: int, channels: int) -> None:
    """What one does with an image gives the same as with the same image from PNG."""
    data = encoded(colors, channels)
    stream = io.BytesIO()
    opened(data).save(stream, "PNG")
    result, expected = USES[use](opened(data)), USES[use](Image.open(stream))
    assert (result.mode, result.size) == (expected.mode, expected.size)
    np.testing.assert_array_equal(seen(result), seen(expected))


def test_with_closes_the_file(tmp_path: Path) -> None:
    """`with Image.open(path)` closes the file, whether the image was loaded or not."""
    (tmp_path / "a.kq").write_bytes(encoded(16))
    for is_loaded in (False, True):
        with Image.open(tmp_path / "a.kq") as image:
            stream = image.fp
            if is_loaded:
                image.load()
        assert stream is not None
        assert stream.closed


def test_loading_closes_the_file_and_pixels_stay(tmp_path: Path) -> None:
    """Once loaded the file is closed, may go away, and the pixels are still there."""
    path = tmp_path / "a.kq"
    path.write_bytes(encoded(300))
    image = Image.open(path)
    stream = image.fp
    image.load()
    path.unlink()
    assert stream is not None
    assert stream.closed
    image.load()
    np.testing.assert_array_equal(pixels_from(image), kqformat.decode(encoded(300)))


def test_names_and_types_are_registered(tmp_path: Path) -> None:
    """The ending .kq chooses the format, and the file has a MIME type."""
    Image.new("RGB", (3, 3)).save(tmp_path / "a.kq")
    with Image.open(tmp_path / "a.kq") as image:
        assert image.get_format_mimetype() == "image/x-kq"
