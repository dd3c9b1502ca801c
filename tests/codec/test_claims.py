"""What damaged bands say that they are, and what of it can be so."""

from __future__ import annotations

import pytest
from vectors import writer

from kqformat.codec.claims import Claim, Claims
from kqformat.codec.cursor import MemoryCursor
from kqformat.codec.head import read_head
from kqformat.codec.resync import Search
from kqformat.codec.sections import Section
from kqformat.limits import DEFAULT_LIMITS

BLACK = (0, 0, 0)


def claims(head: writer.Head, rest: bytes = b"") -> Claims:
    view = memoryview(rest)
    return Claims(view, read_head(MemoryCursor(head.encode()), DEFAULT_LIMITS))


def test_lengths_that_a_band_can_have() -> None:
    """Packed bands have one length; entropy-coded ones are shorter, and long enough (§6)."""
    two = claims(writer.Head(1000, 40, (BLACK,) * 2, 4, coding=1))
    assert [two.packed_length(number) for number in range(3)] == [2000, 2000, 1000]
    assert two.is_length("B", 2000, 1)
    assert not two.is_length("B", 1999, 1)
    assert not two.is_length("B", 2000, 2)
    assert two.is_length("E", 1999, 0)
    assert not two.is_length("E", 2000, 0)
    assert not two.is_length("E", 1000, 2)
    assert not two.is_length("e", 9, 0)
    assert not two.is_length("C", 9, 0)
    assert not claims(writer.Head(1000, 40, (BLACK,) * 2, 4)).is_length("E", 9, 0)


def test_entropy_bands_cannot_be_too_short() -> None:
    """A payload of n bytes stands for less than 363,420 (n + 4) pixels (§7.8)."""
    exact = claims(writer.Head(363_420, 8, (BLACK,) * 2, 2, coding=1))
    assert not exact.is_length("E", 0, 0)
    assert exact.is_length("E", 1, 0)
    assert exact.is_length("E", 1, 1)
    assert not exact.is_length("E", 0, 1)


def test_claim_of_a_packed_band_is_the_heads() -> None:
    """In packed coding, what stands there does not matter."""
    packed = claims(writer.Head(8, 2, (BLACK,) * 2), b"nothing like it")
    assert packed.at(3, 0) == Claim("B", 2, 3)
    assert Claim("B", 2, 3).end == 3 + 5 + 2 + 4


def test_claim_of_an_entropy_band_is_its_own() -> None:
    """In entropy coding tag and length count, be it in lower case, and where they can be."""
    rest = b"." + writer.section("e", bytes(1999)) + b"E\0\0\x07"
    bands = claims(writer.Head(1000, 16, (BLACK,) * 2, coding=1), rest)
    assert bands.at(1, 0) == Claim("E", 1999, 1)
    assert bands.at(2, 0) is None
    assert bands.at(len(rest) - 4, 0) is None
    assert bands.length_at(1) == 1999
    wide = claims(writer.Head(1, 1, (BLACK,)), b".B\x01\x02\x03\x04")
    assert wide.length_at(1) == 0x01020304


def test_start_of_a_cut_band() -> None:
    """A band that is cut begins with its tag and length, as far as there are bytes."""
    whole = b"..B\0\0\0\x02"
    head = writer.Head(8, 2, (BLACK,) * 2)
    claim = Claim("B", 2, 2)
    for size in range(2, len(whole) + 1):
        assert claims(head, whole[:size]).has_start(claim)
    assert not claims(head, b"..b\0\0\0\x02").has_start(claim)
    assert not claims(head, b"..B\0\0\0\x03").has_start(claim)


@pytest.mark.parametrize(("limit", "left"), [(99, b"ab"), (8, b"a"), (7, b""), (3, b"")])
def test_payload_before_a_limit(limit: int, left: bytes) -> None:
    """The payload goes as far as its length and the limit allow."""
    bands = claims(writer.Head(8, 2, (BLACK,) * 2), b"..B\0\0\0\x02abcdefg")
    with bands.payload_of(Claim("B", 2, 2), limit) as payload:
        assert bytes(payload) == left


BANDS = [writer.section("B", bytes([number])) for number in range(4)]
HEAD = writer.Head(8, 4, (BLACK,) * 2, 0)


def search(rest: bytes) -> Search:
    return Search(memoryview(rest), read_head(MemoryCursor(HEAD.encode()), DEFAULT_LIMITS))


def test_whole_bands_are_found_one_after_the_other() -> None:
    """The first that starts at a place or later, and none behind the last."""
    found = search(b"B.." + b"".join(BANDS[:2]) + b"?")
    first = found.first(0)
    assert first == found.at(3)
    assert isinstance(first, Section)
    assert (first.tag, first.length, first.offset, first.end) == ("B", 1, 3, 13)
    assert found.first(3) == first
    second = found.first(4)
    assert second is not None
    assert second.offset == 13
    assert found.first(0) == first
    assert found.first(14) is None
    assert found.first(20) is None
    assert not found.is_given_up


def test_bands_to_the_end_are_counted() -> None:
    """As many as there are, if nothing else is, from each place, in whatever order it is asked."""
    rest = b"".join(BANDS)
    for offsets in ([0, 10, 20, 30], [30, 20, 10, 0], [20, 0, 30, 10]):
        found = search(rest)
        assert [found.count_to_end(offset) for offset in offsets] == [
            4 - offset // 10 for offset in offsets
        ]
    assert search(rest).count_to_end(1) is None
    broken = search(rest + b".")
    assert [broken.count_to_end(offset) for offset in (10, 0, 20)] == [None] * 3
    assert search(b"").count_to_end(0) == 0


def test_more_bands_than_the_picture_has_are_not_counted() -> None:
    """Which bounds what is remembered, too."""
    many = search(b"".join(BANDS) * 3)
    assert [many.count_to_end(10 * number) for number in (0, 7, 8, 11)] == [None, None, 4, 1]
    for number in range(8):
        many.count_to_end(10 * number)
    assert len(many._counts) <= 10


def test_search_gives_up_when_all_is_spent() -> None:
    """A check costs 64 and its bytes, of 32 times the file and 2^20."""
    few = search(bytes(100))
    assert few.may_go_on(2**20 + 3200 - 64)
    assert not few.is_given_up
    assert not few.may_go_on()
    assert few.is_given_up
    assert few.count_to_end(0) is None
