"""What errors of bands and palettes say: what was found where, and what was expected."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from vectors import writer

import kqformat
from kqformat.codec import coded_palette, entropy, packed
from kqformat.codec.bands import checked_band_shift
from kqformat.codec.layout import read_layout
from kqformat.codec.region import read_region
from kqformat.codec.stream import verify
from kqformat.errors import FormatError, ParameterError

THREE = ((0, 0, 0), (1, 1, 1), (2, 2, 2))
IMPOSSIBLE = writer.Head(5, 2, THREE).encode() + writer.section(
    "B", writer.pack([0] * 8 + [3, 0], 2)
)
"""Whose ninth index has no entry: it starts in the third byte of the payload, byte 36."""

OPENING = 16 + 9 + 4 + 5


def read_part(data: bytes) -> None:
    read_region(data, read_layout(data), 2, 1, 5, 2)


@pytest.mark.parametrize("read", [kqformat.decode, kqformat.decode_indexed, verify, read_part])
def test_index_without_an_entry(read: Callable[[bytes], object]) -> None:
    """Whoever meets an impossible index says which it is, in which byte it starts and what may."""
    with pytest.raises(FormatError) as caught:
        read(IMPOSSIBLE)
    assert str(caught.value) == (
        f"an index has no palette entry: index at byte {OPENING + 2} is 3, expected 0 to 2"
    )


def test_offsets_count_from_the_payload_if_no_other_place_is_given() -> None:
    """Without an offset, errors say where in the payload they are."""
    payload = memoryview(writer.pack([0] * 8 + [3, 0], 2))
    table = packed.colour_table(np.zeros((3, 3), np.uint8))
    calls: list[Callable[[], object]] = [
        lambda: packed.check(payload, 3, 10),
        lambda: packed.unpack(payload, 3, np.empty(10, np.uint8)),
        lambda: packed.expand(payload, 3, table, 3, np.empty(30, np.uint8)),
    ]
    for call in calls:
        with pytest.raises(FormatError, match=r"index at byte 2 is 3, expected 0 to 2$"):
            call()


@pytest.mark.parametrize(("given", "byte"), [((), 0), ((40,), 40)])
def test_entropy_payload_of_another_length(given: tuple[int, ...], byte: int) -> None:
    """A payload that does not end with its pixels: how long it is, and where it starts."""
    palette = np.arange(9, dtype=np.uint8).reshape(3, 3)
    with pytest.raises(FormatError) as caught:
        entropy.decode(memoryview(bytes(5000)), palette, np.empty((2, 2), np.uint8), *given)
    assert str(caught.value) == (
        f"an entropy-coded band does not end with its last pixel: payload at byte {byte} "
        "is 5,000 bytes, expected the bytes that its pixels take"
    )


@pytest.mark.parametrize(("given", "byte"), [((), 0), ((40,), 40)])
def test_coded_palette_of_another_length(given: tuple[int, ...], byte: int) -> None:
    """A coded palette that does not end with its entries: how long it is, and where it starts."""
    with pytest.raises(FormatError) as caught:
        coded_palette.decode(bytes(1000), 9, 3, *given)
    assert str(caught.value) == (
        f"a coded palette does not end with its last entry: palette at byte {byte} "
        "is 1,000 bytes, expected the bytes that its entries take"
    )


def test_coded_palette_in_a_file() -> None:
    """There its place is that in the file, behind the field of its length."""
    head = writer.Head(2, 1, (), 31, 2, 1, palette_size=999, coded_palette=bytes(2000))
    with pytest.raises(FormatError, match=r"palette at byte 18 is 2,000 bytes"):
        kqformat.decode(head.encode() + writer.section("B", bytes(3)))


def test_integers_by_their_names() -> None:
    """What is no integer is named as the parameter is called."""
    with pytest.raises(ParameterError, match=r"^region is 0\.5, expected an integer$"):
        read_region(IMPOSSIBLE, read_layout(IMPOSSIBLE), 0, 0, 1, 0.5)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match=r"^band_shift is '3', expected an integer$"):
        checked_band_shift("3", 9)  # type: ignore[arg-type]
