"""`palette`: k different 8-bit colours, all of them used, in a fixed order."""

from __future__ import annotations

from random import Random

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from kqformat.quantizer.counting import count_colors
from kqformat.quantizer.histogram import Histogram
from kqformat.quantizer.kmeans import lloyd
from kqformat.quantizer.palette import in_order, round_centroids
from kqformat.quantizer.space import Points, embed
from kqformat.quantizer.starts import STARTS
from kqformat.quantizer.tree import ColorTree

Colors = npt.NDArray[np.uint8]

INITS = list(STARTS)
PALETTES = hnp.arrays(np.uint8, st.tuples(st.integers(1, 40), st.just(4)))


def random_histogram(seed: int, pixels: int, channels: int, spread: int) -> Histogram:
    """Colours spread over a part of the cube; alpha from 64 on, so that all points differ."""
    rng = np.random.default_rng(seed)
    colors = rng.integers(0, spread, (pixels, channels), dtype=np.uint8)
    if channels == 4:
        colors[:, 3] |= 64
    return count_colors(colors)


def assert_all_used(palette: Colors, tree: ColorTree, k: int) -> None:
    assert palette.dtype == np.uint8
    assert len(palette) == k
    assert len(np.unique(palette, axis=0)) == k
    assert (tree.assign(embed(palette)).weights > 0).all()
    np.testing.assert_array_equal(palette, in_order(palette))


@given(
    st.integers(0, 2**32),
    st.sampled_from([3, 4]),
    st.sampled_from([8, 60, 256]),
    st.integers(1, 64),
    st.sampled_from(INITS),
    st.integers(0, 5),
)
def test_palette_has_k_used_colors(
    seed: int, channels: int, spread: int, k: int, init: str, passes: int
) -> None:
    """Where the image has enough colours there are exactly k entries, distinct and used."""
    histogram = random_histogram(seed, 600, channels, spread)
    assert len(histogram) >= 64
    tree = ColorTree(histogram)
    first = STARTS[init](histogram, k, np.random.default_rng(seed))
    assert_all_used(round_centroids(tree, lloyd(tree, first, passes).centroids, k)[0], tree, k)


@given(
    st.integers(0, 2**32),
    st.sampled_from([3, 4]),
    st.integers(2, 300),
    st.integers(0, 3),
    st.sampled_from(INITS),
)
def test_palette_of_nearly_all_colors(
    seed: int, channels: int, pixels: int, missing: int, init: str
) -> None:
    """So it is for k just below the number of the image's colours, and at it."""
    histogram = random_histogram(seed, pixels, channels, 256)
    k = max(1, len(histogram) - missing)
    tree = ColorTree(histogram)
    first = STARTS[init](histogram, k, np.random.default_rng(seed))
    assert_all_used(round_centroids(tree, lloyd(tree, first, 2).centroids, k)[0], tree, k)


@pytest.mark.parametrize("k", [1, 2, 37, 256, 1000])
def test_palette_recovers_from_a_useless_start(k: int) -> None:
    """Even from k equal centroids, or from one, all k entries come to be used."""
    histogram = random_histogram(3, 4000, 3, 256)
    tree = ColorTree(histogram)
    one = embed(np.array([[255, 0, 255, 255]], np.uint8))
    repeated: Points = np.repeat(one, k, axis=0)
    for centroids in (one, repeated):
        assert_all_used(round_centroids(tree, centroids, k)[0], tree, k)


@given(st.integers(0, 2**32), st.integers(1, 30), st.sampled_from(INITS))
def test_palette_of_few_colors_is_those_colors(seed: int, pixels: int, init: str) -> None:
    """Asked for more entries than the image has colours, it has those colours and no others."""
    histogram = random_histogram(seed, pixels, 3, 256)
    k = pixels + 9
    tree = ColorTree(histogram)
    first = STARTS[init](histogram, k, np.random.default_rng(seed))
    palette, _ = round_centroids(tree, lloyd(tree, first, 1).centroids, k)
    np.testing.assert_array_equal(palette, in_order(histogram.colors))


def test_rounding_loses_little(photo: npt.NDArray[np.uint8]) -> None:
    """8-bit entries cost at most what rounding by half a level can, 3/4 a pixel."""
    histogram = count_colors(photo.reshape(-1, 3))
    tree = ColorTree(histogram)
    run = lloyd(tree, STARTS["wu"](histogram, 64, np.random.default_rng(0)), 200)
    assert run.converged
    palette, clusters = round_centroids(tree, run.centroids, 64)
    rounded = tree.assign(embed(palette)).distortion
    assert clusters.distortion == rounded
    assert rounded <= run.distortions[-1] + 0.75 * histogram.counts.sum()


@given(PALETTES, st.randoms(use_true_random=False))
def test_order_is_total(colors: Colors, random: Random) -> None:
    """Whatever order colours come in, they leave in the same one, and none is lost."""
    shuffled = list(range(len(colors)))
    random.shuffle(shuffled)
    ordered = in_order(colors)
    np.testing.assert_array_equal(in_order(colors[shuffled]), ordered)
    np.testing.assert_array_equal(in_order(ordered), ordered)
    assert sorted(ordered.tolist()) == sorted(colors.tolist())


@given(PALETTES, st.data())
def test_order_is_that_of_pairs(colors: Colors, data: st.DataObject) -> None:
    """Two colours stand in the same order whatever else is in the palette."""
    kept = data.draw(hnp.arrays(np.bool_, len(colors)))
    ordered = in_order(colors)
    rank = {tuple(color): number for number, color in reversed(list(enumerate(ordered.tolist())))}
    ranks = [rank[tuple(color)] for color in in_order(colors[kept]).tolist()]
    assert ranks == sorted(ranks)


@given(PALETTES)
def test_order_is_by_alpha_then_luma(colors: Colors) -> None:
    """The more transparent come first, and among equally transparent ones the darker."""
    ordered = in_order(colors).astype(np.int64)
    luma = ordered[:, :3] @ [299, 587, 114]
    keys = list(zip(ordered[:, 3].tolist(), luma.tolist(), strict=True))
    assert keys == sorted(keys)
