"""How far an image is from its original: squared error, worst region, SSIMULACRA2."""

from __future__ import annotations

import io
import math
from importlib.util import find_spec

import numpy as np
import numpy.typing as npt
from PIL import Image

from bench.contender import Pixels

HAVE_SSIMULACRA2 = find_spec("ssimulacra2") is not None

REGION = 32
"""Rows and columns of a region."""


def squared_errors(original: Pixels, other: Pixels) -> npt.NDArray[np.float64]:
    """Return each pixel's squared error summed over red, green and blue, shape (H, W)."""
    difference = original.astype(np.int32) - other
    return np.einsum("yxc,yxc->yx", difference, difference).astype(np.float64)


def mean_squared_error(errors: npt.NDArray[np.float64]) -> float:
    """Return the error per pixel and channel."""
    return float(errors.mean() / 3)


def psnr(mse: float) -> float:
    """Return the peak signal-to-noise ratio in dB."""
    return 10 * math.log10(255**2 / mse)


def worst_region(errors: npt.NDArray[np.float64]) -> float:
    """Return the largest mean squared error, per pixel and channel, of any block of `REGION`².

    The blocks lie side by side; the last of a row or column is moved back into the image.
    """
    tops, bottoms = _edges(errors.shape[0])
    lefts, rights = _edges(errors.shape[1])
    integral = np.pad(errors.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    bands = integral[bottoms] - integral[tops]
    sums = bands[:, rights] - bands[:, lefts]
    return float(sums.max() / (3 * (bottoms[0] - tops[0]) * (rights[0] - lefts[0])))


def _edges(length: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    size = min(REGION, length)
    firsts = np.minimum(np.arange(0, length, size), length - size)
    return firsts, firsts + size


def ssimulacra2(original: Pixels, other: Pixels) -> float:
    """Return the score of PyPI's `ssimulacra2`, 100 for equal images."""
    from ssimulacra2 import compute_ssimulacra2

    return float(compute_ssimulacra2(_ppm(original), _ppm(other)))


def _ppm(pixels: Pixels) -> io.BytesIO:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PPM")
    stream.seek(0)
    return stream
