"""`space`: distances that are what one sees, and the way back to 8-bit colours."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import quantizer_oracle as oracle

from kqformat.quantizer.space import UNIT, embed, nearest_colors

Colors = npt.NDArray[np.uint8]

BLACK, WHITE = 0.0, 255.0


def random_colors(seed: int, count: int = 20_000) -> Colors:
    return np.random.default_rng(seed).integers(0, 256, (count, 4), dtype=np.uint8)


def opaque(colors: Colors) -> Colors:
    return np.concatenate([colors[:, :3], np.full((len(colors), 1), 255, np.uint8)], axis=1)


def all_samples_and_alphas() -> Colors:
    """Every pair of a sample and an alpha, each channel running through the samples."""
    samples, alphas = np.meshgrid(np.arange(256), np.arange(256))
    s = samples.ravel()
    return np.stack([s, 255 - s, (s * 7) % 256, alphas.ravel()], axis=1).astype(np.uint8)


def squared_distances(a: Colors, b: Colors) -> npt.NDArray[np.int64]:
    return np.asarray(((embed(a).astype(np.int64) - embed(b)) ** 2).sum(axis=1))


def over(colors: Colors, background: float) -> npt.NDArray[np.float64]:
    alpha = colors[:, 3:] / 255
    return np.asarray(colors[:, :3] * alpha + background * (1 - alpha))


def test_opaque_distance_is_that_of_rgb() -> None:
    """Opaque colours are 64² times their squared RGB distance apart, to the last bit."""
    a, b = opaque(random_colors(1)), opaque(random_colors(2))
    plain = ((a.astype(np.int64) - b) ** 2).sum(axis=1)
    np.testing.assert_array_equal(squared_distances(a, b), UNIT**2 * plain)


@pytest.mark.parametrize("seed", range(3))
def test_distance_is_the_mean_over_backgrounds(seed: int) -> None:
    """The distance is the squared difference averaged over grey backgrounds, up to rounding.

    Three coordinates of each of two points are rounded by up to half a unit.
    """
    a, b = random_colors(2 * seed), random_colors(2 * seed + 1)
    b[::2, :3] = a[::2, :3] ^ 1  # near ones too
    b[::4, 3] = a[::4, 3]
    seen = np.sqrt(oracle.visible_differences(a, b))
    assert np.abs(np.sqrt(squared_distances(a, b)) / UNIT - seen).max() <= np.sqrt(3) / UNIT


def test_colors_are_embedded_one_by_one() -> None:
    """A colour's point does not depend on the others, opaque or not, that are embedded with it."""
    colors = random_colors(9, 600)
    colors[::2, 3] = 255
    one_by_one = np.concatenate([embed(colors[i : i + 1]) for i in range(len(colors))])
    np.testing.assert_array_equal(embed(colors), one_by_one)


def test_points_are_in_range() -> None:
    """Coordinates are 0 to 16,320, that of alpha 0 to 8,160, and both ends occur."""
    points = embed(all_samples_and_alphas())
    assert points.dtype == np.int16
    assert points.min(axis=0).tolist() == [0, 0, 0, 0]
    assert points.max(axis=0).tolist() == [16_320, 16_320, 16_320, 8_160]


def test_transparent_colors_are_one_point() -> None:
    """What cannot be seen makes no difference."""
    colors = random_colors(3)
    colors[:, 3] = 0
    assert len(np.unique(embed(colors), axis=0)) == 1


def test_opaque_colors_come_back() -> None:
    """`nearest_colors` inverts `embed` on opaque colours."""
    colors = opaque(np.concatenate([random_colors(4, 300_000), all_samples_and_alphas()]))
    np.testing.assert_array_equal(nearest_colors(embed(colors)), colors)


@pytest.mark.parametrize("background", [BLACK, 64.0, 127.5, WHITE])
def test_translucent_colors_come_back(background: float) -> None:
    """Alpha comes back as it was, and the colour within one level over any grey."""
    colors = all_samples_and_alphas()
    back = nearest_colors(embed(colors))
    np.testing.assert_array_equal(back[:, 3], colors[:, 3])
    assert np.abs(over(back, background) - over(colors, background)).max() < 1


def test_all_but_the_faintest_colors_come_back() -> None:
    """From alpha 4 on the points of all colours differ, and each gives its colour."""
    colors = all_samples_and_alphas()
    colors = colors[colors[:, 3] >= 4]
    np.testing.assert_array_equal(nearest_colors(embed(colors)), colors)


def test_points_come_back() -> None:
    """Every point of a colour is the point of its nearest colour, the faintest included."""
    points = embed(all_samples_and_alphas())
    np.testing.assert_array_equal(embed(nearest_colors(points)), points)


def test_opaque_points_round_to_the_nearest_sample() -> None:
    """Between opaque colours every coordinate goes to the sample at most half a level away."""
    coordinates = np.arange(16_321, dtype=np.int16)
    points = np.stack([coordinates, coordinates[::-1], coordinates, np.full(16_321, 8_160)], axis=1)
    colors = nearest_colors(points.astype(np.int16))
    assert np.abs(colors[:, :3] * np.int64(UNIT) - points[:, :3]).max() <= UNIT // 2
    assert (colors[:, 3] == 255).all()


def test_any_point_has_a_color() -> None:
    """Points that no colour has give colours still: alpha the nearest, zeros where it is 0."""
    rng = np.random.default_rng(6)
    points = rng.integers(0, [16_321] * 3 + [8_161], (100_000, 4)).astype(np.int16)
    colors = nearest_colors(points)
    assert np.abs(colors[:, 3] * np.int64(UNIT // 2) - points[:, 3]).max() <= UNIT // 4
    assert not colors[colors[:, 3] == 0].any()


@pytest.mark.parametrize("weight", [1, 2, 5])
def test_mixing_with_transparency_makes_no_dark_fringe(weight: int) -> None:
    """Opaque red mixed with nothing is a fainter red, not a darker one."""
    red, nothing = embed(np.array([[255, 0, 0, 255], [0, 0, 0, 0]], np.uint8)).astype(np.int64)
    mean = ((red + weight * nothing + (weight + 1) / 2) // (weight + 1)).astype(np.int16)
    r, g, b, a = nearest_colors(mean[None])[0].tolist()
    assert r >= 252
    assert (g, b) == (0, 0)
    assert abs(a - 255 / (1 + weight)) <= 0.5


def test_mixing_two_tints_keeps_their_hue() -> None:
    """A mean of translucent colours is their mixture: the more opaque counts for more."""
    points = embed(np.array([[200, 40, 0, 240], [40, 200, 0, 60]], np.uint8)).astype(np.int64)
    mixture = nearest_colors((points.sum(axis=0)[None] // 2).astype(np.int16))[0].tolist()
    assert mixture == pytest.approx([168, 72, 0, 150], abs=1)
