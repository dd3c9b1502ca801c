"""A band shift, position, region or limits of a wrong type was a TypeError or AttributeError."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kqformat
from kqformat import IndexedImage, KqFile, ParameterError

IMAGE = IndexedImage(np.zeros((3, 4), np.uint8), np.zeros((2, 3), np.uint8))
DATA = kqformat.encode(IMAGE)

WRONG: dict[str, Callable[[Any], object]] = {
    "band_shift": lambda value: kqformat.encode(IMAGE, band_shift=value),
    "position": lambda value: KqFile(DATA)[value, 0],
    "region": lambda value: KqFile(DATA).region(0, 0, value, 1),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("value", [1.0, "1", b"1", np.float64(1), np.zeros(2, int), (1,)])
def test_no_integer_is_refused(name: str, value: Any) -> None:
    """What is no integer is the caller's error, and is shown."""
    with pytest.raises(ParameterError, match=rf"^{name} is .*, expected an integer$"):
        WRONG[name](value)


@pytest.mark.parametrize("limits", [None, 5, {"pixels": 1}])
def test_no_limits_are_refused(limits: Any, tmp_path: Path) -> None:
    """So is what is no `Limits`, wherever they are taken."""
    path = tmp_path / "a.kq"
    path.write_bytes(DATA)
    uses: list[Callable[[], object]] = [
        lambda: kqformat.decode(DATA, limits=limits),
        lambda: kqformat.decode_indexed(DATA, limits=limits),
        lambda: kqformat.read(path, limits=limits),
        lambda: kqformat.read_indexed(path, limits=limits),
        lambda: kqformat.open(path, limits=limits),
    ]
    for use in uses:
        with pytest.raises(ParameterError, match=r"^limits is .*, expected Limits$"):
            use()


def test_position_that_is_no_pair_is_a_type_error() -> None:
    """One number is no position, as with any sequence of two axes."""
    file: Any = KqFile(DATA)
    with pytest.raises(TypeError):
        file[3]
