"""Lists of colours in hexadecimal, one or several a line, as people and web sites write them.

``#rrggbb`` or ``#rrggbbaa``, with or without ``#``; with it, ``#rgb`` and ``#rgba`` too. Commas may
stand between them. What follows ``;`` or ``//`` in a line is a comment.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from kqformat.errors import PaletteError
from kqformat.palettes.lines import Entries, lines_of, shown

_COLOR = re.compile(
    r"#?(?:[0-9a-f]{6}|[0-9a-f]{8})|#(?:[0-9a-f]{3}|[0-9a-f]{4})", re.ASCII | re.IGNORECASE
)
_COMMENT = re.compile(r"(?:;|//)(.*)")
_BETWEEN = re.compile(r"[\s,]+")
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_OPENING = 1 << 16


def is_list(data: bytes) -> bool:
    r"""Whether a file is text whose first word, comments aside, is a colour.

    Examples
    --------
    >>> is_list(b"; mine\nff8000 #222"), is_list(b"P3 1 1 255"), is_list(b"ff8000\0")
    (True, False, False)
    """
    opening = data[:_OPENING]
    if _CONTROLS.search(opening):
        return False
    words = (word for line in lines_of(opening) for word in _words(line))
    return _COLOR.fullmatch(next(words, "")) is not None


def parse(lines: list[str]) -> npt.NDArray[np.uint8]:
    """Return the colours of a list's lines.

    Raises
    ------
    PaletteError
        If a word is no colour. Also if a comment says that it is a list of paint.net, and a colour
        has alpha: there, that comes first.

    Examples
    --------
    >>> parse(["// warm", "ff8000, #f00", "", "0000ff80"]).tolist()
    [[255, 128, 0, 255], [255, 0, 0, 255], [0, 0, 255, 128]]
    """
    entries = Entries()
    is_argb = False
    for number, line in enumerate(lines, 1):
        comment = _COMMENT.search(line)
        is_argb |= comment is not None and "paint.net" in comment[1].lower()
        for word in _words(line):
            entries.add(_color(word, number, is_argb=is_argb), number)
    return entries.to_array()


def format(palette: npt.NDArray[np.uint8]) -> str:  # noqa: A001  (with `parse`)
    r"""Return a list, one colour a line.

    Examples
    --------
    >>> format(np.array([[0, 127, 255], [255, 255, 255]], np.uint8))
    '#007fff\n#ffffff\n'
    """
    return "".join(f"#{bytes(color).hex()}\n" for color in palette.tolist())


def _words(line: str) -> list[str]:
    return [word for word in _BETWEEN.split(_COMMENT.sub("", line)) if word]


def _color(word: str, line: int, *, is_argb: bool) -> tuple[int, ...]:
    if _COLOR.fullmatch(word) is None:
        expected = "a colour like #ff8000"
        raise PaletteError("bad colour", line=line, found=shown(word), expected=expected)
    digits = word.removeprefix("#")
    if is_argb and len(digits) == 8:
        expected = "rrggbbaa; a list of paint.net has aarrggbb"
        raise PaletteError("bad colour", line=line, found=shown(word), expected=expected)
    if len(digits) < 6:
        digits = "".join(2 * digit for digit in digits)
    return tuple(bytes.fromhex(digits))
