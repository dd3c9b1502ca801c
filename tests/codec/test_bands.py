"""How rows are split into bands (spec §6)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kqformat.codec.bands import (
    band_count,
    band_rows,
    canonical_band_shift,
    checked_band_shift,
    chunk_rows,
    entropy_band_pixels,
    packed_byte_length,
)
from kqformat.errors import ParameterError

SIDES = st.integers(1, 2**31 - 1)


@given(height=st.integers(1, 3000), band_shift=st.integers(0, 31))
def test_bands_partition_the_rows(height: int, band_shift: int) -> None:
    """Bands hold every row once, in order; all but the last have 2^band_shift rows."""
    bands = list(band_rows(height, band_shift))
    assert [row for top, bottom in bands for row in range(top, bottom)] == list(range(height))
    assert all(bottom - top == 1 << band_shift for top, bottom in bands[:-1])
    assert 1 <= bands[-1][1] - bands[-1][0] <= 1 << band_shift
    assert band_count(height, band_shift) == len(bands)


@given(height=SIDES, band_shift=st.integers(0, 31))
def test_band_count_is_a_ceiling(height: int, band_shift: int) -> None:
    """The bands are enough for the rows, and one fewer would not be."""
    count = band_count(height, band_shift)
    assert (count - 1) << band_shift < height <= count << band_shift


@given(height=SIDES, band_shift=st.integers(0, 31))
def test_one_band_has_one_shift(height: int, band_shift: int) -> None:
    """A shift is kept where it makes two bands or more, and becomes 31 where it makes one."""
    checked = checked_band_shift(band_shift, height)
    assert checked == (band_shift if band_count(height, band_shift) > 1 else 31)


@pytest.mark.parametrize("band_shift", [-1, 32, 255])
def test_impossible_shift_is_refused(band_shift: int) -> None:
    """A shift that the format does not have is the caller's error."""
    with pytest.raises(ParameterError, match=f"band_shift is {band_shift}, expected 0 to 31"):
        checked_band_shift(band_shift, 100)


@given(width=SIDES, height=SIDES)
def test_canonical_shift_is_the_largest_for_its_pixels(width: int, height: int) -> None:
    """The canonical shift is that of spec §10, rule 1."""
    shift = canonical_band_shift(width, height)
    allowed = [s for s in range(31) if width << s <= 2**25] or [0]
    if width * height <= 2**25 or 1 << allowed[-1] >= height:
        assert shift == 31
    else:
        assert shift == allowed[-1]


@pytest.mark.parametrize(
    ("width", "height", "shift"),
    [
        (2**25, 1, 31),
        (2**25 + 1, 1, 31),
        (2**25 + 1, 2, 0),
        (2**12, 2**13, 31),
        (2**12, 2**13 + 1, 13),
        (2**12 + 1, 2**13, 12),
        (2**31 - 1, 2**31 - 1, 0),
    ],
)
def test_canonical_shift_at_its_edges(width: int, height: int, shift: int) -> None:
    """One band lasts up to 2^25 pixels exactly."""
    assert canonical_band_shift(width, height) == shift


def test_one_band_has_as_many_pixels_as_there_may_be() -> None:
    """Exactly as many are one band, also where they are no power of two of rows."""
    assert canonical_band_shift(10, 3, 30) == 31
    assert canonical_band_shift(10, 3, 29) == 1


def test_chunks_have_the_fewest_rows_of_whole_bytes() -> None:
    """Where a row is more than a chunk should have, chunks are as small as can be."""
    assert list(chunk_rows(10, 11, 3, chunk_pixels=1)) == [(0, 4), (4, 8), (8, 11)]
    assert list(chunk_rows(16, 3, 31, chunk_pixels=16)) == [(0, 1), (1, 2), (2, 3)]


@given(width=SIDES, height=SIDES)
def test_canonical_shift_of_entropy_coding(width: int, height: int) -> None:
    """Bands have 2^22 pixels, or 512 rows where these are more, up to 2^24 (spec §10, rule 1)."""
    most = max(2**22, min(512 * width, 2**24))
    assert entropy_band_pixels(width) == most
    shift = canonical_band_shift(width, height, most)
    if width * height <= most:
        assert shift == 31
    elif shift < 31:
        assert width << shift <= most < width << shift + 1 or (shift == 0 and width > most)


@pytest.mark.parametrize(
    ("width", "rows"),
    [(2**13, 512), (2**13 + 1, 512), (2**15, 512), (2**15 + 1, 256), (2**24, 1), (2**25, 1)],
)
def test_wide_pictures_have_bands_of_512_rows(width: int, rows: int) -> None:
    """From 8,192 columns on there are 512 rows, until they would have more than 2^24 pixels."""
    assert canonical_band_shift(width, 2**20, entropy_band_pixels(width)) == rows.bit_length() - 1


@given(pixels=st.integers(0, 2**62), index_width=st.integers(0, 16))
def test_packed_byte_length_is_a_ceiling(pixels: int, index_width: int) -> None:
    """A band has the bytes that its bits need, and none more."""
    bits = 8 * packed_byte_length(pixels, index_width)
    assert pixels * index_width <= bits < pixels * index_width + 8
