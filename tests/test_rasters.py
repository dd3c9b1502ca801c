"""Every mode and kind of ordinary image becomes the pixels that one expects."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from icc_profiles import cmyk_profile, grey_profile, srgb_of_light
from PIL import GifImagePlugin, Image, ImageCms, ImageOps, PngImagePlugin
from png_files import EXAMPLES, GREY, PALETTE, Png, example, example_id

from kqformat import IndexedImage, LimitError, Metadata, RasterError
from kqformat.rasters import Raster, image_from, indexed_from, pixels_from, read_raster

ORIENTATION = 274
ARTIST = 315
AT_MOST = 10_000


def read(data: bytes, max_pixels: int = AT_MOST) -> Raster:
    return read_raster(io.BytesIO(data), max_pixels=max_pixels)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def rgba(content: IndexedImage | npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    pixels = content.to_rgb() if isinstance(content, IndexedImage) else content
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    if pixels.shape[2] == 4:
        return pixels
    return np.concatenate([pixels, np.full((*pixels.shape[:2], 1), 255, np.uint8)], axis=2)


def one(mode: str, color: int | tuple[int, ...], **info: object) -> Image.Image:
    image = Image.new(mode, (2, 1), color)
    image.info.update(info)
    return image


@pytest.mark.parametrize("arguments", EXAMPLES, ids=example_id)
def test_every_kind_of_png_is_seen_as_it_says(arguments: tuple[int, int, bool, bool]) -> None:
    """Colour types, bit depths, tRNS and interlacing of PNG give the pixels of its standard."""
    color_type, depth, trns, interlaced = arguments
    png = example(color_type, depth, trns=trns, interlaced=interlaced)
    content = read(png.to_bytes()).content
    np.testing.assert_array_equal(rgba(content), png.rgba())
    if color_type == PALETTE:
        assert isinstance(content, IndexedImage)
        np.testing.assert_array_equal(content.indices, png.samples[..., 0])
        assert content.palette[:, :3].tolist() == [list(color) for color in png.palette]
        assert content.channels == (4 if trns else 3)


@pytest.mark.parametrize("mode", ["I;16", "I;16L", "I;16B"])
def test_sixteen_bit_grey_is_scaled(mode: str) -> None:
    """Each of the 65,536 values becomes the nearest of 256, in either byte order."""
    values = np.arange(65_536).reshape(256, 256)
    order = ">u2" if mode.endswith("B") else "<u2"
    image = Image.frombytes(mode, (256, 256), values.astype(order).tobytes())
    np.testing.assert_array_equal(pixels_from(image), np.rint(values / 257))


def twelve_bit_tiff(values: list[int], orientation: int = 1) -> bytes:
    """Return a TIFF of one row of an even number of 12-bit values."""
    packed = b"".join(
        ((a << 12) | b).to_bytes(3, "big") for a, b in zip(values[::2], values[1::2], strict=True)
    )
    tags = {256: len(values), 257: 1, 258: 12, 259: 1, 262: 1, 273: 8, 274: orientation}
    tags |= {277: 1, 278: 1, 279: len(packed)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    start = 8 + len(packed)
    header = struct.pack("<2sHI", b"II", 42, start)
    return header + packed + struct.pack("<H", len(tags)) + entries + bytes(4)


@pytest.mark.parametrize("orientation", [1, 3])
def test_twelve_bit_grey_is_scaled_from_its_own_white(orientation: int) -> None:
    """4,095 is white in a TIFF of 12 bits, also after it is turned upright."""
    values = [0, 8, 9, 2048, 4094, 4095]
    content = read(twelve_bit_tiff(values, orientation)).content
    expected = [0, 0, 1, 128, 255, 255]
    assert isinstance(content, np.ndarray)
    assert content[0].tolist() == (expected if orientation == 1 else expected[::-1])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 1, 254, 255], [0, 1, 254, 255]),
        ([-7, 5, 255, 3], [0, 5, 255, 3]),
        ([0, 256, 257, 65_535], [0, 1, 1, 255]),
        ([-(2**31), 0, 65_535, 2**31 - 1], [0, 0, 255, 255]),
    ],
)
def test_integers_are_eight_bits_or_sixteen(values: list[int], expected: list[int]) -> None:
    """32-bit integers up to 255 are taken as they are, others as 16-bit grey, cut to its range."""
    image = Image.fromarray(np.array([values], np.int32))
    assert image.mode == "I"
    assert pixels_from(image).tolist() == [expected]


def test_dark_sixteen_bit_picture_stays_dark() -> None:
    """A PGM of 16 bits that has only small values is not mistaken for one of 8 bits."""
    data = b"P5 4 1 65535\n" + struct.pack(">4H", 0, 128, 129, 255)
    content = read(data).content
    assert isinstance(content, np.ndarray)
    assert content.tolist() == [[0, 0, 1, 1]]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([0.0, 100.4, 255.0], [0, 100, 255]),
        ([-1.0, 0.0, 1.0], [0, 128, 255]),
        ([0.0, 500.0, 1000.0], [0, 128, 255]),
        ([-3e38, 0.0, 3e38], [0, 128, 255]),
        ([0.0, 0.0, 0.0], [0, 0, 0]),
        ([7.0, 7.0, 7.0], [7, 7, 7]),
        ([300.0, 300.0, 300.0], [255, 255, 255]),
        ([-5.0, -5.0, -5.0], [0, 0, 0]),
        ([float("nan"), 0.5, float("inf")], [0, 128, 255]),
        ([float("nan"), float("nan"), float("nan")], [0, 0, 0]),
        ([float("-inf"), 10.0, 20.0], [0, 10, 20]),
    ],
)
def test_floats_are_scaled(values: list[float], expected: list[int]) -> None:
    """Floats are 0 to 1, or 0 to 255, or stretched; nothing divides by zero or overflows."""
    assert pixels_from(Image.fromarray(np.array([values], np.float32))).tolist() == [expected]


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (one("1", 255), [255]),
        (one("1", 255, transparency=255), [255, 255, 255, 0]),
        (one("L", 7), [7]),
        (one("L", 7, transparency=7), [7, 7, 7, 0]),
        (one("L", 7, transparency=8), [7, 7, 7, 255]),
        (one("LA", (7, 90)), [7, 7, 7, 90]),
        (one("La", (50, 128)), [100, 100, 100, 128]),
        (one("RGB", (1, 2, 3)), [1, 2, 3]),
        (one("RGB", (1, 2, 3), transparency=(1, 2, 3)), [1, 2, 3, 0]),
        (one("RGBA", (1, 2, 3, 4)), [1, 2, 3, 4]),
        (one("RGBX", (1, 2, 3, 4)), [1, 2, 3]),
        (one("RGBa", (50, 100, 0, 128)), [100, 199, 0, 128]),
        (one("HSV", (85, 255, 255)), [0, 255, 0]),
        (one("YCbCr", (76, 85, 255)), [254, 0, 0]),
        (one("I;16", 0x1234, transparency=0x1234), [18, 18, 18, 0]),
        (one("I;16", 0x1234, transparency=0x1235), [18, 18, 18, 255]),
    ],
    ids=lambda value: f"{value.mode}{value.info or ''}" if isinstance(value, Image.Image) else "",
)
def test_modes_become_grey_rgb_or_rgba(image: Image.Image, expected: list[int]) -> None:
    """A pixel of each mode, with its one transparent value, has the colour that one expects."""
    pixels = pixels_from(image)
    assert pixels.shape[:2] == (1, 2)
    assert np.abs(pixels.reshape(2, -1).astype(int) - expected).max() <= 1
    assert pixels.reshape(2, -1).shape[1] == len(expected)


def test_palette_with_alpha_plane_becomes_rgba() -> None:
    """Mode PA, whose alpha is not of the palette, becomes pixels of RGBA."""
    image = Image.new("P", (2, 1), 1)
    image.putpalette([0, 0, 0, 10, 20, 30])
    image = image.convert("PA")
    image.putalpha(77)
    assert image.mode == "PA"
    assert pixels_from(image).tolist() == [[[10, 20, 30, 77]] * 2]


def test_pixels_are_copied_in_strips_without_a_seam() -> None:
    """An image of several strips of a million pixels is copied whole."""
    values = np.random.default_rng(1).integers(0, 256, (1100, 2003), np.uint8)
    np.testing.assert_array_equal(pixels_from(Image.fromarray(values)), values)


@pytest.mark.parametrize(
    "inks", [(0, 0, 0, 0), (255, 0, 0, 0), (0, 0, 0, 255), (10, 200, 30, 40), (128,) * 4]
)
def test_cmyk_without_profile_is_ink_times_ink(inks: tuple[int, ...]) -> None:
    """CMYK without a profile is (1 - ink)(1 - black)."""
    black = inks[3] / 255
    expected = [255 * (1 - ink / 255) * (1 - black) for ink in inks[:3]]
    np.testing.assert_allclose(pixels_from(one("CMYK", inks))[0, 0], expected, atol=1)


@pytest.mark.parametrize("kind", ["TIFF", "JPEG"])
def test_cmyk_with_profile_is_converted_by_it(kind: str) -> None:
    """CMYK with a profile becomes sRGB by it, and the profile, of inks, goes away."""
    image = Image.new("CMYK", (64, 32))
    image.paste((255, 0, 0, 0), (32, 0, 64, 32))
    raster = read(saved(image, kind, icc_profile=cmyk_profile()))
    grey = srgb_of_light(((50.2 + 16) / 116) ** 3)
    assert isinstance(raster.content, np.ndarray)
    np.testing.assert_allclose(raster.content[16, 4], [255, 255, 255], atol=1)
    np.testing.assert_allclose(raster.content[16, 60], [grey] * 3, atol=2)
    assert raster.metadata.icc_profile is None


@pytest.mark.parametrize(
    "profile", [cmyk_profile()[:200], grey_profile(), b"\0" * 16 + b"CMYK", b"x"]
)
def test_useless_profile_is_passed_over(profile: bytes) -> None:
    """CMYK with a damaged profile, or one of another space, is read as without."""
    image = one("CMYK", (255, 0, 0, 0), icc_profile=profile)
    assert pixels_from(image).tolist() == [[[0, 255, 255]] * 2]


def srgb_of_lab(lightness: float, a: float, b: float) -> list[float]:
    """Compute sRGB from Lab of D50 (ICC.1 annex; matrix of Bradford-adapted sRGB)."""
    middle = (lightness + 16) / 116
    steps = np.array([middle + a / 500, middle, middle - b / 200])
    ratios = np.where(steps > 6 / 29, steps**3, (steps - 4 / 29) * 108 / 841)
    from_xyz = np.array(
        [[3.1339, -1.6169, -0.4906], [-0.9788, 1.9161, 0.0335], [0.0719, -0.2290, 1.4052]]
    )
    lights = from_xyz @ (ratios * (0.9642, 1.0, 0.8249))
    return [srgb_of_light(float(light)) for light in lights.clip(0, 1)]


@pytest.mark.parametrize(
    "lab", [(100, 0, 0), (0, 0, 0), (50.2, 0, 0), (60, 30, -20), (60, -30, 20), (80, 10, 60)]
)
def test_lab_becomes_srgb(lab: tuple[float, float, float]) -> None:
    """Lab becomes the sRGB colours that its formulas say."""
    lightness, a, b = lab
    stored = (round(lightness * 2.55), round(a + 128), round(b + 128))
    pixels = pixels_from(one("LAB", stored))
    assert pixels.shape == (1, 2, 3)
    np.testing.assert_allclose(pixels[0, 0], srgb_of_lab(*lab), atol=2)


@pytest.mark.parametrize("gamma", [1.0, 1.8])
@pytest.mark.parametrize("mode", ["L", "LA", "I;16", "1", "L-trns", "I;16-trns"])
def test_grey_with_profile_becomes_srgb(mode: str, gamma: float) -> None:
    """Grey of any depth with a profile becomes sRGB by it, its transparency untouched."""
    value = 255 if mode == "1" else 64
    stored = value * 257 if mode.startswith("I;16") else value
    color = (value, 90) if mode == "LA" else stored
    image = one(mode.removesuffix("-trns"), color, icc_profile=grey_profile(gamma))
    if mode.endswith("-trns"):
        image.info["transparency"] = stored
    pixels = pixels_from(image).reshape(2, -1)
    expected = srgb_of_light((value / 255) ** gamma)
    np.testing.assert_allclose(pixels[0, :3], [expected] * min(3, pixels.shape[1]), atol=1)
    alphas = {"LA": 90, "L-trns": 0, "I;16-trns": 0}
    assert pixels[0, 3:].tolist() == ([alphas[mode]] if mode in alphas else [])


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P"])
def test_rgb_profile_is_kept_and_no_pixel_changed(mode: str) -> None:
    """A profile of RGB travels as metadata; grey, which it fits as well, included."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = Image.new("RGBA", (3, 3), (90, 90, 90, 255)).convert(mode)
    raster = read(saved(image, "PNG", icc_profile=profile))
    assert raster.metadata.icc_profile == profile
    assert (rgba(raster.content) == (90, 90, 90, 255)).all()


def palette_image(entries: list[int], indices: list[int], mode: str = "RGB") -> Image.Image:
    image = Image.fromarray(np.array([indices], np.uint8), "L")
    image.putpalette(entries, mode)
    return image


@pytest.mark.parametrize(
    ("entries", "mode", "indices", "transparency", "expected"),
    [
        ([1, 2, 3, 4, 5, 6], "RGB", [0, 1], None, [[1, 2, 3], [4, 5, 6]]),
        ([1, 2, 3, 4, 5, 6], "RGB", [0, 0], None, [[1, 2, 3], [4, 5, 6]]),
        ([1, 2, 3], "RGB", [0, 2], None, [[1, 2, 3], [0, 0, 0], [0, 0, 0]]),
        ([1, 2, 3, 4, 5, 6], "RGB", [0, 1], 1, [[1, 2, 3, 255], [4, 5, 6, 0]]),
        ([1, 2, 3, 4, 5, 6], "RGB", [0, 1], 9, [[1, 2, 3, 255], [4, 5, 6, 255]]),
        ([1, 2, 3], "RGB", [0, 1], 1, [[1, 2, 3, 255], [0, 0, 0, 0]]),
        ([1, 2, 3, 4, 5, 6], "RGB", [0, 1], b"\x07", [[1, 2, 3, 7], [4, 5, 6, 255]]),
        ([1, 2, 3, 4, 5, 6], "RGB", [0, 1], b"\x07\x08\x09", [[1, 2, 3, 7], [4, 5, 6, 8]]),
        ([1, 2, 3, 4, 5, 6], "RGB", [0, 1], b"", [[1, 2, 3, 255], [4, 5, 6, 255]]),
        ([1, 2, 3, 4, 5, 6, 7, 8], "RGBA", [0, 1], None, [[1, 2, 3, 4], [5, 6, 7, 8]]),
        ([1, 2, 3, 4, 5, 6, 7, 8], "RGBA", [0, 1], b"\x09", [[1, 2, 3, 9], [5, 6, 7, 8]]),
        ([1, 2, 3, 4, 5, 6, 7, 8], "RGBA", [0, 1], 0, [[1, 2, 3, 0], [5, 6, 7, 8]]),
    ],
)
def test_palette_images_are_kept_exactly(
    entries: list[int],
    mode: str,
    indices: list[int],
    transparency: int | bytes | None,
    expected: list[list[int]],
) -> None:
    """Indices and palette stay as they are, unused entries too; transparency becomes alpha."""
    image = palette_image(entries, indices, mode)
    if transparency is not None:
        image.info["transparency"] = transparency
    indexed = indexed_from(image)
    assert indexed.indices.tolist() == [indices]
    assert indexed.palette.tolist() == expected
    np.testing.assert_array_equal(rgba(indexed), np.asarray(image.convert("RGBA")))


def turned(pixels: npt.NDArray[np.uint8], orientation: int) -> npt.NDArray[np.uint8]:
    """Turn a picture upright by what EXIF says is at the top and the left of its rows."""
    flips = {2: (False, True), 3: (True, True), 4: (True, False), 6: (True, False)}
    flips |= {7: (True, True), 8: (False, True)}
    down, across = flips.get(orientation, (False, False))
    pixels = pixels[::-1] if down else pixels
    pixels = pixels[:, ::-1] if across else pixels
    return pixels.transpose(1, 0, 2) if orientation >= 5 else pixels


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_and_forgotten(kind: str, orientation: int) -> None:
    """The picture is upright, its EXIF says nothing else of it, and the rest of EXIF is kept."""
    pixels = np.random.default_rng(0).integers(0, 256, (4, 7, 3), np.uint8)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[ARTIST] = "someone"
    options = {"lossless": True} if kind == "WEBP" else {}
    raster = read(saved(Image.fromarray(pixels), kind, exif=exif, **options))
    assert isinstance(raster.content, np.ndarray)
    np.testing.assert_array_equal(raster.content, turned(pixels, orientation))
    if kind == "TIFF":  # whose tags are no EXIF block to Pillow
        return
    kept = Image.Exif()
    assert raster.metadata.exif is not None
    kept.load(raster.metadata.exif)
    assert kept.get(ORIENTATION, 1) == 1
    assert kept[ARTIST] == "someone"


def test_palette_image_is_turned_and_stays_one() -> None:
    """A palette image that lies on its side keeps its palette and has its indices turned."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    image = palette_image([1, 2, 3, 4, 5, 6, 7, 8, 9], [0, 1, 2])
    content = read(saved(image, "PNG", exif=exif)).content
    assert isinstance(content, IndexedImage)
    assert content.indices.tolist() == [[0], [1], [2]]
    assert content.palette.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]


def test_orientation_of_xmp_is_applied() -> None:
    """A picture whose orientation is in XMP is turned, and XMP says it no longer."""
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", '<x tiff:Orientation="8"/>')
    raster = read(saved(Image.new("L", (5, 2)), "PNG", pnginfo=text))
    assert isinstance(raster.content, np.ndarray)
    assert raster.content.shape == (5, 2)
    assert raster.metadata.xmp is not None
    assert b"Orientation" not in raster.metadata.xmp


@pytest.mark.parametrize("exif", [b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff", b"MM"])
@pytest.mark.filterwarnings("ignore")
def test_picture_with_broken_exif_is_read(exif: bytes) -> None:
    """A picture is read as it lies where its EXIF cannot be."""
    content = read(saved(Image.new("L", (5, 2), 9), "JPEG", exif=exif)).content
    assert isinstance(content, np.ndarray)
    assert content.tolist() == [[9] * 5] * 2


@pytest.mark.parametrize("error", [SyntaxError, ValueError, KeyError, TypeError, OSError])
def test_picture_is_read_where_pillow_cannot_turn_it(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever Pillow raises over EXIF, the picture is read as it lies, without that EXIF."""

    def fail(*_: object, **__: object) -> None:
        raise error

    exif = Image.Exif()
    exif[ARTIST] = "someone"
    data = saved(Image.new("L", (5, 2), 9), "JPEG", exif=exif)
    monkeypatch.setattr(ImageOps, "exif_transpose", fail)
    raster = read(data)
    assert isinstance(raster.content, np.ndarray)
    assert raster.content.tolist() == [[9] * 5] * 2
    assert raster.metadata.exif is None


@pytest.mark.parametrize("dpi", [(-1, 5), (float("nan"), 72), (70_000, 70_000), "x"])
def test_senseless_resolution_is_none(dpi: object) -> None:
    """A resolution that no file could hold is left out, and the picture read."""
    raster_image = palette_image([1, 2, 3], [0])
    raster_image.info["dpi"] = dpi
    assert indexed_from(raster_image).metadata == Metadata()


def test_metadata_comes_along() -> None:
    """Profile, EXIF, XMP and resolution of a JPEG become the metadata."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[ARTIST] = "someone"
    options = {"icc_profile": profile, "exif": exif, "xmp": b"<x/>", "dpi": (300, 300)}
    metadata = read(saved(Image.new("RGB", (8, 8)), "JPEG", **options)).metadata
    plain = exif.tobytes().removeprefix(b"Exif\0\0")
    assert metadata == Metadata(profile, plain, b"<x/>", (300.0, 300.0))


def test_limit_is_the_most_pixels() -> None:
    """As many pixels as the limit are read; one more is a `LimitError`."""
    data = saved(Image.new("L", (20, 10)), "PNG")
    read(data, 200)
    with pytest.raises(LimitError, match="200 pixels are more than the limit of 199"):
        read(data, 199)


def test_size_is_checked_before_pixels_are_decoded() -> None:
    """A file that claims more pixels than the limit is refused though it has none."""
    png = Png(np.zeros((1, 1, 1), np.int64), GREY, 8).to_bytes()
    claim = png.replace(struct.pack(">II", 1, 1), struct.pack(">II", 30_000, 1), 1)
    header = claim[12:29]
    claim = claim.replace(claim[29:33], struct.pack(">I", zlib.crc32(header)), 1)
    with pytest.raises(LimitError, match="30,000 pixels are more than the limit of 10,000"):
        read(claim)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "TIFF", "WEBP"])
def test_first_frame_is_taken_and_frames_are_counted(kind: str) -> None:
    """Of an animation, or a file of many pages, the first is read."""
    first, *others = (Image.new("RGB", (6, 5), color) for color in ("#f00", "#0f0", "#00f"))
    options = {"lossless": True} if kind == "WEBP" else {}
    raster = read(saved(first, kind, save_all=True, append_images=others, **options))
    assert raster.frames == 3
    assert (rgba(raster.content) == (255, 0, 0, 255)).all()


def test_first_frame_is_read_where_later_ones_are_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file whose frames cannot be counted is one frame."""

    def fail(_: object) -> int:
        raise ValueError("damaged")

    data = saved(Image.new("L", (5, 2), 9), "GIF")
    monkeypatch.setattr(GifImagePlugin.GifImageFile, "n_frames", property(fail))
    raster = read(data)
    assert raster.frames == 1
    assert (rgba(raster.content) == (9, 9, 9, 255)).all()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "TGA", "PPM", "QOI"])
@pytest.mark.parametrize("part", [0.02, 0.3, 0.6])
def test_cut_file_is_one_error(kind: str, part: float, photo: npt.NDArray[np.uint8]) -> None:
    """A file of any format that ends early is a `RasterError` that says something."""
    data = saved(Image.fromarray(photo[:64, :64]), kind)
    with pytest.raises(RasterError, match=r"^not an image that can be read \(.+\)$"):
        read(data[: int(len(data) * part)])


@pytest.mark.parametrize("data", [b"", b"\0", b"no image", b"\x89PNG\r\n\x1a\n", b"GIF89a"])
def test_what_is_no_image_is_one_error(data: bytes) -> None:
    """Bytes that are no image are a `RasterError`."""
    with pytest.raises(RasterError, match="of no known format"):
        read(data)


def test_missing_file_is_an_error_of_the_file_system(tmp_path: Path) -> None:
    """A name that is not there is `FileNotFoundError`, not a damaged image."""
    with pytest.raises(FileNotFoundError):
        read_raster(str(tmp_path / "missing.png"), max_pixels=AT_MOST)


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("colors", [1, 2, 255, 256, 257, 1000])
def test_indexed_image_becomes_a_pillow_image(colors: int, channels: int) -> None:
    """Up to 256 colours are mode P with exactly that palette, more are RGB or RGBA."""
    rng = np.random.default_rng(colors)
    palette = rng.integers(0, 256, (colors, channels), np.uint8)
    drawn = rng.integers(0, colors, (9, 31))
    indices = drawn.astype(np.uint8) if colors <= 256 else drawn.astype(np.uint16)
    metadata = Metadata(exif=b"MM\0*", xmp=b"<x/>", dpi=(72.0, 36.0))
    indexed = IndexedImage(indices, palette, metadata)
    image = image_from(indexed)
    assert image.mode == ("P" if colors <= 256 else "RGB" if channels == 3 else "RGBA")
    assert image.info["exif"] == b"Exif\0\0MM\0*"
    assert (image.info["xmp"], image.info["dpi"]) == (b"<x/>", (72.0, 36.0))
    np.testing.assert_array_equal(np.asarray(image.convert("RGBA")), rgba(indexed))
    if colors <= 256:
        assert indexed_from(image) == indexed
