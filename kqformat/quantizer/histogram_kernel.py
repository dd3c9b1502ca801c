# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Counting the colours of pixels in tables, and looking pixels up in them, compiled.

A *key* is a colour as one number, `R << 24 | G << 16 | B << 8 | A`. A *slot* holds
`key << 32 | count` and is 0 where it is empty. A key's slot is found by multiplicative hashing and
linear probing. `color_table` sees to it that the table is a power of two in size and never full;
`merging` takes the Morton codes of keys from here, too.
"""

import cython

if not cython.compiled:
    raise ImportError("kqformat.quantizer.histogram_kernel is not compiled; install with pip")

index_t = cython.fused_type(cython.uchar, cython.ushort)

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


def add_weights(
    places: cython.const[cython.uint][::1],
    weights: cython.const[cython.uchar][::1],
    id_of_place: cython.const[cython.uint][::1],
    sums: cython.longlong[::1],
) -> None:
    """Add each weight to the sum of its place's id."""
    i: cython.Py_ssize_t
    with cython.nogil:
        for i in range(places.shape[0]):
            sums[id_of_place[places[i]]] += weights[i]


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
