# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The loops of the search for outliers over cells and pixels, compiled.

Its callers are `blobs` and `neighbours`.

A cell's *place* is `R >> 3 << 10 | G >> 3 << 5 | B >> 3`, 32 along each axis; `box_sums` takes
places along any three axes.
"""

import cython

if not cython.compiled:
    raise ImportError("kqformat.quantizer.outliers_kernel is not compiled; install with pip")


def places_of_codes(
    codes: cython.const[cython.uint][::1],
    places: cython.ushort[::1],
) -> None:
    """Write the place of each Morton code of 5 bits a channel; alpha is left out."""
    i: cython.Py_ssize_t
    code: cython.uint
    with cython.nogil:
        for i in range(codes.shape[0]):
            code = codes[i]
            places[i] = cython.cast(
                cython.ushort,
                (_every_fourth(code >> 3) << 10)
                | (_every_fourth(code >> 2) << 5)
                | _every_fourth(code >> 1),
            )


def box_sums(
    grid: cython.const[cython.longlong][::1],
    radius: cython.int,
    scratch: cython.longlong[::1],
    sums: cython.longlong[::1],
) -> None:
    """Write for each place the sum of the grid within `radius` of it in each channel.

    The three arrays have 32³ entries.
    """
    i: cython.Py_ssize_t
    with cython.nogil:
        _slide(cython.address(grid[0]), cython.address(sums[0]), 1024, radius)
        for i in range(32):
            _slide(cython.address(sums[1024 * i]), cython.address(scratch[1024 * i]), 32, radius)
        for i in range(1024):
            _slide(cython.address(scratch[32 * i]), cython.address(sums[32 * i]), 1, radius)


def count_neighbours(
    pixels: cython.const[cython.uchar][:, ::1],
    width: cython.Py_ssize_t,
    part_of_place: cython.const[cython.uchar][::1],
    row: cython.uchar[::1],
    counts: cython.longlong[:, ::1],
) -> None:
    """Count each blob's pixels, and the pairs of them that touch at a side; then those of its core.

    A blob b has two parts, 2b and, its core, 2b + 1. Part 0 belongs to no blob and is not
    counted. Pixels of less than half opacity are of part 0. `row` is scratch, `width` zeros.
    """
    channels: cython.Py_ssize_t = pixels.shape[1]
    green: cython.Py_ssize_t = 1 if channels > 1 else 0
    blue: cython.Py_ssize_t = 2 if channels > 1 else 0
    i: cython.Py_ssize_t
    x: cython.Py_ssize_t = 0
    part: cython.uchar
    blob: cython.uchar
    left: cython.uchar = 0
    with cython.nogil:
        for i in range(pixels.shape[0]):
            part = part_of_place[
                (cython.cast(cython.int, pixels[i, 0]) >> 3 << 10)
                | (cython.cast(cython.int, pixels[i, green]) >> 3 << 5)
                | (pixels[i, blue] >> 3)
            ]
            if part != 0:
                if channels == 4 and pixels[i, 3] < 128:
                    part = 0
                else:
                    blob = part >> 1
                    counts[blob, 0] += 1
                    counts[blob, 1] += ((left >> 1) == blob) + ((row[x] >> 1) == blob)
                    if part & 1:
                        counts[blob, 2] += 1
                        counts[blob, 3] += (part == left) + (part == row[x])
            row[x] = part
            left = part
            x += 1
            if x == width:
                x = 0
                left = 0


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _every_fourth(code: cython.uint) -> cython.uint:
    """Gather bits 0, 4, 8, 12, 16."""
    return (
        (code & 1) | ((code >> 3) & 2) | ((code >> 6) & 4) | ((code >> 9) & 8) | ((code >> 12) & 16)
    )


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _slide(
    source: cython.pointer(cython.const[cython.longlong]),
    target: cython.p_longlong,
    size: cython.Py_ssize_t,
    radius: cython.int,
) -> cython.void:
    """Write the moving sums of 32 rows of `size` entries, row by row."""
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    for j in range(size):
        target[j] = source[j]
    for i in range(1, radius + 1):
        for j in range(size):
            target[j] += source[i * size + j]
    for i in range(1, 32):
        for j in range(size):
            target[i * size + j] = target[(i - 1) * size + j]
        if i + radius < 32:
            for j in range(size):
                target[i * size + j] += source[(i + radius) * size + j]
        if i - radius - 1 >= 0:
            for j in range(size):
                target[i * size + j] -= source[(i - radius - 1) * size + j]
