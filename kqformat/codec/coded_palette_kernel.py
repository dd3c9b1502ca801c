# cython: language_level=3, boundscheck=True, wraparound=False, cdivision=True
"""The loop of palette coding (spec §7.7), compiled; `coded_palette` is its only caller."""

import cython
from cython.cimports.kqformat.codec.mixing_kernel import (
    Model,
    adapt,
    attach,
    code,
    finish,
    mix,
    start,
)

if not cython.compiled:
    raise ImportError(
        "kqformat.codec.coded_palette_kernel is not compiled; install the package with pip "
        "(a C compiler is needed where there is no wheel)"
    )

ushort_p = cython.typedef(cython.pointer(cython.ushort))
model_p = cython.typedef(cython.pointer(Model))

Cell = cython.struct(
    depth=cython.int,
    count=cython.int,
    values=cython.int[4],
)
cell_p = cython.typedef(cython.pointer(Cell))

PALETTE_SLOTS = 2048


def code_palette(
    entries: cython.uchar[:, ::1],
    channels: cython.int,
    source: cython.const[cython.uchar][::1],
    target: cython.uchar[::1],
    decoding: cython.bint,
    tables: cython.ushort[:, ::1],
    weights_a: cython.short[:, ::1],
    weights_b: cython.short[:, ::1],
    refined_a: cython.ushort[:, ::1],
    refined_b: cython.ushort[:, ::1],
) -> cython.Py_ssize_t:
    """Encode a palette in its canonical order, or decode one; return the bytes, or -1.

    Parameters
    ----------
    entries : (k, 4)
        Alpha, green, red, blue.
    source, target : the payload, or room for it; the other is empty
    tables, weights_a, weights_b, refined_a, refined_b
        The model's memory as it starts, made by `coded_palette`.
    """
    k: cython.int = entries.shape[0]
    if k < 1 or entries.shape[1] != 4:
        raise ValueError("the entries are not of 4 samples")
    if tables.shape[0] != 16 or tables.shape[1] != PALETTE_SLOTS:
        raise ValueError("the tables' shape is wrong")
    if weights_a.shape[0] != 24 or weights_b.shape[0] != 32:
        raise ValueError("the weights' number of sets is wrong")
    if refined_a.shape[0] != 4 or refined_b.shape[0] != 32:
        raise ValueError("the refinements' number is wrong")
    m: Model
    attach(cython.address(m), source, target, decoding, weights_a, weights_b, refined_a, refined_b)
    length: cython.Py_ssize_t
    with cython.nogil:
        start(cython.address(m))
        _code_entries(
            cython.address(m),
            cython.address(entries[0, 0]),
            k,
            channels,
            cython.address(tables[0, 0]),
        )
        length = finish(cython.address(m))
    return length


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _clipped(value: cython.int) -> cython.int:
    """Return 0 to 4 for a difference of at most -2, -1, 0, 1 and at least 2."""
    return 0 if value < -2 else (4 if value > 2 else value + 2)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _order(value: cython.int, other: cython.int) -> cython.int:
    return 0 if value < other else (1 if value == other else 2)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _code_entries(
    m: model_p, entries: cython.p_uchar, k: cython.int, channels: cython.int, tables: ushort_p
) -> cython.void:
    """Go through the bits of all entries, from the first planes to the last, cell by cell."""
    cells: Cell[34]
    held: cython.int = 1
    done: cython.int = 0
    i: cython.int
    j: cython.int
    cells[0].depth = 0
    cells[0].count = k
    for j in range(4):
        cells[0].values[j] = 0
    here: Cell
    zeros: cython.int
    bit: cython.int
    role: cython.int
    plane: cython.int
    left: cython.int
    left_class: cython.int
    zero_class: cython.int
    alpha: cython.int
    last: cython.int[4]
    last_bit: cython.int
    own: cython.int
    green: cython.int
    red: cython.int
    green_bit: cython.int
    red_bit: cython.int
    relation: cython.int
    red_green: cython.int
    blue_green: cython.int
    ahead: cython.int[4]
    index: cython.uint[16]
    place: cython.int
    p: cython.int
    for j in range(4):
        last[j] = 0
    while held:
        held -= 1
        here = cells[held]
        if here.depth == 32:
            for i in range(here.count):
                for j in range(4):
                    entries[4 * done + j] = here.values[j]
                done += 1
            for j in range(4):
                last[j] = here.values[j]
            continue
        plane = here.depth >> 2
        role = here.depth & 3
        own = here.values[role]
        if role == 0 and channels == 3:
            cells[held] = here
            cells[held].depth += 1
            cells[held].values[0] = 2 * own + 1
            held += 1
            continue
        green = here.values[1] >> 1 if role > 1 else here.values[1]
        green_bit = here.values[1] & 1 if role > 1 else 0
        red = here.values[2] >> 1 if role > 2 else here.values[2]
        red_bit = here.values[2] & 1 if role > 2 else 0
        j = 8 - plane - (1 if role > 0 else 0)  # alpha bits not known yet
        alpha = here.values[0]
        alpha = 0 if alpha == (255 >> j) else (1 if alpha == 0 else 2)
        relation = 0
        if role == 2:
            relation = 2 * _order(own, green) + green_bit
        elif role == 3:
            relation = 6 * (2 * _order(own, green) + green_bit) + 2 * _order(own, red) + red_bit
        red_green = _clipped(red - green)
        blue_green = _clipped(here.values[3] - green)
        for j in range(4):  # how the cell lies to the entry before
            i = 8 - plane - (1 if j < role else 0)
            ahead[j] = here.values[j] - (last[j] >> i)
        last_bit = (last[role] >> (7 - plane)) & 1
        zeros = 0
        while zeros < here.count:
            left = here.count - zeros
            left_class = left - 1 if left < 4 else (3 if left < 6 else (4 if left < 10 else 5))
            zero_class = zeros if zeros < 2 else 2
            index[0] = (role * 8 + plane) * 6 + left_class
            index[1] = (role * 6 + left_class) * 36 + relation
            index[2] = (role * 8 + plane) * 36 + relation
            index[3] = ((role * 3 + alpha) * 6 + left_class) * 3 + zero_class
            index[4] = ((role * 8 + plane) * 3 + alpha) * 3 + min(left_class, 2)
            index[5] = (((role * 5 + red_green) * 5 + blue_green) * 2 + green_bit) * 2 + red_bit
            index[6] = ((role * 5 + _clipped(ahead[role])) * 2 + last_bit) * 6 + left_class
            index[7] = (
                (
                    ((role * 3 + _order(ahead[1], 0)) * 3 + _order(ahead[2], 0)) * 3
                    + _order(ahead[3], 0)
                )
                * 3
                + _order(ahead[0], 0)
            ) * 2 + last_bit
            index[8] = ((role * 8 + plane) * 5 + _clipped(ahead[role])) * 2 + last_bit
            index[9] = (role * 8 + plane) * 16 + (own & 15)
            index[10] = (role * 6 + left_class) * 4 + min(zeros, 3)
            index[11] = (role * 8 + plane) * 8 + (here.values[1] & 7)
            index[12] = (role * 36 + relation) * 2 + last_bit
            index[13] = ((role * 6 + left_class) * 5 + red_green) * 5 + blue_green
            index[14] = ((role * 5 + _clipped(ahead[1])) * 5 + _clipped(ahead[2])) * 5 + _clipped(
                ahead[3]
            )
            index[15] = (role * 3 + alpha) * 2 + last_bit
            for i in range(16):
                index[i] += 2048 * i
            bit = 0
            if not m.decoding:
                bit = (entries[4 * (done + zeros) + role] >> (7 - plane)) & 1
            place = 4 * plane + role
            p = mix(m, tables, index, 6 * role + left_class, place, role, place, 16)
            bit = code(m, bit, p)
            adapt(m, tables, index, bit, 16)
            if bit:
                break
            zeros += 1
        if here.count > zeros:
            cells[held].depth = here.depth + 1
            cells[held].count = here.count - zeros
            for j in range(4):
                cells[held].values[j] = here.values[j]
            cells[held].values[role] = 2 * own + 1
            held += 1
        if zeros:
            cells[held].depth = here.depth + 1
            cells[held].count = zeros
            for j in range(4):
                cells[held].values[j] = here.values[j]
            cells[held].values[role] = 2 * own
            held += 1
