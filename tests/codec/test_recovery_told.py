"""What recovery says, line by line, and what it makes of files that are damaged in odd places."""

from __future__ import annotations

import numpy as np
import pytest
from vectors import writer

import kqformat
from kqformat import IndexedImage, Metadata, PixelState
from kqformat.codec.claims import Claims
from kqformat.codec.cursor import MemoryCursor
from kqformat.codec.head import read_head
from kqformat.codec.layout import read_layout
from kqformat.codec.resync import Search
from kqformat.codec.stream import encode_indexed
from kqformat.limits import DEFAULT_LIMITS

RNG = np.random.default_rng(4)
IMAGE = IndexedImage(
    RNG.integers(0, 5, (24, 30), dtype=np.uint8),
    np.arange(15, dtype=np.uint8).reshape(5, 3),
    Metadata(xmp=b"words"),
)
PACKED = encode_indexed(IMAGE, band_shift=2)
ENTROPY = encode_indexed(IMAGE, coding="entropy", band_shift=2)
BANDS = read_layout(PACKED).bands
CODED = read_layout(ENTROPY).bands
XMP = read_layout(PACKED).sections[0]
TWO = ((0, 0, 0), (1, 1, 1))


def flipped(data: bytes, *offsets: int) -> bytes:
    changed = bytearray(data)
    for offset in offsets:
        changed[offset] ^= 0x10
    return bytes(changed)


TOLD = [
    (
        flipped(PACKED, BANDS[2].crc_offset),
        ["rows 8 to 11: doubtful"],
        "of 720 pixels: 600 checked, 0 unchecked, 120 doubtful, 0 lost",
    ),
    (
        flipped(PACKED, BANDS[2].crc_offset, BANDS[3].crc_offset),
        ["rows 8 to 15: doubtful"],
        "of 720 pixels: 480 checked, 0 unchecked, 240 doubtful, 0 lost",
    ),
    (
        flipped(PACKED, BANDS[1].crc_offset, BANDS[3].crc_offset),
        ["rows 4 to 7: doubtful", "rows 12 to 15: doubtful"],
        "of 720 pixels: 480 checked, 0 unchecked, 240 doubtful, 0 lost",
    ),
    (
        flipped(ENTROPY, CODED[2].crc_offset),
        ["rows 8 to 11: lost"],
        "of 720 pixels: 600 checked, 0 unchecked, 0 doubtful, 120 lost",
    ),
    (
        PACKED[:-10],
        ["rows 20 to 23: lost, unchecked"],
        "of 720 pixels: 600 checked, 104 unchecked, 0 doubtful, 16 lost",
    ),
    (
        ENTROPY[:-3],
        ["rows 20 to 23: unchecked"],
        "of 720 pixels: 600 checked, 120 unchecked, 0 doubtful, 0 lost",
    ),
    (
        PACKED[: BANDS[3].payload_offset + 7],
        ["rows 12 to 23: lost, unchecked"],
        "of 720 pixels: 360 checked, 18 unchecked, 0 doubtful, 342 lost",
    ),
    (
        flipped(PACKED, BANDS[1].crc_offset) + b"junk!",
        ["5 bytes after the last band are left out", "rows 4 to 7: doubtful"],
        "of 720 pixels: 600 checked, 0 unchecked, 120 doubtful, 0 lost",
    ),
    (
        PACKED + b"junk!",
        ["5 bytes after the last band are left out"],
        "of 720 pixels: 720 checked, 0 unchecked, 0 doubtful, 0 lost",
    ),
    (
        flipped(ENTROPY[: CODED[1].offset] + b"??" + ENTROPY[CODED[3].offset :], -1),
        [
            f"bands from byte {CODED[1].offset + 2} on are whole, but which is unknown",
            "rows 4 to 23: lost",
        ],
        "of 720 pixels: 120 checked, 0 unchecked, 0 doubtful, 600 lost",
    ),
]


@pytest.mark.parametrize(("file", "losses", "summary"), TOLD)
def test_losses_are_told(file: bytes, losses: list[str], summary: str) -> None:
    """Behind the error of decoding stand the losses from the top, and what the pixels are."""
    found = kqformat.decode(file, recover=True)
    assert list(found.losses[1:]) == [*losses, summary]


def test_lost_metadata_is_told_with_its_error() -> None:
    """From where on, and why; the pixels are not concerned."""
    found = kqformat.decode(flipped(PACKED, XMP.payload_offset), recover=True)
    told = f"metadata from byte {XMP.offset} on is lost: {found.losses[0]}"
    assert found.losses[1] == told
    assert len(found.losses) == 3


def test_metadata_of_a_wrong_length_is_told_where_it_is() -> None:
    """A resolution of 7 bytes is none."""
    head = writer.Head(2, 1, TWO).encode()
    file = head + writer.section("r", bytes(7)) + writer.section("B", b"\x40")
    found = kqformat.decode(file, recover=True)
    assert found.losses[1] == (
        f"metadata from byte {len(head)} on is lost: bad section: length of section 'r' "
        f"at byte {len(head) + 1} is 7, expected 8"
    )


def test_section_that_occurs_again_is_told() -> None:
    """By its tag."""
    head = writer.Head(2, 1, TWO).encode()
    file = head + writer.section("x", b"1") * 2 + writer.section("B", b"\x40")
    found = kqformat.decode(file, recover=True)
    assert found.losses[1] == "metadata is lost: section 'x' occurs again"


def test_as_many_sections_as_the_limit_allows() -> None:
    """Recovery counts the sections as decoding does: 64 are accepted, and one more is lost."""
    head, section = writer.Head(2, 1, TWO).encode(), writer.section("z", b"1")
    damaged = kqformat.decode(
        head + section * 64 + writer.section("B", b"\x40", crc=bytes(4)), recover=True
    )
    assert damaged.losses[1:] == (
        "rows 0 to 0: doubtful",
        "of 2 pixels: 0 checked, 0 unchecked, 2 doubtful, 0 lost",
    )
    found = kqformat.decode(head + section * 65 + writer.section("B", b"\x40"), recover=True)
    assert found.mask.all()
    assert "more than the limit of 64" in found.losses[1]


def test_states_are_bytes() -> None:
    """Whatever the file was like."""
    one_colour = writer.Head(4, 3, ((7, 8, 9),)).encode()
    for file in (PACKED, PACKED[:-1], one_colour):
        found = kqformat.decode(file, recover=True)
        assert found.states.dtype == np.uint8
        assert found.states.max() <= PixelState.CHECKED


def test_search_that_ended_early_is_told() -> None:
    """In these words."""
    palette = tuple((n, n, n) for n in range(200))
    head = writer.Head(4000, 3, palette, 0, coding=1)
    file = head.encode() + writer.section("B", bytes(4000)) + b"E\x00\x00\x0f\x00" * 4000
    found = kqformat.decode(file, recover=True)
    assert found.losses[-2] == "too much looks like a band: the search for more has ended early"


def search(head: writer.Head, rest: bytes) -> Search:
    return Search(memoryview(rest), read_head(MemoryCursor(head.encode()), DEFAULT_LIMITS))


CODED_HEAD = writer.Head(8, 4, TWO, 0, coding=1)


def test_empty_band_at_the_end_is_found() -> None:
    """An entropy-coded band of no bytes is nine bytes long."""
    found = search(CODED_HEAD, b"..." + writer.section("E"))
    band = found.first(0)
    assert band is not None
    assert (band.offset, band.length) == (3, 0)
    assert search(CODED_HEAD, writer.section("E")).first(0) is not None
    again = search(CODED_HEAD, b"..." + writer.section("E"))
    assert again.first(3) == band
    assert again.first(4) is None


@pytest.mark.parametrize("section", ["B", "E"])
@pytest.mark.parametrize("before", [65_530, 65_536, 70_001])
def test_band_behind_the_first_step_is_found(section: str, before: int) -> None:
    """The file is looked through in steps: what lies in a later one, or on both sides, counts."""
    band = writer.section(section, b"\x05" if section == "B" else b"")
    found = search(CODED_HEAD, bytes(before) + band + b"EB").first(0)
    assert found is not None
    assert (found.tag, found.offset) == (section, before)
    assert search(CODED_HEAD, bytes(before) + band[:-1] + b"E").first(0) is None


@pytest.mark.parametrize(
    ("head", "rest"),
    [
        (writer.Head(8, 4, TWO, 0), writer.section("E")),  # packed coding has no such bands
        (CODED_HEAD, writer.section("X", b"\x05")),
        (CODED_HEAD, writer.section("E", b"\x05")),  # as long as packed
        (CODED_HEAD, writer.section("B", b"\x05", length=0x01000001)),
        (CODED_HEAD, writer.section("E", b"", length=0x01000000)),
    ],
)
def test_what_is_no_band(head: writer.Head, rest: bytes) -> None:
    """A right CRC-32 does not make a band of a section."""
    assert search(head, rest).at(0) is None
    assert search(head, rest).first(0) is None


def test_claim_has_all_four_bytes_of_its_length() -> None:
    """The first of them counts."""
    view = memoryview(b"E\x01\x00\x00\x00")
    claims = Claims(view, read_head(MemoryCursor(CODED_HEAD.encode()), DEFAULT_LIMITS))
    assert claims.at(0, 0) is None
    assert claims.length_at(0) == 1 << 24
