# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Centroids that keep some of their speed, compiled; `momentum` is the only caller."""

import cython

if not cython.compiled:
    raise ImportError("kqformat.quantizer.motion_kernel is not compiled; install with pip")


def advance(
    places: cython.const[cython.double][:, ::1],
    velocities: cython.const[cython.double][:, ::1],
    weights: cython.const[cython.longlong][:],
    sums: cython.const[cython.longlong][:, :],
    fixed: cython.Py_ssize_t,
    momentum: cython.double,
    stride: cython.double,
    bound: cython.int,
    moved: cython.double[:, ::1],
    carried: cython.double[:, ::1],
    centroids: cython.short[:, ::1],
) -> None:
    """Write where centroids get, from 0 to `bound`, at what speed, and that place rounded.

    The speed is `momentum` times the one before and `stride` times the way to the mean of the
    points, which are none where the weight is 0. The first `fixed` centroids stay.
    """
    i: cython.Py_ssize_t
    c: cython.int
    speed: cython.double
    place: cython.double
    mean: cython.double
    with cython.nogil:
        for i in range(places.shape[0]):
            for c in range(4):
                speed = 0
                if i >= fixed:
                    speed = momentum * velocities[i, c]
                    if weights[i] > 0:
                        mean = cython.cast(cython.double, sums[i, c]) / weights[i]
                        speed += stride * (mean - places[i, c])
                place = places[i, c] + speed
                if place < 0:
                    place = 0
                if place > bound:
                    place = bound
                carried[i, c] = speed
                moved[i, c] = place
                centroids[i, c] = cython.cast(cython.short, place + 0.5)
