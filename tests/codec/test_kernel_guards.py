"""Kernels compare the sizes of all that they are given before they touch any of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np
from suite import ROOT

from kqformat.codec import (
    coded_palette,
    coded_palette_kernel,
    entropy,
    entropy_kernel,
    entropy_tables,
    mixing_kernel,
    palette_tree_kernel,
)

PALETTE = np.arange(60, dtype=np.uint8).reshape(20, 3)
INDICES = (np.arange(90, dtype=np.uint8) % 20).reshape(9, 10)
ENTRY_POINTS = np.zeros((20, 4), np.int16)
GREYS = np.repeat(np.arange(100, dtype=np.uint8), 3).reshape(100, 3)

CALLS: list[tuple[ModuleType, str, Callable[[], object], int | None]] = [
    (entropy_kernel, "code_band", lambda: entropy.encode(INDICES, PALETTE, 99), 0),
    (entropy_kernel, "code_band", lambda: entropy.encode(INDICES, GREYS, 99, local=True), 0),
    (
        entropy_kernel,
        "choose_band",
        lambda: entropy.choose(
            INDICES, PALETTE, np.zeros((9, 10, 4), np.int16), ENTRY_POINTS, bit_price=1, farthest=9
        ),
        6,
    ),
    (coded_palette_kernel, "code_palette", lambda: coded_palette.encode(GREYS), None),
    (
        palette_tree_kernel,
        "build_tree",
        lambda: entropy._grown.__wrapped__(PALETTE.tobytes(), 3),
        None,
    ),
    (mixing_kernel, "fill_tables", entropy_tables.fill_kernel.__wrapped__, None),
]
"""A kernel's function, what calls it, and which argument has values that are checked."""

NOT_BY_SIZES = {"the tables of mixing_kernel are not filled"}
"""What no caller can bring about once the module that calls the kernel is imported."""


def other_sizes(argument: Any) -> Iterator[Any]:
    """Yield arrays with a row or column less, and with twice as many."""
    for axis in range(argument.ndim):
        yield np.ascontiguousarray(np.delete(argument, 0, axis))
        yield np.ascontiguousarray(np.concatenate([argument, argument], axis))


def given_to(module: ModuleType, name: str, call: Callable[[], object]) -> list[Any]:
    """Return the arguments that a kernel's function gets in a call."""
    given: list[Any] = []
    kernel = getattr(module, name)

    def note(*arguments: Any) -> object:
        given[:] = [part.copy() if isinstance(part, np.ndarray) else part for part in arguments]
        return kernel(*arguments)

    with mock.patch.object(module, name, note):
        call()
    return given


def refusals(
    module: ModuleType, name: str, call: Callable[[], object], checked: int | None
) -> set[str]:
    """Return what a kernel says to each of its arguments in turn, made wrong."""
    found = set()
    given = given_to(module, name, call)
    for number, argument in enumerate(given):
        others = (
            [*other_sizes(argument)] if isinstance(argument, np.ndarray) and argument.size else []
        )
        if number == checked:
            others.append(np.full_like(argument, np.iinfo(argument.dtype).max))
        for other in others:
            arguments = given_to(module, name, call)
            arguments[number] = other
            try:
                getattr(module, name)(*arguments)
            except ValueError as error:
                found.add(str(error))
    return found


def test_every_guard_of_a_kernel_can_be_met() -> None:
    """Each refusal in a kernel's source is the answer to an array that does not fit."""
    met = set().union(*(refusals(*call) for call in CALLS))
    stated = set()
    for name in ("entropy", "coded_palette", "palette_tree", "mixing"):
        source = Path(ROOT / "kqformat" / "codec" / f"{name}_kernel.py").read_text("utf-8")
        stated |= set(re.findall(r'raise ValueError\(\s*"([^"]*)"\s*\)', source))
    assert stated - met == NOT_BY_SIZES
