"""Entropy-coded bands and palettes (spec §7) for the vectors: here the package is the writer.

A second model would prove little. What holds these bytes is the reference decoder, which shares no
code with the package and must come to the same indices and entries.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kqformat.codec import coded_palette, entropy, strips


def encode_palette(palette: tuple[tuple[int, ...], ...]) -> bytes:
    """Return the entries, which must be in the canonical order, coded."""
    coded = coded_palette.encode(_array(palette))
    if coded is None:
        raise ValueError("the palette is not in order, or is no shorter coded")
    return coded


def encode_band(
    indices: tuple[int, ...],
    width: int,
    palette: tuple[tuple[int, ...], ...],
    room: int,
    *,
    local: bool,
) -> bytes:
    """Return a band's payload, which must not be longer than `room` bytes."""
    rows = np.array(indices, np.uint16).reshape(-1, width)
    if local:
        payload = entropy.encode(rows, _array(palette), room, local=True)
    else:
        payload = strips.encode(rows, _array(palette), room)
    if payload is None:
        raise ValueError("a band is no shorter coded")
    return payload


def _array(palette: tuple[tuple[int, ...], ...]) -> npt.NDArray[np.uint8]:
    return np.array(palette, np.uint8)
