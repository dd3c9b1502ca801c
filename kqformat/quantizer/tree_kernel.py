# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Assigning points to their nearest centroids by a tree over the points, compiled.

The points stand in the order of their Morton codes, so that every box of space halved again and
again is a run of them: that gives a tree whose nodes know their bounding box and the sums of their
points. A pass walks down from the root with the list of centroids that may be nearest somewhere
in the node's box; a centroid leaves the list when another is nearer to the whole box. Where one
is left, the sums of the node go to it as a whole; in a leaf, each point compares those left. (The
filtering algorithm of Kanungo et al., "An efficient k-means clustering algorithm", IEEE TPAMI 24,
2002, on a static tree.)

All arithmetic is on integers, so the result does not depend on the order of summation. A point
as near to two centroids belongs to the one with the lower number. `tree` is the only caller.
"""

import cython
from cython.cimports.kqformat.quantizer.lanes import kq_filter, kq_nearest

if not cython.compiled:
    raise ImportError("kqformat.quantizer.tree_kernel is not compiled; install with pip")

p_const_short = cython.typedef(cython.pointer(cython.const[cython.short]))


def split(
    codes: cython.const[cython.uint][::1],
    leaf_size: cython.Py_ssize_t,
    first: cython.int[::1],
    last: cython.int[::1],
    left: cython.int[::1],
) -> int:
    """Lay out the nodes over sorted, distinct Morton codes; return how many there are.

    Where the arrays have no room for all of them, only the first are written. A node covers the
    points `first` to `last` - 1; its children are `left` and `left` + 1, and `left` is -1 in a leaf.
    """
    count: cython.int = 1
    node: cython.int = 0
    room: cython.Py_ssize_t = first.shape[0]
    # The nodes still to be split, as ranges; a level of the tree leaves one of its pair here.
    stack: cython.Py_ssize_t[80]
    ids: cython.int[80]
    depth: cython.int = 0
    low: cython.Py_ssize_t = 0
    high: cython.Py_ssize_t = codes.shape[0]
    middle: cython.Py_ssize_t
    while True:
        if node < room:
            first[node] = cython.cast(cython.int, low)
            last[node] = cython.cast(cython.int, high)
            left[node] = -1
        if high - low > leaf_size:
            middle = _split_point(codes, low, high)
            if node < room:
                left[node] = count
            stack[2 * depth] = middle
            stack[2 * depth + 1] = high
            ids[depth] = count + 1
            depth += 1
            node = count
            high = middle
            count += 2
        else:
            if depth == 0:
                return count
            depth -= 1
            low = stack[2 * depth]
            high = stack[2 * depth + 1]
            node = ids[depth]


def summarise(
    points: cython.const[cython.short][:, ::1],
    weights: cython.const[cython.longlong][::1],
    first: cython.const[cython.int][::1],
    last: cython.const[cython.int][::1],
    left: cython.const[cython.int][::1],
    start: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    leaves: cython.bint,
    boxes: cython.short[:, ::1],
    sums: cython.longlong[:, ::1],
) -> None:
    """Fill in each node's box (4 lows, 4 highs) and sums (weight, 4 coordinates, squares).

    Of the nodes from `start` to `stop`, not included, those that are leaves, or those that are not,
    whose children have to have been done.
    """
    node: cython.Py_ssize_t
    child: cython.Py_ssize_t
    i: cython.Py_ssize_t
    c: cython.int
    x: cython.int[4]
    lows: cython.int[4]
    highs: cython.int[4]
    total: cython.longlong[6]
    weight: cython.longlong
    with cython.nogil:
        for node in range(stop - 1, start - 1, -1):
            if (left[node] < 0) != leaves:
                continue
            # In variables of its own, which no store to an array can be thought to change.
            for c in range(6):
                total[c] = 0
            for c in range(4):
                lows[c] = 32767
                highs[c] = -1
            if left[node] < 0:
                for i in range(first[node], last[node]):
                    weight = weights[i]
                    for c in range(4):
                        x[c] = points[i, c]
                        total[1 + c] += weight * x[c]
                        lows[c] = min(lows[c], x[c])
                        highs[c] = max(highs[c], x[c])
                    total[0] += weight
                    # Of coordinates below 2^14 each, so that the sum is below 2^31.
                    total[5] += weight * (x[0] * x[0] + x[1] * x[1] + x[2] * x[2] + x[3] * x[3])
            else:
                for child in range(left[node], left[node] + 2):
                    for c in range(6):
                        total[c] += sums[child, c]
                    for c in range(4):
                        lows[c] = min(lows[c], boxes[child, c])
                        highs[c] = max(highs[c], boxes[child, c + 4])
            for c in range(6):
                sums[node, c] = total[c]
            for c in range(4):
                boxes[node, c] = cython.cast(cython.short, lows[c])
                boxes[node, c + 4] = cython.cast(cython.short, highs[c])


def assign(
    points: cython.const[cython.short][:, ::1],
    weights: cython.const[cython.longlong][::1],
    first: cython.const[cython.int][::1],
    last: cython.const[cython.int][::1],
    left: cython.const[cython.int][::1],
    boxes: cython.const[cython.short][:, ::1],
    node_sums: cython.const[cython.longlong][:, ::1],
    centroids: cython.const[cython.short][:, ::1],
    candidates: cython.int[::1],
    sums: cython.longlong[:, ::1],
    labels: cython.int[::1],
    root: cython.int,
) -> int:
    """Add each point below a node to the sums of its nearest centroid; return their distortion.

    `candidates` is scratch, long enough for a list of all centroids at each depth. `sums` gets
    weight and 4 coordinates for each centroid. `labels`, unless its length is 0, gets the
    number of each point's centroid.
    """
    k: cython.int = cython.cast(cython.int, centroids.shape[0])
    with_labels: cython.bint = labels.shape[0] > 0
    nodes: cython.int[40]
    starts: cython.Py_ssize_t[40]
    lengths: cython.int[40]
    depth: cython.int = 1
    node: cython.int
    i: cython.Py_ssize_t
    j: cython.int
    c: cython.int
    start: cython.Py_ssize_t
    kept: cython.int
    best: cython.int
    smallest: cython.int
    middle: cython.short[4]
    box: p_const_short
    x: cython.longlong
    weight: cython.longlong
    distortion: cython.longlong = 0
    pc: p_const_short = cython.address(centroids[0, 0])
    pp: p_const_short
    pool: cython.p_int = cython.address(candidates[0])
    listed: cython.p_int
    with cython.nogil:
        for j in range(k):
            pool[j] = j
        nodes[0] = root
        starts[0] = 0
        lengths[0] = k
        while depth > 0:
            depth -= 1
            node = nodes[depth]
            start = starts[depth] + lengths[depth]
            kept = lengths[depth]
            listed = pool + starts[depth]
            if kept > 1:
                for c in range(4):
                    middle[c] = (boxes[node, c] + boxes[node, c + 4]) >> 1
                best = kq_nearest(middle, pc, listed, kept, cython.address(smallest))
                box = cython.address(boxes[node, 0])
                kept = kq_filter(pc, box, best, listed, kept, pool + start)
                listed = pool + start
            if kept == 1:
                best = listed[0]
                weight = node_sums[node, 0]
                sums[best, 0] += weight
                distortion += node_sums[node, 5]
                for c in range(4):
                    x = pc[4 * best + c]
                    sums[best, 1 + c] += node_sums[node, 1 + c]
                    distortion += x * (weight * x - 2 * node_sums[node, 1 + c])
                if with_labels:
                    for i in range(first[node], last[node]):
                        labels[i] = best
            elif left[node] < 0:
                for i in range(first[node], last[node]):
                    pp = cython.address(points[i, 0])
                    best = kq_nearest(pp, pc, listed, kept, cython.address(smallest))
                    weight = weights[i]
                    distortion += weight * smallest
                    sums[best, 0] += weight
                    for c in range(4):
                        sums[best, 1 + c] += weight * pp[c]
                    if with_labels:
                        labels[i] = best
            else:
                for j in range(2):
                    nodes[depth] = left[node] + 1 - j
                    starts[depth] = listed - pool
                    lengths[depth] = kept
                    depth += 1
    return distortion


def distances(
    points: cython.const[cython.short][:, ::1],
    centroids: cython.const[cython.short][:, ::1],
    labels: cython.const[cython.int][::1],
    squares: cython.longlong[::1],
) -> None:
    """Write each point's squared distance to the centroid it is labelled with."""
    i: cython.Py_ssize_t
    c: cython.int
    label: cython.int
    step: cython.int
    square: cython.longlong
    with cython.nogil:
        for i in range(points.shape[0]):
            label = labels[i]
            square = 0
            for c in range(4):
                step = points[i, c] - centroids[label, c]
                square += cython.cast(cython.longlong, step) * step
            squares[i] = square


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _split_point(
    codes: cython.const[cython.uint][::1], low: cython.Py_ssize_t, high: cython.Py_ssize_t
) -> cython.Py_ssize_t:
    """Return where the highest bit that differs within the range turns from 0 to 1."""
    difference: cython.uint = codes[low] ^ codes[high - 1]
    bit: cython.uint = 1
    while difference > 1:
        difference >>= 1
        bit <<= 1
    pivot: cython.uint = codes[high - 1] & ~(bit - 1)
    middle: cython.Py_ssize_t
    while low < high:
        middle = (low + high) >> 1
        if codes[middle] < pivot:
            low = middle + 1
        else:
            high = middle
    return low
