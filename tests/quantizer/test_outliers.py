"""`outliers.find_outliers` and `pins.pin`: bright things are found, noise is not."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from quantizer_oracle import rows

from kqformat.errors import ParameterError
from kqformat.quantizer.blobs import Grid, Least, find_blobs, find_strays
from kqformat.quantizer.counting import count_colors
from kqformat.quantizer.kmeans import lloyd
from kqformat.quantizer.lab import chroma, difference, lab
from kqformat.quantizer.neighbours import count_neighbours
from kqformat.quantizer.outliers import DROPPED_BITS, STRENGTHS, find_outliers
from kqformat.quantizer.pins import pin
from kqformat.quantizer.pixels import Pictures
from kqformat.quantizer.points import WeightedPoints, gather_cells
from kqformat.quantizer.space import UNIT, Points, nearest_colors
from kqformat.quantizer.spaces import SPACES
from kqformat.quantizer.starts import wu
from kqformat.quantizer.tree import ColorTree

Pixels = npt.NDArray[np.uint8]

ORANGE = (255, 110, 0)
VIOLET = (140, 0, 220)


def find(
    image: Pixels,
    bare: Pixels,
    k: int = 16,
    strength: str = "auto",
    space: str = "srgb",
) -> tuple[Points, Points]:
    """Return what is found in an image, and the centroids, which are those of the bare image."""
    flat = np.ascontiguousarray(image).reshape(-1, image.shape[-1])
    cells = cells_of(image, space)
    found = find_outliers(
        cells,
        ColorTree(cells),
        centroids := plain_centroids(bare, k, space),
        Pictures(len(flat), [(flat, image.shape[1])]),
        strength=strength,
        space=SPACES[space],
    )
    return found, centroids


def cells_of(image: Pixels, space: str = "srgb") -> WeightedPoints:
    histogram = count_colors(np.ascontiguousarray(image).reshape(-1, image.shape[-1]))
    points = SPACES[space].embed(histogram.colors)
    return gather_cells(WeightedPoints(histogram.codes, points, histogram.counts), DROPPED_BITS)


def plain_centroids(image: Pixels, k: int, space: str = "srgb") -> Points:
    cells = cells_of(image, space)
    return lloyd(ColorTree(cells), wu(cells, k, np.random.default_rng(0)), 4).centroids


def reef(seed: int = 0, shape: tuple[int, int] = (160, 240)) -> Pixels:
    """A dark, dull picture with soft gradients and a little noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]] / np.array(shape)[:, None, None]
    channels = [20 + 60 * y + 20 * x, 30 + 70 * x, 50 + 60 * y * x + 20 * (1 - x)]
    image = np.stack(channels, axis=2) + rng.normal(0, 3, (*shape, 3))
    return np.clip(image, 0, 255).astype(np.uint8)


def with_patch(
    image: Pixels, color: tuple[int, int, int], side: int, at: tuple[int, int]
) -> Pixels:
    planted = image.copy()
    planted[at[0] : at[0] + side, at[1] : at[1] + side, :3] = color
    return planted


def off_by(colors: Pixels, color: tuple[int, int, int]) -> npt.NDArray[np.float64]:
    """How different colours look from one."""
    return difference(lab(colors), lab(np.array([color], np.uint8)))


@pytest.mark.parametrize("side", [5, 6])
@pytest.mark.parametrize("color", [ORANGE, VIOLET])
@pytest.mark.parametrize("strength", list(STRENGTHS))
@pytest.mark.parametrize("space", list(SPACES))
def test_a_patch_is_found(
    photo: Pixels, side: int, color: tuple[int, int, int], strength: str, space: str
) -> None:
    """A square of 0.02 % of a photograph, shown in another colour, is the only thing found."""
    image = with_patch(photo, color, side, (40, 60))
    found, centroids = find(image, photo, 16, strength, space)
    shown = SPACES[space].nearest_colors
    assert off_by(shown(centroids), color).min() > 15
    assert len(found) == 1
    assert off_by(shown(found), color).max() < 3


@given(st.integers(0, 153), st.integers(0, 233), st.integers(0, 99))
def test_a_patch_is_found_wherever_it_is(top: int, left: int, seed: int) -> None:
    """In a dull picture a patch of 49 pixels is found at any place, borders included."""
    bare = reef(seed)
    found, _ = find(with_patch(bare, ORANGE, 7, (top, left)), bare)
    assert len(found) == 1
    assert off_by(nearest_colors(found), ORANGE).max() < 3


@pytest.mark.parametrize("strength", list(STRENGTHS))
@pytest.mark.parametrize("seed", range(3))
def test_noise_gains_nothing(photo: Pixels, strength: str, seed: int) -> None:
    """As many pixels of that colour, strewn over the picture, are not found."""
    image = photo.copy()
    places = np.random.default_rng(seed).choice(image[..., 0].size, 36, replace=False)
    image.reshape(-1, 3)[places] = ORANGE
    assert not len(find(image, photo, 16, strength)[0])


def test_salt_and_pepper_of_many_colors_gain_nothing() -> None:
    """Nor are ten times as many pixels of eight saturated colours, in a picture otherwise dull."""
    image, rng = reef(1), np.random.default_rng(4)
    places = rng.choice(image[..., 0].size, 400, replace=False)
    corners = np.array([[r, g, b] for r in (0, 255) for g in (0, 255) for b in (0, 255)])
    image.reshape(-1, 3)[places] = corners[rng.integers(0, 8, 400)]
    assert not len(find(image, reef(1), 16, "strong")[0])


@pytest.mark.parametrize("seed", range(3))
def test_coherence_is_what_counts(photo: Pixels, seed: int) -> None:
    """The same pixels in another order: nothing is found any more."""
    image = with_patch(photo, ORANGE, 6, (40, 60))
    flat = np.random.default_rng(seed).permutation(image.reshape(-1, 3))
    assert len(find(image, photo)[0]) == 1
    assert not len(find(flat.reshape(image.shape), photo, 16, "strong")[0])


@pytest.mark.parametrize("k", [8, 16, 64, 256])
def test_a_picture_without_any_gets_none(photo: Pixels, k: int) -> None:
    """On a photograph of a cat nothing is found by default, whatever k."""
    assert not len(find(photo, photo, k)[0])


def test_what_is_served_is_not_found(photo: Pixels) -> None:
    """A patch that has a centroid already needs none."""
    image = with_patch(photo, ORANGE, 6, (40, 60))
    found, centroids = find(image, photo)
    cells = cells_of(image)
    served = np.concatenate([centroids, found])
    flat = image.reshape(-1, 3)
    assert not len(
        find_outliers(
            cells, ColorTree(cells), served, Pictures(len(flat), [(flat, image.shape[1])])
        )
    )


def test_dull_patches_are_none() -> None:
    """A white square in a dark picture is far from every centroid, but not colourful."""
    image = with_patch(reef(), (240, 238, 236), 6, (20, 30))
    assert not len(find(image, reef(), 16, "strong")[0])


def test_too_few_pixels_are_none() -> None:
    """A square of 9 pixels is below the count from which anything is considered, one of 16 not."""
    bare = reef()
    assert not len(find(with_patch(bare, ORANGE, 3, (40, 60)), bare, 16, "strong")[0])
    assert len(find(with_patch(bare, ORANGE, 4, (40, 60)), bare, 16, "strong")[0]) == 1


@pytest.mark.parametrize(("strength", "spare"), [("auto", 0), ("strong", 1)])
@pytest.mark.parametrize("k", [2, 4, 8, 16, 31, 40])
def test_there_are_few(k: int, strength: str, spare: int) -> None:
    """Of twelve patches k / 8 are found, by "strong" one more; all look different."""
    image = reef()
    for i in range(12):
        color = tuple(round(255 * c) for c in colorsys.hsv_to_rgb(i / 12, 1, 1))
        image[9 + 50 * (i // 6) :, :][:9, 5 + 35 * (i % 6) :][:, :9] = color
    found, centroids = find(image, reef(), k, strength)
    assert len(found) == (min(k // 8 + spare, 12) if k >= 4 else 0)
    seen, wanted = lab(nearest_colors(found)), STRENGTHS[strength]
    for i in range(len(found)):
        assert (difference(np.delete(seen, i, axis=0), seen[i]) >= 20).all()
        assert difference(lab(nearest_colors(centroids)), seen[i]).min() >= wanted.difference
        assert chroma(seen[i]) >= wanted.chroma


def test_a_pin_serves_those_that_look_alike() -> None:
    """One may be pinned: of two the more striking, but not if three look like the other."""
    image = reef()
    greens = [(0, 150, 40), (30, 175, 35), (60, 200, 60), (70, 185, 20)]
    for i, color in enumerate([(255, 0, 160), greens[2], greens[0], greens[1], greens[3]]):
        image[20:30, 5 + 45 * i :][:, :10] = color
    two = np.where(np.arange(240)[:, None] < 70, image, reef())
    assert off_by(nearest_colors(find(two, reef(), 8)[0]), (255, 0, 160)).max() < 3
    (found,) = nearest_colors(find(image, reef(), 8)[0])
    assert min(off_by(found[None], green).min() for green in greens) < 3


def shaded_ball(bare: Pixels, color: tuple[int, int, int], radius: int) -> Pixels:
    """A ball in the sun: all shades of a colour, each of few pixels."""
    image, rng = bare.copy(), np.random.default_rng(0)
    y, x = np.mgrid[: image.shape[0], : image.shape[1]] - np.array([80, 120])[:, None, None]
    inside = y * y + x * x <= radius * radius
    light = 0.75 - 0.5 * (x + y)[inside] / (2 * radius)
    ball = light[:, None] * np.array(color) + rng.normal(0, 5, (inside.sum(), 3))
    image[inside, :3] = np.clip(ball, 0, 255).astype(np.uint8)
    return image


@pytest.mark.parametrize("color", [(80, 210, 90), (230, 60, 120), (40, 90, 230)])
def test_a_shaded_thing_is_in_fewer_pieces_by_looks(color: tuple[int, int, int]) -> None:
    """In the grid of looks one blob has most of it, in that of levels it comes in pieces."""
    image = shaded_ball(reef(), color, 20)
    cells, centroids, space = cells_of(image), plain_centroids(reef(), 16), SPACES["srgb"]
    shown = lab(space.nearest_colors(centroids))
    strays = find_strays(cells, ColorTree(cells), centroids, shown)
    shares = {}
    grids: tuple[Grid, ...] = ("levels", "looks")
    for grid in grids:
        blobs = find_blobs(cells, strays, space, Least(12, 25, 0.05, 0.5), grid)
        assert blobs is not None
        part_of_place = np.zeros(1 << 15, np.uint8)
        part_of_place[blobs.places] = 2 * blobs.owners
        counts = count_neighbours([(image.reshape(-1, 3), 240)], part_of_place, len(blobs.means))
        shares[grid] = counts[1:, 0].max() / (math.pi * 20**2)
    assert shares["looks"] > 2 * shares["levels"]


@pytest.mark.parametrize("color", [(80, 210, 90), (230, 60, 120), (40, 90, 230)])
def test_a_shaded_thing_is_found(color: tuple[int, int, int]) -> None:
    """The pin is nearer to the middle of its shades than that of "auto", which is a shade."""
    image, (red, green, blue) = shaded_ball(reef(), color, 20), (3 * s // 4 for s in color)
    off = {}
    for strength in STRENGTHS:
        (found,) = nearest_colors(find(image, reef(), 16, strength)[0])
        off[strength] = off_by(found[None], (red, green, blue)).max()
    assert off["strong"] < 10
    assert off["strong"] < off["auto"]


@pytest.mark.parametrize("seed", range(3))
def test_the_same_shades_strewn_are_not(seed: int) -> None:
    """The pixels of the ball all over the picture are no thing."""
    image = shaded_ball(reef(), (80, 210, 90), 20)
    flat = np.random.default_rng(seed).permutation(image.reshape(-1, 3))
    assert not len(find(flat.reshape(image.shape), reef(), 16, "strong")[0])


def test_the_result_is_the_same_every_time(photo: Pixels) -> None:
    """Two runs give the same points, and so does the picture mirrored or turned."""
    image = with_patch(photo, VIOLET, 6, (100, 200))
    first, _ = find(image, photo)
    assert len(first) == 1
    for other in (image, image[::-1], image[:, ::-1], image.transpose(1, 0, 2)):
        np.testing.assert_array_equal(find(other, photo)[0], first)


@pytest.mark.parametrize(("alpha", "count"), [(255, 1), (200, 1), (100, 0)])
def test_alpha(alpha: int, count: int) -> None:
    """In an RGBA picture a patch is found if it is at least half opaque."""
    bare = np.dstack([reef(), np.full((160, 240), 255, np.uint8)])
    image = with_patch(bare, ORANGE, 8, (30, 100))
    image[30:38, 100:108, 3] = alpha
    found, _ = find(image, bare)
    assert len(found) == count
    expected = np.array([[*ORANGE, alpha]] * count).reshape(-1, 4)
    np.testing.assert_allclose(nearest_colors(found), expected, atol=1)


def test_grey_pictures_have_none() -> None:
    """Of one channel there is no saturated colour."""
    image = reef()[..., :1]
    assert not len(find(image, image)[0])


def test_an_unknown_strength_is_refused() -> None:
    """The error says what was given and what there is."""
    with pytest.raises(ParameterError, match=r"outliers is 'loud', expected one of off, auto"):
        find(reef(), reef(), strength="loud")


def test_a_pinned_patch_keeps_its_color(photo: Pixels) -> None:
    """After refining around the pin the patch is shown in its colour, for little error."""
    image = with_patch(photo, ORANGE, 6, (40, 60))
    tree = ColorTree(count_colors(image.reshape(-1, 3)))
    found, centroids = find(image, photo)
    distortions = []
    for pins in (found[:0], found):
        placed = pin(centroids, tree.assign(centroids).weights, pins)
        run = lloyd(tree, placed, 8, fixed=len(pins))
        distortions.append(tree.assign(run.centroids).distortion)
    orange = ColorTree(count_colors(np.array([ORANGE], np.uint8)))
    owner = orange.assign(run.centroids, labels=True).labels[0]
    assert owner == 0
    assert off_by(nearest_colors(run.centroids[:1]), ORANGE).max() < 3
    assert distortions[1] < 1.08 * distortions[0]


@given(st.integers(3, 20), st.integers(0, 2), st.integers(0, 4), st.integers(0, 99))
def test_pins_take_the_place_of_as_many(k: int, fixed: int, pins: int, seed: int) -> None:
    """The fixed ones come first, then the pins, then the rest, of whom a pin changes one."""
    rng = np.random.default_rng(seed)
    centroids = rng.integers(0, 16_321, (k, 4)).astype(np.int16)
    weights = rng.integers(0, 1000, k)
    pins = min(pins, k - fixed - 1)
    new = rng.integers(0, 16_321, (pins, 4)).astype(np.int16)
    placed = pin(centroids, weights, new, fixed)
    assert placed.shape == centroids.shape
    np.testing.assert_array_equal(placed[:fixed], centroids[:fixed])
    np.testing.assert_array_equal(placed[fixed : fixed + pins], new)
    kept = (placed[fixed + pins :, None] == centroids[fixed:]).all(axis=2).any(axis=1)
    assert (~kept).sum() <= pins


@given(st.integers(0, 99))
def test_those_that_look_most_alike_are_joined(seed: int) -> None:
    """A single pin joins the pair whose union costs least in CIELAB, into their mean."""
    rng = np.random.default_rng(seed)
    centroids = rng.integers(0, 16_321, (30, 4)).astype(np.int16)
    centroids[:, 3] = 8160
    weights = rng.integers(1, 1000, 30)
    seen = np.rint(64 * lab(nearest_colors(centroids)))
    pairs = [(i, j) for i in range(30) for j in range(i)]
    costs = [
        weights[i] * weights[j] / (weights[i] + weights[j]) * ((seen[i] - seen[j]) ** 2).sum()
        for i, j in pairs
    ]
    i, j = pairs[int(np.argmin(costs))]
    x = centroids.astype(np.float64)
    mean = (weights[i] * x[i] + weights[j] * x[j]) / (weights[i] + weights[j])
    placed = pin(centroids, weights, np.zeros((1, 4), np.int16))
    others = rows(placed[1:]) & rows(np.delete(centroids, [i, j], axis=0))
    assert len(others) == 28
    (joined,) = rows(placed[1:]) - others
    np.testing.assert_allclose(joined, mean, atol=0.5)


def with_orange_pinned(colors: Sequence[tuple[int, ...]], weights: list[int], space: str) -> Pixels:
    """Return the colours of a palette after a pin has taken the place of one."""
    chosen = SPACES[space]
    centroids = chosen.embed(np.array(colors, np.uint8))
    orange = chosen.embed(np.array([[*ORANGE, 255]], np.uint8))
    return chosen.nearest_colors(pin(centroids, np.array(weights), orange, 0, chosen))


@pytest.mark.parametrize("space", list(SPACES))
def test_what_hardly_shows_goes_first(space: str) -> None:
    """Two glows of next to no opacity are alike, however far apart their colours are."""
    colors = [(255, 0, 0, 3), (0, 0, 255, 3), (60, 140, 60, 255), (95, 110, 85, 255)]
    placed = with_orange_pinned(colors, [30_000, 30_000, 2_000, 30_000], space)
    assert [tuple(color) for color in placed[2:].tolist()] == colors[2:]
    assert placed[1, 3] == 3


@pytest.mark.parametrize("space", list(SPACES))
def test_a_pin_does_not_cost_a_picture_its_green(space: str) -> None:
    """Two greys of many pixels become one, and not a few leaves and the bark they grow on."""
    colors = [(100, 100, 100, 255), (110, 110, 110, 255), (60, 140, 60, 255), (95, 110, 85, 255)]
    placed = with_orange_pinned(colors, [50_000, 50_000, 2_000, 30_000], space)
    assert [tuple(color) for color in placed.tolist()] == [
        (*ORANGE, 255),
        (105, 105, 105, 255),
        *colors[2:],
    ]


def test_merged_clusters_can_be_merged_again() -> None:
    """Three centroids close together give way to two pins."""
    near = [[0, 0, 0, 0], [UNIT, 0, 0, 0], [2 * UNIT, 0, 0, 0]]
    far = [[9000, 0, 0, 0], [0, 9000, 0, 0]]
    pins = np.array([[1, 1, 1, 1], [2, 2, 2, 2]], np.int16)
    placed = pin(np.array(near + far, np.int16), np.array([5, 5, 5, 9, 9]), pins)
    assert placed[2:].tolist() == [[UNIT, 0, 0, 0], *far]
