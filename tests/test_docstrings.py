"""The examples in the docstrings of the package."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import kqformat

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(kqformat.__path__, "kqformat.")
    if not module.name.endswith(("_kernel", "__main__"))
)
WITH_EXAMPLES = {"kqformat.api", "kqformat.decoding", "kqformat.model", "kqformat.pillow_plugin"}


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name: str) -> None:
    """Every example in a docstring gives what it says."""
    failed, attempted = doctest.testmod(importlib.import_module(name))
    assert failed == 0
    assert attempted or name not in WITH_EXAMPLES


@pytest.mark.parametrize("name", kqformat.__all__)
def test_public_names_are_documented(name: str) -> None:
    """Every public name is there, listed, and has a docstring of its own."""
    value = getattr(kqformat, name)
    assert name in dir(kqformat)
    assert value.__doc__
    assert len(value.__doc__) > 20


def test_unknown_name_is_an_attribute_error() -> None:
    """The package hands out only the names that it has."""
    with pytest.raises(AttributeError, match="no attribute 'quantise'"):
        kqformat.quantise  # noqa: B018
