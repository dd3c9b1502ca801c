# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The nearest centroids of all opaque colours that a table has counted, compiled.

Cubes of 2^n levels a side are runs of the table's places (see `opaque_kernel`), so that there is no
need of a tree over colours (see `tree_kernel`): a cube's list of centroids that may be nearest
somewhere in it is what remains of the list of the cube twice as wide.
"""

import cython
from cython.cimports.kqformat.quantizer.lanes import kq_distance, kq_filter, kq_nearest
from cython.cimports.kqformat.quantizer.places import kq_key_of_place

if not cython.compiled:
    raise ImportError("kqformat.quantizer.cubes_kernel is not compiled; install with pip")

index_t = cython.fused_type(cython.uchar, cython.ushort)
p_const_short = cython.typedef(cython.pointer(cython.const[cython.short]))


def label_places(
    table: cython.const[cython.uchar][::1],
    first: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    further: cython.const[cython.uint][::1],
    units: cython.const[cython.short][::1],
    centroids: cython.const[cython.short][:, ::1],
    shown: cython.const[cython.short][:, ::1],
    lists: cython.int[::1],
    labels: index_t[::1],
    known: cython.uchar[::1],
) -> int:
    """Write the nearest centroid of the colours that occur from place `first` to `end`.

    Which is not included; both are multiples of 512. `further` is as in `list_colors` of
    `opaque_kernel`, `known` as in `write_labels` there. `units` are coordinates to a sample of red,
    green and blue. Of equally near centroids it is the first. `lists`, 7 times as long as there are
    centroids, is for the lists of whole space and of cubes of 128 to 4 levels a side. Returns the
    sum over the colours of their count times their squared distance in `space` to what is `shown`
    for the centroid.
    """
    k: cython.Py_ssize_t = centroids.shape[0]
    pc: p_const_short = cython.address(centroids[0, 0])
    ps: p_const_short = cython.address(shown[0, 0])
    pool: cython.p_int = cython.address(lists[0])
    listed: cython.Py_ssize_t[9]  # which cube's list there is, by the logarithm of its side
    lengths: cython.int[9]
    unit: cython.short[8]  # of the space, then of `space`
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
    some: cython.uchar
    count: cython.longlong
    m: cython.Py_ssize_t = 0
    distortion: cython.longlong = 0
    with cython.nogil:
        for i in range(k):
            pool[i] = cython.cast(cython.int, i)
        lengths[8] = cython.cast(cython.int, k)
        for level in range(8):
            listed[level] = -1
        for c in range(3):
            unit[c] = units[c]
            unit[c + 4] = 64
        for i in range(64):
            _point(cython.cast(cython.uint, i), unit, steps + 4 * i)
            _point(cython.cast(cython.uint, i), unit + 4, steps + 256 + 4 * i)
            steps[4 * i + 3] = steps[256 + 4 * i + 3] = 0
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
                _point(cython.cast(cython.uint, leaf), unit + 4, corner + 4)
                for i in range(0, 256, 4):
                    for c in range(4):
                        points[i + c] = steps[i + c] + corner[c]
                        points[256 + i + c] = steps[256 + i + c] + corner[4 + c]
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
                    count = table[i]
                    while m < further.shape[0] and further[m] == i:
                        count += 255
                        m += 1
                    distortion += count * distance
                    known[i >> 3] |= 128 >> (i & 7)
    return distortion


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _point(place: cython.uint, unit: cython.p_short, point: cython.p_short) -> cython.void:
    """Write the coordinates of a place's colour."""
    key: cython.uint = kq_key_of_place(place)
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
