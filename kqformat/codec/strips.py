"""The strips of an entropy-coded band, side by side (spec §6.2): one, but in wide pictures."""

from __future__ import annotations

from itertools import accumulate, pairwise

import numpy as np
import numpy.typing as npt

from kqformat.codec import entropy
from kqformat.errors import FormatError
from kqformat.model import Indices
from kqformat.threads import for_each

_LENGTH_BYTES = 4


def strip_edges(width: int) -> list[int]:
    """Return the first column of each strip, and the picture's width.

    Examples
    --------
    >>> strip_edges(16_383), strip_edges(16_385)
    ([0, 16383], [0, 8192, 16385])
    """
    count = max(1, width >> 13)
    return [number * width // count for number in range(count + 1)]


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
    edges = strip_edges(width)

    def read(number: int) -> None:
        strip = indices[:, edges[number] : edges[number + 1]]
        decode_strip(payload, number, width, palette, strip, offset)

    for_each(read, range(len(edges) - 1), len(edges) - 1)


def decode_strip(
    payload: memoryview,
    number: int,
    width: int,
    palette: npt.NDArray[np.uint8],
    indices: Indices,
    offset: int = 0,
    *,
    band_rows: int | None = None,
) -> None:
    """Read the indices of a strip, or those of its first rows, from the payload of its band.

    Parameters
    ----------
    number : int
        Of the strip, from 0.
    width : int
        Of the band.
    payload, palette, indices, offset, band_rows
        As in `entropy.decode`; `indices` are of the strip.
    """
    start, end = _spans(payload, len(strip_edges(width)) - 1, offset)[number]
    with payload[start:end] as part:
        entropy.decode(part, palette, indices, offset + start, band_rows=band_rows)


def _spans(payload: memoryview, count: int, offset: int) -> list[tuple[int, int]]:
    """Return where the payload of each strip is; raise `FormatError` where not all have room."""
    first = _LENGTH_BYTES * (count - 1)
    lengths = [
        int.from_bytes(payload[at : at + _LENGTH_BYTES], "big")
        for at in range(0, first, _LENGTH_BYTES)
    ]
    starts = list(accumulate(lengths, initial=first))
    if starts[-1] > len(payload):
        raise FormatError(
            f"the {count} strips of an entropy-coded band do not fit",
            field="strip_length",
            offset=offset,
            found=f"{len(payload):,} bytes",
            expected=f"{starts[-1]:,} or more",
        )
    return list(pairwise([*starts, len(payload)]))
