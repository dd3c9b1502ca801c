"""Palette files that are text: bytes to lines, numbers to colours."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kqformat.errors import LimitError, PaletteError
from kqformat.fields import MAX_COLORS

MAX_TEXT_BYTES = 1 << 24
"""The most bytes of a palette file that is text: 256 for each of 65,536 lines."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_LINE_END = re.compile(r"\r\n|\n|\r")
_SHOWN = 40


def lines_of(data: bytes) -> list[str]:
    r"""Return the lines of a text in UTF-8, or else Latin-1.

    Raises
    ------
    LimitError
        If it is longer than `MAX_TEXT_BYTES`.

    Examples
    --------
    >>> lines_of(b"GIMP Palette\r\n0 0 0 caf\xe9\n")
    ['GIMP Palette', '0 0 0 café', '']
    """
    if len(data) > MAX_TEXT_BYTES:
        raise LimitError("bytes", len(data), MAX_TEXT_BYTES)
    data = data.removeprefix(BYTE_ORDER_MARK)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return _LINE_END.split(text)


def shown(text: str) -> str:
    """Return a piece of a file as an error shows it: quoted, and not too long."""
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


class Entries:
    """Colours as they are found, from 1 to 65,536 of them."""

    def __init__(self) -> None:
        self._colors: list[tuple[int, ...]] = []

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._colors)

    def add(self, samples: tuple[int, ...], line: int) -> None:
        """Add a colour of three or four samples, found in a line.

        Raises
        ------
        PaletteError
            If it is one too many.
        """
        if len(self._colors) == MAX_COLORS:
            raise PaletteError(f"has more than {MAX_COLORS:,} colours", line=line)
        self._colors.append(samples)

    def to_array(self) -> npt.NDArray[np.uint8]:
        """Return them: uint8, shape (k, 3), or (k, 4) where one has alpha.

        Raises
        ------
        PaletteError
            If there are none.
        """
        if not self._colors:
            raise PaletteError("has no colours")
        channels = max(map(len, self._colors))
        rows = [color if len(color) == channels else (*color, 255) for color in self._colors]
        return np.array(rows, np.uint8)


def samples_of(words: Sequence[str]) -> tuple[int, ...] | None:
    """Return decimal numbers from 0 to 255, or None if one is something else.

    Examples
    --------
    >>> samples_of(["0", "007", "255"]), samples_of(["1", "2", "256"]), samples_of(["-1"])
    ((0, 7, 255), None, None)
    """
    if not all(word.isascii() and word.isdigit() and len(word) <= 3 for word in words):
        return None
    samples = tuple(map(int, words))
    return samples if max(samples, default=0) <= 255 else None
