"""The local model of entropy coding (spec §7.5.8), and which bands it codes."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import numpy as np
import pytest
from bands_of_indices import Indices, as_indices, palette_of, round_trip
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from suite import reference

from kqformat.codec import entropy, model_choice
from kqformat.codec.bands import packed_byte_length
from kqformat.codec.model_choice import is_for_local_model
from kqformat.errors import ParameterError


def graded(colors: int, height: int, width: int) -> Indices:
    """Return a rule that rises from corner to corner, with a little grain."""
    y, x = np.indices((height, width))
    levels = (x + y) * (colors - 1) // max(height + width - 2, 1) + (x * y * 7 + x * 3) % 3 - 1
    return as_indices(np.clip(levels, 0, colors - 1), colors)


@given(
    colors=st.sampled_from([65, 66, 100, 128, 129, 255, 256, 257, 400, 2000]),
    channels=st.sampled_from([3, 4]),
    height=st.integers(1, 12),
    width=st.integers(1, 12),
    data=st.data(),
)
def test_any_band_comes_back(
    colors: int, channels: int, height: int, width: int, data: st.DataObject
) -> None:
    """Whatever the number of entries and the shape, the local model codes it without loss."""
    count = height * width
    entries = st.integers(0, colors - 1) | st.sampled_from([0, 1, colors - 1])
    numbers = data.draw(st.lists(entries, min_size=count, max_size=count))
    indices = as_indices(np.array(numbers).reshape(height, width), colors)
    assert round_trip(indices, palette_of(colors, channels), local=True)[0] >= 128


@pytest.mark.parametrize("colors", [65, 256, 700])
@pytest.mark.parametrize("shape", [(1, 90), (90, 1), (45, 2), (9, 11)])
def test_reference_decoder_agrees(colors: int, shape: tuple[int, int]) -> None:
    """The decoder that shares no code with the package comes to the same indices."""
    indices = graded(colors, *shape)
    palette = palette_of(colors)
    payload = round_trip(indices, palette, local=True)
    entries = [tuple(entry) for entry in palette.tolist()]
    assert reference.decode_entropy_band(payload, entries, *shape) == indices.ravel().tolist()


PINNED = "24e92b9c114c6ead5cf9ef9d23d09cda2d956da76aaad301ad6185098668d903"


def test_bytes_are_what_they_were() -> None:
    """The payload of a picture made by a rule is pinned; who changes it changes the format."""
    palette = (np.arange(90)[:, None] * [37, 71, 113] % 256).astype(np.uint8)
    payload = round_trip(graded(90, 61, 83), palette, local=True)
    assert hashlib.sha256(payload).hexdigest() == PINNED


@pytest.mark.parametrize("rows", [1, 2, 17, 39])
def test_first_rows_alone(rows: int) -> None:
    """The first rows of a band are decoded without the others."""
    indices = graded(80, 40, 30)
    palette = palette_of(80)
    payload = round_trip(indices, palette, local=True)
    decoded = np.empty((rows, 30), np.uint8)
    entropy.decode(memoryview(payload), palette, decoded, band_rows=40)
    assert np.array_equal(decoded, indices[:rows])


def test_few_colors_have_no_choice() -> None:
    """With 64 entries no bit tells of a model: there is the one, and the other is refused."""
    indices = graded(64, 20, 20)
    with pytest.raises(ParameterError, match="more than 64 colours, not 64"):
        entropy.encode(indices, palette_of(64), 999, local=True)
    assert not is_for_local_model(graded(64, 300, 300), 64)


def test_noise_costs_little() -> None:
    """What cannot be predicted takes less than 0.5 % more than packed, by this model as well."""
    noise = np.random.default_rng(2).integers(0, 256, (256, 512)).astype(np.uint8)
    packed = packed_byte_length(noise.size, 8)
    assert packed * 0.999 < len(round_trip(noise, palette_of(256), local=True)) < packed * 1.005


def smooth(height: int, width: int) -> Indices:
    """Return grain upon a slope: neighbours are near each other, and nothing comes again."""
    grain = np.random.default_rng(3).normal(0, 6, (height, width))
    slope = np.add.outer(np.arange(height), np.arange(width)) * (200 / (height + width))
    return np.clip(slope + grain + 20, 0, 255).astype(np.uint8)


def tiled(height: int, width: int) -> Indices:
    """Return one rough tile over and over."""
    tile = np.random.default_rng(4).integers(0, 256, (16, 16)).astype(np.uint8)
    return np.ascontiguousarray(np.tile(tile, (height // 16 + 1, width // 16 + 1))[:height, :width])


def flat(height: int, width: int) -> Indices:
    """Return one colour with a few other pixels."""
    indices = np.zeros((height, width), np.uint8)
    indices[::9, ::9] = smooth(height, width)[::9, ::9]
    return indices


def test_choice_is_by_what_repeats() -> None:
    """What is smooth or noise is local; what repeats itself, is flat, small or of few is not."""
    assert is_for_local_model(smooth(256, 256), 256)
    assert not is_for_local_model(smooth(255, 256), 256)
    assert is_for_local_model(smooth(256, 256) // 2, 129)
    assert not is_for_local_model(smooth(256, 256) // 2, 128)
    assert is_for_local_model(
        as_indices(np.random.default_rng(5).integers(0, 256, (256, 256)), 256), 256
    )
    assert not is_for_local_model(tiled(256, 256), 256)
    assert not is_for_local_model(flat(256, 256), 256)


def test_choice_of_large_bands() -> None:
    """Of a large band it is enough that a tenth is uneven."""
    indices = np.zeros((1400, 1500), np.uint8)
    indices[:, :200] = smooth(1400, 200)
    assert is_for_local_model(indices, 256)
    assert not is_for_local_model(indices[:1390], 256)
    assert not is_for_local_model(tiled(1400, 1500), 256)


def counted_one_by_one(part: Indices) -> tuple[int, ...]:
    """Count repeats as one would by hand."""
    rows = part.tolist()
    last: dict[tuple[int, ...], int] = {}
    pixels = uneven = met = recalled = 0
    for above, row in pairwise(rows):
        for x in range(1, len(row) - 1):
            around = (row[x - 1], above[x], above[x - 1], above[x + 1])
            pixels += 1
            if len(set(around)) > 1:
                uneven += 1
                met += around in last
                recalled += last.get(around) == row[x]
                last[around] = row[x]
    return pixels, uneven, met, recalled


@given(
    part=hnp.arrays(
        np.uint16,
        st.tuples(st.integers(2, 9), st.integers(3, 20)),
        elements=st.sampled_from([0, 1, 1, 256, 65_535]),
    )
)
def test_repeats_are_counted(part: Indices) -> None:
    """What vectors count is what a loop does, for entries of sixteen bits as well."""
    assert model_choice._repeats(part) == counted_one_by_one(part)


@pytest.mark.parametrize(
    ("counts", "small", "large"),
    [
        ((4000, 1000, 600, 333), True, True),
        ((4001, 1000, 600, 333), False, True),
        ((10_000, 1000, 600, 333), False, True),
        ((10_001, 1000, 600, 333), False, False),
        ((4000, 1000, 600, 334), False, True),
        ((4000, 1000, 600, 425), False, True),
        ((4000, 1000, 600, 426), False, False),
        ((4000, 1000, 340, 240), True, True),
        ((4000, 1000, 338, 240), False, False),
        ((4000, 1000, 62, 62), True, True),
        ((4000, 1000, 63, 63), False, False),
        ((4000, 1000, 0, 0), True, True),
    ],
)
def test_bounds_of_the_choice(counts: tuple[int, ...], small: bool, large: bool) -> None:
    """Where the rules of decision 11 change their minds, for bands below 2 megapixels and above."""
    repeats = model_choice._Repeats(*counts)
    assert model_choice._suits(repeats, is_large=False) is small
    assert model_choice._suits(repeats, is_large=True) is large


@pytest.mark.parametrize("shape", [(1, 70_000), (2, 40_000), (70_000, 1), (40_000, 2)])
def test_choice_of_narrow_bands(shape: tuple[int, int]) -> None:
    """A band with less than three rows or columns has no neighbours to judge by."""
    assert not is_for_local_model(smooth(*shape), 256)


def test_encoder_takes_what_suits() -> None:
    """The first byte tells which model an encoder took of itself."""
    palette = np.repeat(np.arange(256, dtype=np.uint8), 3).reshape(256, 3)
    for indices, local in (smooth(256, 300), True), (tiled(256, 300), False):
        assert (round_trip(indices, palette)[0] >= 128) is local


def test_choices_by_rate_and_distortion() -> None:
    """Entries chosen by this model's own bits take fewer of them."""
    indices = smooth(256, 300)
    palette = np.repeat(np.arange(256, dtype=np.uint8), 3).reshape(256, 3)
    entry_points = np.zeros((256, 4), np.int16)
    entry_points[:, :3] = 64 * palette.astype(np.int16)
    points = entry_points[indices]
    chosen = entropy.choose(indices, palette, points, entry_points, bit_price=8.0, farthest=6.0)
    differences = chosen.astype(int) - indices
    assert 0 < np.count_nonzero(differences) < indices.size
    assert np.abs(differences).max() <= 6
    assert len(round_trip(chosen, palette)) < 0.9 * len(round_trip(indices, palette))
