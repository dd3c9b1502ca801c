"""Several images, one palette: as if all of their pixels were in one image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest import mock

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import arrays, pictures

from kqformat import LimitError, ParameterError
from kqformat.quantizer import merging
from kqformat.quantizer.counting import add_colors_of, count_colors
from kqformat.quantizer.effort import EFFORTS
from kqformat.quantizer.histogram import Histogram
from kqformat.quantizer.merging import Merger
from kqformat.quantizer.options import Options
from kqformat.quantizer.outliers import STRENGTHS
from kqformat.quantizer.palette import in_order
from kqformat.quantizer.pinning import TREATMENTS
from kqformat.quantizer.pipeline import Quantizer
from kqformat.quantizer.shared import shared_palette
from kqformat.quantizer.spaces import SPACES
from kqformat.quantizer.starts import STARTS

Pixels = npt.NDArray[np.uint8]

OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "effort": st.sampled_from(list(EFFORTS)),
        "init": st.sampled_from(list(STARTS)),
        "max_iterations": st.integers(0, 3),
        "seed": st.integers(0, 3),
        "space": st.sampled_from(list(SPACES)),
        "outliers": st.sampled_from(TREATMENTS),
        "keep_colors": st.lists(st.sampled_from(["#ff8000", "#00000000", "#010101"]), max_size=3),
    },
)


def merged(parts: list[Pixels], max_colors: int) -> Histogram:
    merger = Merger(max_colors)
    for part in parts:
        add_colors_of(part, merger)
    return merger.merged()


def assert_same(found: Histogram, expected: Histogram) -> None:
    """Fail unless two histograms are the same."""
    assert found.exact == expected.exact
    for name in ("keys", "counts", "codes", "points", "colors"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), strict=True)


@st.composite
def shared_out(draw: st.DrawFn) -> tuple[Pixels, list[Pixels]]:
    """Pixels, shape (N, 3) or (N, 4), and the same in several heaps in another order."""
    picture = draw(pictures())
    pixels = np.ascontiguousarray(picture.reshape(-1, picture.shape[2]))
    owners = np.random.default_rng(draw(st.integers(0, 99))).integers(0, 5, len(pixels))
    heaps = [pixels[owners == owner] for owner in range(5)]
    return pixels, draw(st.permutations([heap for heap in heaps if len(heap)]))


@given(shared_out(), st.sampled_from([16, 17, 40, 100, 1000, 1 << 20]))
def test_merged_histogram_is_that_of_all_pixels(
    pixels: tuple[Pixels, list[Pixels]], max_colors: int
) -> None:
    """However pixels are shared out, and where there are cells too, counts and means are exact."""
    whole, parts = pixels
    assert_same(merged(parts, max_colors), count_colors(whole, max_colors))


@given(arrays((30, 3)), arrays((50, 4)), st.sampled_from([16, 64, 1 << 20]))
def test_channels_do_not_matter(rgb: Pixels, rgba: Pixels, max_colors: int) -> None:
    """Grey, RGB and RGBA images are counted together, by the colours that they show."""
    grey = rgb[:, :1].copy()
    opaque = [
        np.concatenate([part, np.full((30, 1), 255, np.uint8)], axis=1)
        for part in (rgb, grey.repeat(3, axis=1))
    ]
    whole = count_colors(np.concatenate([*opaque, rgba]), max_colors)
    assert_same(merged([rgba, grey, rgb], max_colors), whole)


@given(pictures(), st.integers(3, 40), OPTIONS)
def test_one_image_has_the_palette_of_its_own(image: Pixels, k: int, asked: Any) -> None:
    """Of a single image the palette is that which the quantizer gives it, with all options."""
    expected = Quantizer(image, Options(**asked)).at(k).image.palette
    np.testing.assert_array_equal(
        shared_palette([image], k, Options(**asked)), expected, strict=True
    )


@pytest.mark.parametrize("k", [2, 16, 256])
@pytest.mark.parametrize("effort", list(EFFORTS))
def test_parts_of_a_photograph_have_the_palette_of_the_whole(
    photo: Pixels, k: int, effort: str
) -> None:
    """A photograph in pieces of any form gives what it gives in one piece."""
    options = Options(effort=effort)
    pieces = [photo[:100], photo[100:, 200:], photo[100:, :200]]
    expected = Quantizer(photo, options).at(k).image.palette
    for given_pieces in (pieces, pieces[::-1]):
        found = shared_palette(iter(given_pieces), k, options)
        np.testing.assert_array_equal(found, expected, strict=True)


@given(st.lists(pictures(), min_size=1, max_size=4), st.integers(1, 40), st.randoms())
def test_order_of_images_does_not_matter(images: list[Pixels], k: int, random: Any) -> None:
    """The same images in another order have the same palette, and it is sorted."""
    palette = shared_palette(images, k)
    random.shuffle(images)
    np.testing.assert_array_equal(shared_palette(images, k), palette, strict=True)
    assert len(palette) <= k
    assert (palette.shape[1] == 3) or (palette[:, 3] < 255).any()
    if palette.shape[1] == 4:
        np.testing.assert_array_equal(palette, in_order(palette))


@given(arrays((5, 6, 3), most=3), arrays((4, 4, 3), most=3))
def test_few_colours_are_all_kept(one: Pixels, other: Pixels) -> None:
    """Where the colours of all images find room, each image is kept exactly."""
    palette = shared_palette([one, other], 64)
    both = np.concatenate([one.reshape(-1, 3), other.reshape(-1, 3)])
    assert {*map(tuple, palette.tolist())} == {*map(tuple, both.tolist())}
    assert len(palette) == len(np.unique(both, axis=0))
    for image in (one, other):
        mapped = Quantizer(image).with_palette(palette)
        np.testing.assert_array_equal(mapped.image.to_rgb(), image)
        np.testing.assert_array_equal(mapped.image.palette, palette)
        assert mapped.lossless
        assert not Quantizer(255 - image).with_palette(palette).lossless


def test_over_a_million_colours_are_gathered() -> None:
    """Images that only together have too many colours are gathered in cells, as one would be."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (1100, 1000, 3), np.uint8)
    parts = [image[:500], image[500:]]
    assert all(count_colors(part.reshape(-1, 3)).exact for part in parts)
    expected = Quantizer(image, Options(effort="fast")).at(8)
    assert expected.distinct_colors < 1 << 20
    found = shared_palette(parts, 8, Options(effort="fast"))
    np.testing.assert_array_equal(found, expected.image.palette)


VIOLET = (140, 0, 220)


def planted(photo: Pixels, *, as_patch: bool) -> list[Pixels]:
    """The photograph in three pieces with 64 violet pixels in the first, together or strewn."""
    image = photo.copy()
    if as_patch:
        image[40:48, 60:68] = VIOLET
    else:
        rng = np.random.default_rng(0)
        image[rng.integers(0, 150, 64), rng.integers(0, 451, 64)] = VIOLET
    return [image[:150], image[150:, :200], image[150:, 200:]]


@pytest.mark.parametrize("treatment", TREATMENTS)
@pytest.mark.parametrize("as_iterator", [False, True])
def test_small_bright_things_in_any_image_are_kept(
    photo: Pixels, treatment: str, as_iterator: bool
) -> None:
    """A region in one of several images is treated as in a whole; noise gets nothing."""
    pieces = planted(photo, as_patch=True)
    options = Options(outliers=treatment)
    found = shared_palette(iter(pieces) if as_iterator else pieces, 8, options)
    whole = np.concatenate([pieces[0], np.concatenate(pieces[1:], axis=1)])
    expected = Quantizer(whole, options).at(8).image.palette
    np.testing.assert_array_equal(found, expected)
    assert ([*VIOLET] in found.tolist()) == (treatment in STRENGTHS)
    strewn = shared_palette(planted(photo, as_patch=False), 8, options)
    assert [*VIOLET] not in strewn.tolist()


@pytest.mark.parametrize("treatment", TREATMENTS)
@pytest.mark.parametrize("k", [8, 16, 40])
def test_outliers_of_one_image_are_treated_as_its_own(
    photo: Pixels, treatment: str, k: int
) -> None:
    """What is done about outliers is the same for one image, whichever way it is chosen for."""
    image, options = planted(photo, as_patch=True)[0], Options(outliers=treatment)
    expected = Quantizer(image, options).at(k).image.palette
    np.testing.assert_array_equal(shared_palette([image], k, options), expected)


def test_images_are_not_kept() -> None:
    """One image at a time is asked for, after the one before has been counted."""
    events: list[str] = []
    count = Merger.add_colors

    def add(self: Merger, keys: npt.NDArray[np.uint32], counts: npt.NDArray[np.int64]) -> None:
        events.append("counted")
        count(self, keys, counts)

    class Images:
        def __iter__(self) -> Iterator[Pixels]:
            for shade in range(3):
                events.append("asked")
                yield np.full((2, 2), shade, np.uint8)

    with mock.patch.object(Merger, "add_colors", add):
        assert len(shared_palette(Images(), 2)) == 2
    assert events == 3 * ["asked", "counted"]


def test_all_pixels_together_have_a_limit() -> None:
    """Sums could overflow with more than 2³² - 1 pixels, so there cannot be more."""
    image = np.zeros((4, 5), np.uint8)
    with mock.patch.object(merging, "MAX_PIXELS", 40):
        assert shared_palette([image, image], 2).tolist() == [[0, 0, 0]]
        with pytest.raises(LimitError, match="60 pixels are more than the limit of 40"):
            shared_palette([image, image, image], 2)


@pytest.mark.parametrize(
    ("images", "colors", "options", "message"),
    [
        ([], 4, {}, "there are no images"),
        ([np.zeros((2, 2), np.uint16)], 4, {}, "pixels are a uint16 array"),
        ([np.zeros((2, 2), np.uint8), np.zeros((0, 2), np.uint8)], 4, {}, "not empty"),
        ([np.zeros((2, 2), np.uint8)], 0, {}, "colors is 0"),
        ([np.zeros((2, 2), np.uint8)], 1, {"keep_colors": ["#123456", "#fff"]}, "colors is 1"),
        ([np.zeros((2, 2), np.uint8)], 4, {"importance": np.zeros((2, 2), np.uint8)}, "importance"),
    ],
)
def test_wrong_arguments_are_refused(
    images: list[Any], colors: int, options: Any, message: str
) -> None:
    """No images, wrong ones, and what is of one image only."""
    with pytest.raises(ParameterError, match=message):
        shared_palette(images, colors, Options(**options))
