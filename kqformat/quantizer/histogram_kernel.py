# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Counting the colours of pixels in tables, and looking pixels up in them, compiled.

A *key* is a colour as one number, `R << 24 | G << 16 | B << 8 | A`. A *slot* holds
`key << 32 | count` and is 0 where it is empty. A key's slot is found by multiplicative hashing and
linear probing. `histogram` sees to it that the table is a power of two in size and never full;
`merging` takes the Morton codes of keys from here, too.
"""

import cython

if not cython.compiled:
    raise ImportError("kqformat.quantizer.histogram_kernel is not compiled; install with pip")

index_t = cython.fused_type(cython.uchar, cython.ushort)
count_t = cython.fused_type(cython.uchar, cython.ushort)

_HASH: cython.uint = cython.declare(cython.uint, 0x9E3779B1)


def count(
    pixels: cython.const[cython.uchar][:, ::1],
    slots: cython.ulonglong[::1],
    places: cython.uint[::1],
    room: cython.Py_ssize_t,
    known: cython.Py_ssize_t,
) -> tuple:
    """Count pixels until all are counted or there are more than `room` colours.

    `places`, unless its length is 0, gets the slot of every pixel. The table has `known` colours
    already. Returns the number of pixels counted and of colours in the table.
    """
    n: cython.Py_ssize_t = pixels.shape[0]
    channels: cython.Py_ssize_t = pixels.shape[1]
    shift: cython.int = _hash_shift(slots.shape[0])
    with_places: cython.bint = places.shape[0] > 0
    i: cython.Py_ssize_t = 0
    key: cython.uint
    slot: cython.uint
    entry: cython.ulonglong
    with cython.nogil:
        while i < n:
            key = _key(pixels, i, channels)
            slot = _slot(slots, key, shift)
            entry = slots[slot]
            if entry == 0:
                if known == room:
                    break
                known += 1
                entry = cython.cast(cython.ulonglong, key) << 32
            slots[slot] = entry + 1
            if with_places:
                places[i] = slot
            i += 1
    return i, known


def move(
    slots: cython.const[cython.ulonglong][::1],
    target: cython.ulonglong[::1],
) -> None:
    """Copy the entries of a table to an empty one, which is larger."""
    shift: cython.int = _hash_shift(target.shape[0])
    i: cython.Py_ssize_t
    with cython.nogil:
        for i in range(slots.shape[0]):
            if slots[i] != 0:
                target[_slot(target, cython.cast(cython.uint, slots[i] >> 32), shift)] = slots[i]


def collect(
    slots: cython.const[cython.ulonglong][::1],
    keys: cython.uint[::1],
    counts: cython.longlong[::1],
    occupied: cython.uint[::1],
) -> None:
    """List the keys, counts and places of the occupied slots; the arrays have one more entry."""
    i: cython.Py_ssize_t
    n: cython.Py_ssize_t = 0
    entry: cython.ulonglong
    with cython.nogil:
        for i in range(slots.shape[0]):
            entry = slots[i]
            # Written always, kept only if occupied: a branch would be mispredicted.
            keys[n] = cython.cast(cython.uint, entry >> 32)
            counts[n] = cython.cast(cython.uint, entry)
            occupied[n] = cython.cast(cython.uint, i)
            n += entry != 0


def locate(
    pixels: cython.const[cython.uchar][:, ::1],
    slots: cython.const[cython.ulonglong][::1],
    places: cython.uint[::1],
) -> int:
    """Write the slot of each pixel's colour; return how many were found before one was not."""
    channels: cython.Py_ssize_t = pixels.shape[1]
    shift: cython.int = _hash_shift(slots.shape[0])
    i: cython.Py_ssize_t = 0
    n: cython.Py_ssize_t = pixels.shape[0]
    key: cython.uint
    slot: cython.uint
    with cython.nogil:
        while i < n:
            key = _key(pixels, i, channels)
            slot = _slot(slots, key, shift)
            if slots[slot] == 0:
                break
            places[i] = slot
            i += 1
    return i


def count_opaque(
    pixels: cython.const[cython.uchar][:, ::1],
    counts: cython.uchar[::1],
    carries: cython.uint[::1],
) -> tuple:
    """Count each opaque pixel in a table of all 2^24 colours, `R << 16 | G << 8 | B`.

    A count is a byte, from 1 to 255 where the colour occurs: after that it is 1 again, and the
    colour is written to `carries`, an array of one more entry than there are pixels. Returns how
    many pixels were not opaque, and so not counted, and the number of carries.
    """
    channels: cython.Py_ssize_t = pixels.shape[1]
    i: cython.Py_ssize_t
    others: cython.Py_ssize_t = 0
    n: cython.Py_ssize_t = 0
    key: cython.uint
    count: cython.uchar
    with cython.nogil:
        for i in range(pixels.shape[0]):
            key = _key(pixels, i, channels)
            if key & 255 == 255:
                count = counts[key >> 8]
                carries[n] = key >> 8  # kept only if it is one
                n += count == 255
                counts[key >> 8] = count + 1 + (count == 255)
            else:
                others += 1
    return others, n


def carry(
    carries: cython.const[cython.uint][::1],
    table: cython.ushort[::1],
    further: cython.uint[::1],
) -> int:
    """Add 255 to the count of each colour that is in `carries`, as often as it is.

    These counts are from 1 to 65,535 where a colour occurs, and what goes beyond, less 65,535,
    again; then the colour is written to `further`, an array of as many entries as `carries` has.
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
    """Add the counts of the colours from `first` to `end`, not included, to those of `carry`.

    Writes to `further`, of one more entry than there are colours, and returns, what that does.
    """
    i: cython.Py_ssize_t
    n: cython.Py_ssize_t = 0
    count: cython.uint
    with cython.nogil:
        for i in range(first, end):
            count = cython.cast(cython.uint, table[i]) + counts[i]
            further[n] = cython.cast(cython.uint, i)  # kept only if it is one
            n += count > 65535
            table[i] = cython.cast(cython.ushort, count - 65535 * (count > 65535))
    return n


def look_up_opaque(
    pixels: cython.const[cython.uchar][:, ::1],
    known: cython.const[cython.uchar][::1],
    table: cython.const[index_t][::1],
    out: index_t[::1],
) -> tuple:
    """Write the entry of each opaque pixel's colour in a table of all 2^24, `R << 16 | G << 8 | B`.

    `known` has a bit for each entry, the first in the highest bit of a byte. Returns the number of
    pixels gone through before one of a colour that is not known, and how many of them were not
    opaque, of which nothing is written.
    """
    channels: cython.Py_ssize_t = pixels.shape[1]
    i: cython.Py_ssize_t = 0
    n: cython.Py_ssize_t = pixels.shape[0]
    others: cython.Py_ssize_t = 0
    key: cython.uint
    color: cython.uint
    with cython.nogil:
        while i < n:
            key = _key(pixels, i, channels)
            if key & 255 == 255:
                color = key >> 8
                if (known[color >> 3] << (color & 7)) & 128 == 0:
                    break
                out[i] = table[color]
            else:
                others += 1
            i += 1
    return i, others


def gather(
    places: cython.const[cython.uint][::1],
    table: cython.const[index_t][::1],
    out: index_t[::1],
) -> None:
    """Write the table's entry for each place."""
    i: cython.Py_ssize_t
    with cython.nogil:
        for i in range(places.shape[0]):
            out[i] = table[places[i]]


def list_cube(
    table: cython.const[cython.ushort][::1],
    corner: cython.uint,
    keys: cython.uint[::1],
    codes: cython.uint[::1],
    counts: cython.longlong[::1],
) -> int:
    """List the colours of a table of all 2^24 in a cube of 64 levels a side, in Morton order.

    `corner` is its first colour, `R << 16 | G << 8 | B`. Writes the keys, the Morton codes and how
    often each occurs, to arrays of one more entry than there can be; returns how many there are.
    """
    steps: cython.uint[512]
    start: cython.uint
    color: cython.uint
    i: cython.uint
    j: cython.uint
    n: cython.Py_ssize_t = 0
    with cython.nogil:
        for i in range(512):
            steps[i] = _every_third(i >> 2) << 16 | _every_third(i >> 1) << 8 | _every_third(i)
        for i in range(512):
            start = corner + 8 * steps[i]
            for j in range(512):
                color = start + steps[j]
                # Written always, kept only if it occurs: a branch would be mispredicted.
                keys[n] = color << 8 | 255
                counts[n] = table[color]
                n += table[color] != 0
        for i in range(n):
            codes[i] = _morton_code(keys[i])
    return n


def halve(
    finer: cython.const[count_t][::1],
    side: cython.int,
    first: cython.int,
    end: cython.int,
    occurs: cython.uchar[::1],
) -> int:
    """Write which cells of a cube, of half of `side` cells a side, have a finer one that occurs.

    Of the planes from `first` to `end`, not included. Returns how many have.
    """
    half: cython.int = side // 2
    square: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, side) * side
    red: cython.int
    green: cython.int
    i: cython.Py_ssize_t
    at: cython.Py_ssize_t
    row: cython.Py_ssize_t
    n: cython.Py_ssize_t = 0
    any_of_rows: count_t[256]
    with cython.nogil:
        for red in range(first, end):
            for green in range(half):
                row = 2 * red * square + 2 * green * side
                for i in range(side):
                    at = row + i
                    any_of_rows[i] = (
                        finer[at]
                        | finer[at + side]
                        | finer[at + square]
                        | finer[at + square + side]
                    )
                at = (cython.cast(cython.Py_ssize_t, red) * half + green) * half
                for i in range(half):
                    occurs[at + i] = (any_of_rows[2 * i] | any_of_rows[2 * i + 1]) != 0
                    n += occurs[at + i]
    return n


def gather_opaque(
    table: cython.const[cython.ushort][::1],
    dropped_bits: cython.int,
    first: cython.int,
    end: cython.int,
    keys: cython.uint[::1],
    counts: cython.longlong[::1],
    sums: cython.longlong[:, ::1],
) -> int:
    """Gather the colours of a table of all 2^24 in cells of 2^dropped_bits levels a side.

    Of the reds from `first` to `end`, not included, both multiples of that. Writes the key of each
    cell's corner (alpha being 255 with as many bits dropped), how many pixels it has, and the sums
    of their coordinates (`space.embed`); returns the number of cells.
    """
    cells: cython.int = 256 >> dropped_bits
    alpha: cython.uint = 255 >> dropped_bits << dropped_bits
    red: cython.int
    green: cython.int
    blue: cython.int
    r: cython.int
    g: cython.int
    b: cython.int
    row: cython.Py_ssize_t
    count: cython.longlong
    pixels: cython.longlong
    reds: cython.longlong
    greens: cython.longlong
    blues: cython.longlong
    n: cython.Py_ssize_t = 0
    with cython.nogil:
        for red in range(first >> dropped_bits, end >> dropped_bits):
            for green in range(cells):
                for blue in range(cells):
                    pixels = reds = greens = blues = 0
                    for r in range(red << dropped_bits, (red + 1) << dropped_bits):
                        for g in range(green << dropped_bits, (green + 1) << dropped_bits):
                            row = (r << 16) | (g << 8)
                            for b in range(blue << dropped_bits, (blue + 1) << dropped_bits):
                                count = table[row | b]
                                pixels += count
                                reds += count * r
                                greens += count * g
                                blues += count * b
                    if pixels:
                        keys[n] = (
                            (cython.cast(cython.uint, red) << (24 + dropped_bits))
                            | (cython.cast(cython.uint, green) << (16 + dropped_bits))
                            | (cython.cast(cython.uint, blue) << (8 + dropped_bits))
                            | alpha
                        )
                        counts[n] = pixels
                        sums[n, 0] = 64 * reds
                        sums[n, 1] = 64 * greens
                        sums[n, 2] = 64 * blues
                        sums[n, 3] = 8160 * pixels
                        n += 1
    return n


def add_weights(
    pixels: cython.const[cython.uchar][:, ::1],
    weights: cython.const[cython.uchar][::1],
    slots: cython.const[cython.ulonglong][::1],
    id_of_slot: cython.const[cython.uint][::1],
    sums: cython.longlong[::1],
) -> None:
    """Add the weight of each pixel to the sum of its colour's id."""
    channels: cython.Py_ssize_t = pixels.shape[1]
    shift: cython.int = _hash_shift(slots.shape[0])
    i: cython.Py_ssize_t
    with cython.nogil:
        for i in range(pixels.shape[0]):
            sums[id_of_slot[_slot(slots, _key(pixels, i, channels), shift)]] += weights[i]


def add_weights_of_opaque(
    pixels: cython.const[cython.uchar][:, ::1],
    weights: cython.const[cython.uchar][::1],
    id_of_color: cython.const[cython.uint][::1],
    sums: cython.longlong[::1],
) -> None:
    """Add the weight of each opaque pixel to the sum of its colour's id, of all 2^24 colours'."""
    channels: cython.Py_ssize_t = pixels.shape[1]
    i: cython.Py_ssize_t
    key: cython.uint
    with cython.nogil:
        for i in range(pixels.shape[0]):
            key = _key(pixels, i, channels)
            if key & 255 == 255:
                sums[id_of_color[key >> 8]] += weights[i]


def morton_codes(keys: cython.const[cython.uint][::1], codes: cython.ulonglong[::1]) -> None:
    """Write `code << 32 | position`, where code interleaves the bits of the four channels."""
    i: cython.Py_ssize_t
    with cython.nogil:
        for i in range(keys.shape[0]):
            codes[i] = cython.cast(cython.ulonglong, _morton_code(keys[i])) << 32 | i


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _morton_code(key: cython.uint) -> cython.uint:
    """Interleave the bits of the four channels."""
    return (
        (_spread(key >> 24) << 3)
        | (_spread((key >> 16) & 255) << 2)
        | (_spread((key >> 8) & 255) << 1)
        | _spread(key & 255)
    )


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _every_third(bits: cython.uint) -> cython.uint:
    """Return bits 0, 3 and 6 side by side."""
    return bits & 1 | (bits >> 2) & 2 | (bits >> 4) & 4


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _spread(byte: cython.uint) -> cython.uint:
    """Put three zero bits between the bits of a byte."""
    byte = (byte | (byte << 12)) & 0x000F000F
    byte = (byte | (byte << 6)) & 0x03030303
    return (byte | (byte << 3)) & 0x11111111


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _key(
    pixels: cython.const[cython.uchar][:, ::1], i: cython.Py_ssize_t, channels: cython.Py_ssize_t
) -> cython.uint:
    """Return a pixel's key; all fully transparent colours are one."""
    if channels == 1:
        return (pixels[i, 0] * cython.cast(cython.uint, 0x01010100)) | 255
    alpha: cython.uint = 255
    if channels == 4:
        alpha = pixels[i, 3]
        if alpha == 0:
            return 0
    return (
        (cython.cast(cython.uint, pixels[i, 0]) << 24)
        | (cython.cast(cython.uint, pixels[i, 1]) << 16)
        | (cython.cast(cython.uint, pixels[i, 2]) << 8)
        | alpha
    )


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _slot(
    slots: cython.const[cython.ulonglong][::1], key: cython.uint, shift: cython.int
) -> cython.uint:
    """Return the slot that has a key, or the empty one where it would be."""
    mask: cython.uint = cython.cast(cython.uint, slots.shape[0] - 1)
    slot: cython.uint = (key * _HASH) >> shift
    while slots[slot] != 0 and cython.cast(cython.uint, slots[slot] >> 32) != key:
        slot = (slot + 1) & mask
    return slot


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _hash_shift(slot_count: cython.Py_ssize_t) -> cython.int:
    """Return 32 - log2 of the table's size: hashes are the upper bits of a product."""
    shift: cython.int = 32
    while slot_count > 1:
        slot_count >>= 1
        shift -= 1
    return shift
