"""Centroids in motion: passes of k-means that keep some of their speed.

A pass of Lloyd's moves centroids to the means of their points, which is a step of gradient descent:
many small ones follow a long valley to the nearest bottom. With momentum (Polyak, "Some methods of
speeding up the convergence of iteration methods", USSR Computational Mathematics and Mathematical
Physics 4, 1964) they get there in a fraction of the passes, and past shallow bottoms to better
ones. A single pass may raise the distortion, so whoever makes them keeps the best that was seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kqformat.quantizer import motion_kernel
from kqformat.quantizer.space import MAX_COORDINATE, Points
from kqformat.quantizer.tree import Clusters

MOMENTUM = 0.7
"""How much of its speed a centroid keeps from pass to pass."""

STRIDE = 2.2
"""The way to the mean of its points is taken as often. Without momentum, 2 would be too much."""


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """Where centroids are, and at what speed.

    Attributes
    ----------
    places, velocities : ndarray, float64, shape (k, 4)
        Coordinates, and coordinates a pass.
    centroids : ndarray, int16, shape (k, 4)
        The places, rounded.
    """

    places: npt.NDArray[np.float64]
    velocities: npt.NDArray[np.float64]
    centroids: Points

    @classmethod
    def at_rest(cls, centroids: Points) -> Motion:
        """Return centroids without speed."""
        return cls(centroids.astype(np.float64), np.zeros(centroids.shape), centroids)

    @property
    def rests(self) -> bool:
        """Whether no centroid would move by half a coordinate."""
        return bool((np.abs(self.velocities) < 0.5).all())

    def advanced(self, clusters: Clusters, fixed: int = 0) -> Motion:
        """Return where the centroids are a pass later.

        Parameters
        ----------
        clusters : Clusters
            Of the centroids.
        fixed : int
            Centroids at the front that stay.

        Examples
        --------
        >>> sums, weights = np.array([[3200, 0, 0, 0]]), np.array([32])
        >>> clusters = Clusters(weights, sums, 0.0, np.empty(0, np.int32))
        >>> motion = Motion.at_rest(np.zeros((1, 4), np.int16))
        >>> for _ in range(3):
        ...     motion = motion.advanced(clusters)
        ...     print(motion.centroids[0, 0])
        220
        110
        11
        """
        places, velocities = np.empty_like(self.places), np.empty_like(self.velocities)
        centroids = np.empty_like(self.centroids)
        motion_kernel.advance(
            self.places,
            self.velocities,
            clusters.weights,
            clusters.sums,
            fixed,
            MOMENTUM,
            STRIDE,
            MAX_COORDINATE,
            places,
            velocities,
            centroids,
        )
        return Motion(places, velocities, centroids)

    def replaced(self, which: npt.NDArray[np.intp], centroids: Points) -> Motion:
        """Return the same with some centroids put elsewhere, at rest."""
        places, velocities = self.places.copy(), self.velocities.copy()
        everyone = self.centroids.copy()
        places[which] = everyone[which] = centroids
        velocities[which] = 0
        return Motion(places, velocities, everyone)
