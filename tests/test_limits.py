"""How much a file may ask for (spec §9)."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest

from kqformat.errors import LimitError, ParameterError
from kqformat.limits import DEFAULT_LIMITS, Limits

NAMES = ["pixels", "bands", "palette_entries", "metadata_bytes", "metadata_sections"]


def test_defaults_are_those_of_the_spec() -> None:
    """The defaults are the table of spec §9."""
    assert asdict(DEFAULT_LIMITS) == {
        "pixels": 2**28,
        "bands": 2**16,
        "palette_entries": 65_536,
        "metadata_bytes": 2**24,
        "metadata_sections": 64,
    }
    assert Limits() == DEFAULT_LIMITS


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [0, -1, 1.5, "1", None])
def test_limit_that_nothing_can_keep_is_refused(name: str, value: Any) -> None:
    """A limit is a positive integer, or the caller's error."""
    with pytest.raises(ParameterError, match=f"^limit {name} is {value!r}, expected"):
        replace(DEFAULT_LIMITS, **{name: value})


@pytest.mark.parametrize("name", NAMES)
def test_smallest_limit_is_one(name: str) -> None:
    """Any limit may be as low as 1."""
    assert getattr(replace(DEFAULT_LIMITS, **{name: 1}), name) == 1


@pytest.mark.parametrize(
    ("name", "check", "within", "beyond", "quantity"),
    [
        ("pixels", "check_pixels", (7, 100), (701, 1), "pixels"),
        ("bands", "check_bands", (700,), (701,), "bands"),
        ("palette_entries", "check_palette", (700,), (701,), "palette entries"),
        ("metadata_bytes", "check_metadata", (1, 700), (1, 701), "metadata bytes"),
        ("metadata_sections", "check_metadata", (700, 1), (701, 1), "metadata sections"),
    ],
)
def test_limit_is_the_largest_that_is_allowed(
    name: str, check: str, within: tuple[int, ...], beyond: tuple[int, ...], quantity: str
) -> None:
    """Exactly the limit passes, one more does not, and the other limits have no say in it."""
    limits = replace(DEFAULT_LIMITS, **{name: 700})
    getattr(limits, check)(*within)
    with pytest.raises(LimitError) as caught:
        getattr(limits, check)(*beyond)
    error = caught.value
    assert (error.quantity, error.found, error.limit) == (quantity, 701, 700)
