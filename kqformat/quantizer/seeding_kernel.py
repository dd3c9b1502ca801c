# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Drawing starts by their squared distance (k-means++), compiled; `starts` is the only caller.

Points come in blocks of `BLOCK`, the last one shorter. Where they are in an order that keeps near
ones together, as a histogram's are, a block's box tells for most draws that none of its points has
come nearer to what is drawn.
"""

import cython

if not cython.compiled:
    raise ImportError("kqformat.quantizer.seeding_kernel is not compiled; install with pip")

BLOCK = 32
"""Points of a block."""

_BLOCK = cython.declare(cython.Py_ssize_t, BLOCK)


def draw_distant(
    points: cython.const[cython.short][:, ::1],
    weights: cython.const[cython.longlong][::1],
    draws: cython.const[cython.double][::1],
    distances: cython.int[::1],
    boxes: cython.short[:, ::1],
    farthest: cython.int[::1],
    sums: cython.longlong[::1],
    chosen: cython.longlong[::1],
) -> int:
    """Draw points, each with probability proportional to weight times squared distance.

    The distance is that to the nearest point drawn before (for the first: all equal), and
    `draws` are uniform in [0, 1). Stops when every point coincides with one drawn; returns the
    number drawn. (Arthur and Vassilvitskii, "k-means++", SODA 2007.)

    `distances` has an entry for each point, `boxes` (of 8), `farthest` and `sums` for each block.
    """
    n: cython.Py_ssize_t = points.shape[0]
    blocks: cython.Py_ssize_t = sums.shape[0]
    wanted: cython.Py_ssize_t = chosen.shape[0]
    count: cython.Py_ssize_t = 0
    i: cython.Py_ssize_t
    at: cython.Py_ssize_t
    block: cython.Py_ssize_t
    total: cython.longlong
    target: cython.longlong
    with cython.nogil:
        for i in range(n):
            distances[i] = 1
        for block in range(blocks):
            _bound(points, block, boxes)
            sums[block] = _sum_of_block(weights, distances, block)
        while count < wanted:
            total = 0
            for block in range(blocks):
                total += sums[block]
            if total == 0:
                break
            target = cython.cast(cython.longlong, draws[count] * total)
            if target >= total:
                target = total - 1
            block = 0
            while target >= sums[block]:
                target -= sums[block]
                block += 1
            at = _BLOCK * block
            while target >= weights[at] * distances[at]:
                target -= weights[at] * distances[at]
                at += 1
            chosen[count] = at
            if count == 0:
                for i in range(n):
                    distances[i] = 0x7FFFFFFF
                for block in range(blocks):
                    farthest[block] = 0x7FFFFFFF
            for block in range(blocks):
                if _gap(points, at, boxes, block) < farthest[block]:
                    farthest[block] = _approach(points, at, distances, block)
                    sums[block] = _sum_of_block(weights, distances, block)
            count += 1
    return count


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _end(points: cython.Py_ssize_t, block: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """Return where a block ends."""
    return min(points, _BLOCK * (block + 1))


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _bound(
    points: cython.const[cython.short][:, ::1],
    block: cython.Py_ssize_t,
    boxes: cython.short[:, ::1],
) -> cython.void:
    """Write a block's least coordinates, then its greatest."""
    i: cython.Py_ssize_t
    c: cython.int
    for c in range(4):
        boxes[block, c] = boxes[block, 4 + c] = points[_BLOCK * block, c]
        for i in range(_BLOCK * block, _end(points.shape[0], block)):
            boxes[block, c] = min(boxes[block, c], points[i, c])
            boxes[block, 4 + c] = max(boxes[block, 4 + c], points[i, c])


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _gap(
    points: cython.const[cython.short][:, ::1],
    at: cython.Py_ssize_t,
    boxes: cython.short[:, ::1],
    block: cython.Py_ssize_t,
) -> cython.int:
    """Return the squared distance of a point from a block's box."""
    c: cython.int
    step: cython.int
    gap: cython.int = 0
    for c in range(4):
        step = max(
            cython.cast(cython.int, boxes[block, c]) - points[at, c],
            cython.cast(cython.int, points[at, c]) - boxes[block, 4 + c],
        )
        if step > 0:
            gap += step * step
    return gap


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _approach(
    points: cython.const[cython.short][:, ::1],
    at: cython.Py_ssize_t,
    distances: cython.int[::1],
    block: cython.Py_ssize_t,
) -> cython.int:
    """Lower a block's distances to those from a point where it is nearer; return the greatest."""
    i: cython.Py_ssize_t
    c: cython.int
    step: cython.int
    distance: cython.int
    greatest: cython.int = 0
    for i in range(_BLOCK * block, _end(points.shape[0], block)):
        distance = 0
        for c in range(4):
            step = cython.cast(cython.int, points[i, c]) - points[at, c]
            distance += step * step
        distances[i] = min(distances[i], distance)
        greatest = max(greatest, distances[i])
    return greatest


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _sum_of_block(
    weights: cython.const[cython.longlong][::1],
    distances: cython.int[::1],
    block: cython.Py_ssize_t,
) -> cython.longlong:
    """Return the sum of weight times squared distance."""
    i: cython.Py_ssize_t
    total: cython.longlong = 0
    for i in range(_BLOCK * block, _end(weights.shape[0], block)):
        total += weights[i] * distances[i]
    return total
