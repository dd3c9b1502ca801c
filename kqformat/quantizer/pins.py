"""Making room for centroids that are given: the clusters missed least become one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kqformat.quantizer.space import Points


def pin(centroids: Points, weights: npt.NDArray[np.int64], pins: Points, fixed: int = 0) -> Points:
    """Put pins in the place of the centroids that are missed least.

    As often as there are pins, the two clusters whose union costs least squared error become one
    (Ward, "Hierarchical grouping to optimize an objective function", J. Am. Stat. Assoc. 58, 1963).

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
    kept = centroids[:fixed]
    points, masses = centroids[fixed:].astype(np.float64), weights[fixed:].astype(np.float64)
    costs = _union_costs(points, points, masses, masses)
    np.fill_diagonal(costs, np.inf)
    alive = np.ones(len(points), np.bool_)
    for _ in range(len(pins)):
        into, gone = sorted(divmod(int(costs.argmin()), len(points)))
        mass = max(masses[into] + masses[gone], 1.0)
        points[into] = (masses[into] * points[into] + masses[gone] * points[gone]) / mass
        masses[into] += masses[gone]
        alive[gone] = False
        row = _union_costs(points[into], points, masses[into], masses)[0]
        row[into] = np.inf
        row[~alive] = np.inf
        costs[into], costs[:, into] = row, row
        costs[gone], costs[:, gone] = np.inf, np.inf
    rest: Points = np.rint(points[alive]).astype(np.int16)
    return np.concatenate([kept, pins, rest])


def _union_costs(
    a: npt.NDArray[np.float64],
    b: npt.NDArray[np.float64],
    a_masses: npt.NDArray[np.float64] | np.float64,
    b_masses: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Return what joining each of a with each of b adds to the squared error."""
    a, masses = np.atleast_2d(a), np.atleast_1d(a_masses)[:, None]
    squares = sum((a[:, c, None] - b[:, c]) ** 2 for c in range(a.shape[1]))
    costs: npt.NDArray[np.float64] = squares * (
        masses * b_masses / np.maximum(masses + b_masses, 1)
    )
    return costs
