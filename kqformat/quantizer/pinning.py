"""What is done about outliers amid the stages of an effort: centroids that k-means leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kqformat.errors import ParameterError
from kqformat.quantizer.kmor import kmor, outlier_centers
from kqformat.quantizer.outliers import STRENGTHS, find_outliers
from kqformat.quantizer.pins import pin
from kqformat.quantizer.pixels import Pictures
from kqformat.quantizer.points import WeightedPoints
from kqformat.quantizer.space import Points
from kqformat.quantizer.spaces import Space
from kqformat.quantizer.tree import ColorTree

TREATMENTS = ("off", *STRENGTHS, "kmor")
"""The values of ``outliers``."""

DEFAULT_TREATMENT = "auto"

_ROUNDS = 3

Refine = Callable[[Points, int], Points]
"""Passes and swaps on cells, given centroids and how many at the front are fixed."""


def check_treatment(name: object) -> None:
    """Raise `ParameterError` if there is no treatment of this name."""
    if not isinstance(name, str) or name not in TREATMENTS:
        raise ParameterError(f"outliers is {name!r}, expected one of {', '.join(TREATMENTS)}")


@dataclass(frozen=True, slots=True, eq=False)
class Pinning:
    """The treatment of outliers in one image or several.

    Parameters
    ----------
    treatment : str
        One of `TREATMENTS`.
    gamma, n0 : float
        Of `kmor`.
    pictures : Pictures
        The pixels.
    space : Space
        Of the centroids.
    """

    treatment: str
    gamma: float
    n0: float
    pictures: Pictures
    space: Space

    def reserved(self, k: int) -> int:
        """Return how many of k centroids are not to be placed before `apply`."""
        return k // 8 if self.treatment == "kmor" else 0

    def apply(
        self,
        cells: WeightedPoints,
        tree: ColorTree,
        centroids: Points,
        k: int,
        fixed: int,
        refine: Refine,
    ) -> tuple[Points, int]:
        """Give outliers centroids of their own, which are to stay fixed from here on.

        They must: one free pass of Lloyd's afterwards loses 4 of 100 of the regions, three 18.

        Parameters
        ----------
        cells, tree : WeightedPoints, ColorTree
            The image's colours gathered with `outliers.DROPPED_BITS`, and a tree over them.
        centroids : ndarray, int16, shape (k - `reserved`, 4)
            After the swaps, which can dissolve a region's own cluster.
        k : int
            How many centroids there are to be.
        fixed : int
            Centroids at the front that stay.
        refine : callable
            See `Refine`.

        Returns
        -------
        centroids : ndarray, int16
            The fixed ones, the pins, the rest.
        fixed : int
            How many at the front are fixed now.
        """
        if self.treatment == "off":
            return centroids, fixed
        if self.treatment == "kmor":
            return self._remove(tree, centroids, k, fixed, refine)
        most = fixed + len(centroids) // 8 + STRENGTHS[self.treatment].spare
        for _ in range(_ROUNDS):
            found = find_outliers(
                cells,
                tree,
                centroids,
                self.pictures,
                strength=self.treatment,
                space=self.space,
            )[: max(0, min(most, len(centroids) - 1) - fixed)]
            if not len(found):
                break
            weights = tree.assign(centroids).weights
            centroids = pin(centroids, weights, found, fixed, self.space)
            fixed += len(found)
            # The refinement can dissolve another small region: hence the rounds.
            centroids = refine(centroids, fixed)
        return centroids, fixed

    def _remove(
        self, tree: ColorTree, centroids: Points, k: int, fixed: int, refine: Refine
    ) -> tuple[Points, int]:
        """Run k-means without outliers, and divide these among the centroids reserved."""
        removal = kmor(tree, centroids, self.gamma, self.n0)
        extra = outlier_centers(tree, removal, k - len(centroids))
        pinned = np.concatenate([centroids[:fixed], extra, removal.centroids[fixed:]])
        fixed += len(extra)
        return refine(pinned, fixed), fixed
