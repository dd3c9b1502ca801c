# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Counting the colours of pixels in a hash table, and looking pixels up in it, compiled.

A *key* is a colour as one number, `R << 24 | G << 16 | B << 8 | A`. A *slot* is 0 where it is
empty, else `key << 32 | id + 1`; colours get their ids in the order of first sight, and a key's
slot is found by multiplicative hashing and linear probing. `histogram` is the only caller and
sees to it that the table is a power of two in size and never full.
"""

import cython

if not cython.compiled:
    raise ImportError("kqformat.quantizer.histogram_kernel is not compiled; install with pip")

index_t = cython.fused_type(cython.uchar, cython.ushort)

_HASH: cython.uint = cython.declare(cython.uint, 0x9E3779B1)


def count(
    pixels: cython.const[cython.uchar][:, ::1],
    first: cython.Py_ssize_t,
    key_mask: cython.uint,
    slots: cython.ulonglong[::1],
    keys: cython.uint[::1],
    counts: cython.longlong[::1],
    sums: cython.longlong[:, ::1],
    known: cython.Py_ssize_t,
) -> tuple:
    """Count pixels from `first` on until all are counted or `keys` is full.

    `sums`, if it has rows, gathers the coordinates of `space.embed` of each colour's pixels.
    Returns the next pixel to count and the number of colours known.
    """
    n: cython.Py_ssize_t = pixels.shape[0]
    has_alpha: cython.bint = pixels.shape[1] == 4
    room: cython.Py_ssize_t = keys.shape[0]
    slot_mask: cython.uint = cython.cast(cython.uint, slots.shape[0] - 1)
    shift: cython.int = _hash_shift(slots.shape[0])
    with_sums: cython.bint = sums.shape[0] > 0
    i: cython.Py_ssize_t = first
    key: cython.uint
    previous: cython.uint = 0
    slot: cython.uint
    colour: cython.Py_ssize_t = -1
    entry: cython.ulonglong
    alpha: cython.uint
    with cython.nogil:
        while i < n:
            key = _key(pixels, i, has_alpha)
            if (key & key_mask) != previous or colour < 0:
                previous = key & key_mask
                slot = (previous * _HASH) >> shift
                entry = slots[slot]
                while entry != 0 and (entry >> 32) != previous:
                    slot = (slot + 1) & slot_mask
                    entry = slots[slot]
                if entry == 0:
                    if known == room:
                        break
                    keys[known] = previous
                    counts[known] = 0
                    known += 1
                    entry = (cython.cast(cython.ulonglong, previous) << 32) | known
                    slots[slot] = entry
                colour = cython.cast(cython.Py_ssize_t, cython.cast(cython.uint, entry)) - 1
            counts[colour] += 1
            if with_sums:
                alpha = key & 255
                sums[colour, 0] += _premultiplied(key >> 24, alpha)
                sums[colour, 1] += _premultiplied((key >> 16) & 255, alpha)
                sums[colour, 2] += _premultiplied((key >> 8) & 255, alpha)
                sums[colour, 3] += 32 * alpha
            i += 1
    return i, known


def fill(keys: cython.const[cython.uint][::1], slots: cython.ulonglong[::1]) -> None:
    """Enter keys, all different, with their ids into an empty table."""
    slot_mask: cython.uint = cython.cast(cython.uint, slots.shape[0] - 1)
    shift: cython.int = _hash_shift(slots.shape[0])
    i: cython.Py_ssize_t
    slot: cython.uint
    for i in range(keys.shape[0]):
        slot = (keys[i] * _HASH) >> shift
        while slots[slot] != 0:
            slot = (slot + 1) & slot_mask
        slots[slot] = (cython.cast(cython.ulonglong, keys[i]) << 32) | cython.cast(
            cython.ulonglong, i + 1
        )


def look_up(
    pixels: cython.const[cython.uchar][:, ::1],
    slots: cython.const[cython.ulonglong][::1],
    index_of_id: cython.const[index_t][::1],
    indices: index_t[::1],
) -> None:
    """Write for each pixel the index of its colour's id; every pixel's colour is in the table."""
    has_alpha: cython.bint = pixels.shape[1] == 4
    slot_mask: cython.uint = cython.cast(cython.uint, slots.shape[0] - 1)
    shift: cython.int = _hash_shift(slots.shape[0])
    i: cython.Py_ssize_t
    key: cython.uint
    previous: cython.uint = 0
    slot: cython.uint
    index: index_t = 0
    with cython.nogil:
        for i in range(pixels.shape[0]):
            key = _key(pixels, i, has_alpha)
            if key != previous or i == 0:
                previous = key
                slot = (key * _HASH) >> shift
                while (slots[slot] >> 32) != key:
                    slot = (slot + 1) & slot_mask
                index = index_of_id[
                    cython.cast(cython.Py_ssize_t, cython.cast(cython.uint, slots[slot])) - 1
                ]
            indices[i] = index


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _key(
    pixels: cython.const[cython.uchar][:, ::1], i: cython.Py_ssize_t, has_alpha: cython.bint
) -> cython.uint:
    """Return a pixel's key; all fully transparent colours are one."""
    alpha: cython.uint = 255
    if has_alpha:
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
def _premultiplied(sample: cython.uint, alpha: cython.uint) -> cython.longlong:
    """Return one coordinate of `space.embed`."""
    return (
        cython.cast(cython.longlong, (128 * sample * alpha + 255) // 510)
        + 8160
        - 32 * cython.cast(cython.longlong, alpha)
    )


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
