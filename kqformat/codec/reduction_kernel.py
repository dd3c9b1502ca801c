# cython: language_level=3, boundscheck=True, wraparound=False, cdivision=True
"""The loops that average pixels, compiled by Cython; `reduction` is their only caller.

All sums are of integers, so that they do not depend on how the rows came; only the means, at the
end of a row of the result, are in floating point. A colour is two numbers of two sums each: the
sum of 2^16 pixels has room in 32 bits, and longer runs are added piece by piece.
"""

import cython
from cython.cimports.libc.math import floor

if not cython.compiled:
    raise ImportError(
        "kqformat.codec.reduction_kernel is not compiled; install the package with pip "
        "(a C compiler is needed where there is no wheel)"
    )

index_t = cython.fused_type(cython.uchar, cython.ushort)


def add_rows(
    indices: cython.const[index_t][:, ::1],
    table: cython.const[cython.ulonglong][:, ::1],
    spans: cython.const[cython.longlong][:, ::1],
    state: cython.longlong[::1],
    line: cython.ulonglong[:, ::1],
    sums: cython.ulonglong[:, ::1],
    samples: cython.uchar[:, :, ::1],
) -> None:
    """Add rows of palette indices to the sums; write the rows of the result that are complete.

    Parameters
    ----------
    indices
        The next rows, each index below the length of `table`: this is checked.
    table : shape (k, 2)
        Red and green << 32, blue and alpha << 32: premultiplied, 0 to 65,025.
    spans : shape (columns, 4)
        Of each column of the result the first pixel that is wholly in it and the one after the
        last, and the weights of the pixels before and after these.
    state : shape (6,)
        The next row, all rows, the weight of a pixel across, that of a row down, how much of the
        latter makes a row of the result, and by how many bits sums are shifted to have room.
    line, sums : shape (columns, 4)
        Room, and the sums of the row of the result that is not complete yet.
    samples : shape (rows, columns, c)
        Where the result goes.
    """
    columns: cython.Py_ssize_t = spans.shape[0]
    width: cython.Py_ssize_t = indices.shape[1]
    row: cython.Py_ssize_t
    j: cython.Py_ssize_t
    top: cython.longlong
    bottom: cython.longlong
    end: cython.longlong
    out: cython.longlong
    unit: cython.longlong = state[3]
    span: cython.longlong = state[4]
    _require(table.shape[1] == 2 and spans.shape[1] == 4 and state.shape[0] == 6)
    _require(line.shape[0] == columns and line.shape[1] == 4)
    _require(sums.shape[0] == columns and sums.shape[1] == 4)
    _require(samples.shape[1] == columns and samples.shape[2] in (3, 4))
    _require(0 < unit <= span and state[0] + indices.shape[0] <= state[1])
    _require(samples.shape[0] * span >= state[1] * unit)
    for j in range(columns):
        _require(0 <= spans[j, 0] <= width and spans[j, 1] <= width)
        _require(spans[j, 2] == 0 or spans[j, 0] > 0)
        _require(spans[j, 3] == 0 or spans[j, 1] < width)
    _require_entries(indices, table.shape[0])
    if columns == 0 or width == 0:
        return
    for row in range(indices.shape[0]):
        with cython.nogil:
            for j in range(columns):
                _add_run(
                    cython.address(indices[row, 0]),
                    cython.address(table[0, 0]),
                    cython.address(spans[j, 0]),
                    state[2],
                    state[5],
                    cython.address(line[j, 0]),
                )
            top = state[0] * unit
            bottom = top + unit
            out = top // span
            end = (out + 1) * span
            _add_line(line, (end if end < bottom else bottom) - top, sums)
            state[0] += 1
            if bottom >= end or state[0] == state[1]:
                _finish(sums, spans, state, out, samples)
                if bottom > end:
                    _add_line(line, bottom - end, sums)
                    if state[0] == state[1]:
                        _finish(sums, spans, state, out + 1, samples)


@cython.cfunc
@cython.exceptval(check=True)
def _require(is_so: cython.bint) -> cython.void:
    if not is_so:
        raise ValueError("the arrays do not belong together")


@cython.cfunc
@cython.exceptval(check=True)
def _require_entries(
    indices: cython.const[index_t][:, ::1], entries: cython.Py_ssize_t
) -> cython.void:
    row: cython.Py_ssize_t
    i: cython.Py_ssize_t
    largest: index_t = 0
    if indices.shape[0] == 0 or indices.shape[1] == 0:
        return
    source: cython.pointer(cython.const[index_t])
    for row in range(indices.shape[0]):
        source = cython.address(indices[row, 0])
        with cython.nogil:
            for i in range(indices.shape[1]):
                if source[i] > largest:
                    largest = source[i]
    _require(largest < entries)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _add_run(
    row: cython.pointer(cython.const[index_t]),
    table: cython.pointer(cython.const[cython.ulonglong]),
    span: cython.pointer(cython.const[cython.longlong]),
    unit: cython.longlong,
    shift: cython.longlong,
    total: cython.pointer(cython.ulonglong),
) -> cython.void:
    """Sum the pixels of one column of the result."""
    i: cython.longlong = span[0]
    stop: cython.longlong
    first: cython.ulonglong
    second: cython.ulonglong
    low: cython.ulonglong = 0xFFFFFFFF
    total[0] = total[1] = total[2] = total[3] = 0
    while i < span[1]:
        stop = span[1] if span[1] - i < 65536 else i + 65536
        first = 0
        second = 0
        while i < stop:
            first += table[2 * row[i]]
            second += table[2 * row[i] + 1]
            i += 1
        total[0] += (first & low) * unit
        total[1] += (first >> 32) * unit
        total[2] += (second & low) * unit
        total[3] += (second >> 32) * unit
    if span[2]:
        _add_pixel(table + 2 * row[span[0] - 1], span[2], total)
    if span[3]:
        _add_pixel(table + 2 * row[span[1]], span[3], total)
    if shift:
        for c in range(4):
            total[c] >>= shift


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _add_pixel(
    color: cython.pointer(cython.const[cython.ulonglong]),
    weight: cython.longlong,
    total: cython.pointer(cython.ulonglong),
) -> cython.void:
    low: cython.ulonglong = 0xFFFFFFFF
    total[0] += (color[0] & low) * weight
    total[1] += (color[0] >> 32) * weight
    total[2] += (color[1] & low) * weight
    total[3] += (color[1] >> 32) * weight


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _add_line(
    line: cython.ulonglong[:, ::1], weight: cython.longlong, sums: cython.ulonglong[:, ::1]
) -> cython.void:
    n: cython.Py_ssize_t = 4 * line.shape[0]
    source: cython.p_ulonglong = cython.address(line[0, 0])
    target: cython.p_ulonglong = cython.address(sums[0, 0])
    i: cython.Py_ssize_t
    for i in range(n):
        target[i] += source[i] * weight


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _finish(
    sums: cython.ulonglong[:, ::1],
    spans: cython.const[cython.longlong][:, ::1],
    state: cython.longlong[::1],
    out: cython.longlong,
    samples: cython.uchar[:, :, ::1],
) -> cython.void:
    """Write a row of the result, with straight alpha, and begin the next."""
    j: cython.Py_ssize_t
    c: cython.int
    down: cython.double = min(state[4], state[1] * state[3] - out * state[4])
    weight: cython.double
    alpha: cython.double
    mean: cython.double
    factor: cython.double = 1 << state[5]
    channels: cython.Py_ssize_t = samples.shape[2]
    for j in range(spans.shape[0]):
        weight = (spans[j, 1] - spans[j, 0]) * state[2] + spans[j, 2] + spans[j, 3]
        weight *= down * 255
        alpha = sums[j, 3] * factor / weight
        for c in range(3):
            mean = 0
            if sums[j, 3]:  # premultiplied sums over that of the alphas: straight
                mean = sums[j, c] * 255.0 / sums[j, 3]
            samples[out, j, c] = cython.cast(cython.uchar, floor(mean + 0.5))
        if channels == 4:
            samples[out, j, 3] = cython.cast(cython.uchar, floor(alpha + 0.5))
        for c in range(4):
            sums[j, c] = 0
