# cython: boundscheck=False, wraparound=False
"""Colours to places in tables of all opaque ones, and back: what the kernels of these share."""

cdef extern from "places.h" nogil:
    unsigned int kq_place(unsigned int red, unsigned int green, unsigned int blue)
    unsigned int kq_key_of_place(unsigned int place)
    unsigned int kq_with_alpha(unsigned int place)


cdef inline unsigned int place_of_pixel(
    const unsigned char[:, ::1] pixels, Py_ssize_t i, Py_ssize_t channels
) noexcept nogil:
    """Return the place of a pixel's colour, or 2^24 if it is not opaque."""
    if channels == 1:
        return kq_place(pixels[i, 0], pixels[i, 0], pixels[i, 0])
    if channels == 4 and pixels[i, 3] != 255:
        return 1 << 24
    return kq_place(pixels[i, 0], pixels[i, 1], pixels[i, 2])
