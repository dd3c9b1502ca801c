"""Label masks as data sets have them, drawn here: the published colour map, regions, borders."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

VOID = 255
"""The label of pixels that belong to no class, as PASCAL VOC has it."""


def voc_palette() -> npt.NDArray[np.uint8]:
    """Return the colour map of PASCAL VOC: uint8, shape (256, 3).

    By its rule: bits 0, 3, 6 of a label are red's from the highest down, 1, 4, 7 green's, 2, 5
    blue's.
    """
    labels = np.arange(256)
    palette = np.zeros((256, 3), np.uint8)
    for bit in range(8):
        palette[:, bit % 3] |= (((labels >> bit) & 1) << (7 - bit // 3)).astype(np.uint8)
    return palette


def mask(
    labels: tuple[int, ...],
    *,
    seed: int = 0,
    size: tuple[int, int] = (120, 160),
    border: int | None = None,
) -> npt.NDArray[np.uint8]:
    """Return a mask, uint8, shape `size`: overlapping blobs, each with a border if one is given."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: size[0], : size[1]]
    drawn = np.full(size, labels[0], np.uint8)
    for label in labels[1:]:
        center_y, center_x = rng.integers(0, size[0]), rng.integers(0, size[1])
        angle = np.arctan2(y - center_y, x - center_x)
        radius = rng.integers(size[0] // 8, size[0] // 3) * (1 + 0.3 * np.sin(5 * angle + label))
        distance = np.hypot(y - center_y, x - center_x)
        if border is not None:
            drawn[distance < radius + 2] = border
        drawn[distance < radius] = label
    return drawn
