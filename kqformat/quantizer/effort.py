"""How much work is put into a palette. Each level's numbers were chosen by measurement."""

from __future__ import annotations

from dataclasses import dataclass

from kqformat.errors import ParameterError


@dataclass(frozen=True, slots=True)
class Effort:
    """What is done, in this order.

    Attributes
    ----------
    dropped_bits : int
        Colours are first gathered in cells of 2^dropped_bits levels a side, or smaller ones
    cells_per_centroid : int
        if there were fewer than so many cells for each centroid.
    cell_passes : int
        The most of Lloyd's passes on the cells.
    swap_share : float
        Swaps a round, at first, as a share of the centroids.
    swap_rounds : int
        The most rounds of swaps on the cells.
    swap_passes : int
        Lloyd's passes after the swaps of a round.
    passes : int
        The most of Lloyd's passes on the colours.
    fine_swap_rounds : int
        The most rounds of swaps on the colours.
    """

    dropped_bits: int
    cells_per_centroid: int
    cell_passes: int
    swap_share: float
    swap_rounds: int
    swap_passes: int
    passes: int
    fine_swap_rounds: int = 0


EFFORTS = {
    "fast": Effort(3, 8, 5, 0, 0, 0, 1),
    "balanced": Effort(3, 24, 4, 0.2, 4, 2, 3),
    "best": Effort(2, 24, 30, 0.15, 40, 6, 30, 20),
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
