"""How much work is put into a palette. Each level's numbers were chosen by measurement."""

from __future__ import annotations

from dataclasses import dataclass

from kqformat.errors import ParameterError


@dataclass(frozen=True, slots=True)
class Effort:
    """What is done, in this order.

    Attributes
    ----------
    cells_per_centroid : int
        Colours are gathered in the widest cells of which there are so many for each centroid.
    cell_passes : int
        Passes on the cells.
    swap_share : float
        Swaps a round, at first, as a share of the centroids.
    swap_rounds : int
        The most rounds of swaps.
    swap_passes : int
        Passes after the swaps of a round.
    settling_passes : int
        Passes after the last round.
    starts : int
        The most searches on the cells, of which each goes on with the better parts of the one
        before.
    centroids_of_starts : int
        The most centroids of all searches together.
    passes : int
        Passes on the colours.
    """

    cells_per_centroid: int
    cell_passes: int
    swap_share: float
    swap_rounds: int
    swap_passes: int
    settling_passes: int
    starts: int
    centroids_of_starts: int
    passes: int

    def starts_for(self, k: int) -> int:
        """Return how many searches there are for k centroids."""
        return max(1, min(self.starts, self.centroids_of_starts // k))


EFFORTS = {
    "fast": Effort(
        cells_per_centroid=24,
        cell_passes=4,
        swap_share=0.2,
        swap_rounds=2,
        swap_passes=1,
        settling_passes=1,
        starts=1,
        centroids_of_starts=0,
        passes=2,
    ),
    "balanced": Effort(
        cells_per_centroid=64,
        cell_passes=6,
        swap_share=0.15,
        swap_rounds=5,
        swap_passes=2,
        settling_passes=6,
        starts=3,
        centroids_of_starts=32,
        passes=8,
    ),
    "best": Effort(
        cells_per_centroid=192,
        cell_passes=6,
        swap_share=0.15,
        swap_rounds=12,
        swap_passes=2,
        settling_passes=10,
        starts=5,
        centroids_of_starts=1280,
        passes=24,
    ),
}
"""The values of ``effort`` and what they mean."""

DEFAULT_EFFORT = "balanced"


def effort_named(name: object) -> Effort:
    """Return the effort of this name.

    Raises
    ------
    ParameterError
        If there is none.
    """
    if not isinstance(name, str) or name not in EFFORTS:
        raise ParameterError(f"effort is {name!r}, expected one of {', '.join(EFFORTS)}")
    return EFFORTS[name]
