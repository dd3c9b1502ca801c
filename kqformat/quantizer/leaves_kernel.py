# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Opaque colours counted in leaves of a table of all of them, compiled.

A *leaf* has 64 places of the table in a row (see `opaque_kernel`): a cell of 4 levels a side, whose
counts are a line of the processor's caches. There are only those that are needed.
"""

import cython
from cython.cimports.kqformat.quantizer.lanes import kq_prefetch, kq_trailing_zeros, kq_which
from cython.cimports.kqformat.quantizer.places import (
    kq_key_of_place,
    kq_with_alpha,
    place_of_pixel,
)

if not cython.compiled:
    raise ImportError("kqformat.quantizer.leaves_kernel is not compiled; install with pip")


def place_in_leaves(
    pixels: cython.const[cython.uchar][:, ::1],
    leaf_of_cell: cython.uint[::1],
    spots: cython.uint[::1],
) -> int:
    """Find where opaque pixels are counted.

    `leaf_of_cell`, 2^18 zeros, gets the numbers of leaves, from 1 on; `spots` gets 64 times that of
    its leaf for each pixel, plus the place in it. Returns how many leaves there are.
    """
    channels: cython.Py_ssize_t = pixels.shape[1]
    first: cython.Py_ssize_t
    end: cython.Py_ssize_t
    i: cython.Py_ssize_t
    place: cython.uint
    leaf: cython.uint
    leaves: cython.uint = 0
    with cython.nogil:
        for first in range(0, pixels.shape[0], 128):
            end = min(first + 128, pixels.shape[0])
            for i in range(first, end):  # all of them, so that the memory comes meanwhile
                place = place_of_pixel(pixels, i, channels)
                spots[i] = place
                kq_prefetch(cython.address(leaf_of_cell[0]) + (place >> 6))
            for i in range(first, end):
                place = spots[i]
                leaf = leaf_of_cell[place >> 6]
                if leaf == 0:
                    leaves += 1
                    leaf = leaves
                    leaf_of_cell[place >> 6] = leaf
                spots[i] = leaf << 6 | (place & 63)
    return leaves


def count_spots(
    spots: cython.const[cython.uint][::1],
    counts: cython.uchar[::1],
    carries: cython.uint[::1],
) -> int:
    """Count how often each spot occurs, in a byte, as `opaque_kernel.count_opaque` does."""
    i: cython.Py_ssize_t
    n: cython.Py_ssize_t = 0
    count: cython.uchar
    with cython.nogil:
        for i in range(spots.shape[0]):
            if i + 32 < spots.shape[0]:
                kq_prefetch(cython.address(counts[0]) + spots[i + 32])
            count = counts[spots[i]]
            if count == 255:
                carries[n] = spots[i]
                n += 1
                count = 0
            counts[spots[i]] = count + 1
    return n


def list_leaves(
    leaf_of_cell: cython.const[cython.uint][::1],
    counts: cython.const[cython.uchar][::1],
    carried: cython.const[cython.uint][::1],
    cells: cython.uint[::1],
    spots: cython.uint[::1],
    keys: cython.uint[::1],
    codes: cython.uint[::1],
    totals: cython.longlong[::1],
) -> int:
    """List the colours that `count_spots` has counted, in Morton order.

    `carried` is how often each spot was, or empty where none was; `cells` is scratch, with one more
    entry than there are leaves. Writes the colours' spots, keys, Morton codes of all four channels,
    and how often each occurs, to arrays long enough; returns how many there are.
    """
    cell: cython.uint
    leaf: cython.uint
    i: cython.uint
    spot: cython.uint
    key: cython.uint
    code: cython.uint
    keys_in_leaf: cython.uint[64]
    codes_in_leaf: cython.uint[64]
    which: cython.ulonglong
    n: cython.Py_ssize_t = 0
    k: cython.Py_ssize_t
    leaves: cython.Py_ssize_t = 0
    with cython.nogil:
        for i in range(64):
            keys_in_leaf[i] = kq_key_of_place(i) | 255
            codes_in_leaf[i] = kq_with_alpha(i)
        for cell in range(1 << 18):
            cells[leaves] = cell  # kept only if it has a leaf
            leaves += leaf_of_cell[cell] != 0
        for k in range(leaves):
            leaf = leaf_of_cell[cells[min(k + 8, leaves - 1)]]
            kq_prefetch(cython.address(counts[0]) + 64 * leaf)
            cell = cells[k]
            leaf = leaf_of_cell[cell]
            key = kq_key_of_place(cell << 6)
            code = kq_with_alpha(cell << 6)
            which = kq_which(cython.address(counts[0]) + 64 * leaf)
            while which:
                i = kq_trailing_zeros(which)
                which &= which - 1
                spot = leaf << 6 | i
                spots[n] = spot
                keys[n] = key | keys_in_leaf[i]
                codes[n] = code | codes_in_leaf[i]
                totals[n] = counts[spot]
                n += 1
        if carried.shape[0]:
            for k in range(n):
                totals[k] += 255 * cython.cast(cython.longlong, carried[spots[k]])
    return n
