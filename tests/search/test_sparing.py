"""The laws of rate-distortion optimised mapping."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from command import kq, run_kq
from PIL import Image

import kqformat
from kqformat.codec.stream import encode_indexed
from kqformat.errors import ParameterError
from kqformat.quantizer.pipeline import Quantization, quantize
from kqformat.search.sparing import FARTHEST, spare_bits
from kqformat.search.trials import Storage

DATA = Path(__file__).parent.parent / "data"


@pytest.fixture(scope="module")
def photograph() -> npt.NDArray[np.uint8]:
    """Return a part of a real photograph."""
    with Image.open(DATA / "chelsea.png") as image:
        return np.asarray(image.convert("RGB"))[60:160, 120:260]


@pytest.fixture(scope="module")
def chosen(photograph: npt.NDArray[np.uint8]) -> Quantization:
    """Return it with each pixel's nearest entry."""
    return quantize(photograph, 64)


def spared(
    chosen: Quantization, pixels: npt.NDArray[np.uint8], price: float, fixed: object = None
) -> Quantization:
    """Spare bits of a picture, with errors measured in sRGB."""
    colors = None if fixed is None else np.array(fixed, np.uint8)
    return spare_bits(chosen, pixels.reshape(-1, pixels.shape[2]), price, colors, "srgb")


def rgba(palette: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return opaque colours."""
    return np.insert(palette, 3, 255, axis=1)


def size(result: Quantization) -> int:
    """Return the size of the file."""
    return len(encode_indexed(result.image, coding="entropy"))


def test_a_bit_for_nothing_changes_nothing(
    chosen: Quantization, photograph: npt.NDArray[np.uint8]
) -> None:
    """A price of 0 gives back what came."""
    assert spared(chosen, photograph, 0) is chosen


def test_bytes_fall_and_error_rises_with_the_price(
    chosen: Quantization, photograph: npt.NDArray[np.uint8]
) -> None:
    """The dearer a bit, the smaller the file, and the farther the colours."""
    results = [spared(chosen, photograph, price) for price in (2, 8, 32, 128)]
    sizes = [size(result) for result in results]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] < size(chosen) * 0.99
    assert sizes[-1] < size(chosen) * 0.6
    distortions = [result.distortion for result in results]
    assert distortions == sorted(distortions)


def test_it_beats_fewer_colours(chosen: Quantization, photograph: npt.NDArray[np.uint8]) -> None:
    """At the same PSNR the file is smaller than with fewer colours."""
    result = spared(chosen, photograph, 12)
    fewer = next(
        other
        for other in (quantize(photograph, k) for k in range(chosen.image.colors, 2, -1))
        if other.psnr <= result.psnr
    )
    assert size(result) < 0.95 * size(fewer)


def test_distortion_is_that_of_the_pixels(
    chosen: Quantization, photograph: npt.NDArray[np.uint8]
) -> None:
    """What is reported is what a decoder's pixels show."""
    result = spared(chosen, photograph, 10)
    decoded = result.image.to_rgb().astype(int)
    assert result.distortion == ((decoded - photograph) ** 2).sum()


def test_no_pixel_goes_too_far(chosen: Quantization, photograph: npt.NDArray[np.uint8]) -> None:
    """However dear a bit: an entry is near before the entries move, or is the nearest."""
    entries = chosen.image.palette.astype(int)
    result = spared(chosen, photograph, 100_000, rgba(chosen.image.palette))
    far = np.sqrt(((result.image.to_rgb().astype(int) - photograph) ** 2).sum(axis=2))
    own = np.sqrt(((entries[chosen.image.indices] - photograph) ** 2).sum(axis=2))
    assert (far <= np.maximum(own, FARTHEST) + 1e-9).all()
    assert (far > own + 1).any()


def test_fixed_colours_stay(chosen: Quantization, photograph: npt.NDArray[np.uint8]) -> None:
    """Entries that are fixed keep their colours, the others are means of their pixels."""
    fixed = rgba(chosen.image.palette[:3])
    result = spared(chosen, photograph, 10, fixed)
    kept = {tuple(color) for color in rgba(result.image.palette).tolist()}
    assert {tuple(color) for color in fixed.tolist()} <= kept
    for index, color in enumerate(result.image.palette.tolist()):
        pixels = photograph[result.image.indices == index]
        assert len(pixels)
        if (*color, 255) not in {tuple(entry) for entry in fixed.tolist()}:
            assert np.abs(pixels.mean(axis=0) - color).max() <= 0.51


def test_the_same_every_time(chosen: Quantization, photograph: npt.NDArray[np.uint8]) -> None:
    """Equal input gives equal bytes."""
    files = {
        encode_indexed(spared(chosen, photograph, 9).image, coding="entropy") for _ in range(2)
    }
    assert len(files) == 1


@pytest.mark.parametrize("channels", [1, 4])
def test_grey_and_alpha(channels: int) -> None:
    """Grey pixels and those with alpha are compared as the quantizer does."""
    ramp = np.add.outer(np.arange(40), np.arange(50)).astype(np.uint8)
    pixels = ramp[:, :, None].repeat(channels, axis=2)
    result = spared(quantize(pixels.squeeze(), 24), pixels, 6)
    assert result.image.indices.shape == ramp.shape
    assert result.psnr > 30
    assert result.image.channels == (4 if channels == 4 else 3)


def test_encode_takes_it(photograph: npt.NDArray[np.uint8]) -> None:
    """The functions for files spare bits too, and the file holds what was chosen."""
    plain = kqformat.encode(photograph, colors=64, coding="entropy")
    small = kqformat.encode(photograph, colors=64, coding="entropy", rdo=20)
    assert len(small) < 0.9 * len(plain)
    assert kqformat.decode(small).shape == photograph.shape
    reached = kqformat.reach(photograph, kqformat.Target(psnr=32), coding="entropy", rdo=20)
    alone = kqformat.reach(photograph, kqformat.Target(psnr=32), coding="entropy")
    assert reached.quantization.psnr >= 32
    assert reached.file_bytes < alone.file_bytes


def test_an_indexed_image_is_kept(chosen: Quantization) -> None:
    """Indices that were given are not changed."""
    data = kqformat.encode(chosen.image, coding="entropy", rdo=50)
    assert kqformat.decode_indexed(data) == chosen.image


@pytest.mark.parametrize("price", [-1.0, 100_001.0, float("nan"), float("inf"), "5", None, True])
def test_impossible_prices(price: float, photograph: npt.NDArray[np.uint8]) -> None:
    """A price is a number from 0 to 100,000, whatever it is for."""
    for image in (photograph, kqformat.quantize(photograph, 4)):
        with pytest.raises(ParameterError, match="rdo"):
            kqformat.encode(image, coding="entropy", rdo=price)


def test_lossless_means_that_no_pixel_changed() -> None:
    """Faint colours, which stand for one another at no error, are not taken for the same."""
    pixels = np.zeros((32, 32, 4), np.uint8)
    pixels[:16] = (1, 0, 0, 1)
    pixels[16:] = (9, 200, 30, 255)
    pixels[0, 0] = (1, 2, 3, 255)
    chosen = quantize(pixels, 256)
    assert chosen.lossless
    result = spare_bits(chosen, pixels.reshape(-1, 4), 1)
    assert result.lossless == np.array_equal(result.image.to_rgb(), pixels)
    faint = np.random.default_rng(0).integers(0, 4, (20, 20, 4)).astype(np.uint8)
    faint[:, :, 3] = 1
    result = spare_bits(quantize(faint, 256), faint.reshape(-1, 4), 1)
    assert result.lossless == np.array_equal(result.image.to_rgb(), faint)


def test_fixed_colours_stay_though_nothing_has_them(photograph: npt.NDArray[np.uint8]) -> None:
    """What --keep-color promises holds, however the colours are given."""
    for colors in (["#ff00ff"], iter(["#ff00ff"])):
        data = kqformat.encode(photograph, colors=8, coding="entropy", rdo=10, keep_colors=colors)
        assert [255, 0, 255] in kqformat.decode_indexed(data).palette.tolist()


@pytest.mark.parametrize("space", ["weighted", "srgb", "oklab"])
def test_errors_are_measured_where_the_quantizer_does(
    space: str, photograph: npt.NDArray[np.uint8]
) -> None:
    """Bits for next to nothing change next to nothing, in any space."""
    plain = kqformat.encode(photograph, colors=32, coding="entropy", space=space)
    close = kqformat.encode(photograph, colors=32, coding="entropy", space=space, rdo=1e-9)
    changed = kqformat.decode(plain) != kqformat.decode(close)
    assert np.abs(kqformat.decode(plain).astype(int) - kqformat.decode(close)).max() <= 2
    assert changed.mean() < 0.2


def test_what_it_does_not_go_with(photograph: npt.NDArray[np.uint8]) -> None:
    """Packed coding has no bits to spare, and dithering would be undone."""
    with pytest.raises(ParameterError, match="packed"):
        kqformat.encode(photograph, rdo=5)
    with pytest.raises(ParameterError, match="dither"):
        kqformat.encode(photograph, rdo=5, coding="entropy", dither="blue-noise")
    with pytest.raises(ParameterError, match="packed"):
        Storage(rdo=1)


def test_on_the_command_line(tmp_path: Path) -> None:
    """--rdo makes the file smaller, says its PSNR, and is refused where it means nothing."""
    source = DATA / "chelsea.png"
    assert kq("encode", source, "-o", tmp_path / "a.kq", "-k", "32", "--small") == 0
    assert kq("encode", source, "-o", tmp_path / "b.kq", "-k", "32", "--small", "--rdo", "20") == 0
    assert (tmp_path / "b.kq").stat().st_size < 0.9 * (tmp_path / "a.kq").stat().st_size
    for arguments, said in (
        (["--rdo", "5"], b"--small"),
        (["--rdo", "5", "--small", "--dither", "blue-noise"], b"dithering"),
        (["--rdo", "5", "--small", "--palette", source], b"palette"),
        (["--rdo", "-5", "--small"], b"rdo is -5.0"),
    ):
        done = run_kq("encode", source, "-o", tmp_path / "c.kq", *arguments)
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert not (tmp_path / "c.kq").exists()
