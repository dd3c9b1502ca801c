"""Points to their nearest centroids, exactly, for any number of centroids up to 65,536."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from kqformat.quantizer import tree_kernel
from kqformat.quantizer.points import WeightedPoints
from kqformat.quantizer.space import UNIT, Points
from kqformat.threads import available, for_each, for_each_slice

_LEAF_SIZE = 48
_POINTS_PER_NODE = 10  # there are more in nearly all pictures, and room for nodes is taken first
_MAX_DEPTH = 34
SHARED_POINTS = 1 << 12
"""Threads share passes on so many points: on fewer, one takes hardly longer than to wake one."""

_BRANCHES, _MOST_BRANCHES = 2, 12  # for each thread, and for all
_MEASURED_POINTS = 1 << 16
_SUMMARISED_NODES = 1 << 13

_NO_LABELS = np.empty(0, np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """What belongs to each centroid.

    Attributes
    ----------
    weights : ndarray, int64, shape (k,)
        Pixels.
    sums : ndarray, int64, shape (k, 4)
        Sums of their coordinates.
    distortion : float
        Sum over all pixels of the squared distance to their centroid, in squared sample values.
    labels : ndarray, int32, shape (n,) or (0,)
        Which centroid each point belongs to, where that was asked for.
    """

    weights: npt.NDArray[np.int64]
    sums: npt.NDArray[np.int64]
    distortion: float
    labels: npt.NDArray[np.int32]


class ColorTree:
    """A tree over weighted points; built once, asked for each pass.

    Parameters
    ----------
    weighted : WeightedPoints
        They stay where they are.
    """

    def __init__(self, weighted: WeightedPoints) -> None:
        self.points = weighted.points
        self.weights = weighted.counts
        room = len(weighted.codes) // _POINTS_PER_NODE + 1
        while True:
            first, last, left = np.empty((3, room), np.int32)
            nodes = tree_kernel.split(weighted.codes, _LEAF_SIZE, first, last, left)
            if nodes <= room:
                break
            room = nodes
        self._first, self._last, self._left = first[:nodes], last[:nodes], left[:nodes]
        self._boxes = np.empty((nodes, 8), np.int16)
        self._sums = np.empty((nodes, 6), np.int64)
        self._branches: dict[int, list[int]] = {}
        for_each_slice(partial(self._summarise, leaves=True), nodes, _SUMMARISED_NODES)
        self._summarise(slice(0, nodes), leaves=False)  # of what has been found of their children

    def _summarise(self, nodes: slice, *, leaves: bool) -> None:
        tree_kernel.summarise(
            self.points,
            self.weights,
            self._first,
            self._last,
            self._left,
            nodes.start,
            nodes.stop,
            leaves,
            self._boxes,
            self._sums,
        )

    def assign(self, centroids: Points, *, labels: bool = False) -> Clusters:
        """Give every point to its nearest centroid; of equally near ones to the first.

        Parameters
        ----------
        centroids : ndarray, int16, shape (k, 4)
        labels : bool
            Whether to tell the centroid of every point.

        Returns
        -------
        Clusters
        """
        k = len(centroids)
        label_array = np.empty(len(self.points), np.int32) if labels else _NO_LABELS

        def assign(root: int) -> tuple[int, npt.NDArray[np.int64]]:
            sums = np.zeros((k, 5), np.int64)
            distortion = tree_kernel.assign(
                self.points,
                self.weights,
                self._first,
                self._last,
                self._left,
                self._boxes,
                self._sums,
                centroids,
                np.empty(_MAX_DEPTH * k, np.int32),
                sums,
                label_array,
                root,
            )
            return distortion, sums

        threads = min(available(), len(self.points) // SHARED_POINTS + 1)
        roots = self._shared_among(threads) if threads > 1 else [0]
        parts = for_each(assign, roots, len(roots))
        sums = parts[0][1]
        for _, part in parts[1:]:
            sums += part
        distortion = sum(part for part, _ in parts)
        return Clusters(sums[:, 0], sums[:, 1:], distortion / UNIT**2, label_array)

    def _shared_among(self, threads: int) -> list[int]:
        """Return nodes that so many threads share: each point is below one of them."""
        if threads not in self._branches:
            nodes = [0]
            while len(nodes) < min(_BRANCHES * threads, _MOST_BRANCHES):
                widest = max(nodes, key=lambda node: int(self._last[node] - self._first[node]))
                left = int(self._left[widest])
                if left < 0:
                    break
                nodes.remove(widest)
                nodes += [left, left + 1]
            self._branches[threads] = nodes
        return self._branches[threads]

    @property
    def moment(self) -> float:
        """The weighted sum of squared coordinates, in squared sample values."""
        return float(self._sums[0, 5]) / UNIT**2

    def distances(self, centroids: Points, labels: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
        """Return each point's squared distance to the centroid it is labelled with."""
        return squared_distances(self.points, centroids, labels)


def squared_distances(
    points: Points, centroids: Points, labels: npt.NDArray[np.int32]
) -> npt.NDArray[np.int64]:
    """Return each point's squared distance to the centroid it is labelled with.

    Parameters
    ----------
    points, centroids : ndarray, int16, shapes (n, 4) and (k, 4)
        Of the same space.
    labels : ndarray, int32, shape (n,)
        From 0 to k - 1.

    Returns
    -------
    ndarray, int64, shape (n,)
        In squared coordinates.
    """
    if len(labels) and not 0 <= labels.min() <= labels.max() < len(centroids):
        raise IndexError("labels without a centroid")
    squares = np.empty(len(points), np.int64)

    def write(some: slice) -> None:
        tree_kernel.distances(points[some], centroids, labels[some], squares[some])

    for_each_slice(write, len(points), _MEASURED_POINTS)
    return squares
