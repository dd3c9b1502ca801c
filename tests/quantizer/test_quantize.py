"""`quantize` as a whole: the laws of its result, whatever the picture."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import quantizer_oracle as oracle
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from strategies import pictures

import kqformat
from kqformat import IndexedImage, Metadata
from kqformat.quantizer import pipeline, weighted
from kqformat.quantizer.counting import counted
from kqformat.quantizer.palette import in_order
from kqformat.quantizer.pipeline import quantize
from kqformat.quantizer.space import embed
from kqformat.quantizer.starts import STARTS

Pixels = npt.NDArray[np.uint8]

INITS = list(STARTS)
POWERS = [2, 4, 8, 16, 32, 64, 128, 256]


@pytest.fixture
def clipart(data_folder: Path) -> Pixels:
    """Clip art with soft edges on nothing: uint8, shape (375, 265, 4)."""
    image = Image.open(data_folder / "clipart_soccer_alpha.png").convert("RGBA")
    return np.ascontiguousarray(np.asarray(image)[::3, ::3])


def assert_nearest(pixels: Pixels, image: IndexedImage) -> None:
    """Fail unless every pixel has the entry nearest in the default space, of several the first."""
    points = weighted.embed(oracle.canonical(pixels))
    entries = weighted.embed(oracle.canonical(image.palette))
    expected = oracle.nearest(points, entries).reshape(image.indices.shape)
    np.testing.assert_array_equal(image.indices, expected)


def assert_all_used(image: IndexedImage) -> None:
    assert len(np.unique(image.palette, axis=0)) == image.colors
    assert len(np.unique(image.indices)) == image.colors


@given(pictures(channels=3), st.integers(1, 64), st.sampled_from(INITS), st.integers(0, 3))
def test_each_pixel_has_its_nearest_entry(
    image: Pixels, k: int, init: str, max_iterations: int
) -> None:
    """In RGB, compared with every entry, no pixel has one that is nearer, or as near and lower."""
    result = quantize(image, k, init=init, max_iterations=max_iterations, space="srgb").image
    flat = image.reshape(-1, 3)
    expected = oracle.nearest(flat, result.palette).reshape(result.indices.shape)
    np.testing.assert_array_equal(result.indices, expected)


@given(pictures(channels=3), st.integers(1, 64), st.sampled_from(INITS))
def test_palette_is_as_large_as_can_be(image: Pixels, k: int, init: str) -> None:
    """There are k entries, or as many as the image has colours, all different and all used."""
    result = quantize(image, k, init=init, max_iterations=4).image
    assert result.colors == min(k, len(oracle.count(image)[0]))
    assert_all_used(result)
    np.testing.assert_array_equal(result.palette, in_order(oracle.canonical(result.palette))[:, :3])


@given(pictures(channels=4), st.integers(1, 64), st.sampled_from(INITS))
def test_translucent_pixels_have_their_nearest_entry(image: Pixels, k: int, init: str) -> None:
    """So it is for colours with alpha, by the distance that averages over backgrounds."""
    not_faint = image | np.array([0, 0, 0, 8], np.uint8)  # where no two colours share a point
    result = quantize(not_faint, k, init=init, max_iterations=2)
    assert_nearest(not_faint, result.image)
    assert_all_used(result.image)


@given(pictures(), st.sampled_from(INITS))
def test_enough_colors_lose_nothing(image: Pixels, init: str) -> None:
    """An image with no more colours than asked for keeps every pixel, and has no other colour."""
    colors, _ = oracle.count(image)
    for k in (len(colors), len(colors) + 1, 65_536):
        result = quantize(image, k, init=init)
        assert result.lossless
        assert result.psnr == float("inf")
        assert (result.iterations, result.converged) == (0, True)
        assert result.distinct_colors == result.image.colors == len(colors)
        np.testing.assert_array_equal(
            oracle.canonical(result.image.to_rgb()), oracle.canonical(image)
        )


@given(pictures(channels=3))
def test_one_color_is_the_mean(image: Pixels) -> None:
    """With k = 1 the palette is the mean of all pixels, rounded (first to 1/64, then to 1)."""
    result = quantize(image, 1).image
    assert result.colors == 1
    assert not result.indices.any()
    assert np.abs(result.palette[0] - image.mean(axis=(0, 1))).max() <= 0.5 + 0.5 / 64 + 1e-9


@pytest.mark.parametrize("k", [1, 7, 200, 300])
def test_errors_are_those_of_the_pixels(photo: Pixels, k: int) -> None:
    """Distortion, mean squared error and PSNR are what one computes from the decoded pixels."""
    result = quantize(photo, k, max_iterations=2)
    decoded = result.image.to_rgb()
    error = oracle.mean_squared_error(photo, decoded)
    assert result.mean_squared_error == pytest.approx(error, rel=1e-12)
    assert result.psnr == pytest.approx(10 * np.log10(255**2 / error), rel=1e-12)
    assert result.distortion == ((photo.astype(np.int64) - decoded) ** 2).sum()
    assert not result.lossless
    assert result.distinct_colors == 32_584


def test_distortion_of_alpha_is_what_shows(clipart: Pixels) -> None:
    """With alpha the distortion is the squared difference averaged over grey backgrounds."""
    result = quantize(clipart, 12)
    decoded = oracle.canonical(result.image.to_rgb())
    seen = oracle.visible_differences(oracle.canonical(clipart), decoded).sum()
    assert result.distortion == pytest.approx(seen, rel=2e-3)


def test_transparent_pixels_are_one_entry(clipart: Pixels) -> None:
    """All fully transparent pixels, whatever colour they hide, map to the entry of zeros."""
    transparent = clipart[..., 3] == 0
    assert transparent.sum() > 1000
    hiding = clipart.copy()
    hiding[transparent, :3] = np.random.default_rng(0).integers(0, 256, (transparent.sum(), 3))
    result = quantize(hiding, 24).image
    assert result == quantize(clipart, 24).image
    assert np.unique(result.indices[transparent]).tolist() == [0]
    assert result.palette[0].tolist() == [0, 0, 0, 0]
    assert (result.palette[1:, 3] > 0).all()
    assert_nearest(hiding, result)
    assert_all_used(result)


def test_invisible_image() -> None:
    """An image of which nothing shows has one colour, zeros."""
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 4), dtype=np.uint8)
    pixels[..., 3] = 0
    result = quantize(pixels, 5)
    assert result.image.palette.tolist() == [[0, 0, 0, 0]]
    assert result.lossless


@pytest.mark.parametrize("k", [20, 65_536])
def test_opaque_alpha_is_dropped(photo: Pixels, k: int) -> None:
    """RGBA without a translucent pixel gives the RGB palette and indices that RGB gives."""
    opaque = np.concatenate([photo, np.full((*photo.shape[:2], 1), 255, np.uint8)], axis=2)
    result = quantize(opaque, k, max_iterations=3).image
    assert result.channels == 3
    assert result == quantize(photo, k, max_iterations=3).image


def test_faint_translucency_is_kept() -> None:
    """One entry of alpha 254 is enough for a palette with alpha."""
    pixels = np.array([[[9, 8, 7, 255], [1, 2, 3, 254]]], np.uint8)
    assert quantize(pixels, 2).image.palette.tolist() == [[1, 2, 3, 254], [9, 8, 7, 255]]


@pytest.mark.parametrize("init", ["kmeans++", "random", "random-space"])
def test_seed_decides_what_chance_does(photo: Pixels, init: str) -> None:
    """Another seed gives another palette where the start is drawn."""
    one, other = (
        quantize(photo, 20, init=init, seed=seed, max_iterations=1).image.palette for seed in (0, 1)
    )
    assert not np.array_equal(one, other)


@given(pictures(channels=3), st.integers(1, 40))
def test_grey_is_rgb_of_equal_samples(image: Pixels, k: int) -> None:
    """A picture of two dimensions is taken as RGB with three equal samples."""
    grey = image[..., 0]
    result = quantize(grey, k).image
    assert result == quantize(np.repeat(grey[..., None], 3, axis=2), k).image
    assert (result.palette == result.palette[:, :1]).all()


@pytest.mark.parametrize("space", ["weighted", "srgb", "oklab"])
def test_mean_between_two_greys_is_grey(space: str) -> None:
    """A mean halfway between two levels is not rounded down in one channel and up in another."""
    for level in range(1, 256):
        for black in (level * 2 - 1, level * 2, level * 2 + 1):
            grey = np.zeros((1, black + 1), np.uint8)
            grey[0, 0] = level
            palette = quantize(grey, 1, space=space).image.palette
            assert len(set(palette[0].tolist())) == 1


@pytest.mark.parametrize(("k", "dtype"), [(256, "u1"), (257, "u2"), (3000, "u2")])
def test_indices_are_as_wide_as_needed(photo: Pixels, k: int, dtype: str) -> None:
    """Up to 256 colours an index is a byte, from 257 on two; all entries are used."""
    result = quantize(photo[::2, ::2], k, max_iterations=2).image
    assert result.indices.dtype == np.dtype(dtype)
    assert result.colors == k
    assert_all_used(result)
    assert_nearest(photo[::2, ::2], result)


@pytest.mark.parametrize("init", INITS)
@pytest.mark.parametrize(("source", "max_colors"), [("photo", 8000), ("clipart", 2000)])
def test_cells_give_nearest_entries_too(
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    source: str,
    max_colors: int,
    init: str,
) -> None:
    """An image of too many colours to count still has each pixel at its nearest entry.

    Its result is nearly as good as that on all colours, chance aside.
    """
    pixels: Pixels = request.getfixturevalue(source)
    exact = quantize(pixels, 30, init=init)
    assert exact.distinct_colors > max_colors
    monkeypatch.setattr(pipeline, "counted", partial(counted, max_colors=max_colors))
    result = quantize(pixels, 30, init=init)
    assert 30 < result.distinct_colors <= max_colors
    assert result.image.colors == 30
    assert_nearest(pixels, result.image)
    points = embed(oracle.canonical(pixels)).astype(np.int64)
    entries = embed(oracle.canonical(result.image.palette))[result.image.indices.ravel()]
    assert result.distortion == pytest.approx(((points - entries) ** 2).sum() / 4096, rel=1e-12)
    assert result.distortion < (1.02 if init == "wu" else 1.2) * exact.distortion


@pytest.mark.parametrize("init", INITS)
def test_same_bytes_every_time(photo: Pixels, init: str) -> None:
    """The same call gives the same file, run again and from several threads at once."""
    encode = partial(kqformat.encode, photo, colors=50, init=init, seed=3, max_iterations=5)
    expected = encode()
    assert encode() == expected
    with ThreadPoolExecutor(4) as pool:
        assert {future.result() for future in [pool.submit(encode) for _ in range(8)]} == {expected}


@pytest.mark.parametrize("init", INITS)
def test_order_of_pixels_does_not_matter(photo: Pixels, clipart: Pixels, init: str) -> None:
    """Shuffled pixels get the same palette, and the indices shuffled alike."""
    for pixels in (photo, clipart):
        height, width, channels = pixels.shape
        shuffle = np.random.default_rng(7).permutation(height * width)
        shuffled = pixels.reshape(-1, channels)[shuffle].reshape(width, height, channels)
        before = quantize(pixels, 33, init=init, seed=5, max_iterations=4).image
        after = quantize(shuffled, 33, init=init, seed=5, max_iterations=4).image
        np.testing.assert_array_equal(after.palette, before.palette)
        np.testing.assert_array_equal(after.indices.ravel(), before.indices.ravel()[shuffle])


@pytest.mark.parametrize("init", INITS)
@pytest.mark.parametrize("k", [8, 64, 256])
def test_result_is_better_than_its_start(photo: Pixels, init: str, k: int) -> None:
    """Passes of k-means lower the error that the start alone has, and more lower it further."""
    errors = [quantize(photo, k, init=init, max_iterations=n).distortion for n in (0, 4, 16)]
    assert errors == sorted(set(errors), reverse=True)


@pytest.mark.parametrize("init", ["wu", "kmeans++"])
def test_more_colors_are_better(photo: Pixels, init: str) -> None:
    """From 2 to 256 colours, each doubling lowers the error."""
    errors = [quantize(photo, k, init=init).distortion for k in POWERS]
    assert errors == sorted(set(errors), reverse=True)


def test_account_of_the_passes(photo: Pixels) -> None:
    """There are as many distortions as passes, at most those allowed, and the last is the least."""
    for passes in (0, 1, 5):
        result = quantize(photo, 20, max_iterations=passes)
        assert result.iterations == len(result.distortions) == passes
        assert not result.converged
    result = quantize(photo, 3, max_iterations=1000, space="srgb")
    assert result.converged
    assert 1 < result.iterations < 1000
    assert min(result.distortions) == result.distortions[-1]
    assert result.distortion == pytest.approx(result.distortions[-1], rel=0.01)


def test_layout_of_the_array_does_not_matter(photo: Pixels) -> None:
    """Flipped, strided, transposed and read-only arrays give what their copies give."""
    views = [photo[::-1], photo[::2, ::3], photo.transpose(1, 0, 2), photo[..., ::-1]]
    views += [np.asfortranarray(photo), photo[..., 1], photo[5:, 7:, 2]]
    for view in views:
        copy = view.copy(order="C")
        view.flags.writeable = False
        assert (
            quantize(view, 9, max_iterations=2).image == quantize(copy, 9, max_iterations=2).image
        )


def test_pixels_are_not_changed(photo: Pixels) -> None:
    """The caller's array is as it was, and the result does not share memory with it."""
    pixels = photo.copy()
    result = quantize(pixels, 9, max_iterations=2).image
    np.testing.assert_array_equal(pixels, photo)
    assert not np.shares_memory(pixels, result.indices)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 500, 3), (500, 1, 4), (1, 1), (3, 1)])
def test_thin_images(shape: tuple[int, ...]) -> None:
    """Images of one row, one column or one pixel are images like others."""
    pixels = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    result = quantize(pixels, 3).image
    assert (result.height, result.width) == shape[:2]
    assert_all_used(result)


def test_public_functions_agree(photo: Pixels) -> None:
    """`quantize`, `quantization` and `encode` of the package give one and the same image."""
    options: dict[str, Any] = {"seed": 2, "max_iterations": 3}
    expected = quantize(photo, 17, init="random", **options)
    assert kqformat.quantize(photo, 17, init="random", **options) == expected.image
    account = kqformat.quantization(photo, 17, init="random", **options)
    assert account.image == expected.image
    assert account.distortions == expected.distortions
    data = kqformat.encode(photo, colors=17, init="random", **options)
    assert kqformat.decode_indexed(data) == expected.image


def test_indexed_image_is_kept_or_requantized() -> None:
    """A palette that is small enough stays as it is; a larger one is reduced; metadata stays."""
    rng = np.random.default_rng(2)
    palette = rng.integers(0, 256, (40, 3), dtype=np.uint8)
    metadata = Metadata(exif=b"Exif")
    image = IndexedImage(rng.integers(0, 40, (20, 30), dtype=np.uint8), palette, metadata)
    for k in (40, 41):
        kept = kqformat.quantization(image, k)
        assert kept.image == image
        assert kept.lossless
    reduced = kqformat.quantization(image, 39).image
    assert reduced.colors == 39
    assert reduced.metadata == metadata
    np.testing.assert_array_equal(reduced.palette, quantize(image.to_rgb(), 39).image.palette)


@pytest.mark.parametrize("init", ["wu", "random", "random-space"])
def test_most_colors_there_can_be(init: str) -> None:
    """65,536 colours of 100,000 are different, all used, and each pixel has its nearest."""
    numbers = np.random.default_rng(11).choice(1 << 24, 100_000, replace=False)
    channels = [numbers >> 16, numbers >> 8 & 255, numbers & 255]
    pixels = np.stack(channels, axis=1).astype(np.uint8).reshape(250, 400, 3)
    result = quantize(pixels, 65_536, init=init, max_iterations=2)
    assert result.image.colors == 65_536
    assert result.image.indices.dtype == np.uint16
    assert_all_used(result.image)
    assert_nearest(pixels[::100], IndexedImage(result.image.indices[::100], result.image.palette))
    decoded = result.image.to_rgb()
    assert result.distortion == ((pixels.astype(np.int64) - decoded) ** 2).sum()
