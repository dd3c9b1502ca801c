"""Packages that come with an extra: imported where they are needed, asked for where missing."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from kqformat.errors import MissingExtraError


def needed(package: str, purpose: str) -> ModuleType:
    """Import a package.

    Raises
    ------
    MissingExtraError
        If it is not installed; it names the extra that brings it.

    Examples
    --------
    >>> needed("no_such_package", "a figure")
    Traceback (most recent call last):
    kqformat.errors.MissingExtraError: a figure needs the package no_such_package: \
pip install 'kqformat[report]'
    """
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        raise MissingExtraError(purpose, package) from error
