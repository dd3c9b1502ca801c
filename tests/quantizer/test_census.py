"""Colours counted block by block are those of the whole picture."""

from __future__ import annotations

from threading import Barrier
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import arrays

from kqformat.errors import LimitError
from kqformat.quantizer import census as census_module
from kqformat.quantizer import opaque_kernel
from kqformat.quantizer.census import Census
from kqformat.quantizer.colors import color_array
from kqformat.quantizer.counting import count_colors
from kqformat.quantizer.mapper import mapper_of_census
from kqformat.quantizer.opaque_counts import CUBE, OPAQUE_COLORS
from kqformat.quantizer.spaces import SRGB
from kqformat.threads import at_most, for_each, for_each_slice

Pixels = npt.NDArray[np.uint8]


@settings(max_examples=20)
@given(
    st.sampled_from([1, 3, 4]).flatmap(
        lambda channels: arrays((60, channels)) | arrays((200, channels), most=4)
    ),
    st.lists(st.integers(0, 200), max_size=4),
    st.sampled_from([16, 50, 1 << 20]),
)
def test_blocks_are_counted_as_the_whole(pixels: Pixels, cuts: list[int], most: int) -> None:
    """Whatever the blocks, and where colours are too many, cells as coarse and their means."""
    census = Census(most)
    for block in np.split(pixels, sorted(min(cut, len(pixels)) for cut in cuts)):
        census.add(np.ascontiguousarray(block))
    found, whole = census.merger().merged(), count_colors(pixels, most)
    assert found.exact == whole.exact
    for name in ("codes", "points", "counts", "keys"):
        np.testing.assert_array_equal(getattr(found, name), getattr(whole, name))


def test_too_many_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """More pixels than sums can hold are refused, not counted wrongly."""
    monkeypatch.setattr(census_module, "MAX_PIXELS", 10)
    census = Census()
    census.add(np.zeros((10, 3), np.uint8))
    with pytest.raises(LimitError, match="11 pixels are more than the limit of 10"):
        census.add(np.zeros((1, 3), np.uint8))


@pytest.mark.parametrize("most", [16, 1 << 20])
def test_colours_that_occur_very_often(most: int) -> None:
    """More often than a byte and than 16 bits count, in one block and in several tables."""
    often = np.repeat(np.array([[1, 2, 3], [200, 100, 50]], np.uint8), [200_000, 131_070], axis=0)
    rare = np.arange(300).astype(np.uint8)[:, None]
    pixels = np.concatenate([often, np.repeat(rare, 3, axis=1)])
    census = Census(most)
    with at_most(3):
        blocks = [pixels[:150_000], pixels[150_000:], pixels[:255], pixels[:256], pixels[:65_535]]
        for_each(census.add, blocks, len(blocks))
    found = census.merger().merged()
    whole = count_colors(np.concatenate(blocks), most)
    expected = np.unique(np.concatenate(blocks), axis=0, return_counts=True)
    assert found.counts.sum() == sum(len(block) for block in blocks)
    if found.exact:
        by_row = np.lexsort(found.colors[:, :3].T[::-1])
        np.testing.assert_array_equal(found.colors[by_row, :3], expected[0])
        np.testing.assert_array_equal(found.counts[by_row], expected[1])
        listed = for_each_slice(census.opaque.colors_of, OPAQUE_COLORS, CUBE)
        np.testing.assert_array_equal(np.concatenate([part[0] for part in listed]), found.keys)
        np.testing.assert_array_equal(np.concatenate([part[2] for part in listed]), found.counts)
    for name in ("codes", "points", "counts", "keys"):
        np.testing.assert_array_equal(getattr(found, name), getattr(whole, name))


@pytest.mark.parametrize("colors", [2, 300])
def test_census_maps_its_colours_time_and_again(
    colors: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread's table has room for the first mapping only, and what was counted stays."""
    count, both = opaque_kernel.count_opaque, Barrier(2)

    def count_at_once(*arguments: Any) -> tuple[int, int]:
        both.wait(60)
        return count(*arguments)

    monkeypatch.setattr(opaque_kernel, "count_opaque", count_at_once)
    pixels = np.random.default_rng(colors).integers(0, 256, (3000, 3), np.uint8)
    census = Census(16)
    with at_most(2):
        for_each(census.add, [pixels[:1500], pixels[1500:]], 2)
        census.merger()
        mapped = [
            mapper_of_census(palette, SRGB, census).map(pixels)[0]
            for palette in (color_array(pixels[:colors]), color_array(pixels[-colors:]))
        ]
    for found, chosen in zip(mapped, (pixels[:colors], pixels[-colors:]), strict=True):
        differences = pixels[:, None].astype(int) - chosen
        np.testing.assert_array_equal(found, (differences**2).sum(2).argmin(1))
