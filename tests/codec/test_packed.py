"""Packed coding (spec §6.1) and its kernel, against bitarray."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from bitarray import bitarray
from bitarray.util import int2ba

from kqformat.codec import packed, packed_kernel
from kqformat.codec.bands import packed_byte_length
from kqformat.errors import FormatError
from kqformat.model import Indices

INDEX_WIDTHS = range(17)
COUNTS = [*range(1, 26), 63, 64, 65, *range(519, 532), 1001]
INDEX_TYPES = [
    pytest.param(index_width, dtype, id=f"{index_width}-{np.dtype(dtype)}")
    for index_width in INDEX_WIDTHS
    for dtype in (np.uint8, np.uint16)
    if index_width <= 8 * np.dtype(dtype).itemsize
]
UNEVEN_SIZES = [3, 5, 6, 7, 9, 15, 17, 100, 129, 200, 255, 257, 1000, 4097, 40_000, 65_535]
"""Palette sizes that are no power of two, so that some codes have no entry."""


def oracle(indices: Indices, index_width: int) -> bytes:
    """Return the packed indices as bitarray concatenates them."""
    bits = bitarray(endian="big")
    for index in indices.tolist():
        if index_width:
            bits += int2ba(index, index_width, endian="big")
    return bits.tobytes()


def index_samples(index_width: int, dtype: Any) -> list[Indices]:
    """Return runs of every count: all zeros, all of the largest, and random ones."""
    random = np.random.default_rng(index_width)
    largest = (1 << index_width) - 1
    runs = [np.full(count, fill, dtype) for count in COUNTS for fill in (0, largest)]
    return runs + [random.integers(0, largest, count, dtype, endpoint=True) for count in COUNTS]


def packed_payload(indices: Indices, index_width: int) -> bytearray:
    """Return the payload that the package packs, into memory that is not zero."""
    payload = bytearray(b"\xa5" * packed_byte_length(len(indices), index_width))
    packed.pack(indices, 1 << index_width, memoryview(payload))
    return payload


@pytest.mark.parametrize(("index_width", "dtype"), INDEX_TYPES)
def test_pack_is_the_oracles(index_width: int, dtype: Any) -> None:
    """Indices are packed as bitarray does it, padding included."""
    for indices in index_samples(index_width, dtype):
        assert packed_payload(indices, index_width) == oracle(indices, index_width)


@pytest.mark.parametrize(("index_width", "dtype"), INDEX_TYPES)
def test_kernel_unpacks_what_the_oracle_packed(index_width: int, dtype: Any) -> None:
    """Indices of either type are read back from bitarray's bytes."""
    for indices in index_samples(index_width, dtype):
        found = np.full(len(indices), 77, dtype)
        packed_kernel.unpack(oracle(indices, index_width), index_width, found)
        assert np.array_equal(found, indices)


@pytest.mark.parametrize("index_width", INDEX_WIDTHS)
def test_unpack_chooses_the_narrow_type(index_width: int) -> None:
    """Indices come back as uint8 for up to 256 entries, else as uint16."""
    for indices in index_samples(index_width, np.uint16):
        payload = memoryview(oracle(indices, index_width))
        found = packed.empty_indices(1 << index_width, len(indices))
        packed.unpack(payload, 1 << index_width, found)
        assert found.dtype == (np.uint8 if index_width <= 8 else np.uint16)
        assert np.array_equal(found, indices)


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("index_width", INDEX_WIDTHS)
def test_expand_is_a_palette_lookup(index_width: int, channels: int) -> None:
    """The colours are those of the palette at the indices, and nothing is written beyond them."""
    size = (1 << index_width) - (1 << index_width) // 4
    random = np.random.default_rng(index_width)
    palette = random.integers(0, 256, (size, channels), np.uint8)
    table = packed.colour_table(palette)
    for count in COUNTS:
        indices = random.integers(0, size, count, np.uint16)
        room = np.full((count + 2) * channels, 77, np.uint8)
        pixels = room[channels:-channels]
        packed.expand(memoryview(oracle(indices, index_width)), size, table, channels, pixels)
        assert np.array_equal(pixels.reshape(-1, channels), palette[indices])
        assert set(room[:channels]) | set(room[-channels:]) == {77}


@pytest.mark.parametrize("index_width", INDEX_WIDTHS)
def test_largest_index_is_the_maximum(index_width: int) -> None:
    """The largest index is found wherever it is."""
    for indices in index_samples(index_width, np.uint16):
        payload = oracle(indices, index_width)
        assert packed_kernel.largest_index(payload, index_width, len(indices)) == indices.max()


@pytest.mark.parametrize(
    "arrange",
    [
        np.asfortranarray,
        lambda a: np.repeat(a, 2, axis=1)[:, ::2],
        lambda a: np.ascontiguousarray(a[::-1])[::-1],
    ],
    ids=["fortran", "strided", "reversed"],
)
def test_memory_order_does_not_matter(arrange: Any) -> None:
    """Indices are packed in raster order, however they lie in memory."""
    indices = np.random.default_rng(5).integers(0, 32, (7, 9), np.uint8)
    payload = bytearray(packed_byte_length(63, 5))
    packed.pack(arrange(indices), 32, memoryview(payload))
    assert payload == oracle(indices.reshape(-1), 5)


PLACE = 1000
"""Where the payload is said to stand in the file."""


def unpack_checked(payload: bytes, palette_size: int, count: int) -> None:
    indices = packed.empty_indices(palette_size, count)
    packed.unpack(memoryview(payload), palette_size, indices, PLACE)


def expand_checked(payload: bytes, palette_size: int, count: int) -> None:
    palette = np.zeros((palette_size, 3), np.uint8)
    table = packed.colour_table(palette)
    pixels = np.empty(3 * count, np.uint8)
    packed.expand(memoryview(payload), palette_size, table, 3, pixels, PLACE)


@pytest.mark.parametrize("decode", [unpack_checked, expand_checked])
@pytest.mark.parametrize("index_width", INDEX_WIDTHS)
def test_every_bit_of_padding_is_checked(decode: Any, index_width: int) -> None:
    """Each bit after the last index has to be zero."""
    for count in range(1, 9):
        payload = bytearray(oracle(np.zeros(count, np.uint16), index_width))
        for bit in range(8 * len(payload) - count * index_width):
            payload[-1] = 1 << bit
            with pytest.raises(FormatError) as caught:
                decode(bytes(payload), 1 << index_width, count)
            assert caught.value.field == "padding"
            assert caught.value.offset == PLACE + len(payload) - 1


@pytest.mark.parametrize("decode", [unpack_checked, expand_checked])
@pytest.mark.parametrize("palette_size", UNEVEN_SIZES)
def test_every_index_is_checked(decode: Any, palette_size: int) -> None:
    """An index without an entry is found in every place; the last entry's is accepted."""
    index_width = (palette_size - 1).bit_length()
    indices = np.full(19, palette_size - 1, np.uint16)
    decode(oracle(indices, index_width), palette_size, 19)
    for place in range(19):
        wrong = indices.copy()
        wrong[place] = palette_size
        with pytest.raises(FormatError) as caught:
            decode(oracle(wrong, index_width), palette_size, 19)
        assert (caught.value.field, caught.value.found) == ("index", palette_size)
        assert caught.value.offset == PLACE + place * index_width // 8


def test_colour_table_has_an_entry_for_every_code() -> None:
    """The table is as long as an index can reach, with zeros where the palette has nothing."""
    palette = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]], np.uint8)
    expected = [1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9, 0, 0, 0, 0, 0]
    assert packed.colour_table(palette).tolist() == expected


def zeros(count: int) -> npt.NDArray[np.uint8]:
    return np.zeros(count, np.uint8)


LENGTH = "the payload's length is not that of the indices"
WIDTH = "index_width is not from 0 to 16"
PIXELS = "pixels are not whole pixels of 3 or 4 channels"
TABLE = "the table of colours has another length"
KERNEL_REFUSALS: dict[str, tuple[Any, tuple[Any, ...], str]] = {
    "pack short": (packed_kernel.pack, (zeros(9), 3, bytearray(3)), LENGTH),
    "pack long": (packed_kernel.pack, (zeros(9), 3, bytearray(5)), LENGTH),
    "pack 0 bits": (packed_kernel.pack, (zeros(9), 0, bytearray(1)), LENGTH),
    "pack -1 bits": (packed_kernel.pack, (zeros(9), -1, bytearray(4)), WIDTH),
    "pack 17 bits": (packed_kernel.pack, (zeros(8), 17, bytearray(17)), WIDTH),
    "unpack short": (packed_kernel.unpack, (bytes(3), 3, zeros(9)), LENGTH),
    "unpack long": (packed_kernel.unpack, (bytes(5), 3, zeros(9)), LENGTH),
    "unpack 0 bits": (packed_kernel.unpack, (bytes(1), 0, zeros(9)), LENGTH),
    "unpack 17 bits": (packed_kernel.unpack, (bytes(17), 17, zeros(8)), WIDTH),
    "largest short": (packed_kernel.largest_index, (bytes(3), 3, 9), LENGTH),
    "largest long": (packed_kernel.largest_index, (bytes(5), 3, 9), LENGTH),
    "largest 17 bits": (packed_kernel.largest_index, (bytes(17), 17, 8), WIDTH),
    "expand short": (packed_kernel.expand, (bytes(3), 3, zeros(32), 3, zeros(27)), LENGTH),
    "expand long": (packed_kernel.expand, (bytes(5), 3, zeros(32), 3, zeros(27)), LENGTH),
    "expand 17 bits": (packed_kernel.expand, (bytes(17), 17, zeros(32), 3, zeros(24)), WIDTH),
    "expand half": (packed_kernel.expand, (bytes(4), 3, zeros(32), 3, zeros(28)), PIXELS),
    "expand none": (packed_kernel.expand, (bytes(4), 3, zeros(32), 0, zeros(27)), PIXELS),
    "expand two": (packed_kernel.expand, (bytes(4), 3, zeros(32), 2, zeros(18)), PIXELS),
    "expand five": (packed_kernel.expand, (bytes(4), 3, zeros(32), 5, zeros(45)), PIXELS),
    "table short": (packed_kernel.expand, (bytes(4), 3, zeros(31), 3, zeros(27)), TABLE),
    "table long": (packed_kernel.expand, (bytes(4), 3, zeros(36), 3, zeros(27)), TABLE),
}


@pytest.mark.parametrize("case", KERNEL_REFUSALS)
def test_kernel_refuses_lengths_that_do_not_fit(case: str) -> None:
    """Before a loop goes by pointer, lengths that contradict one another are refused."""
    function, arguments, problem = KERNEL_REFUSALS[case]
    with pytest.raises(ValueError, match=f"^{problem}"):
        function(*arguments)


def test_kernel_accepts_lengths_that_fit() -> None:
    """What the refusals above change is otherwise accepted."""
    packed_kernel.pack(zeros(9), 3, memoryview(bytearray(4)))
    packed_kernel.unpack(bytes(4), 3, zeros(9))
    packed_kernel.expand(bytes(4), 3, zeros(32), 3, zeros(27))
    assert packed_kernel.largest_index(bytes(4), 3, 9) == 0


def test_kernel_does_nothing_to_no_pixels() -> None:
    """Runs of no indices are packed to nothing and read from it."""
    packed_kernel.pack(zeros(0), 5, memoryview(bytearray()))
    packed_kernel.unpack(b"", 5, zeros(0))
    packed_kernel.expand(b"", 5, zeros(128), 4, zeros(0))
    assert packed_kernel.largest_index(b"", 5, 0) == 0
