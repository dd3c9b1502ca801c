# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Means of points, and of points in cells, compiled; `points` is the only caller."""

import cython

if not cython.compiled:
    raise ImportError("kqformat.quantizer.cells_kernel is not compiled; install with pip")


def gather_cells(
    codes: cython.const[cython.uint][::1],
    points: cython.const[cython.short][:, ::1],
    weights: cython.const[cython.longlong][::1],
    dropped_bits: cython.int,
    cell_codes: cython.uint[::1],
    cell_points: cython.short[:, ::1],
    cell_weights: cython.longlong[::1],
) -> int:
    """Write the mean and weight of each run of codes that differ in the dropped bits only."""
    n: cython.Py_ssize_t = codes.shape[0]
    i: cython.Py_ssize_t = 0
    count: cython.Py_ssize_t = 0
    c: cython.int
    code: cython.uint
    weight: cython.longlong
    sums: cython.longlong[4]
    with cython.nogil:
        while i < n:
            code = codes[i] >> dropped_bits
            weight = 0
            for c in range(4):
                sums[c] = 0
            while i < n and (codes[i] >> dropped_bits) == code:
                weight += weights[i]
                for c in range(4):
                    sums[c] += weights[i] * points[i, c]
                i += 1
            cell_codes[count] = code
            cell_weights[count] = weight
            for c in range(4):
                cell_points[count, c] = cython.cast(
                    cython.short, (2 * sums[c] + weight) // (2 * weight)
                )
            count += 1
    return count


def rounded_means(
    sums: cython.const[cython.longlong][:, :],
    weights: cython.const[cython.longlong][:],
    means: cython.short[:, ::1],
) -> None:
    """Write sums / weights, rounded; no sum is negative, no weight less than 1 (checked)."""
    n: cython.Py_ssize_t = sums.shape[0]
    channels: cython.Py_ssize_t = sums.shape[1]
    i: cython.Py_ssize_t
    c: cython.Py_ssize_t
    weight: cython.longlong
    least: cython.longlong = 1
    if weights.shape[0] != n or means.shape[0] != n or means.shape[1] != channels:
        raise ValueError("sums, weights and means have different lengths")
    with cython.nogil:
        for i in range(n):
            weight = weights[i]
            if weight < 1:
                least = weight
                break
            for c in range(channels):
                means[i, c] = cython.cast(cython.short, (2 * sums[i, c] + weight) // (2 * weight))
    if least < 1:
        raise ValueError(f"a weight is {least}, expected 1 or more")
