"""Small patches of one saturated colour, to be planted in photographs."""

from __future__ import annotations

import colorsys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.ciede2000 import ciede2000, lab

Pixels = npt.NDArray[np.uint8]

COLORS = np.array(
    [
        [round(255 * sample) for sample in colorsys.hsv_to_rgb(hue / 12, saturation, value)]
        for hue in range(12)
        for saturation, value in ((1, 1), (0.85, 0.9), (1, 0.7))
    ]
)
"""Twelve hues, each full, a little pale, and dark: shape (36, 3)."""

SHARES = (1e-4, 1e-3)
"""The least and the greatest share of a picture that a patch covers."""

_SHAPES = ("disc", "square", "bar", "ring", "diamond")
_NOISES = (0, 0, 6)  # standard deviation in levels
_SHADES = (0, 0, 0.3)  # how much brighter the bottom is than the top


@dataclass(frozen=True, slots=True, eq=False)
class Planted:
    """A picture with a patch.

    Attributes
    ----------
    pixels : ndarray, uint8, shape (H, W, 3)
    mask : ndarray, bool, shape (H, W)
        Where the patch is.
    description : str
    """

    pixels: Pixels
    mask: npt.NDArray[np.bool_]
    description: str

    def difference(self, shown: Pixels) -> float:
        """Return the mean CIEDE2000 difference of the patch from how it is shown."""
        return float(ciede2000(lab(self.pixels[self.mask]), lab(shown[self.mask])).mean())


def plant(
    name: str, pixels: Pixels, palette: Pixels, count: int, least_difference: float
) -> Iterator[Planted]:
    """Plant patches, one at a time, whose colour is far from every entry of a palette.

    Colours, shapes, sizes and places are drawn by a generator seeded with the name.
    """
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    differences = ciede2000(lab(COLORS)[:, None], lab(palette)).min(axis=1)
    far = COLORS[differences >= least_difference]
    for _ in range(count if len(far) else 0):
        yield _plant(pixels, far[rng.integers(len(far))], rng)


def _plant(pixels: Pixels, color: npt.NDArray[np.int64], rng: np.random.Generator) -> Planted:
    height, width = pixels.shape[:2]
    share = float(np.exp(rng.uniform(*np.log(SHARES))))
    shape, noise, shade = rng.choice(_SHAPES), rng.choice(_NOISES), rng.choice(_SHADES)
    stamp = _stamp(str(shape), share * height * width)
    top = rng.integers(height - stamp.shape[0] + 1)
    left = rng.integers(width - stamp.shape[1] + 1)
    mask = np.zeros((height, width), np.bool_)
    mask[top : top + stamp.shape[0], left : left + stamp.shape[1]] = stamp
    rows = np.nonzero(mask)[0]
    light = 1 + shade * ((rows - rows.min()) / max(1, np.ptp(rows)) - 0.5)
    patch = color * light[:, None] + noise * rng.standard_normal((len(rows), 3))
    planted = pixels.copy()
    planted[mask] = np.clip(np.rint(patch), 0, 255)
    texture = f"noise {noise}, shade {shade}"
    return Planted(planted, mask, f"{color.tolist()}, {shape} of {len(rows)} pixels, {texture}")


def _stamp(shape: str, area: float) -> npt.NDArray[np.bool_]:
    """Return a shape of about this many pixels."""
    if shape == "square":
        return np.ones((round(area**0.5),) * 2, np.bool_)
    if shape == "bar":
        thickness = max(2, round((area / 6) ** 0.5))
        return np.ones((thickness, round(area / thickness)), np.bool_)
    if shape == "diamond":
        y, x = _grid((area / 2) ** 0.5)
        return np.asarray(abs(x) + abs(y) <= (area / 2) ** 0.5)
    thickness = max(2, round((area / 14) ** 0.5)) if shape == "ring" else np.inf
    radius = (
        area / (2 * np.pi * thickness) + thickness / 2 if shape == "ring" else (area / np.pi) ** 0.5
    )
    distances = np.hypot(*_grid(radius))
    return np.asarray((distances <= radius) & (distances > radius - thickness))


def _grid(radius: float) -> npt.NDArray[np.int64]:
    reach = int(radius) + 1
    return np.mgrid[-reach : reach + 1, -reach : reach + 1]
