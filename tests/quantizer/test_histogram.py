"""`histogram`: counting colours, gathering them in cells, and looking pixels up."""

from __future__ import annotations

from random import Random

import numpy as np
import numpy.typing as npt
import pytest
import quantizer_oracle as oracle
from hypothesis import given
from hypothesis import strategies as st
from strategies import pictures

from kqformat.errors import ParameterError
from kqformat.model import Indices
from kqformat.quantizer import color_table, counting
from kqformat.quantizer.counting import SurveyedPixels, count_colors, counted
from kqformat.quantizer.histogram import Histogram, unpack_keys
from kqformat.quantizer.space import embed
from kqformat.quantizer.tabled import TabledPixels

Pixels = npt.NDArray[np.uint8]


def flat(image: Pixels) -> Pixels:
    return image.reshape(-1, image.shape[2])


def random_pixels(seed: int, count: int, channels: int, most: int = 255) -> Pixels:
    rng = np.random.default_rng(seed)
    return rng.integers(0, most + 1, (count, channels), dtype=np.uint8)


def distinct_opaque(count: int) -> Pixels:
    """As many different colours, shuffled."""
    numbers = np.random.default_rng(count).choice(1 << 24, count, replace=False)
    return np.stack([numbers >> 16, numbers >> 8 & 255, numbers & 255], axis=1).astype(np.uint8)


def assert_counts(histogram: Histogram, pixels: Pixels) -> None:
    colors, counts = oracle.count(pixels)
    by_row = np.lexsort(histogram.colors.T[::-1])
    np.testing.assert_array_equal(histogram.colors[by_row], colors)
    np.testing.assert_array_equal(histogram.counts[by_row], counts)
    np.testing.assert_array_equal(histogram.points, embed(histogram.colors))
    assert histogram.exact
    assert len(histogram) == len(colors)


@given(pictures())
def test_histogram_is_unique_with_counts(image: Pixels) -> None:
    """The colours and counts are those of `np.unique` on RGB and RGBA alike."""
    assert_counts(count_colors(flat(image)), image)


@pytest.mark.parametrize("count", [1, 256, 257, 16_384, 16_385, 131_072, 131_073])
def test_histogram_grows(count: int) -> None:
    """Any number of colours is counted, also as the hash table is made anew for more."""
    pixels = distinct_opaque(count)
    pixels = np.concatenate([pixels, pixels[::3], pixels[:1]])
    assert_counts(count_colors(pixels), pixels)


def test_transparent_colors_are_one() -> None:
    """However fully transparent pixels are coloured, they count as one colour, all zeros."""
    pixels = random_pixels(1, 1000, 4)
    pixels[:600, 3] = 0
    pixels[600:, 3] |= 1
    histogram = count_colors(pixels)
    transparent = histogram.colors[:, 3] == 0
    assert transparent.sum() == 1
    assert histogram.colors[transparent].tolist() == [[0, 0, 0, 0]]
    assert histogram.counts[transparent].tolist() == [600]
    assert len(np.unique(pixels[:600], axis=0)) > 500


@given(pictures(), st.randoms(use_true_random=False), st.sampled_from([20, 1 << 20]))
def test_histogram_does_not_depend_on_order(image: Pixels, random: Random, max_colors: int) -> None:
    """Shuffled pixels have the same points, in the same order, with the same counts."""
    pixels = flat(image)
    shuffled = list(range(len(pixels)))
    random.shuffle(shuffled)
    one, other = count_colors(pixels, max_colors), count_colors(pixels[shuffled], max_colors)
    np.testing.assert_array_equal(one.points, other.points)
    np.testing.assert_array_equal(one.counts, other.counts)
    np.testing.assert_array_equal(one.colors, other.colors)
    assert one.exact == other.exact


@pytest.mark.parametrize("count", [17, 1000])
def test_histogram_is_exact_up_to_the_limit(count: int) -> None:
    """Just as many colours as allowed stay themselves; one more, and they become cells."""
    pixels = distinct_opaque(count)
    assert_counts(count_colors(pixels, count), pixels)
    cells = count_colors(pixels, count - 1)
    assert not cells.exact
    assert len(cells) < count


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("max_colors", [16, 50, 200, 1000, 4000])
def test_cells_keep_means(channels: int, max_colors: int) -> None:
    """Too many colours fall into the finest cells that are few enough, each at its mean."""
    pixels = random_pixels(max_colors, 9000, channels)
    pixels[::7] //= 8
    histogram = count_colors(pixels, max_colors)
    assert not histogram.exact
    assert len(histogram) <= max_colors
    assert histogram.counts.sum() == len(pixels)
    colors = oracle.canonical(pixels)
    dropped = next(
        bits for bits in range(8) if len(np.unique(colors >> bits, axis=0)) <= max_colors
    )
    cells, labels = np.unique(colors >> dropped << dropped, axis=0, return_inverse=True)
    order = np.lexsort(histogram.colors.T[::-1])
    np.testing.assert_array_equal(histogram.colors[order], cells)
    counts = np.bincount(labels.ravel())
    np.testing.assert_array_equal(histogram.counts[order], counts)
    sums = np.zeros((len(cells), 4), np.int64)
    np.add.at(sums, labels.ravel(), embed(colors))
    np.testing.assert_array_equal(histogram.points[order], oracle.rounded_means(sums, counts))


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([1, 3]),
    st.sampled_from([2, 40, 255]),
    st.sampled_from([1, 300, 70_000]),
)
def test_leaves_count_what_hash_tables_do(
    seed: int, channels: int, most: int, repeats: int
) -> None:
    """A colour once, more often than a byte counts, and than 16 bits do; and find every pixel."""
    pixels = random_pixels(seed, 300, channels, most)
    pixels = np.concatenate([pixels, np.repeat(pixels[:2], repeats, axis=0)])
    found = []
    for least, remembers in ((0, True), (1 << 20, True), (1 << 20, False)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(color_table, "_LEAST_IN_LEAVES", least)
            patch.setattr(color_table, "_LOOK_UP_BLOCK", 1000)
            table = color_table.count(pixels, max_colors=1 << 20, remembers=remembers)
            assert color_table.count(pixels, max_colors=1, remembers=True) is None
        assert table is not None
        assert (len(table.slots) > 0) == (least > 0)
        found.append(table)
    weights = random_pixels(seed, len(pixels), 1)[:, 0]
    sums = np.zeros((3, len(found[0].keys)), np.int64)
    for table, own in zip(found, sums, strict=True):
        for name in ("keys", "codes", "counts"):
            np.testing.assert_array_equal(getattr(table, name), getattr(found[0], name))
        table.add_weights(weights, np.arange(len(own), dtype=np.uint32), own)
    assert sums[0].sum() == weights.sum(dtype=np.int64)
    np.testing.assert_array_equal(sums, sums[[0, 0, 0]])
    labels: Indices = np.arange(len(found[0].keys), dtype=np.uint16)
    indices: Indices = np.empty(len(pixels), np.uint16)
    colors = oracle.canonical(pixels if channels == 3 else np.repeat(pixels, 3, axis=1))
    for table in found:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(color_table, "_LOOK_UP_BLOCK", 1000)
            table.look_up(labels, indices)
        np.testing.assert_array_equal(unpack_keys(table.keys)[indices], colors)


@given(pictures())
def test_look_up_inverts_counting(image: Pixels) -> None:
    """Each pixel is found at the point that has its colour."""
    pixels = flat(image)
    found = counted(pixels)
    histogram = found.histogram
    labels: Indices = np.arange(len(histogram), dtype=np.uint16)
    out: Indices = np.empty(len(pixels), np.uint16)
    found.look_up(labels, out)
    np.testing.assert_array_equal(histogram.colors[out], oracle.canonical(pixels))


def test_look_up_in_bytes() -> None:
    """Labels of one byte are written as bytes."""
    pixels = random_pixels(5, 5000, 3, most=5)
    found = counted(pixels)
    histogram = found.histogram
    out: Indices = np.empty(len(pixels), np.uint8)
    found.look_up(np.arange(len(histogram), dtype=np.uint8), out)
    assert len(histogram) == 216
    np.testing.assert_array_equal(histogram.colors[out], oracle.canonical(pixels))


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("max_colors", [30, 1 << 20])
def test_weights_are_summed(
    monkeypatch: pytest.MonkeyPatch, channels: int, max_colors: int
) -> None:
    """By a search for each pixel, or in the table of all colours, in cells too."""
    pixels = random_pixels(channels, 9000, channels, most=15)
    pixels[::3, channels - 1] = 255
    weights = random_pixels(7, 9000, 1)[:, 0]
    corners = oracle.canonical(pixels)
    for most_tabled in (0, 1 << 20):
        monkeypatch.setattr(counting, "_MOST_TABLED", most_tabled)
        found = counted(pixels, max_colors)
        is_tabled = max_colors > 30 and (channels == 4 or most_tabled > 0)
        assert isinstance(found, TabledPixels) == is_tabled
        if isinstance(found, SurveyedPixels):
            corners = masked_colors(corners, found.dropped_bits)
        expected = [
            weights[(corners == color).all(axis=1)].sum(dtype=np.int64)
            for color in found.histogram.colors
        ]
        np.testing.assert_array_equal(found.sum_weights(weights), expected)


def masked_colors(colors: Pixels, dropped_bits: int) -> Pixels:
    return colors >> np.uint8(dropped_bits) << np.uint8(dropped_bits)


@pytest.mark.parametrize("count", [1, 300, 20_000])
def test_table_of_all_colours_finds_what_hashing_does(
    monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """The same histogram, and the same label for every pixel, at any number of blocks."""
    pixels = np.concatenate([distinct_opaque(count), distinct_opaque(count)[::3]])
    hashed = counted(pixels)
    monkeypatch.setattr(counting, "_MOST_TABLED", 0)
    monkeypatch.setattr(counting, "BLOCK_PIXELS", 700)
    surveyed = counted(pixels)
    assert isinstance(surveyed, SurveyedPixels)
    assert_counts(surveyed.histogram, pixels)
    labels: Indices = np.arange(count).astype(np.uint16)
    out, other = np.empty((2, len(pixels)), np.uint16)
    hashed.look_up(labels, out)
    surveyed.look_up(labels, other)
    np.testing.assert_array_equal(out, other)


def test_pixels_that_change_while_they_are_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A colour that was not counted is an error, not any label."""
    monkeypatch.setattr(counting, "_MOST_TABLED", 0)
    pixels = distinct_opaque(50)
    found = counted(pixels)
    pixels[7] ^= 1
    labels: Indices = np.zeros(50, np.uint8)
    with pytest.raises(ParameterError, match="not the same as when their colours were counted"):
        found.look_up(labels, np.empty(50, np.uint8))
