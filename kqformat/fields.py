"""What the fields of the format can hold (spec §3, §5), for all who need it; imports no NumPy."""

from __future__ import annotations

import operator
from typing import Any

from kqformat.errors import ParameterError

MAX_COLORS = 65_536
"""The most entries that a palette can have."""

MAX_DIMENSION = 2**31 - 1
"""The greatest width and height."""

MAX_U32 = 2**32 - 1
"""The greatest length of a payload, and the greatest stored resolution."""


def index_width(colors: int) -> int:
    """Return the bits that tell `colors` palette entries apart (spec §3: b = ceil(log2 k)).

    Examples
    --------
    >>> [index_width(k) for k in (1, 2, 3, 16, 17, 65_536)]
    [0, 1, 2, 4, 5, 16]
    """
    return (colors - 1).bit_length()


def length_field_bytes(palette_bytes: int) -> int:
    """Return the bytes of `coded_length`, given those of the palette, k·c (spec §4.1).

    Examples
    --------
    >>> [length_field_bytes(size) for size in (3, 255, 256, 65_535, 65_536)]
    [1, 1, 2, 2, 3]
    """
    return 1 if palette_bytes < 1 << 8 else 2 if palette_bytes < 1 << 16 else 3


def checked_integer(name: str, value: Any) -> int:
    """Return an integer of any type as an int, which cannot overflow as NumPy's narrow ones do.

    Raises
    ------
    ParameterError
        If it is no integer.
    """
    try:
        return operator.index(value)
    except TypeError as error:
        raise ParameterError(f"{name} is {value!r}, expected an integer") from error
