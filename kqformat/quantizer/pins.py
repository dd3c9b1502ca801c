"""Making room for centroids that are given: the clusters that look most alike become one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kqformat.quantizer.lab import lab
from kqformat.quantizer.space import Points
from kqformat.quantizer.spaces import SRGB, Space
from kqformat.quantizer.unions import merged

_UNITS = 64  # to one of CIELAB


def pin(
    centroids: Points,
    weights: npt.NDArray[np.int64],
    pins: Points,
    fixed: int = 0,
    space: Space = SRGB,
) -> Points:
    """Put pins in the place of centroids.

    As many clusters as there are pins are joined with others, those whose union costs least in
    CIELAB, over mid-grey where they are translucent. In squared error of samples, two greys of many
    pixels cost more than a green and a grey of few, and a picture would lose its green for a pin.

    Parameters
    ----------
    centroids : ndarray, int16, shape (k, 4)
    weights : ndarray, int64, shape (k,)
        Pixels of each cluster.
    pins : ndarray, int16, shape (m, 4)
    fixed : int
        Centroids at the front that are not joined; m ≤ k - `fixed` - 1.
    space : Space
        Of the centroids.

    Returns
    -------
    ndarray, int16, shape (k, 4)
        The fixed ones, the pins, the rest.

    Examples
    --------
    >>> centroids = np.array([[0, 0, 0, 8160], [64, 0, 0, 8160], [0, 0, 9999, 8160]], np.int16)
    >>> red = np.array([[16_320, 0, 0, 8160]], np.int16)
    >>> pin(centroids, np.array([300, 100, 5]), red)[:, 0].tolist()
    [16320, 16, 0]
    """

    def look(some: Points) -> Points:
        colors = space.nearest_colors(some).astype(np.int64)
        alpha = colors[:, 3:]
        over_grey = (alpha * colors[:, :3] + 128 * (255 - alpha) + 127) // 255
        seen = _UNITS * lab(over_grey.astype(np.uint8))
        return np.concatenate([np.rint(seen).astype(np.int16), some[:, 3:]], axis=1)

    rest = merged(centroids, weights, len(centroids) - len(pins), fixed, look)
    return np.concatenate([rest[:fixed], pins, rest[fixed:]])
