"""The errors: what they are, what they say, and that nothing of them is lost on the way."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from kqformat import errors
from kqformat.errors import (
    ChecksumError,
    FormatError,
    KqError,
    LimitError,
    MissingExtraError,
    PaletteError,
    ParameterError,
    RasterError,
    TargetError,
    TruncatedError,
    UnsupportedError,
)

FULL: dict[str, Any] = {"field": "width", "offset": 4, "found": 0, "expected": "1 or more"}
OF_FILES = [FormatError, TruncatedError, ChecksumError, UnsupportedError]
EXAMPLES: list[KqError] = [
    *[error("bad dimension", **FULL) for error in OF_FILES],
    FormatError("bad section"),
    ParameterError("colors is 0"),
    LimitError("pixels", 2000, 1999),
    MissingExtraError("a chart", "matplotlib"),
    TargetError("36.91 dB", "40 dB or more", 256),
    RasterError("not a PNG"),
    PaletteError("bad colour", line=5, found="'0 0'", expected="three numbers"),
]


def test_every_error_has_an_example_here() -> None:
    """The tests below speak of all error classes that there are."""
    defined = {value for value in vars(errors).values() if isinstance(value, type)}
    assert defined - {KqError} == {type(error) for error in EXAMPLES}
    assert all(issubclass(error, KqError) for error in defined)


@pytest.mark.parametrize("error", OF_FILES)
def test_fault_of_the_file_is_a_format_error(error: type[KqError]) -> None:
    """A caller who catches FormatError catches all that can be wrong with the bytes."""
    assert issubclass(error, FormatError)


@pytest.mark.parametrize(
    "error",
    [LimitError, MissingExtraError, PaletteError, ParameterError, RasterError, TargetError],
)
def test_other_faults_are_not_the_files(error: type[KqError]) -> None:
    """Limits, callers and other formats are not what is wrong with a .kq file."""
    assert not issubclass(error, FormatError)


def test_fault_of_the_caller_is_a_value_error() -> None:
    """Callers may catch what Python raises for bad arguments everywhere."""
    assert issubclass(ParameterError, ValueError)


@pytest.mark.parametrize(
    ("known", "sentence"),
    [
        ({}, "bad"),
        ({"field": "width"}, "bad: width"),
        ({"offset": 0}, "bad: at byte 0"),
        ({"found": 0}, "bad: is 0"),
        ({"expected": 1}, "bad: expected 1"),
        ({"field": "width", "offset": 4}, "bad: width at byte 4"),
        ({"field": "width", "found": 0}, "bad: width is 0"),
        ({"offset": 4, "found": "5 bytes"}, "bad: at byte 4 is 5 bytes"),
        ({"offset": 4, "expected": "the end"}, "bad: at byte 4, expected the end"),
        ({"found": 0, "expected": 1}, "bad: is 0, expected 1"),
        (FULL, "bad: width at byte 4 is 0, expected 1 or more"),
    ],
)
def test_format_error_says_what_it_knows(known: dict[str, Any], sentence: str) -> None:
    """The sentence has the parts that are given, a value of 0 included, and no others."""
    assert str(FormatError("bad", **known)) == sentence


def test_format_error_keeps_its_parts() -> None:
    """What the sentence says can be asked for."""
    error = FormatError("bad", **FULL)
    assert error.problem == "bad"
    assert {name: getattr(error, name) for name in FULL} == FULL


def test_limit_error_counts() -> None:
    """The sentence has both numbers in groups of three digits."""
    error = LimitError("pixels", 1_000_000, 999_999)
    assert str(error) == "1,000,000 pixels are more than the limit of 999,999"
    assert (error.quantity, error.found, error.limit) == ("pixels", 1_000_000, 999_999)


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(
    "transport", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))]
)
def test_error_survives_transport(transport: Any, error: KqError) -> None:
    """A copy, or what comes from another process, is of the same class and says the same."""
    other = transport(error)
    assert type(other) is type(error)
    assert str(other) == str(error)
    assert vars(other) == vars(error)
