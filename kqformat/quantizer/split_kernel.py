# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Splitting the colours into k boxes, the best cut first, compiled. `starts` is the only caller.

Wu's greedy orthogonal bipartition ("Efficient statistical computations for optimal color
quantization", Graphics Gems II, 1991): the box whose best cut lowers the squared error most is
cut next. Here it works on the colours themselves rather than on a table of 32³ cells.
"""

import cython

if not cython.compiled:
    raise ImportError("kqformat.quantizer.split_kernel is not compiled; install with pip")


def split_boxes(
    points: cython.const[cython.short][:, ::1],
    weights: cython.const[cython.longlong][::1],
    order: cython.int[::1],
    scratch: cython.int[::1],
    gains: cython.double[::1],
    axes: cython.int[::1],
    cuts: cython.int[::1],
    edges: cython.int[:, ::1],
    heap: cython.int[::1],
    bins: cython.longlong[:, :, ::1],
    sums: cython.longlong[:, ::1],
) -> int:
    """Split until there are as many boxes as `gains` has room for, or none can be split.

    `order` is a permutation of the points in which each box is a run; `edges` gets the runs, `sums`
    the weight and the sums of four coordinates of each. The rest is scratch. Returns the number of
    boxes.
    """
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    c: cython.int
    wanted: cython.Py_ssize_t = gains.shape[0]
    count: cython.Py_ssize_t = 1
    box: cython.int
    middle: cython.int
    size: cython.Py_ssize_t = 1
    with cython.nogil:
        edges[0, 0] = 0
        edges[0, 1] = cython.cast(cython.int, points.shape[0])
        _plan(points, weights, order, 0, gains, axes, cuts, edges, bins)
        heap[0] = 0
        while count < wanted:
            box = heap[0]
            if gains[box] <= 0:
                break
            middle = _partition(
                points, order, scratch, edges[box, 0], edges[box, 1], axes[box], cuts[box]
            )
            edges[count, 0] = middle
            edges[count, 1] = edges[box, 1]
            edges[box, 1] = middle
            _plan(points, weights, order, box, gains, axes, cuts, edges, bins)
            _plan(
                points,
                weights,
                order,
                cython.cast(cython.int, count),
                gains,
                axes,
                cuts,
                edges,
                bins,
            )
            _sift_down(heap, gains, size)
            heap[size] = cython.cast(cython.int, count)
            size += 1
            _sift_up(heap, gains, size - 1)
            count += 1
        for j in range(count):
            for c in range(5):
                sums[j, c] = 0
            for i in range(edges[j, 0], edges[j, 1]):
                sums[j, 0] += weights[order[i]]
                for c in range(4):
                    sums[j, 1 + c] += weights[order[i]] * points[order[i], c]
    return count


def gather_clusters(
    labels: cython.const[cython.int][::1], order: cython.int[::1], edges: cython.int[:, ::1]
) -> None:
    """Order points so that those of each of k clusters are a run, which `edges` gets."""
    k: cython.Py_ssize_t = edges.shape[0]
    n: cython.Py_ssize_t = labels.shape[0]
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    at: cython.int = 0
    with cython.nogil:
        for j in range(k):
            edges[j, 1] = 0
        for i in range(n):
            edges[labels[i], 1] += 1
        for j in range(k):
            edges[j, 0] = at
            at += edges[j, 1]
            edges[j, 1] = edges[j, 0]
        for i in range(n):
            order[edges[labels[i], 1]] = cython.cast(cython.int, i)
            edges[labels[i], 1] += 1


def plan_splits(
    points: cython.const[cython.short][:, ::1],
    weights: cython.const[cython.longlong][::1],
    order: cython.int[::1],
    first: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    gains: cython.double[::1],
    axes: cython.int[::1],
    cuts: cython.int[::1],
    edges: cython.int[:, ::1],
    bins: cython.longlong[:, :, ::1],
    halves: cython.short[:, :, ::1],
) -> None:
    """Find the best cut of each cluster from `first` to `end`, and the means of its two sides."""
    j: cython.Py_ssize_t
    with cython.nogil:
        for j in range(first, end):
            if edges[j, 1] - edges[j, 0] > 1:
                _plan(
                    points,
                    weights,
                    order,
                    cython.cast(cython.int, j),
                    gains,
                    axes,
                    cuts,
                    edges,
                    bins,
                )
                if gains[j] > 0:
                    _halve(
                        points,
                        weights,
                        order,
                        edges[j, 0],
                        edges[j, 1],
                        axes[j],
                        cuts[j],
                        halves,
                        j,
                    )
            else:
                gains[j] = 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _halve(
    points: cython.const[cython.short][:, ::1],
    weights: cython.const[cython.longlong][::1],
    order: cython.int[::1],
    first: cython.int,
    last: cython.int,
    axis: cython.int,
    cut: cython.int,
    halves: cython.short[:, :, ::1],
    j: cython.Py_ssize_t,
) -> cython.void:
    """Write the means of a cluster's points up to the cut and above it."""
    sums: cython.longlong[10]
    i: cython.Py_ssize_t
    c: cython.int
    side: cython.int
    for c in range(10):
        sums[c] = 0
    for i in range(first, last):
        side = 5 if (points[order[i], axis] >> 6) > cut else 0
        sums[side] += weights[order[i]]
        for c in range(4):
            sums[side + 1 + c] += weights[order[i]] * points[order[i], c]
    for side in range(2):
        for c in range(4):
            halves[j, side, c] = cython.cast(
                cython.short, (2 * sums[5 * side + 1 + c] + sums[5 * side]) // (2 * sums[5 * side])
            )


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _plan(
    points: cython.const[cython.short][:, ::1],
    weights: cython.const[cython.longlong][::1],
    order: cython.int[::1],
    box: cython.int,
    gains: cython.double[::1],
    axes: cython.int[::1],
    cuts: cython.int[::1],
    edges: cython.int[:, ::1],
    bins: cython.longlong[:, :, ::1],
) -> cython.void:
    """Find the cut of a box that lowers its squared error most."""
    i: cython.Py_ssize_t
    p: cython.int
    axis: cython.int
    c: cython.int
    value: cython.int
    low: cython.int[4]
    high: cython.int[4]
    weight: cython.longlong
    total: cython.longlong[5]
    gains[box] = 0
    axes[box] = -1
    cuts[box] = 0
    for axis in range(4):
        low[axis] = 256
        high[axis] = -1
    for c in range(5):
        total[c] = 0
    for i in range(edges[box, 0], edges[box, 1]):
        p = order[i]
        for axis in range(4):
            value = points[p, axis] >> 6
            if value < low[axis]:
                low[axis] = value
            if value > high[axis]:
                high[axis] = value
    for axis in range(4):
        for value in range(low[axis], high[axis] + 1):
            for c in range(5):
                bins[axis, value, c] = 0
    for i in range(edges[box, 0], edges[box, 1]):
        p = order[i]
        weight = weights[p]
        total[0] += weight
        for c in range(4):
            total[c + 1] += weight * points[p, c]
        for axis in range(4):
            if low[axis] < high[axis]:
                value = points[p, axis] >> 6
                bins[axis, value, 0] += weight
                for c in range(4):
                    bins[axis, value, c + 1] += weight * points[p, c]
    whole: cython.double = 0
    for c in range(1, 5):
        whole += cython.cast(cython.double, total[c]) * total[c] / total[0]
    for axis in range(4):
        if low[axis] < high[axis]:
            _best_cut(bins, axis, low[axis], high[axis], total, whole, box, gains, axes, cuts)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _best_cut(
    bins: cython.longlong[:, :, ::1],
    axis: cython.int,
    low: cython.int,
    high: cython.int,
    total: cython.p_longlong,
    whole: cython.double,
    box: cython.int,
    gains: cython.double[::1],
    axes: cython.int[::1],
    cuts: cython.int[::1],
) -> cython.void:
    """Try every cut along one axis; remember the best for the box."""
    below: cython.longlong[5]
    c: cython.int
    value: cython.int
    gain: cython.double
    part: cython.double
    for c in range(5):
        below[c] = 0
    for value in range(low, high):
        for c in range(5):
            below[c] += bins[axis, value, c]
        if bins[axis, value, 0] == 0:
            continue
        gain = -whole
        part = 0
        for c in range(1, 5):
            part += cython.cast(cython.double, below[c]) * below[c]
        gain += part / below[0]
        part = 0
        for c in range(1, 5):
            part += cython.cast(cython.double, total[c] - below[c]) * (total[c] - below[c])
        gain += part / (total[0] - below[0])
        if gain > gains[box]:
            gains[box] = gain
            axes[box] = axis
            cuts[box] = value


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _partition(
    points: cython.const[cython.short][:, ::1],
    order: cython.int[::1],
    scratch: cython.int[::1],
    first: cython.int,
    last: cython.int,
    axis: cython.int,
    cut: cython.int,
) -> cython.int:
    """Bring the points up to the cut to the front of their run; return where the others start."""
    i: cython.Py_ssize_t
    front: cython.int = first
    kept: cython.int = 0
    for i in range(first, last):
        if (points[order[i], axis] >> 6) <= cut:
            order[front] = order[i]
            front += 1
        else:
            scratch[kept] = order[i]
            kept += 1
    for i in range(kept):
        order[front + i] = scratch[i]
    return front


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _sift_down(
    heap: cython.int[::1], gains: cython.double[::1], size: cython.Py_ssize_t
) -> cython.void:
    """Restore the heap (the greatest gain first) after its first entry's gain fell."""
    at: cython.Py_ssize_t = 0
    child: cython.Py_ssize_t
    held: cython.int = heap[0]
    while 2 * at + 1 < size:
        child = 2 * at + 1
        if child + 1 < size and gains[heap[child + 1]] > gains[heap[child]]:
            child += 1
        if gains[heap[child]] <= gains[held]:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = held


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _sift_up(
    heap: cython.int[::1], gains: cython.double[::1], at: cython.Py_ssize_t
) -> cython.void:
    """Restore the heap after an entry was put at its end."""
    held: cython.int = heap[at]
    parent: cython.Py_ssize_t
    while at > 0:
        parent = (at - 1) >> 1
        if gains[heap[parent]] >= gains[held]:
            break
        heap[at] = heap[parent]
        at = parent
    heap[at] = held
