"""`dither`: palette colours only, the mean kept, and nothing touched that need not be."""

from __future__ import annotations

import dither_oracle
import make_blue_noise
import numpy as np
import numpy.typing as npt
import pytest
import quantizer_oracle as oracle
from hypothesis import given
from hypothesis import strategies as st
from strategies import arrays

from kqformat import ParameterError
from kqformat.quantizer.dither import METHODS, blue_noise, check_dithering, dither
from kqformat.quantizer.pipeline import quantize
from kqformat.quantizer.space import embed

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

methods = pytest.mark.parametrize("method", METHODS)

BLACK_AND_WHITE = np.array([[0, 0, 0, 255], [255, 255, 255, 255]], np.uint8)


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Pixels, Pixels]:
    """Small pictures of soft slopes, with holes and edges in them, and palettes."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    height, width = draw(st.tuples(st.integers(1, 12), st.integers(1, 12)))
    channels = draw(st.sampled_from([1, 3, 4]))
    slopes = rng.normal(0, 1, (3, channels)) * draw(st.sampled_from([0, 3, 12]))
    y, x = np.mgrid[:height, :width][..., None]
    shades = rng.integers(0, 256, channels) + slopes[0] * y + slopes[1] * x
    shades = shades + rng.normal(0, draw(st.sampled_from([0, 2, 9])), shades.shape)
    pixels = np.clip(shades, 0, 255).astype(np.uint8)
    if channels == 4 and draw(st.booleans()):
        pixels[..., 3] = rng.choice([0, 1, 2, 128, 255], (height, width))
    palette = rng.integers(0, 256, (draw(st.integers(1, 30)), 4), dtype=np.uint8)
    if draw(st.booleans()):
        # Close to the picture's colours, as real palettes are.
        near = pixels.reshape(-1, channels)[rng.integers(0, height * width, len(palette))]
        palette[:, : max(3, channels)] = np.clip(near + rng.integers(-9, 9, near.shape), 0, 255)
    if draw(st.booleans()):
        palette[:, 3] = 255
    return pixels, palette


def nearest(pixels: Pixels, palette: Pixels) -> npt.NDArray[np.int64]:
    """Return each pixel's nearest entry."""
    rgb = pixels.repeat(3, axis=2) if pixels.shape[2] == 1 else pixels
    points = embed(oracle.canonical(rgb))
    return oracle.nearest(points, embed(palette)).reshape(pixels.shape[:2])


def opaque(colors: npt.ArrayLike) -> Pixels:
    """Return RGB colours as opaque RGBA."""
    rgb = np.array(colors, np.uint8)
    return np.concatenate([rgb, np.full((len(rgb), 1), 255, np.uint8)], axis=1)


def block_means(samples: npt.NDArray[np.uint8], side: int = 16) -> Floats:
    """Return the means of squares of `side` pixels."""
    height, width, channels = samples.shape
    blocks = samples.reshape(height // side, side, width // side, side, channels)
    return np.asarray(blocks.mean((1, 3)))


@given(scenes(), st.sampled_from([0.0, 0.3, 1.0, 1.0]))
def test_diffusion_is_that_of_the_oracle(scene: tuple[Pixels, Pixels], strength: float) -> None:
    """Floyd–Steinberg gives the indices of the same algorithm in plain Python."""
    pixels, palette = unlike(scene)
    indices = dither(pixels, palette, "floyd-steinberg", strength)
    assert indices.tolist() == dither_oracle.diffuse(pixels, palette, round(strength * 256))


@given(scenes(), st.sampled_from([0.0, 0.3, 1.0, 1.0]))
def test_blue_noise_is_that_of_the_oracle(scene: tuple[Pixels, Pixels], strength: float) -> None:
    """Blue noise gives the indices of the same algorithm in plain Python."""
    pixels, palette = unlike(scene)
    indices = dither(pixels, palette, "blue-noise", strength)
    assert indices.tolist() == dither_oracle.order(pixels, palette, round(strength * 256))


def unlike(scene: tuple[Pixels, Pixels]) -> tuple[Pixels, Pixels]:
    """Leave entries out whose points are equal to another's: the oracle takes none twice."""
    pixels, palette = scene
    _, first = np.unique(embed(palette), axis=0, return_index=True)
    return pixels, palette[np.sort(first)]


@methods
@pytest.mark.parametrize("k", [1, 2, 9, 40, 300, 1100, 5000, 65_536])
@pytest.mark.parametrize("channels", [3, 4])
def test_strength_0_is_nearest_mapping(method: str, k: int, channels: int) -> None:
    """Without strength every pixel gets its nearest entry, for any size of the palette."""
    rng = np.random.default_rng(k)
    pixels = rng.integers(0, 256, (20, 30, channels), dtype=np.uint8)
    palette = rng.integers(0, 256, (k, 4), dtype=np.uint8)
    if channels == 3:
        palette[:, 3] = 255
    indices = dither(pixels, palette, method, 0)
    assert indices.dtype == (np.uint8 if k <= 256 else np.uint16)
    np.testing.assert_array_equal(indices, nearest(pixels, palette))


@methods
def test_crowded_palettes_are_searched_exactly(method: str) -> None:
    """Where thousands of entries share a few cells, the nearest is found all the same."""
    cube = np.stack(np.meshgrid(*3 * [np.arange(100, 120)]), -1).reshape(-1, 3)
    pixels = np.random.default_rng(1).integers(90, 131, (24, 24, 3), dtype=np.uint8)
    indices = dither(pixels, opaque(cube), method, 0)
    np.testing.assert_array_equal(indices, nearest(pixels, opaque(cube)))


@methods
@given(scenes())
def test_colors_of_the_palette_are_untouched(method: str, scene: tuple[Pixels, Pixels]) -> None:
    """A pixel whose colour is an entry keeps that colour, whatever surrounds it."""
    pixels, palette = scene
    rgb = pixels.repeat(3, axis=2) if pixels.shape[2] == 1 else pixels
    colors = oracle.canonical(rgb)
    own = colors[:: max(1, len(colors) // 5)]
    palette = np.concatenate([palette, own])
    result = palette[dither(pixels, palette, method)].reshape(-1, 4)
    exact = (colors[:, None] == own).all(axis=2).any(axis=1)
    assert exact.any()
    np.testing.assert_array_equal(oracle.canonical(result)[exact], colors[exact])


@methods
@given(arrays((9, 7, 4)), st.integers(0, 2**32))
def test_an_image_within_the_palette_is_unchanged(method: str, pixels: Pixels, seed: int) -> None:
    """If all colours are entries, all pixels keep theirs, the faintest too."""
    colors = np.unique(oracle.canonical(pixels), axis=0)
    colors = np.random.default_rng(seed).permutation(colors)
    result = colors[dither(pixels, colors, method)]
    np.testing.assert_array_equal(result.reshape(-1, 4), oracle.canonical(pixels))


@methods
def test_equal_entries_do_no_harm(method: str) -> None:
    """Of equal entries the first is used, and the others change nothing."""
    pixels = np.linspace(0, 255, 64 * 64).astype(np.uint8).reshape(64, 64, 1)
    palette = opaque([[shade] * 3 for shade in range(0, 256, 51)])
    padded = palette[[0, 1, 1, 2, 0, 3, 4, 5, *[0] * 250]]
    first = np.array([0, 1, 3, 5, 6, 7])
    indices = dither(pixels, padded, method)
    np.testing.assert_array_equal(indices, first[dither(pixels, palette, method)])


@methods
def test_transparent_pixels_stay_transparent(method: str) -> None:
    """What is fully transparent is so afterwards, and nothing else is that was opaque."""
    rng = np.random.default_rng(4)
    pixels = np.full((64, 64, 4), 100, np.uint8)
    pixels[..., :3] += rng.integers(0, 4, (64, 64, 3), dtype=np.uint8)
    pixels[..., 3] = 255 * (np.hypot(*np.mgrid[-32:32, -32:32]) < 25)
    palette = np.array(
        [[0, 0, 0, 0], [90, 90, 90, 255], [120, 120, 120, 255], [105, 105, 105, 200]], np.uint8
    )
    result = palette[dither(pixels, palette, method)]
    np.testing.assert_array_equal(result[..., 3] == 0, pixels[..., 3] == 0)
    assert len(np.unique(result[pixels[..., 3] > 0], axis=0)) > 1


@methods
def test_what_is_transparent_passes_nothing_on(method: str) -> None:
    """The colours hidden under transparent pixels have no influence on the others."""
    pixels = np.random.default_rng(5).integers(100, 110, (32, 32, 4), dtype=np.uint8)
    pixels[..., 3] = np.where(np.arange(32) % 8 < 5, 255, 0)
    palette = opaque([[95, 95, 95], [115, 115, 115], [105, 100, 110]])
    other = pixels.copy()
    other[pixels[..., 3] == 0, :3] = 255
    np.testing.assert_array_equal(dither(pixels, palette, method), dither(other, palette, method))


@methods
def test_alpha_keeps_its_mean(method: str) -> None:
    """A translucent area between two entries has on average its own opacity and colour."""
    pixels = np.full((64, 64, 4), (200, 40, 0, 96), np.uint8)
    palette = np.array([[200, 40, 0, 64], [200, 40, 0, 160]], np.uint8)
    alpha = palette[dither(pixels, palette, method)][..., 3:]
    np.testing.assert_allclose(block_means(alpha), 96, atol=3)


@methods
@pytest.mark.parametrize("share", [0.1, 0.25, 0.5, 0.7, 0.93])
@pytest.mark.parametrize(
    ("a", "b"),
    [((0, 0, 0), (255, 255, 255)), ((30, 90, 200), (60, 70, 160)), ((9, 9, 9), (9, 29, 9))],
)
def test_flat_areas_keep_their_mean(
    method: str, share: float, a: tuple[int, ...], b: tuple[int, ...]
) -> None:
    """An area between two entries has its own colour on average, in every 16×16 pixels."""
    start, step = np.array(a), np.subtract(b, a)
    color = np.round(start + share * step).astype(np.uint8)
    pixels = np.broadcast_to(color, (128, 128, 3))
    palette = opaque([a, b])
    result = palette[dither(pixels, palette, method)][..., :3]
    # 1.5 levels that do not count as error, and 5 pixels of 256.
    tolerance = 1.5 + 0.02 * np.abs(step).max()
    np.testing.assert_allclose(
        block_means(result), np.broadcast_to(color, (8, 8, 3)), atol=tolerance
    )
    undithered = palette[dither(pixels, palette, method, 0)][..., :3]
    assert np.abs(block_means(undithered) - color).max() >= min(share, 1 - share) * 14


@methods
def test_slopes_keep_their_mean(method: str) -> None:
    """So does a gradient between many entries."""
    x = np.arange(512) / 511
    row = np.stack([40 + 180 * x, 200 - 90 * x, 90 + 0 * x], axis=1)
    pixels = np.broadcast_to(np.round(row).astype(np.uint8), (64, 512, 3))
    palette = opaque(np.round(row[16::60]).astype(np.uint8))
    result = palette[dither(pixels, palette, method)][..., :3]
    # At the ends no entry lies beyond.
    means, wanted = block_means(result)[:, 2:-2], block_means(pixels)[:, 2:-2]
    np.testing.assert_allclose(means, wanted, atol=2.5)
    undithered = palette[dither(pixels, palette, method, 0)][..., :3]
    assert np.abs(block_means(undithered)[:, 2:-2] - wanted).max() > 7


@methods
@pytest.mark.parametrize("k", [16, 64])
def test_smooth_gradients_have_no_bands(method: str, k: int) -> None:
    """Seen from afar, a dithered sky has a small part of the error that it has without."""
    y, x = np.mgrid[:192, :256] / 256
    sky = np.stack([60 + 120 * y, 90 + 90 * y + 20 * x, 200 - 60 * x * y], axis=2)
    pixels = np.round(sky).astype(np.uint8)
    palette = np.asarray(quantize(pixels, k).image.palette)
    assert palette.shape == (k, 3)
    palette = opaque(palette)

    def error_from_afar(strength: float) -> float:
        result = palette[dither(pixels, palette, method, strength)][..., :3]
        difference = block_means(result) - block_means(pixels)
        # At the border no entry lies beyond the colours.
        return float((difference[2:-2, 2:-2] ** 2).mean())

    assert error_from_afar(1) < 0.25 * error_from_afar(0)
    assert error_from_afar(0.5) < 0.8 * error_from_afar(0)


@methods
def test_edges_stay_sharp(method: str) -> None:
    """Lines on a panel are as without dithering, though no colour is in the palette."""
    pixels = np.full((40, 60, 3), 240, np.uint8)
    pixels[10], pixels[20:22], pixels[:, 30] = 40, 120, 215
    palette = opaque([[235] * 3, [250] * 3, [220] * 3, [130] * 3, [100] * 3, [20] * 3, [60] * 3])
    lines = pixels[..., 0] != 240
    indices = dither(pixels, palette, method)
    np.testing.assert_array_equal(indices[lines], nearest(pixels, palette)[lines])
    assert len(np.unique(indices[~lines])) > 1


def test_blue_noise_depends_on_the_place_only() -> None:
    """A change within a picture changes nothing but itself and its neighbours."""
    pixels = np.random.default_rng(6).integers(90, 100, (64, 64, 3), dtype=np.uint8)
    palette = opaque([[80] * 3, [92] * 3, [104] * 3, [95, 90, 99]])
    before = dither(pixels, palette, "blue-noise")
    edited = pixels.copy()
    edited[20:30, 20:30] = 200
    after = dither(edited, palette, "blue-noise")
    same = np.ones((64, 64), bool)
    same[19:31, 19:31] = False
    np.testing.assert_array_equal(before[same], after[same])
    assert (before != after).any()


@methods
def test_dithering_is_repeatable_and_takes_views(method: str, photo: Pixels) -> None:
    """The same picture gives the same indices, also read-only and with gaps between its rows."""
    pixels = photo[:120, ::2]
    palette = opaque(quantize(pixels, 20).image.palette)
    indices = dither(pixels, palette, method)
    copy = np.ascontiguousarray(pixels)
    copy.flags.writeable = False
    np.testing.assert_array_equal(indices, dither(copy, palette, method))
    assert (indices != nearest(pixels, palette)).mean() > 0.05


def test_the_mask_is_what_the_tool_makes() -> None:
    """The file in the package is that of `tools/make_blue_noise.py`, and has every rank once."""
    mask = blue_noise()
    np.testing.assert_array_equal(mask, make_blue_noise.make_mask())
    assert sorted(mask.ravel()) == list(range(64 * 64))


def test_the_mask_is_blue() -> None:
    """Thresholds of the mask have next to none of white noise's power at low frequencies."""
    frequencies = np.abs(np.fft.fftfreq(64))
    low = np.hypot(frequencies[:, None], frequencies) < 0.1
    low[0, 0] = False
    for share in (0.1, 0.5, 0.8):
        pattern = blue_noise() < share * 4096
        power = np.abs(np.fft.fft2(pattern - pattern.mean())) ** 2
        assert power[low].mean() < 0.1 * 4096 * share * (1 - share)


@pytest.mark.parametrize("method", ["none", "Floyd-Steinberg", "", None, 1, []])
def test_unknown_methods_are_refused(method: object) -> None:
    """Only the two names are methods."""
    with pytest.raises(ParameterError, match="expected one of floyd-steinberg, blue-noise"):
        check_dithering(method, 1)


@pytest.mark.parametrize("strength", [-0.1, 1.01, float("nan"), float("inf"), "1", None])
def test_strengths_out_of_range_are_refused(strength: object) -> None:
    """Strength is a number from 0 to 1."""
    with pytest.raises(ParameterError, match="strength"):
        check_dithering("blue-noise", strength)
