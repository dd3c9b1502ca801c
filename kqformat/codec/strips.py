"""The strips of an entropy-coded band, side by side (spec §6.2): one, but in wide pictures."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from kqformat.codec import entropy
from kqformat.errors import FormatError
from kqformat.model import Indices
from kqformat.threads import for_each

_LENGTH_BYTES = 4


@lru_cache(maxsize=4)
def strip_edges(width: int) -> tuple[int, ...]:
    """Return the first column of each strip, and the picture's width.

    Examples
    --------
    >>> strip_edges(16_383), strip_edges(16_385)
    ((0, 16383), (0, 8192, 16385))
    """
    count = max(1, width >> 13)
    return tuple(number * width // count for number in range(count + 1))


def encode(indices: Indices, palette: npt.NDArray[np.uint8], room: int) -> bytes | None:
    """Return a band's payload, or None where it would be longer than `room` bytes.

    Parameters and errors are those of `entropy.encode`.
    """
    edges = list(pairwise(strip_edges(indices.shape[1])))

    def payload_of(columns: tuple[int, int]) -> bytes | None:
        return entropy.encode(indices[:, slice(*columns)], palette, room)

    payloads = [part for part in for_each(payload_of, edges, len(edges)) if part is not None]
    if len(payloads) < len(edges):
        return None
    lengths = [len(part).to_bytes(_LENGTH_BYTES, "big") for part in payloads[:-1]]
    payload = b"".join([*lengths, *payloads])
    return payload if len(payload) <= room else None


def decode(
    payload: memoryview, palette: npt.NDArray[np.uint8], indices: Indices, offset: int = 0
) -> None:
    """Read a band's indices from its payload.

    Parameters and errors are those of `entropy.decode`.
    """
    width = indices.shape[1]
    edges = pairwise(strip_edges(width))
    into = {number: indices[:, slice(*columns)] for number, columns in enumerate(edges)}
    decode_strips(payload, palette, width, into, offset)


def decode_strips(
    payload: memoryview,
    palette: npt.NDArray[np.uint8],
    width: int,
    into: Mapping[int, Indices],
    offset: int = 0,
    *,
    band_rows: int | None = None,
) -> None:
    """Read the indices of some strips, or those of their first rows, from their band's payload.

    Parameters
    ----------
    width : int
        Of the band.
    into : mapping of int to ndarray
        Where the indices of each go, by the strips' numbers from 0.
    payload, palette, offset, band_rows
        As in `entropy.decode`.
    """
    ends = _ends(payload, len(strip_edges(width)) - 1, offset)

    def read(number: int) -> None:
        start, end = ends[number : number + 2]
        with payload[start:end] as part:
            entropy.decode(part, palette, into[number], offset + start, band_rows=band_rows)

    for_each(read, list(into), len(into))


def _ends(payload: memoryview, count: int, offset: int) -> list[int]:
    """Return where the payloads of the strips begin and end; raise `FormatError` if they do not."""
    first = _LENGTH_BYTES * (count - 1)
    if first > len(payload):
        raise _no_room(count, payload, offset, first)
    with payload[:first] as told:
        lengths = np.frombuffer(told, ">u4").astype(np.int64)
    ends = first + np.concatenate([[0], np.cumsum(lengths)])
    if ends[-1] > len(payload):
        raise _no_room(count, payload, offset, int(ends[-1]))
    return [*ends.tolist(), len(payload)]


def _no_room(count: int, payload: memoryview, offset: int, needed: int) -> FormatError:
    return FormatError(
        f"the {count:,} strips of an entropy-coded band do not fit",
        field="strip_length",
        offset=offset,
        found=f"{len(payload):,} bytes",
        expected=f"{needed:,} or more",
    )
