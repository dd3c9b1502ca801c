# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The cheapest unions of clusters, compiled; `unions` is the only caller."""

import cython

if not cython.compiled:
    raise ImportError("kqformat.quantizer.unions_kernel is not compiled; install with pip")


def cheapest_unions(
    centroids: cython.const[cython.short][:, ::1],
    weights: cython.const[cython.longlong][:],
    fixed: cython.Py_ssize_t,
    partners: cython.longlong[::1],
    costs: cython.double[::1],
) -> None:
    """Write for each cluster the one it is cheapest joined with, and what that costs.

    It is w v / (w + v) times the squared distance, for weights w and v (Ward, Hierarchical grouping
    to optimize an objective function, J. Am. Stat. Assoc. 58, 1963). The first `fixed` clusters are
    joined with none, which is an infinite cost and partner 0; of equally cheap ones, the first is
    taken. A table of all costs would be 8 k^2 bytes, which take longer to be got than filled.
    """
    k: cython.Py_ssize_t = centroids.shape[0]
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    c: cython.int
    step: cython.longlong
    distance: cython.longlong
    w: cython.double
    v: cython.double
    both: cython.double
    cost: cython.double
    infinity: cython.double = float("inf")
    with cython.nogil:
        for i in range(k):
            partners[i] = 0
            costs[i] = infinity
        for i in range(fixed, k):
            w = cython.cast(cython.double, weights[i])
            for j in range(i + 1, k):
                distance = 0
                for c in range(4):
                    step = cython.cast(cython.longlong, centroids[i, c]) - centroids[j, c]
                    distance += step * step
                v = cython.cast(cython.double, weights[j])
                both = w + v
                if both < 1:
                    both = 1
                cost = cython.cast(cython.double, distance) * (w * v / both)
                # Row i is passed in the order of j, and row j in that of i: the first is taken.
                if cost < costs[i]:
                    costs[i] = cost
                    partners[i] = j
                if cost < costs[j]:
                    costs[j] = cost
                    partners[j] = i
