"""Paint Shop Pro's palettes, ``.pal``: how many there are, then three numbers a line.

A fourth number is alpha, as Aseprite and others have it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kqformat.errors import PaletteError
from kqformat.fields import MAX_COLORS
from kqformat.palettes.lines import Entries, samples_of, shown

MAGIC = "JASC-PAL"

_VERSION = "0100"


def parse(lines: list[str]) -> npt.NDArray[np.uint8]:
    """Return the colours of a ``.pal`` file's lines.

    Examples
    --------
    >>> parse(["JASC-PAL", "0100", "2", "0 127 255", "255 255 255"]).tolist()
    [[0, 127, 255], [255, 255, 255]]
    """
    rows = [line.strip() for line in lines]
    while rows and not rows[-1]:
        rows.pop()
    rows += [""] * (3 - len(rows))
    for number, expected in enumerate((MAGIC, _VERSION), 1):
        if rows[number - 1] != expected:
            found = shown(rows[number - 1])
            raise PaletteError("not a JASC palette", line=number, found=found, expected=expected)
    count = _count(rows[2])
    entries = Entries()
    for number, row in enumerate(rows[3:], 4):
        entries.add(_color(row, number), number)
    if len(entries) != count:
        raise PaletteError(
            "wrong number of colours", line=3, found=count, expected=f"{len(entries)} as follow"
        )
    return entries.to_array()


def format(palette: npt.NDArray[np.uint8]) -> str:  # noqa: A001  (with `parse`)
    r"""Return the text of a ``.pal`` file, its lines ending as on Windows.

    Examples
    --------
    >>> format(np.array([[0, 127, 255]], np.uint8))
    'JASC-PAL\r\n0100\r\n1\r\n0 127 255\r\n'
    """
    rows = [" ".join(map(str, color)) for color in palette.tolist()]
    return "\r\n".join([MAGIC, _VERSION, str(len(rows)), *rows, ""])


def _count(row: str) -> int:
    if row.isascii() and row.isdigit() and len(row) <= 5 and 1 <= int(row) <= MAX_COLORS:
        return int(row)
    raise PaletteError(
        "bad number of colours", line=3, found=shown(row), expected=f"1 to {MAX_COLORS:,}"
    )


def _color(row: str, line: int) -> tuple[int, ...]:
    samples = samples_of(row.split(None, 4))
    if samples is None or len(samples) not in (3, 4):
        expected = "three numbers from 0 to 255, or four"
        raise PaletteError("bad colour", line=line, found=shown(row), expected=expected)
    return samples
