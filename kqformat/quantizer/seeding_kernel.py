# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Drawing starts by their squared distance (k-means++), compiled; `starts` is the only caller."""

import cython

if not cython.compiled:
    raise ImportError("kqformat.quantizer.seeding_kernel is not compiled; install with pip")


def draw_distant(
    points: cython.const[cython.short][:, ::1],
    weights: cython.const[cython.longlong][::1],
    draws: cython.const[cython.double][::1],
    distances: cython.longlong[::1],
    chosen: cython.longlong[::1],
) -> int:
    """Draw points, each with probability proportional to weight times squared distance.

    The distance is that to the nearest point drawn before (for the first: all equal), and
    `draws` are uniform in [0, 1). Stops when every point coincides with one drawn; returns the
    number drawn. (Arthur and Vassilvitskii, "k-means++", SODA 2007.)
    """
    n: cython.Py_ssize_t = points.shape[0]
    wanted: cython.Py_ssize_t = chosen.shape[0]
    count: cython.Py_ssize_t = 0
    i: cython.Py_ssize_t
    at: cython.Py_ssize_t
    c: cython.int
    step: cython.longlong
    distance: cython.longlong
    total: cython.longlong
    target: cython.longlong
    with cython.nogil:
        for i in range(n):
            distances[i] = 1
        while count < wanted:
            total = 0
            for i in range(n):
                total += weights[i] * distances[i]
            if total == 0:
                break
            target = cython.cast(cython.longlong, draws[count] * total)
            if target >= total:
                target = total - 1
            at = 0
            while target >= weights[at] * distances[at]:
                target -= weights[at] * distances[at]
                at += 1
            chosen[count] = at
            for i in range(n):
                distance = 0
                for c in range(4):
                    step = cython.cast(cython.longlong, points[i, c]) - points[at, c]
                    distance += step * step
                if count == 0 or distance < distances[i]:
                    distances[i] = distance
            count += 1
    return count
