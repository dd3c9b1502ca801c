# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Tables of all 2^24 opaque colours: counted in, listed from, and looked up, compiled.

A colour's *place* in them is the Morton code of its red, green and blue, whose bits take turns, the
highest of red first. So colours that are near each other share lines of the processor's caches, and
a cell of 2^n levels a side is 8^n places in a row. Keys are as in `histogram_kernel`.
"""

import cython
from cython.cimports.kqformat.quantizer.lanes import kq_prefetch
from cython.cimports.kqformat.quantizer.places import (
    kq_key_of_place,
    kq_place,
    kq_with_alpha,
    place_of_pixel,
)

if not cython.compiled:
    raise ImportError("kqformat.quantizer.opaque_kernel is not compiled; install with pip")

label_t = cython.fused_type(cython.uchar, cython.ushort, cython.uint)

_COLORS: cython.uint = cython.declare(cython.uint, 1 << 24)


def count_opaque(
    pixels: cython.const[cython.uchar][:, ::1],
    counts: cython.uchar[::1],
    carries: cython.uint[::1],
) -> tuple:
    """Count each opaque pixel in a table.

    A count is a byte, from 1 to 255 where the colour occurs: after that it is 1 again, and its
    place is written to `carries`, an array of one more entry than there are pixels. Returns how
    many pixels were not opaque, and so not counted, and the number of carries.
    """
    channels: cython.Py_ssize_t = pixels.shape[1]
    places: cython.uint[128]
    first: cython.Py_ssize_t
    end: cython.Py_ssize_t
    i: cython.Py_ssize_t
    others: cython.Py_ssize_t = 0
    n: cython.Py_ssize_t = 0
    place: cython.uint
    count: cython.uchar
    with cython.nogil:
        for first in range(0, pixels.shape[0], 128):
            end = min(first + 128, pixels.shape[0])
            for i in range(first, end):  # all of them, so that the memory comes meanwhile
                places[i - first] = place_of_pixel(pixels, i, channels)
                kq_prefetch(cython.address(counts[0]) + places[i - first])
            for i in range(end - first):
                place = places[i]
                if place < _COLORS:
                    count = counts[place]
                    carries[n] = place  # kept only if it is one
                    n += count == 255
                    counts[place] = count + 1 + (count == 255)
                else:
                    others += 1
    return others, n


def add_counts(
    counts: cython.const[cython.uchar][::1],
    table: cython.uchar[::1],
    first: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    carries: cython.uint[::1],
) -> int:
    """Add the counts of one table, from place `first` to `end`, not included, to those of another.

    Both are multiples of 64. Writes to `carries`, of as many entries as there are places, the place
    of each sum from which 255 was taken; returns how many there are.
    """
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    n: cython.Py_ssize_t = 0
    count: cython.uint
    any_over: cython.uint
    with cython.nogil:
        for i in range(first, end, 64):
            any_over = 0
            for j in range(i, i + 64):
                count = cython.cast(cython.uint, table[j]) + counts[j]
                any_over |= count >> 8
                table[j] = cython.cast(cython.uchar, count)
            if any_over:
                for j in range(i, i + 64):
                    if table[j] < counts[j]:  # the sum less 256
                        table[j] += 1
                        carries[n] = cython.cast(cython.uint, j)
                        n += 1
    return n


def list_colors(
    table: cython.const[cython.uchar][::1],
    first: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    further: cython.const[cython.uint][::1],
    keys: cython.uint[::1],
    codes: cython.uint[::1],
    counts: cython.longlong[::1],
) -> int:
    """List the colours that occur from place `first` to `end`, not included.

    `further` are places among these, ascending: each time that one is there its colour occurs 255
    times more often than the table says. Writes the keys, the Morton codes of all four channels and
    how often each occurs, to arrays of as many entries as there are or more; returns how many there
    are.
    """
    room: cython.Py_ssize_t = min(keys.shape[0], codes.shape[0], counts.shape[0])
    i: cython.Py_ssize_t
    n: cython.Py_ssize_t = 0
    m: cython.Py_ssize_t = 0
    place: cython.uint
    with cython.nogil:
        for i in range(first, end):
            if n == room:
                break
            # Written always, kept only if it occurs: a branch would be mispredicted.
            codes[n] = cython.cast(cython.uint, i)
            counts[n] = table[i]
            n += table[i] != 0
        for i in range(n):
            place = codes[i]
            while m < further.shape[0] and further[m] == place:
                counts[i] += 255
                m += 1
            keys[i] = kq_key_of_place(place) | 255
            codes[i] = kq_with_alpha(place)
    return n


def gather_cells(
    table: cython.const[cython.uchar][::1],
    dropped_bits: cython.int,
    first: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    further: cython.const[cython.uint][::1],
    keys: cython.uint[::1],
    counts: cython.longlong[::1],
    sums: cython.longlong[:, ::1],
) -> int:
    """Gather the colours from place `first` to `end`, not included, in cells.

    Cells have 2^dropped_bits levels a side, at least 2, and none is cut by `first` or `end`.
    `further` is as in `list_colors`. Writes the key of each cell's corner (alpha being 255 with as
    many bits dropped), how many pixels it has, and the sums of their coordinates (`space.embed`);
    returns how many there are.
    """
    shift: cython.int = 3 * dropped_bits
    alpha: cython.uint = 255 >> dropped_bits << dropped_bits
    cell: cython.Py_ssize_t
    i: cython.Py_ssize_t
    key: cython.uint
    eight: cython.longlong
    pixels: cython.longlong
    reds: cython.longlong
    greens: cython.longlong
    blues: cython.longlong
    n: cython.Py_ssize_t = 0
    m: cython.Py_ssize_t = 0
    with cython.nogil:
        for cell in range(first >> shift, end >> shift):
            pixels = reds = greens = blues = 0
            for i in range(cell << shift, (cell + 1) << shift, 8):  # two levels a side
                eight = (
                    cython.cast(cython.longlong, table[i])
                    + table[i + 1]
                    + table[i + 2]
                    + table[i + 3]
                    + table[i + 4]
                    + table[i + 5]
                    + table[i + 6]
                    + table[i + 7]
                )
                if eight == 0:
                    continue
                key = kq_key_of_place(cython.cast(cython.uint, i))
                pixels += eight
                reds += eight * (key >> 24)
                greens += eight * (key >> 16 & 255)
                blues += eight * (key >> 8 & 255)
                reds += cython.cast(cython.int, table[i + 4]) + table[i + 5]
                reds += cython.cast(cython.int, table[i + 6]) + table[i + 7]
                greens += cython.cast(cython.int, table[i + 2]) + table[i + 3]
                greens += cython.cast(cython.int, table[i + 6]) + table[i + 7]
                blues += cython.cast(cython.int, table[i + 1]) + table[i + 3]
                blues += cython.cast(cython.int, table[i + 5]) + table[i + 7]
            while m < further.shape[0] and further[m] >> shift == cell:
                key = kq_key_of_place(further[m])
                pixels += 255
                reds += 255 * (key >> 24)
                greens += 255 * (key >> 16 & 255)
                blues += 255 * (key >> 8 & 255)
                m += 1
            if pixels:
                keys[n] = kq_key_of_place(cython.cast(cython.uint, cell << shift)) | alpha
                counts[n] = pixels
                sums[n, 0] = 64 * reds
                sums[n, 1] = 64 * greens
                sums[n, 2] = 64 * blues
                sums[n, 3] = 8160 * pixels
                n += 1
    return n


def write_labels(
    keys: cython.const[cython.uint][::1],
    labels: cython.const[label_t][::1],
    first: cython.uint,
    end: cython.uint,
    table: label_t[::1],
    known: cython.uchar[::1],
) -> None:
    """Write the label of each opaque colour to a table, and that it has one to `known`.

    That has a bit for each place, the first in the highest of a byte. Colours whose place is not
    from `first` to `end`, not included, are passed over; threads may share what multiples of 8 divide.
    """
    i: cython.Py_ssize_t
    place: cython.uint
    with cython.nogil:
        for i in range(keys.shape[0]):
            place = kq_place(keys[i] >> 24, keys[i] >> 16 & 255, keys[i] >> 8 & 255)
            if first <= place < end:
                table[place] = labels[i]
                known[place >> 3] |= 128 >> (place & 7)


def look_up_opaque(
    pixels: cython.const[cython.uchar][:, ::1],
    known: cython.const[cython.uchar][::1],
    table: cython.const[label_t][::1],
    out: label_t[::1],
) -> tuple:
    """Write what a table says (see `write_labels`) of each opaque pixel's colour.

    Returns the number of pixels gone through before one of a colour that is not known, and how many
    of them were not opaque, of which nothing is written.
    """
    channels: cython.Py_ssize_t = pixels.shape[1]
    places: cython.uint[128]
    first: cython.Py_ssize_t
    end: cython.Py_ssize_t
    seen: cython.Py_ssize_t = pixels.shape[0]
    i: cython.Py_ssize_t
    others: cython.Py_ssize_t = 0
    place: cython.uint
    with cython.nogil:
        for first in range(0, pixels.shape[0], 128):
            end = min(first + 128, pixels.shape[0])
            for i in range(first, end):  # as in `count_opaque`
                place = place_of_pixel(pixels, i, channels)
                places[i - first] = place
                kq_prefetch(cython.address(table[0]) + place)
                kq_prefetch(cython.address(known[0]) + (place >> 3))
            for i in range(first, end):
                place = places[i - first]
                if place < _COLORS:
                    if (known[place >> 3] << (place & 7)) & 128 == 0:
                        seen = i
                        break
                    out[i] = table[place]
                else:
                    others += 1
            if seen < end:
                break
    return seen, others


def add_weights(
    pixels: cython.const[cython.uchar][:, ::1],
    weights: cython.const[cython.uchar][::1],
    table: cython.const[cython.uint][::1],
    sums: cython.longlong[::1],
) -> None:
    """Add the weight of each opaque pixel to the sum of what the table says of its colour."""
    channels: cython.Py_ssize_t = pixels.shape[1]
    i: cython.Py_ssize_t
    place: cython.uint
    with cython.nogil:
        for i in range(pixels.shape[0]):
            place = place_of_pixel(pixels, i, channels)
            if place < _COLORS:
                sums[table[place]] += weights[i]
