"""Colours counted block by block are those of the whole picture."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import arrays

from kqformat.errors import LimitError
from kqformat.quantizer import census as counting
from kqformat.quantizer.census import Census
from kqformat.quantizer.histogram import count_colors

Pixels = npt.NDArray[np.uint8]


@settings(max_examples=40)
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
    found, whole = census.counted(), count_colors(pixels, most)
    assert found.exact == whole.exact
    for name in ("codes", "points", "counts", "keys"):
        np.testing.assert_array_equal(getattr(found, name), getattr(whole, name))


def test_too_many_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """More pixels than sums can hold are refused, not counted wrongly."""
    monkeypatch.setattr(counting, "MAX_PIXELS", 10)
    census = Census()
    census.add(np.zeros((10, 3), np.uint8))
    with pytest.raises(LimitError, match="11 pixels are more than the limit of 10"):
        census.add(np.zeros((1, 3), np.uint8))
