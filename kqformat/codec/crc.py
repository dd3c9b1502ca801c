"""CRC-32 of parts to that of the whole, so that threads can share a band.

A CRC is linear over GF(2): bytes of zeros behind a message multiply its CRC by a matrix that
depends on their number only.
"""

from __future__ import annotations

from functools import lru_cache

Matrix = tuple[int, ...]
"""32 columns of 32 bits."""

_POLYNOMIAL = 0xEDB88320


def combined(first: int, second: int, second_length: int) -> int:
    """Return the CRC-32 of two messages one after the other.

    Parameters
    ----------
    first, second : int
        The CRC-32 of each.
    second_length : int
        Bytes of the second.

    Examples
    --------
    >>> from zlib import crc32
    >>> combined(crc32(b"spread"), crc32(b"sheet"), 5) == crc32(b"spreadsheet")
    True
    """
    return _times(_zeros(second_length), first) ^ second


@lru_cache(maxsize=64)
def _zeros(length: int) -> Matrix:
    """Return what so many bytes of zeros do to a CRC."""
    power: Matrix = (_POLYNOMIAL, *(1 << bit for bit in range(31)))
    for _ in range(3):
        power = _product(power, power)
    result: Matrix = tuple(1 << bit for bit in range(32))
    while length:
        if length & 1:
            result = _product(power, result)
        power = _product(power, power)
        length >>= 1
    return result


def _product(one: Matrix, other: Matrix) -> Matrix:
    return tuple(_times(one, column) for column in other)


def _times(matrix: Matrix, vector: int) -> int:
    result = 0
    for column in matrix:
        if vector & 1:
            result ^= column
        vector >>= 1
    return result
