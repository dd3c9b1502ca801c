"""Blocks are mapped as whole pictures are: to the nearest entry, of equally near ones the first."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kqformat.errors import ParameterError
from kqformat.quantizer.census import Census
from kqformat.quantizer.counting import counted as counted_pixels
from kqformat.quantizer.mapper import Mapper, mapper_of_census, mapper_of_counted
from kqformat.quantizer.nearest import distortion_in_srgb
from kqformat.quantizer.points import WeightedPoints
from kqformat.quantizer.remap import remap
from kqformat.quantizer.spaces import SPACES
from kqformat.quantizer.tree import ColorTree


@settings(max_examples=20, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([1, 3, 4]),
    st.sampled_from(sorted(SPACES)),
    st.sampled_from([1, 2, 30, 256, 300]),
    st.sampled_from([50, 1 << 20]),
)
def test_blocks_are_mapped_as_the_whole(
    seed: int, channels: int, name: str, k: int, most: int
) -> None:
    """With colours counted one by one, in cells, or not at all: the same indices and error."""
    numbers, space = np.random.default_rng(seed), SPACES[name]
    pixels = numbers.integers(0, 9, (700, channels), np.uint8) * np.uint8(31)
    palette = numbers.integers(0, 256, (k, 4), np.uint8)
    if channels < 4:
        palette[:, 3] = 255
    found_at_once = counted_pixels(pixels)
    whole = found_at_once.histogram
    placed = WeightedPoints(whole.codes, space.from_srgb(whole.points), whole.counts)
    clusters = ColorTree(placed).assign(space.embed(palette), labels=True)
    indices, distortion = remap(found_at_once, palette, clusters, space)
    census = Census(most)
    census.add(pixels)
    counted = census.merger().merged()
    own = distortion_in_srgb(whole, clusters, palette, space)
    counting = mapper_of_counted(palette, space, census, counted, clusters.labels, own)
    for mapper in (counting, Mapper(palette, space)):
        parts = [mapper.map(block) for block in (pixels[:123], pixels[123:])]
        np.testing.assert_array_equal(np.concatenate([part for part, _ in parts]), indices)
        found = mapper.counted_distortion + sum(part for _, part in parts)
        assert found == pytest.approx(distortion)


@pytest.mark.parametrize("name", sorted(SPACES))
@pytest.mark.parametrize("k", [20, 257, 5000])
def test_many_colours_that_are_near_each_other(name: str, k: int) -> None:
    """In cells full of colours, with many entries near them, ties among them."""
    numbers, space = np.random.default_rng(k), SPACES[name]
    levels = np.stack(np.meshgrid(*[np.arange(100, 124)] * 3), axis=-1).reshape(-1, 3)
    pixels = np.concatenate([levels, numbers.integers(0, 256, (5000, 3))]).astype(np.uint8)
    palette = np.full((k, 4), 255, np.uint8)
    palette[:, :3] = numbers.integers(98, 126, (k, 3))
    whole = counted_pixels(pixels).histogram
    placed = WeightedPoints(whole.codes, space.from_srgb(whole.points), whole.counts)
    clusters = ColorTree(placed).assign(space.embed(palette), labels=True)
    indices, distortion = remap(counted_pixels(pixels), palette, clusters, space)
    census = Census(16)
    census.add(pixels)
    mapper = mapper_of_census(palette, space, census)
    np.testing.assert_array_equal(mapper.map(pixels)[0], indices)
    assert mapper.counted_distortion == pytest.approx(distortion)


@pytest.mark.parametrize("name", sorted(SPACES))
def test_colours_that_occur_very_often(name: str) -> None:
    """More often than a table counts: all of their pixels have a part in the distortion."""
    often = np.repeat(np.array([[1, 2, 3], [200, 100, 50]], np.uint8), [200_000, 131_070], axis=0)
    rare = np.repeat(np.arange(30, dtype=np.uint8)[:, None], 3, axis=1)
    pixels = np.concatenate([often, rare])
    palette = np.array([[9, 9, 9, 255], [180, 90, 60, 255]], np.uint8)
    census = Census(16)
    census.add(pixels)
    mapper = mapper_of_census(palette, SPACES[name], census)
    indices, rest = mapper.map(pixels)
    differences = pixels.astype(np.int64) - palette[indices, :3]
    assert (indices[200_000:331_070] == 1).all()
    assert indices.sum() == 131_070
    assert mapper.counted_distortion + rest == (differences**2).sum()


@pytest.mark.parametrize("color", [[1, 2, 3, 255], [1, 2, 3, 9], [1, 2, 3, 0]])
def test_colour_that_was_not_counted(color: list[int]) -> None:
    """Whether opaque, translucent or transparent, it is noticed."""
    census, space = Census(), SPACES["srgb"]
    census.add(np.array([[9, 9, 9, 255]], np.uint8))
    palette = np.array([[9, 9, 9, 255]], np.uint8)
    labels = np.zeros(1, np.int32)
    mapper = mapper_of_counted(palette, space, census, census.merger().merged(), labels, 0.0)
    with pytest.raises(ParameterError, match="not the same as when their colours were counted"):
        mapper.map(np.array([color], np.uint8))
