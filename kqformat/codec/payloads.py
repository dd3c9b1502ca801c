"""The payload of one band, packed or entropy-coded (spec §6), and of several at once.

The CRC-32 of a band is checked before its payload is looked into. Entropy-coded bands take time
and are independent, so where there are several, threads share them: the coder's loops run without
Python's lock. What comes out is the same whatever the number of threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from kqformat.codec import entropy, packed
from kqformat.codec.bands import packed_byte_length
from kqformat.codec.cursor import BytesLike
from kqformat.codec.sections import PACKED_TAG, Section, checked_payload
from kqformat.fields import index_width
from kqformat.model import Indices, look_up

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def entropy_payload(rows: Indices, palette: npt.NDArray[np.uint8]) -> bytes | None:
    """Return a band's entropy-coded payload, or None if it is no shorter than packed."""
    room = packed_byte_length(rows.size, index_width(len(palette))) - 1
    return entropy.encode(rows, palette, room) if room >= 0 else None


def read_band(
    data: BytesLike, band: Section, palette: npt.NDArray[np.uint8], indices: Indices
) -> None:
    """Check a band of a file and write its indices to an array of shape (rows, width)."""
    with checked_payload(data, band) as payload:
        if band.tag == PACKED_TAG:
            packed.unpack(payload, len(palette), indices.reshape(-1), band.payload_offset)
        else:
            entropy.decode(payload, palette, indices, band.payload_offset)


def expand_band(
    data: BytesLike,
    band: Section,
    palette: npt.NDArray[np.uint8],
    table: npt.NDArray[np.uint8],
    pixels: npt.NDArray[np.uint8],
) -> None:
    """Check a band of a file and write its colours to an array of shape (rows, width, c).

    `table` is what `packed.colour_table` makes of the palette.
    """
    rows, width, channels = pixels.shape
    if band.tag == PACKED_TAG:
        with checked_payload(data, band) as payload:
            flat = pixels.reshape(-1)
            packed.expand(payload, len(palette), table, channels, flat, band.payload_offset)
        return
    indices = packed.empty_indices(len(palette), rows * width).reshape(rows, width)
    read_band(data, band, palette, indices)
    look_up(palette, indices, pixels)


def check_band(
    data: BytesLike, band: Section, palette: npt.NDArray[np.uint8], rows: int, width: int
) -> None:
    """Check a band of a file; one that is packed without memory for its indices."""
    if band.tag == PACKED_TAG:
        with checked_payload(data, band) as payload:
            packed.check(payload, len(palette), rows * width, band.payload_offset)
    else:
        indices = packed.empty_indices(len(palette), rows * width)
        read_band(data, band, palette, indices.reshape(rows, width))


def for_each(
    work: Callable[[_Item], _Result], items: Sequence[_Item], parallel: int
) -> list[_Result]:
    """Return what comes of each item, by threads if `parallel` of them are worth it.

    The results, and of several errors the one that is raised, are in the order of the items.
    """
    workers = min(parallel, os.cpu_count() or 1)
    if workers < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, items))
