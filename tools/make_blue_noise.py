"""Make the blue-noise mask of `kqformat.quantizer.dither`: ranks by the void-and-cluster method.

R. Ulichney, "The void-and-cluster method for dither array generation", Proc. SPIE 1913, 1993.
The mask tiles. All arithmetic after the filter's table is on integers, and ties go to the lowest
number, so every machine makes the same mask.

    python tools/make_blue_noise.py kqformat/quantizer/blue_noise.npy
"""

from __future__ import annotations

import math
import sys
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

SIDE = 64
SIGMA = 1.9
_SEED = 1993
_SCALE = 1 << 32

Energy: TypeAlias = npt.NDArray[np.int64]
Pattern: TypeAlias = npt.NDArray[np.bool_]


def make_mask(side: int = SIDE) -> npt.NDArray[np.uint16]:
    """Return the ranks 0 to side² - 1: uint16, shape (side, side)."""
    bell = _bell(side)
    initial = _relax(_scattered(side), bell)
    ones = int(initial.sum())
    ranks = np.zeros((side, side), np.uint16)

    # Downwards: take the tightest cluster away, again and again.
    pattern, energy = initial.copy(), _energy(initial, bell)
    for rank in range(ones - 1, -1, -1):
        place = _tightest_cluster(pattern, energy)
        _flip(pattern, energy, bell, place)
        ranks[place] = rank
    # Upwards: fill the largest void. Past the half this still is Ulichney's third phase: the
    # tightest cluster of zeros is where the energy of the ones is least.
    pattern, energy = initial.copy(), _energy(initial, bell)
    for rank in range(ones, side * side):
        place = _largest_void(pattern, energy)
        _flip(pattern, energy, bell, place)
        ranks[place] = rank
    return ranks


def _bell(side: int) -> Energy:
    """Return a Gaussian around (0, 0) on a torus, in integers."""
    steps = [min(i, side - i) ** 2 for i in range(side)]
    values = [[round(_SCALE * math.exp(-(y + x) / (2 * SIGMA**2))) for x in steps] for y in steps]
    return np.array(values, np.int64)


def _scattered(side: int) -> Pattern:
    """Return a tenth of ones, scattered by a multiplicative generator."""
    pattern = np.zeros(side * side, np.bool_)
    state = _SEED
    while 10 * int(pattern.sum()) < side * side:
        state = state * 48271 % (2**31 - 1)
        pattern[state % (side * side)] = True
    return pattern.reshape(side, side)


def _relax(pattern: Pattern, bell: Energy) -> Pattern:
    """Move ones from the tightest cluster to the largest void until nothing changes."""
    energy = _energy(pattern, bell)
    while True:
        crowded = _tightest_cluster(pattern, energy)
        _flip(pattern, energy, bell, crowded)
        empty = _largest_void(pattern, energy)
        _flip(pattern, energy, bell, empty)
        if empty == crowded:
            return pattern


def _energy(pattern: Pattern, bell: Energy) -> Energy:
    energy = np.zeros_like(bell)
    for y, x in np.argwhere(pattern):
        energy += np.roll(bell, (y, x), (0, 1))
    return energy


def _flip(pattern: Pattern, energy: Energy, bell: Energy, place: tuple[int, int]) -> None:
    shifted = np.roll(bell, place, (0, 1))
    energy += -shifted if pattern[place] else shifted
    pattern[place] = not pattern[place]


def _tightest_cluster(pattern: Pattern, energy: Energy) -> tuple[int, int]:
    return _place(np.where(pattern, energy, -1).argmax(), len(pattern))


def _largest_void(pattern: Pattern, energy: Energy) -> tuple[int, int]:
    return _place(np.where(pattern, np.iinfo(np.int64).max, energy).argmin(), len(pattern))


def _place(number: np.intp, side: int) -> tuple[int, int]:
    return int(number) // side, int(number) % side


if __name__ == "__main__":
    np.save(sys.argv[1], make_mask())
