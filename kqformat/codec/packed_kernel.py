# cython: language_level=3, boundscheck=True, wraparound=False, cdivision=True
"""The loops of packed coding (spec §6.1), compiled by Cython; `packed` is their only caller.

The inner loops go through groups of 8 indices, which are b whole bytes, by pointer. Each public
function first compares the lengths of its buffers with the number of pixels; from these follows
that no group leaves a buffer, and an index of b bits cannot leave a table of 2^b entries. The few
pixels of the last group go through bounds-checked views. Nothing here decides what is an error.
"""

import cython
from cython.cimports.cpython.bytes import PyBytes_AsString, PyBytes_FromStringAndSize
from cython.cimports.kqformat.codec.large_pages import kq_ask_for_large_pages
from cython.cimports.libc.string import memcpy

if not cython.compiled:
    raise ImportError(
        "kqformat.codec.packed_kernel is not compiled; install the package with pip "
        "(a C compiler is needed where there is no wheel)"
    )

index_t = cython.fused_type(cython.uchar, cython.ushort)
ptr_const_uchar = cython.typedef(cython.pointer(cython.const[cython.uchar]))


def room(byte_length: cython.Py_ssize_t) -> bytes:
    """Return so many bytes, which say nothing yet, in large pages where the system has such."""
    made: bytes = PyBytes_FromStringAndSize(cython.NULL, byte_length)
    kq_ask_for_large_pages(PyBytes_AsString(made), byte_length)
    return made


def pack(
    indices: cython.const[index_t][::1],
    index_width: cython.int,
    payload: cython.uchar[::1],
) -> None:
    """Write the last `index_width` bits of each index, the first of them first; pad with zeros."""
    n: cython.Py_ssize_t = indices.shape[0]
    _require_lengths(n, index_width, payload.shape[0])
    if index_width == 0:
        return
    groups: cython.Py_ssize_t = n // 8
    group: cython.Py_ssize_t
    source: cython.pointer(cython.const[index_t])
    target: cython.p_uchar
    i: cython.Py_ssize_t
    if groups:
        source = cython.address(indices[0])
        target = cython.address(payload[0])
        with cython.nogil:
            if index_width == 8:
                for i in range(8 * groups):
                    target[i] = source[i] & 255
            elif index_width < 8:
                for group in range(groups):
                    _pack_narrow(source + 8 * group, index_width, target + index_width * group)
            else:
                for group in range(groups):
                    _pack_wide(source + 8 * group, index_width, target + index_width * group)
    held: cython.uint = 0
    held_bits: cython.int = 0
    byte: cython.Py_ssize_t = groups * index_width
    mask: cython.uint = (cython.cast(cython.uint, 1) << index_width) - 1
    for i in range(groups * 8, n):
        held = (held << index_width) | (indices[i] & mask)
        held_bits += index_width
        while held_bits >= 8:
            held_bits -= 8
            payload[byte] = (held >> held_bits) & 255
            byte += 1
    if held_bits:
        payload[byte] = (held << (8 - held_bits)) & 255


def unpack(
    payload: cython.const[cython.uchar][::1],
    index_width: cython.int,
    indices: index_t[::1],
) -> None:
    """Read as many indices of `index_width` bits as `indices` has room for."""
    n: cython.Py_ssize_t = indices.shape[0]
    _require_lengths(n, index_width, payload.shape[0])
    i: cython.Py_ssize_t
    if index_width == 0:
        for i in range(n):
            indices[i] = 0
        return
    groups: cython.Py_ssize_t = n // 8
    group: cython.Py_ssize_t
    source: ptr_const_uchar
    target: cython.pointer(index_t)
    if groups:
        source = cython.address(payload[0])
        target = cython.address(indices[0])
        with cython.nogil:
            if index_width > 8:
                for group in range(groups):
                    _unpack_wide(source + index_width * group, index_width, target + 8 * group)
            elif index_width == 8:
                for i in range(8 * groups):
                    target[i] = source[i]
            else:
                for group in range(groups):
                    _unpack_narrow(
                        _group_word(source + index_width * group, index_width, groups - group),
                        index_width,
                        target + 8 * group,
                    )
    for i in range(groups * 8, n):
        indices[i] = _index_at(payload, i * index_width, index_width)


def expand(
    payload: cython.const[cython.uchar][::1],
    index_width: cython.int,
    table: cython.const[cython.uchar][::1],
    channels: cython.int,
    pixels: cython.uchar[::1],
) -> None:
    """Write the colours of packed indices: `table` has 2^index_width entries of 4 bytes."""
    if channels not in (3, 4) or pixels.shape[0] % channels:
        raise ValueError("pixels are not whole pixels of 3 or 4 channels")
    n: cython.Py_ssize_t = pixels.shape[0] // channels
    _require_lengths(n, index_width, payload.shape[0])
    if table.shape[0] != 4 << index_width:
        raise ValueError("the table of colours has another length than 4 << index_width")
    # Entries of 3 channels are copied with a spare byte, which the next entry overwrites; up to
    # four spare bytes where four entries are copied at once. So the last two pixels are never in
    # a group.
    groups: cython.Py_ssize_t = (n - 2) // 8 if n > 2 else 0
    i: cython.Py_ssize_t
    channel: cython.int
    index: cython.uint
    if groups:
        with cython.nogil:
            _expand_groups(
                cython.address(payload[0]) if index_width else cython.NULL,
                index_width,
                cython.address(table[0]),
                channels,
                cython.address(pixels[0]),
                groups,
            )
    for i in range(groups * 8, n):
        index = _index_at(payload, i * index_width, index_width) if index_width else 0
        for channel in range(channels):
            pixels[channels * i + channel] = table[4 * index + channel]


def largest_index(
    payload: cython.const[cython.uchar][::1], index_width: cython.int, count: cython.Py_ssize_t
) -> int:
    """Return the largest of `count` packed indices; 0 where there is none."""
    _require_lengths(count, index_width, payload.shape[0])
    if index_width == 0:
        return 0
    groups: cython.Py_ssize_t = count // 8
    i: cython.Py_ssize_t
    index: cython.uint
    largest: cython.uint = 0
    if groups:
        with cython.nogil:
            largest = _largest_of_groups(cython.address(payload[0]), index_width, groups)
    for i in range(groups * 8, count):
        index = _index_at(payload, i * index_width, index_width)
        if index > largest:
            largest = index
    return largest


@cython.cfunc
def _require_lengths(
    n: cython.Py_ssize_t, index_width: cython.int, byte_length: cython.Py_ssize_t
) -> cython.int:
    """Guard every access by pointer: n indices of this width fill exactly these bytes."""
    if index_width < 0 or index_width > 16:
        raise ValueError("index_width is not from 0 to 16")
    if byte_length != (n // 8) * index_width + ((n % 8) * index_width + 7) // 8:
        raise ValueError("the payload's length is not that of the indices")
    return 0


@cython.cfunc
@cython.inline
def _index_at(
    payload: cython.const[cython.uchar][::1], bit: cython.Py_ssize_t, index_width: cython.int
) -> cython.uint:
    """Read the index that starts at a bit; it spreads over three bytes at most."""
    first: cython.Py_ssize_t = bit >> 3
    last: cython.Py_ssize_t = (bit + index_width - 1) >> 3
    window: cython.uint = 0
    byte: cython.Py_ssize_t
    for byte in range(first, last + 1):
        window = (window << 8) | payload[byte]
    spare: cython.int = cython.cast(cython.int, 8 * (last + 1) - bit - index_width)
    return (window >> spare) & ((cython.cast(cython.uint, 1) << index_width) - 1)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _pack_narrow(
    source: cython.pointer(cython.const[index_t]), width: cython.int, target: cython.p_uchar
) -> cython.void:
    """Pack 8 indices of at most 7 bits through one word."""
    mask: cython.uint = (cython.cast(cython.uint, 1) << width) - 1
    held: cython.ulonglong = 0
    i: cython.int
    for i in range(8):
        held = (held << width) | (source[i] & mask)
    for i in range(width):
        target[i] = (held >> (8 * (width - 1 - i))) & 255


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _pack_wide(
    source: cython.pointer(cython.const[index_t]), width: cython.int, target: cython.p_uchar
) -> cython.void:
    """Pack 8 indices of 9 to 16 bits, a byte as soon as it is whole."""
    mask: cython.uint = (cython.cast(cython.uint, 1) << width) - 1
    held: cython.uint = 0
    held_bits: cython.int = 0
    i: cython.int
    for i in range(8):
        held = (held << width) | (source[i] & mask)
        held_bits += width
        while held_bits >= 8:
            held_bits -= 8
            target[0] = (held >> held_bits) & 255
            target += 1


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _load(source: ptr_const_uchar, byte_length: cython.int) -> cython.ulonglong:
    """Read up to 8 bytes as one big-endian number."""
    word: cython.ulonglong = 0
    i: cython.int
    for i in range(byte_length):
        word = (word << 8) | source[i]
    return word


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _group_word(
    source: ptr_const_uchar, width: cython.int, groups_left: cython.Py_ssize_t
) -> cython.ulonglong:
    """Read a group of indices of at most 8 bits; 8 bytes at once where so many are left."""
    if groups_left * width >= 8:
        return _load(source, 8) >> (64 - 8 * width)
    return _load(source, width)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _unpack_narrow(
    word: cython.ulonglong, width: cython.int, target: cython.pointer(index_t)
) -> cython.void:
    mask: cython.uint = (cython.cast(cython.uint, 1) << width) - 1
    i: cython.int
    for i in range(8):
        target[i] = (word >> (width * (7 - i))) & mask


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _wide_index(source: ptr_const_uchar, width: cython.int, i: cython.int) -> cython.uint:
    """Read index i of a group of 8 indices of 9 to 16 bits, which covers 2 or 3 bytes."""
    bit: cython.int = i * width
    byte: cython.int = bit >> 3
    end: cython.int = (bit & 7) + width
    window: cython.uint = (cython.cast(cython.uint, source[byte]) << 8) | source[byte + 1]
    if end > 16:
        window = (window << 8) | source[byte + 2]
        end -= 8
    return (window >> (16 - end)) & ((cython.cast(cython.uint, 1) << width) - 1)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _unpack_wide(
    source: ptr_const_uchar, width: cython.int, target: cython.pointer(index_t)
) -> cython.void:
    i: cython.int
    for i in range(8):
        target[i] = _wide_index(source, width, i)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _expand_groups(
    source: ptr_const_uchar,
    width: cython.int,
    table: ptr_const_uchar,
    channels: cython.int,
    target: cython.p_uchar,
    groups: cython.Py_ssize_t,
) -> cython.void:
    """Choose a loop whose constants the C compiler knows, so that it can unroll it."""
    # Narrow indices are looked up two or four at a time, in a table of 32 KiB at most.
    runs: cython.uchar[32768]
    run: cython.int = 1
    if groups > 1 << width and width >= 1 and width <= 6:
        run = 4 if width <= 2 else 2
        _fill_run_table(cython.address(runs[0]), table, width, run, channels)
        table = cython.address(runs[0])
    if width > 8:
        _expand_wide(source, width, table, channels, target, groups)
    elif channels == 3:
        if run == 4:
            _expand_narrow(source, width, table, 4, 3, target, groups)
        elif run == 2:
            _expand_narrow(source, width, table, 2, 3, target, groups)
        elif width == 8:
            _expand_narrow(source, 8, table, 1, 3, target, groups)
        else:
            _expand_narrow(source, width, table, 1, 3, target, groups)
    elif run == 4:
        _expand_narrow(source, width, table, 4, 4, target, groups)
    elif run == 2:
        _expand_narrow(source, width, table, 2, 4, target, groups)
    else:
        _expand_narrow(source, width, table, 1, 4, target, groups)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _fill_run_table(
    runs: cython.p_uchar,
    table: ptr_const_uchar,
    width: cython.int,
    run: cython.int,
    channels: cython.int,
) -> cython.void:
    """Write the colours of every run of indices: 4 * run bytes an entry, the spare ones last."""
    mask: cython.uint = (cython.cast(cython.uint, 1) << width) - 1
    entry: cython.uint
    index: cython.uint
    i: cython.int
    c: cython.int
    for entry in range(cython.cast(cython.uint, 1) << (width * run)):
        for i in range(run):
            index = (entry >> (width * (run - 1 - i))) & mask
            for c in range(channels):
                runs[channels * i + c] = table[4 * index + c]
        for c in range(run * channels, 4 * run):
            runs[c] = 0
        runs += 4 * run


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _expand_narrow(
    source: ptr_const_uchar,
    width: cython.int,
    table: ptr_const_uchar,
    run: cython.int,
    channels: cython.int,
    target: cython.p_uchar,
    groups: cython.Py_ssize_t,
) -> cython.void:
    bits: cython.int = width * run
    mask: cython.uint = (cython.cast(cython.uint, 1) << bits) - 1
    group: cython.Py_ssize_t
    word: cython.ulonglong
    i: cython.int
    for group in range(groups):
        word = _group_word(source, width, groups - group)
        for i in range(8 // run):
            memcpy(
                target + channels * run * i,
                table + 4 * run * ((word >> (bits * (8 // run - 1 - i))) & mask),
                4 * run,
            )
        source += width
        target += 8 * channels


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _expand_wide(
    source: ptr_const_uchar,
    width: cython.int,
    table: ptr_const_uchar,
    channels: cython.int,
    target: cython.p_uchar,
    groups: cython.Py_ssize_t,
) -> cython.void:
    group: cython.Py_ssize_t
    i: cython.int
    for group in range(groups):
        for i in range(8):
            memcpy(target + channels * i, table + 4 * _wide_index(source, width, i), 4)
        source += width
        target += 8 * channels


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _largest_of_groups(
    source: ptr_const_uchar, width: cython.int, groups: cython.Py_ssize_t
) -> cython.uint:
    mask: cython.uint = (cython.cast(cython.uint, 1) << width) - 1
    largest: cython.uint = 0
    index: cython.uint
    word: cython.ulonglong = 0
    group: cython.Py_ssize_t
    i: cython.int
    for group in range(groups):
        if width <= 8:
            word = _group_word(source, width, groups - group)
        for i in range(8):
            index = (word >> (width * i)) & mask if width <= 8 else _wide_index(source, width, i)
            if index > largest:
                largest = index
        source += width
    return largest
