"""Metadata as ancillary sections, and back (spec §5.2)."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from strategies import metadata

from kqformat.codec.ancillary import check_length, metadata_from, metadata_sections
from kqformat.errors import FormatError
from kqformat.metadata import KNOWN_TAGS, Metadata

ALL = Metadata(b"icc", b"exif", b"xmp", (300, 72.5), (("z", b"1"), ("a", b""), ("z", b"2")))


@given(content=metadata())
def test_metadata_is_read_as_written(content: Metadata) -> None:
    """All parts come back from their sections, the resolution to its last bit."""
    assert metadata_from(list(metadata_sections(content))) == content


@given(content=metadata())
def test_written_sections_are_allowed(content: Metadata) -> None:
    """No section is written whose length a decoder refuses."""
    for tag, payload in metadata_sections(content):
        check_length(tag, len(payload), 0)


def test_sections_are_in_canonical_order() -> None:
    """Known sections come in the order of the spec, unknown ones as they were given."""
    resolution = bytes.fromhex("012c0000 00488000")
    assert list(metadata_sections(ALL)) == [
        ("i", b"icc"),
        ("e", b"exif"),
        ("x", b"xmp"),
        ("r", resolution),
        ("z", b"1"),
        ("a", b""),
        ("z", b"2"),
    ]


def test_order_of_known_sections_has_no_meaning() -> None:
    """Known sections in any order are the same metadata; unknown ones keep theirs."""
    sections = list(metadata_sections(ALL))
    assert metadata_from(sections[:4][::-1] + sections[4:]) == ALL
    assert metadata_from(sections[::-1]).unknown == ALL.unknown[::-1]


def test_nothing_is_no_section() -> None:
    """Metadata without parts takes no bytes."""
    assert list(metadata_sections(Metadata())) == []


@pytest.mark.parametrize("tag", KNOWN_TAGS)
def test_lengths_of_known_sections(tag: str) -> None:
    """A resolution has 8 bytes, other known sections at least one."""
    allowed = {8} if tag == "r" else set(range(1, 20))
    for length in allowed:
        check_length(tag, length, 40)
    for length in set(range(20)) - allowed:
        with pytest.raises(FormatError) as caught:
            check_length(tag, length, 40)
        error = caught.value
        assert (error.field, error.offset) == (f"length of section '{tag}'", 40)
        assert error.found == length


@pytest.mark.parametrize("tag", sorted(set(string.ascii_lowercase) - set(KNOWN_TAGS)))
def test_unknown_sections_have_any_length(tag: str) -> None:
    """The length of an unknown section is not judged."""
    for length in (0, 1, 8, 2**32 - 1):
        check_length(tag, length, 0)
