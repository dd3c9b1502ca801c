# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Tables of all 2^24 opaque colours: counted in, listed from, and looked up, compiled.

A colour's *place* in them is the Morton code of its red, green and blue, whose bits take turns, the
highest of red first. So colours that are near each other share lines of the processor's caches, and
a cell of 2^n levels a side is 8^n places in a row. Keys are as in `histogram_kernel`.
"""

import cython
from cython.cimports.kqformat.quantizer.lanes import (
    kq_distance,
    kq_filter,
    kq_nearest,
    kq_prefetch,
    kq_trailing_zeros,
    kq_which,
)

if not cython.compiled:
    raise ImportError("kqformat.quantizer.opaque_kernel is not compiled; install with pip")

label_t = cython.fused_type(cython.uchar, cython.ushort, cython.uint)
index_t = cython.fused_type(cython.uchar, cython.ushort)
p_const_short = cython.typedef(cython.pointer(cython.const[cython.short]))

_COLORS: cython.uint = cython.declare(cython.uint, 1 << 24)
_spread = cython.declare(cython.uint[256])
_value: cython.uint = cython.declare(cython.uint, 0)
for _value in range(256):  # with two zero bits between the bits
    _spread[_value] = (
        (_value & 1)
        | (_value & 2) << 2
        | (_value & 4) << 4
        | (_value & 8) << 6
        | (_value & 16) << 8
        | (_value & 32) << 10
        | (_value & 64) << 12
        | (_value & 128) << 14
    )


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
                places[i - first] = _place_of_pixel(pixels, i, channels)
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


def place_in_leaves(
    pixels: cython.const[cython.uchar][:, ::1],
    leaf_of_cell: cython.uint[::1],
    spots: cython.uint[::1],
) -> int:
    """Find where opaque pixels are counted in leaves of a table, of which there are those needed.

    A leaf has 64 places in a row, a cell of 4 levels a side. `leaf_of_cell`, 2^18 zeros, gets their
    numbers, from 1 on; `spots` gets 64 times that of its leaf for each pixel, plus the place in it.
    Returns how many leaves there are.
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
                place = _place_of_pixel(pixels, i, channels)
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
    """Count how often each spot occurs, in a byte, as `count_opaque` does."""
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
    carried: cython.const[cython.ushort][::1],
    cells: cython.uint[::1],
    spots: cython.uint[::1],
    keys: cython.uint[::1],
    codes: cython.uint[::1],
    totals: cython.longlong[::1],
) -> int:
    """List the colours that `count_spots` has counted, in Morton order.

    `carried` is how often each spot was, or empty where none was; `cells` is scratch, with one more
    entry than there are leaves. Writes the colours' spots, keys,
    Morton codes of all four channels, and how often each occurs, to arrays long enough; returns
    how many there are.
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
            keys_in_leaf[i] = _key_of_place(i) | 255
            codes_in_leaf[i] = _with_alpha(i)
        for cell in range(1 << 18):
            cells[leaves] = cell  # kept only if it has a leaf
            leaves += leaf_of_cell[cell] != 0
        for k in range(leaves):
            leaf = leaf_of_cell[cells[min(k + 8, leaves - 1)]]
            kq_prefetch(cython.address(counts[0]) + 64 * leaf)
            cell = cells[k]
            leaf = leaf_of_cell[cell]
            key = _key_of_place(cell << 6)
            code = _with_alpha(cell << 6)
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


def carry(
    carries: cython.const[cython.uint][::1],
    table: cython.ushort[::1],
    further: cython.uint[::1],
) -> int:
    """Add 255 to the count at each place that is in `carries`, as often as it is.

    These counts are from 1 to 65,535 where a colour occurs, and what goes beyond, less 65,535,
    again; then the place is written to `further`, an array of as many entries as `carries` has.
    Returns the number of such.
    """
    i: cython.Py_ssize_t
    n: cython.Py_ssize_t = 0
    count: cython.uint
    with cython.nogil:
        for i in range(carries.shape[0]):
            count = cython.cast(cython.uint, table[carries[i]]) + 255
            if count > 65535:
                count -= 65535
                further[n] = carries[i]
                n += 1
            table[carries[i]] = cython.cast(cython.ushort, count)
    return n


def add_counts(
    counts: cython.const[cython.uchar][::1],
    table: cython.ushort[::1],
    first: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    further: cython.uint[::1],
) -> int:
    """Add the counts from place `first` to `end`, not included, to those of `carry`.

    Both are multiples of 64. Writes to `further`, of as many entries as there are places, and
    returns, what that does.
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
                any_over |= count >> 16
                table[j] = cython.cast(cython.ushort, count)
            if any_over:
                for j in range(i, i + 64):
                    if table[j] < counts[j]:  # the sum less 65,536
                        table[j] += 1
                        further[n] = cython.cast(cython.uint, j)
                        n += 1
    return n


def list_colors(
    table: cython.const[cython.ushort][::1],
    first: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    keys: cython.uint[::1],
    codes: cython.uint[::1],
    counts: cython.longlong[::1],
) -> int:
    """List the colours that occur from place `first` to `end`, not included.

    Writes the keys, the Morton codes of all four channels and how often each occurs, to arrays of
    one more entry than there can be; returns how many there are.
    """
    i: cython.Py_ssize_t
    n: cython.Py_ssize_t = 0
    place: cython.uint
    with cython.nogil:
        for i in range(first, end):
            # Written always, kept only if it occurs: a branch would be mispredicted.
            codes[n] = cython.cast(cython.uint, i)
            counts[n] = table[i]
            n += table[i] != 0
        for i in range(n):
            place = codes[i]
            keys[i] = _key_of_place(place) | 255
            codes[i] = _with_alpha(place)
    return n


def gather_cells(
    table: cython.const[cython.ushort][::1],
    dropped_bits: cython.int,
    first: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    numbers: cython.uint[::1],
    keys: cython.uint[::1],
    counts: cython.longlong[::1],
    sums: cython.longlong[:, ::1],
) -> int:
    """Gather the colours from place `first` to `end`, not included, in cells.

    Cells have 2^dropped_bits levels a side, at least 2, and none is cut by `first` or `end`.
    Writes each one's number (its places divided by theirs), the key of its corner (alpha being 255
    with as many bits dropped), how many pixels it has, and the sums of their coordinates
    (`space.embed`); returns how many there are.
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
                key = _key_of_place(cython.cast(cython.uint, i))
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
            if pixels:
                numbers[n] = cython.cast(cython.uint, cell)
                keys[n] = _key_of_place(cython.cast(cython.uint, cell << shift)) | alpha
                counts[n] = pixels
                sums[n, 0] = 64 * reds
                sums[n, 1] = 64 * greens
                sums[n, 2] = 64 * blues
                sums[n, 3] = 8160 * pixels
                n += 1
    return n


def keys_of_places(places: cython.const[cython.uint][::1], keys: cython.uint[::1]) -> None:
    """Write the key of each place's colour."""
    i: cython.Py_ssize_t
    with cython.nogil:
        for i in range(places.shape[0]):
            keys[i] = _key_of_place(places[i]) | 255


def codes_of_places(places: cython.const[cython.uint][::1], codes: cython.uint[::1]) -> None:
    """Write the Morton code of all four channels of each place's colour."""
    i: cython.Py_ssize_t
    with cython.nogil:
        for i in range(places.shape[0]):
            codes[i] = _with_alpha(places[i])


def write_labels(
    keys: cython.const[cython.uint][::1],
    labels: cython.const[label_t][::1],
    table: label_t[::1],
    known: cython.uchar[::1],
) -> None:
    """Write the label of each opaque colour to a table, and that it has one to `known`.

    That has a bit for each place, the first in the highest of a byte.
    """
    i: cython.Py_ssize_t
    place: cython.uint
    with cython.nogil:
        for i in range(keys.shape[0]):
            place = _place(keys[i] >> 24, keys[i] >> 16 & 255, keys[i] >> 8 & 255)
            table[place] = labels[i]
            known[place >> 3] |= 128 >> (place & 7)


def label_places(
    table: cython.const[cython.ushort][::1],
    first: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    units: cython.const[cython.short][::1],
    centroids: cython.const[cython.short][:, ::1],
    shown: cython.const[cython.short][:, ::1],
    lists: cython.int[::1],
    labels: index_t[::1],
    known: cython.uchar[::1],
) -> int:
    """Write the nearest centroid of the colours that occur from place `first` to `end`.

    Which is not included; both are multiples of 512. `units` are coordinates to a sample of red,
    green and blue. Of equally near centroids it is the first. `known` is as in `write_labels`.
    Returns the sum over the colours of their count times their squared distance in `space` to what
    is `shown` for the centroid.

    Cubes of 2^n levels a side are runs of places, so that there is no need of a tree over colours
    (see `tree_kernel`): a cube's list of centroids that may be nearest somewhere in it is what
    remains of the list of the cube twice as wide. `lists`, 7 times as long as there are centroids,
    is for those of whole space and of cubes of 128 to 4 levels a side.
    """
    k: cython.Py_ssize_t = centroids.shape[0]
    pc: p_const_short = cython.address(centroids[0, 0])
    ps: p_const_short = cython.address(shown[0, 0])
    pool: cython.p_int = cython.address(lists[0])
    listed: cython.Py_ssize_t[9]  # which cube's list there is, by the logarithm of its side
    lengths: cython.int[9]
    unit: cython.short[4]
    steps: cython.short[512]
    points: cython.short[512]
    corner: cython.short[8]
    found: cython.int[64]
    level: cython.int
    c: cython.int
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    block: cython.Py_ssize_t
    leaf: cython.Py_ssize_t
    n: cython.int
    best: cython.int
    distance: cython.int
    some: cython.ushort
    distortion: cython.longlong = 0
    with cython.nogil:
        for i in range(k):
            pool[i] = cython.cast(cython.int, i)
        lengths[8] = cython.cast(cython.int, k)
        for level in range(8):
            listed[level] = -1
        for c in range(3):
            unit[c] = units[c]
        unit[3] = 64
        for i in range(64):  # in the space, then in `space`
            _point(cython.cast(cython.uint, i), unit, steps + 4 * i)
            for c in range(3):
                steps[256 + 4 * i + c] = steps[4 * i + c] // unit[c] * 64
            steps[256 + 4 * i + 3] = 0
            steps[4 * i + 3] = 0
        for block in range(first, end, 512):
            some = 0
            for i in range(block, block + 512):
                some |= table[i]
            if some == 0:
                continue
            for level in range(7, 2, -1):
                if listed[level] != block >> 3 * level:
                    listed[level] = block >> 3 * level
                    lengths[level] = _narrowed(
                        pc,
                        unit,
                        cython.cast(cython.uint, listed[level] << 3 * level),
                        level,
                        pool + (7 - level) * k,
                        lengths[level + 1],
                        pool + (8 - level) * k,
                    )
            for leaf in range(block, block + 512, 64):
                n = 0
                for i in range(64):
                    found[n] = cython.cast(cython.int, i)
                    n += table[leaf + i] != 0
                if n == 0:
                    continue
                lengths[2] = _narrowed(
                    pc,
                    unit,
                    cython.cast(cython.uint, leaf),
                    2,
                    pool + 5 * k,
                    lengths[3],
                    pool + 6 * k,
                )
                _point(cython.cast(cython.uint, leaf), unit, corner)
                for c in range(3):
                    corner[4 + c] = corner[c] // unit[c] * 64
                corner[7] = corner[3]
                for i in range(64):
                    for c in range(4):
                        points[4 * i + c] = steps[4 * i + c] + corner[c]
                for i in range(64, 128):
                    for c in range(4):
                        points[4 * i + c] = steps[4 * i + c] + corner[4 + c]
                for j in range(n):
                    i = found[j]
                    best = kq_nearest(
                        points + 4 * i,
                        pc,
                        pool + 6 * k,
                        lengths[2],
                        cython.address(distance),
                    )
                    distance = kq_distance(points + 256 + 4 * i, ps + 4 * best)
                    i += leaf
                    labels[i] = best
                    distortion += cython.cast(cython.longlong, table[i]) * distance
                    known[i >> 3] |= 128 >> (i & 7)
    return distortion


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _point(place: cython.uint, unit: cython.p_short, point: cython.p_short) -> cython.void:
    """Write the coordinates of a place's colour."""
    key: cython.uint = _key_of_place(place)
    point[0] = cython.cast(cython.short, unit[0] * (key >> 24))
    point[1] = cython.cast(cython.short, unit[1] * (key >> 16 & 255))
    point[2] = cython.cast(cython.short, unit[2] * (key >> 8 & 255))
    point[3] = 8160


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _narrowed(
    pc: p_const_short,
    unit: cython.p_short,
    place: cython.uint,
    level: cython.int,
    listed: cython.p_int,
    length: cython.int,
    kept: cython.p_int,
) -> cython.int:
    """Copy those listed that may be nearest in the cube of 2^level a side; return how many."""
    box: cython.short[8]
    middle: cython.short[4]
    c: cython.int
    distance: cython.int
    if length == 1:
        kept[0] = listed[0]
        return 1
    _point(place, unit, box)
    for c in range(3):
        box[c + 4] = cython.cast(cython.short, box[c] + unit[c] * ((1 << level) - 1))
        middle[c] = (box[c] + box[c + 4]) >> 1
    box[7] = middle[3] = box[3]
    return kq_filter(
        pc,
        box,
        kq_nearest(middle, pc, listed, length, cython.address(distance)),
        listed,
        length,
        kept,
    )


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
                place = _place_of_pixel(pixels, i, channels)
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
            place = _place_of_pixel(pixels, i, channels)
            if place < _COLORS:
                sums[table[place]] += weights[i]


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _place(red: cython.uint, green: cython.uint, blue: cython.uint) -> cython.uint:
    return _spread[red] << 2 | _spread[green] << 1 | _spread[blue]


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _place_of_pixel(
    pixels: cython.const[cython.uchar][:, ::1], i: cython.Py_ssize_t, channels: cython.Py_ssize_t
) -> cython.uint:
    """Return the place of a pixel's colour, or 2^24 if it is not opaque."""
    if channels == 1:
        return 7 * _spread[pixels[i, 0]]
    if channels == 4 and pixels[i, 3] != 255:
        return _COLORS
    return _place(pixels[i, 0], pixels[i, 1], pixels[i, 2])


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _key_of_place(place: cython.uint) -> cython.uint:
    """Return the key of a place's colour, without alpha."""
    return (
        _every_third(place >> 2) << 24 | _every_third(place >> 1) << 16 | _every_third(place) << 8
    )


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _every_third(bits: cython.uint) -> cython.uint:
    """Return bits 0, 3, 6, … 21 side by side."""
    bits &= 0x249249
    bits = (bits | bits >> 2) & 0x0C30C3
    bits = (bits | bits >> 4) & 0x00F00F
    return (bits | bits >> 8) & 255


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _with_alpha(place: cython.uint) -> cython.uint:
    """Return the Morton code of red, green, blue and an alpha of 255."""
    place = (place & 0xFFF000) << 4 | (place & 0xFFF)
    place = (place & 0x0FC00FC0) << 2 | (place & 0x003F003F)
    place = (place & 0x38383838) << 1 | (place & 0x07070707)
    return place << 1 | 0x11111111
