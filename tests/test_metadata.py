"""What travels with a picture besides its pixels."""

from __future__ import annotations

import math
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kqformat.errors import ParameterError
from kqformat.metadata import Metadata

PARTS = ["icc_profile", "exif", "xmp"]
RESOLUTIONS = st.floats(0, 65_535)


def test_nothing_is_nothing() -> None:
    """Metadata without parts is that of which every part is none."""
    assert Metadata() == Metadata(None, None, None, None, ())


@pytest.mark.parametrize(
    "part", [*[{name: b"1"} for name in PARTS], {"dpi": (0, 0)}, {"unknown": (("z", b""),)}]
)
def test_any_part_is_something(part: dict[str, Any]) -> None:
    """A single part, even of no bytes or an unknown resolution, is not nothing."""
    assert Metadata(**part) != Metadata()


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (b"", "is empty"),
        ("text", "is str, expected bytes"),
        (bytearray(b"1"), "is bytearray, expected bytes"),
    ],
)
def test_part_is_bytes(name: str, payload: Any, problem: str) -> None:
    """A known part is immutable bytes, at least one."""
    with pytest.raises(ParameterError, match=f"^{name} {problem}"):
        Metadata(**{name: payload})


@given(dpi=st.tuples(RESOLUTIONS, RESOLUTIONS))
def test_resolution_is_rounded_to_what_a_file_holds(dpi: tuple[float, float]) -> None:
    """A resolution becomes the nearest multiple of 1/65,536, and stays what it then is."""
    rounded = Metadata(dpi=dpi).dpi
    assert rounded is not None
    for before, after in zip(dpi, rounded, strict=True):
        assert (after * 65_536).is_integer()
        assert abs(after - before) <= 1 / 131_072
    assert Metadata(dpi=rounded).dpi == rounded


def test_resolution_is_two_floats() -> None:
    """Integers and lists are taken, and come out as a tuple of floats."""
    given_list: Any = [300, 72]
    dpi = Metadata(dpi=given_list).dpi
    assert dpi == (300.0, 72.0)
    assert isinstance(dpi, tuple)
    assert all(isinstance(value, float) for value in dpi)


def test_largest_resolution_is_the_largest_that_fits() -> None:
    """The greatest number of 32 bits is a resolution, the next is not."""
    largest = (2**32 - 1) / 65_536
    assert Metadata(dpi=(largest, largest)).dpi == (largest, largest)
    with pytest.raises(ParameterError, match="expected numbers from 0 to 65,535"):
        Metadata(dpi=(1, 65_536))


@pytest.mark.parametrize(
    "dpi",
    [
        (-1, 1),
        (1, -1),
        (math.nan, 1),
        (1, math.inf),
        (1,),
        (1, 2, 3),
        (),
        ("a", "b"),
        (None, 1),
        300,
    ],
)
def test_impossible_resolution_is_refused(dpi: Any) -> None:
    """Anything but two numbers that a file can hold is the caller's error."""
    with pytest.raises(ParameterError, match=r"^dpi is "):
        Metadata(dpi=dpi)


@pytest.mark.parametrize("tag", sorted(set(string.ascii_lowercase) - set("iexr")))
def test_unknown_section_has_any_other_tag(tag: str) -> None:
    """All lower-case letters that the spec gives no meaning are tags of unknown sections."""
    assert Metadata(unknown=((tag, b"1"), (tag, b""))).unknown == ((tag, b"1"), (tag, b""))


@pytest.mark.parametrize("tag", ["i", "e", "x", "r", "B", "Z", "", "zz", "é", "1", b"z", 1, None])
def test_other_tags_are_refused(tag: Any) -> None:
    """Known, critical and impossible tags are the caller's error."""
    with pytest.raises(ParameterError, match=r"^section tag is .*, expected a lower-case letter"):
        Metadata(unknown=((tag, b"1"),))


def test_payload_of_an_unknown_section_is_bytes() -> None:
    """An unknown section too is immutable bytes."""
    section: Any = ("z", "text")
    with pytest.raises(ParameterError, match=r"^section 'z' is str, expected bytes$"):
        Metadata(unknown=(section,))


@pytest.mark.parametrize("section", ["z", ("z",), ("z", b"1", b"2"), 1, None])
def test_unknown_section_is_a_pair(section: Any) -> None:
    """Anything but a tag with its payload is the caller's error."""
    with pytest.raises(ParameterError, match=r"^section is .*, expected \(tag, payload\)$"):
        Metadata(unknown=(section,))


def test_metadata_is_a_value() -> None:
    """Equal metadata are interchangeable, as keys too."""
    one = Metadata(b"1", dpi=(300, 300), unknown=(("z", b""),))
    same = Metadata(b"1", dpi=(300.0, 300.000001), unknown=(("z", b""),))
    assert one == same
    assert hash(one) == hash(same)
    assert one != Metadata(b"1", dpi=(300, 300))
