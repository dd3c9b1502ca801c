"""Kept colours, importance, Oklab and given palettes."""

from __future__ import annotations

from typing import get_type_hints

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import arrays, pictures

import kqformat
from kqformat.errors import ParameterError
from kqformat.quantizer import oklab, weighted
from kqformat.quantizer.colors import color_array
from kqformat.quantizer.options import Options, QuantizeOptions
from kqformat.quantizer.pipeline import Quantizer
from kqformat.quantizer.spaces import SPACES

Pixels = npt.NDArray[np.uint8]
COLORS = st.lists(st.tuples(*[st.integers(0, 255)] * 4), min_size=1, max_size=4, unique=True)


def test_options_are_the_keyword_arguments() -> None:
    """`Options` has the fields that `QuantizeOptions` types, and no others."""
    assert set(get_type_hints(QuantizeOptions)) == set(Options.__slots__)


@given(image=pictures(), kept=COLORS, k=st.integers(4, 20))
def test_kept_colors_are_in_the_palette(image: Pixels, kept: list[tuple[int, ...]], k: int) -> None:
    """Every colour to be kept is an entry, once, and pixels still go to their nearest."""
    found = kqformat.quantize(image, k, keep_colors=kept)
    palette = color_array(found.palette)
    assert len(palette) <= k
    for color in kept:
        assert (palette == color).all(axis=1).sum() == 1


def test_kept_colors_do_not_move(photo: Pixels) -> None:
    """A colour far from all others is kept as it is, and the rest is as good as with one less."""
    kept = kqformat.quantization(photo, 16, keep_colors=["#00ff00"])
    one_less = kqformat.quantization(photo, 15)
    assert [0, 255, 0] in kept.image.palette.tolist()
    assert kept.distortion <= one_less.distortion * 1.02


def test_more_kept_colors_than_colors(photo: Pixels) -> None:
    """There must be room for the colours to be kept."""
    with pytest.raises(ParameterError, match="colors is 1, expected 2 to"):
        kqformat.quantize(photo, 1, keep_colors=["#000", "#fff"])


@pytest.mark.parametrize("wrong", ["red", "#12345", "#gggggg", (1, 2), (1, 2, 300), 7, "# 1 2 3"])
def test_what_is_no_color(photo: Pixels, wrong: object) -> None:
    """Colours are hexadecimal or three or four numbers."""
    with pytest.raises(ParameterError, match="colour is"):
        kqformat.quantize(photo, 8, keep_colors=[wrong])  # type: ignore[list-item]


def test_importance_moves_colors(photo: Pixels) -> None:
    """What is important gets less error than it had, and costs the rest."""
    importance = np.zeros(photo.shape[:2], np.uint8)
    importance[100:150, 200:260] = 255
    chosen = importance > 0

    def error(image: kqformat.IndexedImage) -> float:
        return float(((image.to_rgb()[chosen].astype(int) - photo[chosen]) ** 2).sum())

    plain = kqformat.quantization(photo, 8)
    weighted = kqformat.quantization(photo, 8, importance=importance)
    assert error(weighted.image) < 0.8 * error(plain.image)
    assert weighted.distortion > plain.distortion


def test_even_importance_changes_nothing(photo: Pixels) -> None:
    """Pixels that all count the same count as if nothing was said."""
    even = np.full(photo.shape[:2], 3, np.uint8)
    assert kqformat.quantize(photo, 20, importance=even) == kqformat.quantize(photo, 20)


@pytest.mark.parametrize("wrong", [np.zeros((3, 3), np.uint8), np.zeros((300, 451)), "mask"])
def test_importance_is_of_the_pixels(photo: Pixels, wrong: object) -> None:
    """A mask has a number from 0 to 255 for every pixel."""
    with pytest.raises(ParameterError, match="importance"):
        kqformat.quantize(photo, 8, importance=wrong)  # type: ignore[arg-type]


@given(colors=arrays((50, 4)))
def test_oklab_goes_back(colors: Pixels) -> None:
    """Opaque colours come back from Oklab exactly, others with the same alpha."""
    opaque = colors.copy()
    opaque[:, 3] = 255
    np.testing.assert_array_equal(oklab.nearest_colors(oklab.embed(opaque)), opaque)
    np.testing.assert_array_equal(oklab.nearest_colors(oklab.embed(colors))[:, 3], colors[:, 3])


def test_oklab_goes_back_where_rounding_does_not() -> None:
    """A channel that is nearly 0 beside much green comes back, too."""
    colors = color_array(["#06fa06", "#00e382", "#01df25", "#02e0f4", "#00e446"])
    np.testing.assert_array_equal(oklab.nearest_colors(oklab.embed(colors)), colors)


def test_oklab_is_published_values() -> None:
    """White, red, green and blue are where Ottosson's article has them."""
    colors = color_array(["#fff", "#f00", "#0f0", "#00f"])
    lab = oklab.embed(colors)[:, :3] / 16_320 - np.array([0, 0.5, 0.5])
    white, red, green, blue = lab.tolist()
    assert white == pytest.approx([1, 0, 0], abs=6e-4)
    assert red == pytest.approx([0.628, 0.225, 0.126], abs=6e-4)
    assert green == pytest.approx([0.866, -0.234, 0.179], abs=6e-4)
    assert blue == pytest.approx([0.452, -0.032, -0.312], abs=6e-4)


@given(colors=arrays((50, 4)))
def test_weighted_goes_back(colors: Pixels) -> None:
    """Opaque colours come back from the weighted space exactly, others with the same alpha."""
    opaque = colors.copy()
    opaque[:, 3] = 255
    np.testing.assert_array_equal(weighted.nearest_colors(weighted.embed(opaque)), opaque)
    alpha = weighted.nearest_colors(weighted.embed(colors))[:, 3]
    np.testing.assert_array_equal(alpha, colors[:, 3])


@given(colors=arrays((2, 3)))
def test_weighted_distance_of_opaque_colors(colors: Pixels) -> None:
    """It is the squared difference with red at 59/64 and blue at 57/64 of green, exactly."""
    points = weighted.embed(color_array(colors)).astype(np.int64)
    steps = (colors[0].astype(np.int64) - colors[1]) * [59, 64, 57]
    assert ((points[0] - points[1]) ** 2).sum() == (steps**2).sum()


def test_srgb_has_the_least_squared_error(photo: Pixels) -> None:
    """Squared error in sRGB is lower where that is what is minimised, by little."""
    default, plain = (
        kqformat.quantization(photo, 24, space=space, outliers="off").distortion
        for space in ("weighted", "srgb")
    )
    assert plain < default < 1.02 * plain


@pytest.mark.parametrize("name", list(SPACES))
def test_pixels_go_to_the_nearest_there(photo: Pixels, name: str) -> None:
    """Pixels go to the entry that is nearest in the space; the PSNR stays that of sRGB."""
    embed = SPACES[name].embed
    result = kqformat.quantization(photo, 24, space=name)
    palette = embed(color_array(result.image.palette)).astype(np.int64)
    sample = photo[::7, ::7].reshape(-1, 3)
    points = embed(color_array(sample)).astype(np.int64)
    distances = ((points[:, None] - palette) ** 2).sum(axis=2)
    found = result.image.indices[::7, ::7].reshape(-1)
    np.testing.assert_array_equal(distances.argmin(axis=1), found)
    error = ((result.image.to_rgb().astype(np.int64) - photo) ** 2).sum()
    assert result.distortion == pytest.approx(error)


@given(image=pictures(), palette=arrays((6, 4)))
def test_given_palette_is_kept(image: Pixels, palette: Pixels) -> None:
    """A palette from elsewhere keeps its order and duplicates; pixels go to the first nearest."""
    found = Quantizer(image).with_palette(palette)
    np.testing.assert_array_equal(found.image.palette, palette)
    used = np.unique(found.image.indices)
    first = [int(np.flatnonzero((palette == palette[i]).all(axis=1))[0]) for i in used]
    assert [i for i, entry in zip(used, first, strict=True) if palette[entry][3]] == [
        entry for entry in first if palette[entry][3]
    ]


@pytest.mark.parametrize("channels", [3, 4])
def test_given_palette_keeps_its_channels(photo: Pixels, channels: int) -> None:
    """An RGBA palette stays RGBA though it is opaque, an RGB one RGB."""
    palette = np.full((3, channels), 255, np.uint8)
    palette[:, :3] = [[0, 0, 0], [120, 100, 80], [250, 250, 250]]
    result = Quantizer(photo).with_palette(palette)
    assert result.image.palette.shape == (3, channels)
    error = ((result.image.to_rgb()[..., :3].astype(np.int64) - photo) ** 2).sum()
    assert result.distortion == pytest.approx(error)
