"""Making room for centroids that are given: the clusters missed least become one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kqformat.quantizer.space import Points
from kqformat.quantizer.unions import merged


def pin(centroids: Points, weights: npt.NDArray[np.int64], pins: Points, fixed: int = 0) -> Points:
    """Put pins in the place of the centroids that are missed least.

    As many clusters as there are pins are joined with others, as `merged` does.

    Parameters
    ----------
    centroids : ndarray, int16, shape (k, 4)
    weights : ndarray, int64, shape (k,)
        Pixels of each cluster.
    pins : ndarray, int16, shape (m, 4)
    fixed : int
        Centroids at the front that are not joined; m ≤ k - `fixed` - 1.

    Returns
    -------
    ndarray, int16, shape (k, 4)
        The fixed ones, the pins, the rest.

    Examples
    --------
    >>> centroids = np.array([[0, 0, 0, 0], [64, 0, 0, 0], [0, 0, 9999, 0]], np.int16)
    >>> red = np.array([[16_320, 0, 0, 0]], np.int16)
    >>> pin(centroids, np.array([300, 100, 5]), red)[:, 0].tolist()
    [16320, 16, 0]
    """
    rest = merged(centroids, weights, len(centroids) - len(pins), fixed)
    return np.concatenate([rest[:fixed], pins, rest[fixed:]])
