"""The scale of ``quality``, 0 to 100, and the mean squared error that each value allows.

    error(q) = (100 - q) · (0.42 + 2 / q)

per pixel and channel, so that 100 is lossless and 0 asks for nothing. From 40 up it is nearly
linear: a point is an error of about 0.45. What pngquant's users are used to holds here, too: the
two constants were fitted to what imagequant 1.1.5 (without dithering) made of 14 photographs. It
was asked for a quality, and its error was measured, where it did not run out of colours:

========  ====  ====  ====  ====  ====  ====  ====  ====  ====  ====  ===
quality      1    10    20    30    50    60    70    80    90    95  100
error      240  55.8  41.6  34.1  23.0  18.1  13.5  8.90  4.42  2.21    0
PSNR, dB  24.3  30.7  31.9  32.8  34.5  35.5  36.8  38.6  41.7  44.7  inf
measured        58.2  43.5  35.5  22.1  17.9  13.9  9.38  4.74
========  ====  ====  ====  ====  ====  ====  ====  ====  ====  ====  ===
"""

from __future__ import annotations

import math

_SLOPE = 0.42
_TAIL = 2.0


def error_allowed(quality: float) -> float:
    """Return the greatest mean squared error that still has this quality.

    Examples
    --------
    >>> [round(error_allowed(quality), 2) for quality in (0, 10, 50, 80, 100)]
    [inf, 55.8, 23.0, 8.9, 0.0]
    """
    return (100 - quality) * (_SLOPE + _TAIL / quality) if quality else math.inf


def quality_of(mean_squared_error: float) -> float:
    """Return the quality of a mean squared error, the inverse of `error_allowed`.

    Examples
    --------
    >>> [round(quality_of(error), 2) for error in (1e9, 55.8, 23.0, 8.9, 0.0)]
    [0.0, 10.0, 50.0, 80.0, 100.0]
    """
    # The root of  slope·q² + linear·q - 100·tail  that is not negative, without cancellation.
    linear = mean_squared_error + _TAIL - 100 * _SLOPE
    root = math.sqrt(linear**2 + 400 * _SLOPE * _TAIL)
    if linear > 0:
        return 200 * _TAIL / (root + linear)
    return min(100.0, (root - linear) / (2 * _SLOPE))
