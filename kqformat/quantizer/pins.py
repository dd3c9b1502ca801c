"""Making room for centroids that are given: the clusters missed least become one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kqformat.quantizer.lab import lab
from kqformat.quantizer.space import Points
from kqformat.quantizer.spaces import SRGB, Space
from kqformat.quantizer.unions import merged

_UNITS = 64  # to one of CIELAB; full alpha counts as 127, or 64 in Oklab


def pin(
    centroids: Points,
    weights: npt.NDArray[np.int64],
    pins: Points,
    fixed: int = 0,
    space: Space = SRGB,
) -> Points:
    """Put pins in the place of the centroids that are missed least.

    As many clusters as there are pins are joined with others, those that look most alike: by
    squared error it is a small saturated region that goes, as two greys have more pixels, and what
    a pin brings in one place is lost in another.

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
        seen = _UNITS * lab(space.nearest_colors(some))
        return np.concatenate([np.rint(seen).astype(np.int16), some[:, 3:]], axis=1)

    rest = merged(centroids, weights, len(centroids) - len(pins), fixed, look)
    return np.concatenate([rest[:fixed], pins, rest[fixed:]])
