"""GIMP's palettes, ``.gpl``: a heading, then red, green, blue and a name in each line.

Transparency is read where a file has it as Aseprite writes it (``Channels: RGBA``, then four
numbers a line), but not written: to GIMP, such a file has a black entry too many.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from kqformat.errors import PaletteError
from kqformat.palettes.lines import Entries, samples_of, shown

MAGIC = "GIMP Palette"

_HEADING = re.compile(r"(Name|Columns|Channels)[ \t]*:[ \t]*(.*)", re.IGNORECASE)
_CHANNELS = {"RGB": 3, "RGBA": 4}
_COLUMNS = 16


def parse(lines: list[str]) -> npt.NDArray[np.uint8]:
    """Return the colours of a ``.gpl`` file's lines.

    Examples
    --------
    >>> parse(["GIMP Palette", "Name: Two", "#", "  0 127 255 Azure", "255 255 255"]).tolist()
    [[0, 127, 255], [255, 255, 255]]
    """
    if lines[0].rstrip() != MAGIC:
        raise PaletteError("not a GIMP palette", line=1, found=shown(lines[0]), expected=MAGIC)
    entries = Entries()
    channels = 3
    for number, line in enumerate(lines[1:], 2):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        heading = _HEADING.fullmatch(text)
        if heading is None:
            entries.add(_color(text, channels, number), number)
        elif heading[1].lower() == "channels":
            channels = _channel_count(heading[2], number)
    return entries.to_array()


def format(palette: npt.NDArray[np.uint8], name: str) -> str:  # noqa: A001  (with `parse`)
    r"""Return the text of a ``.gpl`` file.

    Raises
    ------
    PaletteError
        If the palette has alpha.

    Examples
    --------
    >>> format(np.array([[0, 127, 255]], np.uint8), "One").splitlines()
    ['GIMP Palette', 'Name: One', 'Columns: 16', '#', '  0 127 255\t#007fff']
    """
    if palette.shape[1] == 4:
        raise PaletteError("has transparent colours, which .gpl has not; .pal and .txt have")
    shown = "".join(character if character.isprintable() else "\ufffd" for character in name)
    heading = [MAGIC, f"Name: {shown}", f"Columns: {_COLUMNS}", "#"]
    rows = [f"{r:3} {g:3} {b:3}\t#{r:02x}{g:02x}{b:02x}" for r, g, b in palette.tolist()]
    return "\n".join([*heading, *rows, ""])


def _color(text: str, channels: int, line: int) -> tuple[int, ...]:
    samples = samples_of(text.split(None, channels)[:channels])
    if samples is None or len(samples) != channels:
        count = {3: "three", 4: "four"}[channels]
        expected = f"{count} numbers from 0 to 255, and a name"
        raise PaletteError("bad colour", line=line, found=shown(text), expected=expected)
    return samples


def _channel_count(value: str, line: int) -> int:
    if value not in _CHANNELS:
        raise PaletteError("bad channels", line=line, found=shown(value), expected="RGB or RGBA")
    return _CHANNELS[value]
