"""The laws of the entropy model that no single file shows."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from bands_of_indices import Indices, as_indices, palette_of, round_trip

from kqformat.codec import entropy
from kqformat.codec.bands import packed_byte_length
from kqformat.codec.entropy_tables import squash
from kqformat.errors import FormatError, ParameterError


@pytest.mark.parametrize("colors", [2, 16, 256])
def test_noise_costs_little(colors: int) -> None:
    """What cannot be predicted takes less than 0.5 % more than packed, before it is packed."""
    noise = np.random.default_rng(2).integers(0, colors, (256, 512)).astype(np.uint8)
    packed = packed_byte_length(noise.size, (colors - 1).bit_length())
    assert packed * 0.999 < len(round_trip(noise, palette_of(colors))) < packed * 1.005


def flat_then_other(y: Indices, x: Indices, k: int) -> Indices:
    """Return one entry nearly everywhere, so that every probability goes as far as it can."""
    return np.where((y == 180) & (x == 90), k - 1, 0)


def checkered(y: Indices, x: Indices, k: int) -> Indices:
    """Return the first and the last entry by turns."""
    return np.where((x + y) % 2, k - 1, 0)


def stripes_that_flip(y: Indices, x: Indices, k: int) -> Indices:
    """Return a rule that holds for long and then is the other way round."""
    return np.where((x % 2) ^ (y >= 100), k - 1, k // 2)


@pytest.mark.parametrize("rule", [flat_then_other, checkered, stripes_that_flip])
@pytest.mark.parametrize("colors", [2, 3, 256, 257])
def test_probabilities_stay_in_range(
    rule: Callable[[Indices, Indices, int], Indices], colors: int
) -> None:
    """However sure the model has become, it can be surprised, and what is sure costs little."""
    y, x = np.indices((200, 160))
    indices = rule(y.astype(np.uint16), x.astype(np.uint16), colors)
    assert len(round_trip(as_indices(indices, colors), palette_of(colors))) < 160


@pytest.mark.parametrize(
    "palette",
    [
        np.zeros((300, 4), np.uint8),
        np.full((256, 3), 255, np.uint8),
        np.repeat(np.array([[0, 0, 0], [255, 255, 255]], np.uint8), 128, axis=0),
        np.stack([np.minimum(2 ** np.arange(9), 255)] * 3, axis=1).astype(np.uint8),
    ],
    ids=["equal", "white", "two", "powers"],
)
def test_palettes_that_are_hard_to_split(palette: npt.NDArray[np.uint8]) -> None:
    """Equal entries and such as lie ever closer make a tree, too."""
    k = len(palette)
    indices = np.random.default_rng(4).integers(0, k, (30, 40))
    round_trip(as_indices(indices, k), palette)


PINNED = "25c7bb78c6fe1e6faa06eba00277fe02f94c4ada55730164eae65e245b672048"


def test_bytes_are_what_they_were() -> None:
    """The payload of a picture made by a rule is pinned; who changes it changes the format."""
    y, x = np.indices((61, 83))
    indices = ((x * x + 3 * y * y) // 97 % 37 + (x // 20 + y // 15) % 3).astype(np.uint8)
    palette = (np.arange(39)[:, None] * [37, 71, 113] % 256).astype(np.uint8)
    payload = round_trip(indices, palette)
    assert hashlib.sha256(payload).hexdigest() == PINNED


def test_a_payload_too_short_for_its_pixels_is_an_error() -> None:
    """One byte holds no noise, and none is more than nothing."""
    palette = palette_of(200)
    for payload in (b"\x5a", b"\xff", b"\x01"):
        with pytest.raises(FormatError, match="does not end"):
            entropy.decode(memoryview(payload), palette, np.empty((300, 300), np.uint8))


def test_an_index_without_an_entry_is_refused() -> None:
    """Whoever changed an image's array after it was checked is told so."""
    with pytest.raises(ParameterError, match="index"):
        entropy.encode(np.full((2, 2), 9, np.uint8), palette_of(9), 100)


def test_no_room_is_no_payload() -> None:
    """Where the payload is longer than allowed there is none."""
    noise = np.random.default_rng(5).integers(0, 200, (40, 40)).astype(np.uint8)
    whole = round_trip(noise, palette_of(200))
    assert entropy.encode(noise, palette_of(200), len(whole)) == whole
    assert entropy.encode(noise, palette_of(200), len(whole) - 1) is None
    assert entropy.encode(noise, palette_of(200), 0) is None


@pytest.mark.parametrize("colors", [5, 5000])
def test_choices_for_nothing_change_nothing(colors: int) -> None:
    """Where a bit costs nothing each pixel keeps its nearest entry, in large palettes too."""
    numbers = np.random.default_rng(6).integers(0, colors, (30, 40))
    indices = as_indices(numbers, colors)
    grey = np.linspace(0, 16000, colors).astype(np.int16)
    entries = np.repeat(grey[:, None], 4, axis=1)
    palette = np.repeat((grey[:, None] // 64).astype(np.uint8), 3, axis=1)
    points = entries[indices]
    for price, same in ((0.0, True), (1e6, False)):
        chosen = entropy.choose(indices, palette, points, entries, bit_price=price, farthest=1024.0)
        assert np.array_equal(chosen, indices) == same


def test_squash() -> None:
    """Logits below 0 mirror those above."""
    assert [squash(logit) for logit in (-3072, -100, 0, 100, 3072)] == [
        1,
        65536 - squash(100),
        32768,
        squash(100),
        65535,
    ]


def test_memory_is_bounded() -> None:
    """Beyond the image and its ranks, coding takes no more than 64 MB."""
    indices = (np.indices((1024, 1024)).sum(axis=0) // 9 % 256).astype(np.uint8)
    palette = palette_of(256)
    tracemalloc.start()
    try:
        payload = entropy.encode(indices, palette, indices.size)
        encoding = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        assert payload is not None
        decoded = np.empty_like(indices)
        entropy.decode(memoryview(payload), palette, decoded)
        decoding = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert max(encoding, decoding) < 64e6 + 2 * indices.size
