"""The head: its fields there and back, and its checks in the order of spec §3."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vectors import writer

from kqformat.codec.bands import band_count
from kqformat.codec.cursor import MemoryCursor
from kqformat.codec.head import (
    Coding,
    Head,
    PaletteFormat,
    read_head,
    write_head,
)
from kqformat.errors import (
    ChecksumError,
    FormatError,
    KqError,
    LimitError,
    TruncatedError,
    UnsupportedError,
)
from kqformat.fields import length_field_bytes
from kqformat.limits import DEFAULT_LIMITS, Limits

SIDES = st.integers(1, 2**31 - 1)
NO_LIMITS = Limits(pixels=2**62, bands=2**31)
RIGHT = {"width": 5, "height": 9, "palette": ((1, 2, 3), (4, 5, 6)), "band_shift": 2}


@st.composite
def heads(draw: st.DrawFn) -> Head:
    """Heads of all dimensions that the format has, with palettes that are not coded."""
    palette_format = draw(st.sampled_from([PaletteFormat.RGB, PaletteFormat.RGBA]))
    coding = draw(st.sampled_from(Coding))
    colors = draw(st.integers(1, 20) | st.sampled_from([256, 65_536]))
    height = draw(SIDES)
    shifts = [shift for shift in range(31) if 1 << shift < height] + [31]
    entry = draw(st.binary(min_size=palette_format.channels, max_size=palette_format.channels))
    shift = draw(st.sampled_from(shifts))
    return Head(draw(SIDES), height, entry * colors, palette_format, shift, coding)


@given(head=heads())
def test_head_is_read_as_written(head: Head) -> None:
    """Every field comes back, and the cursor stands behind the head."""
    data = write_head(head)
    cursor = MemoryCursor(data + b"more")
    assert read_head(cursor, NO_LIMITS) == head
    assert cursor.offset == head.byte_length == len(data)


@given(head=heads())
def test_head_is_that_of_an_independent_writer(head: Head) -> None:
    """The bytes are those that the writer of the test vectors gives for these fields."""
    channels = head.palette_format.channels
    starts = range(0, len(head.palette), channels)
    palette = tuple(tuple(head.palette[start : start + channels]) for start in starts)
    same = writer.Head(
        head.width, head.height, palette, head.band_shift, int(head.palette_format), head.coding
    )
    assert write_head(head) == same.encode()


@given(head=heads(), coded=st.binary(max_size=40))
def test_coded_palette_stands_after_its_length(head: Head, coded: bytes) -> None:
    """A coded palette is written as the independent writer does, and counts as it is stored."""
    coded_format = head.palette_format.coded
    assert coded_format.is_coded
    assert coded_format.channels == head.palette_format.channels
    head = replace(head, palette_format=coded_format, coding=Coding.ENTROPY, coded_palette=coded)
    same = writer.Head(
        head.width,
        head.height,
        (),
        head.band_shift,
        int(coded_format),
        coding=1,
        palette_size=head.palette_size,
        coded_palette=coded,
    )
    assert write_head(head) == same.encode()
    assert len(write_head(head)) == head.byte_length


@pytest.mark.parametrize(
    ("byte_length", "field"), [(3, 1), (255, 1), (256, 2), (65_535, 2), (65_536, 3), (262_144, 3)]
)
def test_length_field_follows_from_the_entries(byte_length: int, field: int) -> None:
    """The field has the fewest bytes for the length that the entries have."""
    assert length_field_bytes(byte_length) == field
    assert 256 ** (field - 1) <= byte_length < 256**field or field == 1


@pytest.mark.parametrize("spare", [0, 1])
@pytest.mark.parametrize("colors", [1, 85, 86, 21_845, 21_846, 65_536])
def test_coded_palette_is_shorter_than_its_entries(colors: int, spare: int) -> None:
    """A coded palette as long as its entries is refused by its length; with a byte less it is not.

    What is then missing is the rest of the head.
    """
    most = 3 * colors - length_field_bytes(3 * colors) - spare
    head = writer.Head(1, 1, (), coding=1, palette_format=2, palette_size=colors, coded_palette=b"")
    data = replace(head, coded_length=most).encode()[: 16 + length_field_bytes(3 * colors)]
    with pytest.raises(FormatError) as caught:
        read_head(MemoryCursor(data), DEFAULT_LIMITS)
    if spare:
        assert type(caught.value) is TruncatedError
    else:
        assert (type(caught.value), caught.value.field) == (FormatError, "coded_length")
        assert (caught.value.found, caught.value.offset) == (most, 16)


@pytest.mark.parametrize("palette_format", PaletteFormat)
@pytest.mark.parametrize("colors", [1, 2, 3, 255, 256, 257, 65_535, 65_536])
def test_palette_is_measured_in_entries(palette_format: PaletteFormat, colors: int) -> None:
    """Entries and the bits of an index follow from the palette's bytes."""
    head = Head(1, 1, bytes(colors * palette_format.channels), palette_format)
    assert head.palette_size == colors
    assert 2**head.index_width >= colors > 2**head.index_width // 2


@dataclass(frozen=True)
class Fault:
    """A broken rule of the head: how to break it, and what is then reported."""

    name: str
    error: type[KqError]
    subject: str
    changes: dict[str, Any]
    crc: bytes | None = None
    limits: Limits = DEFAULT_LIMITS


# In the order of the checks, spec §3.
FAULTS = [
    Fault("signature", FormatError, "signature", {"signature": b"\xbbKq"}),
    Fault("version", UnsupportedError, "version", {"version": 2}),
    Fault("palette_format", UnsupportedError, "palette_format", {"palette_format": 4}),
    Fault("palette end", TruncatedError, "palette", {"palette_size": 4}),
    Fault("head_crc", ChecksumError, "head_crc", {}, crc=bytes(4)),
    Fault("coding", UnsupportedError, "coding", {"coding": 2}),
    Fault("width", FormatError, "width", {"width": 0}),
    Fault("height", FormatError, "height", {"height": 2**31}),
    Fault("band_shift", FormatError, "band_shift", {"band_shift": 32}),
    Fault("pixels", LimitError, "pixels", {}, limits=Limits(pixels=1)),
    Fault("palette", LimitError, "palette entries", {}, limits=Limits(palette_entries=1)),
    Fault("bands", LimitError, "bands", {}, limits=Limits(bands=1)),
]


def file_with(*faults: Fault) -> bytes:
    head: dict[str, Any] = dict(RIGHT)
    crc = None
    for fault in faults:
        head |= fault.changes
        crc = fault.crc or crc
    return writer.Head(**head).encode(crc=crc)


def subject_of(error: KqError) -> str | None:
    return error.quantity if isinstance(error, LimitError) else getattr(error, "field", None)


def limits_of(*faults: Fault) -> Limits:
    names = [field.name for field in fields(Limits)]
    return Limits(**{n: min(getattr(fault.limits, n) for fault in faults) for n in names})


def test_what_the_faults_break_is_right() -> None:
    """Without a fault the head of these tests is read."""
    assert read_head(MemoryCursor(file_with()), DEFAULT_LIMITS).width == RIGHT["width"]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_broken_rule_is_reported(fault: Fault) -> None:
    """Each broken rule gives its error, which names the field or the limit."""
    with pytest.raises(fault.error) as caught:
        read_head(MemoryCursor(file_with(fault)), fault.limits)
    assert type(caught.value) is fault.error
    assert subject_of(caught.value) == fault.subject


@pytest.mark.parametrize(
    ("first", "second"),
    list(combinations(FAULTS, 2)),
    ids=lambda fault: fault.name,
)
def test_first_broken_rule_is_reported(first: Fault, second: Fault) -> None:
    """Of two broken rules the one that spec §3 checks first names the error."""
    with pytest.raises(first.error) as caught:
        read_head(MemoryCursor(file_with(first, second)), limits_of(first, second))
    assert type(caught.value) is first.error
    assert subject_of(caught.value) == first.subject


@pytest.mark.parametrize("start", [b"", b"\xbb", b"\xbbK", b"\xbbKQ"])
def test_beginning_of_a_signature_is_a_truncated_file(start: bytes) -> None:
    """A file that ends within the signature, or after it, may have been a .kq file."""
    with pytest.raises(TruncatedError):
        read_head(MemoryCursor(start), DEFAULT_LIMITS)


@pytest.mark.parametrize("start", [b"\x89", b"\xbbP", b"\xbbKR"])
def test_other_beginning_is_another_format(start: bytes) -> None:
    """However short the file, a wrong byte of the signature says that it is no .kq file."""
    with pytest.raises(FormatError, match=r"^not a \.kq file") as caught:
        read_head(MemoryCursor(start), DEFAULT_LIMITS)
    assert type(caught.value) is FormatError


@pytest.mark.parametrize("height", [1, 2, 3, 4, 5, 1000])
def test_one_band_is_written_one_way(height: int) -> None:
    """Of all values of band_shift those are accepted that make two bands or more, and 31."""
    files = [writer.Head(1, height, ((0, 0, 0),), shift).encode() for shift in range(256)]
    right = {shift for shift in range(31) if band_count(height, shift) > 1} | {31}
    for shift in right:
        assert read_head(MemoryCursor(files[shift]), DEFAULT_LIMITS).band_shift == shift
    for shift in set(range(256)) - right:
        with pytest.raises(FormatError) as caught:
            read_head(MemoryCursor(files[shift]), DEFAULT_LIMITS)
        assert (caught.value.field, caught.value.found) == ("band_shift", shift)


# In the order of the checks of a coded palette.
CODED: dict[str, Any] = {"palette_format": 2, "coded_palette": b"1234", "coding": 1}
CODED_FAULTS = [
    Fault("length", FormatError, "coded_length", CODED | {"coded_palette": b"12345"}),
    Fault("head_crc", ChecksumError, "head_crc", CODED, crc=bytes(4)),
    Fault("coding", UnsupportedError, "coding", CODED | {"coding": 2}),
    Fault("packed", FormatError, "palette_format", CODED | {"coding": 0}),
    Fault("width", FormatError, "width", CODED | {"width": 0}),
    Fault("pixels", LimitError, "pixels", CODED, limits=Limits(pixels=1)),
    Fault("palette", LimitError, "palette entries", CODED, limits=Limits(palette_entries=1)),
]


@pytest.mark.parametrize("fault", CODED_FAULTS, ids=lambda fault: fault.name)
def test_broken_rule_of_a_coded_palette_is_reported(fault: Fault) -> None:
    """Each comes before the palette, which cannot be decoded, is looked into."""
    with pytest.raises(fault.error) as caught:
        read_head(MemoryCursor(file_with(fault)), fault.limits)
    assert type(caught.value) is fault.error
    assert subject_of(caught.value) == fault.subject


@pytest.mark.parametrize("code", [2, 15])
def test_other_coding_is_unsupported(code: int) -> None:
    """A coding without a meaning is one of a later version."""
    data = writer.Head(1, 1, ((0, 0, 0),), coding=code).encode()
    with pytest.raises(UnsupportedError, match=r"^unknown coding: "):
        read_head(MemoryCursor(data), DEFAULT_LIMITS)
