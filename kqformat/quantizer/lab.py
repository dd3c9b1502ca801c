"""How different two colours look: CIELAB and the CIE94 difference.

For decisions about a few colours, not for clustering. Coordinates come from integer tables and
the difference from operations that IEEE 754 rounds correctly, so a comparison with a threshold
ends the same way on every machine.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Lab = npt.NDArray[np.float64]

_STEPS = 4096
"""Steps of the cube root from 0 to 1."""

_LINEAR = np.array(
    [
        round(65_535 * (s / 12.92 if s <= 0.040_45 else ((s + 0.055) / 1.055) ** 2.4))
        for s in (v / 255 for v in range(256))
    ],
    np.int64,
)

# Linear sRGB to XYZ (IEC 61966-2-1), each row divided by the white point D65, times 65,536.
_XYZ = np.array(
    [[28_439, 24_656, 12_441], [13_938, 46_868, 4_730], [1_164, 7_174, 57_198]], np.int64
)

_CUBES = np.array(
    [
        # t = f³ above 6/29 and the line 3·(6/29)²·(f - 4/29) below, times 2^32.
        i**3 // 16
        if 29 * i > 6 * _STEPS
        else (29 * i - 4 * _STEPS) * 108 * 2**32 // (_STEPS * 29 * 841)
        for i in range(_STEPS + 1)
    ],
    np.int64,
)


def lab(colors: npt.NDArray[np.uint8]) -> Lab:
    """Return the CIELAB coordinates of colours.

    Parameters
    ----------
    colors : ndarray, uint8, shape (n, 3) or (n, 4)
        sRGB; alpha is ignored.

    Returns
    -------
    ndarray, float64, shape (n, 3)
        L*, a*, b* under D65, exact to about 0.15.

    Examples
    --------
    >>> lab(np.array([[255, 255, 255], [255, 0, 0]], np.uint8)).round().tolist()
    [[100.0, 0.0, 0.0], [53.0, 80.0, 67.0]]
    """
    xyz = _LINEAR[colors[:, :3]] @ _XYZ.T
    f = (np.searchsorted(_CUBES, xyz, side="right") - 1) / _STEPS
    return np.stack(
        [116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1
    )


def chroma(colors: Lab) -> npt.NDArray[np.float64]:
    """Return C*, how far colours are from grey."""
    chromas: npt.NDArray[np.float64] = np.sqrt(colors[..., 1] ** 2 + colors[..., 2] ** 2)
    return chromas


def difference(a: Lab, b: Lab) -> npt.NDArray[np.float64]:
    """Return the CIE94 difference, made symmetric by the geometric mean of the chromas.

    Parameters
    ----------
    a, b : ndarray, float64, shapes (…, 3) that broadcast

    Returns
    -------
    ndarray, float64

    Examples
    --------
    >>> red, orange = lab(np.array([[255, 0, 0], [255, 60, 0]], np.uint8))
    >>> bool(4 < difference(red, orange) < 5)
    True
    """
    lightness, green_red, blue_yellow = np.moveaxis(a - b, -1, 0)
    chroma_a, chroma_b = chroma(a), chroma(b)
    mean = np.sqrt(chroma_a * chroma_b)
    chromatic = chroma_a - chroma_b
    hue_squared = np.maximum(green_red**2 + blue_yellow**2 - chromatic**2, 0)
    squares = (
        lightness**2 + (chromatic / (1 + 0.045 * mean)) ** 2 + hue_squared / (1 + 0.015 * mean) ** 2
    )
    differences: npt.NDArray[np.float64] = np.sqrt(squares)
    return differences
