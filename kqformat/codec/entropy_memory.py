"""The memory of the two entropy models as it starts (spec §7.6), as the kernel takes it."""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from kqformat import pages
from kqformat.codec import entropy_kernel
from kqformat.codec.entropy_tables import (
    BLANK,
    DISTANCES_AT,
    FINE_AT,
    HITS_AT,
    LOCAL_WEIGHTS,
    MATCHES_AT,
    RUNS_AT,
    fill_kernel,
    refinement_row,
    starts,
)

Memory: TypeAlias = tuple[
    npt.NDArray[np.uint16],
    npt.NDArray[np.uint16],
    npt.NDArray[np.uint32],
    npt.NDArray[np.uint16],
    npt.NDArray[np.int32],
    npt.NDArray[np.int16],
    npt.NDArray[np.int16],
    npt.NDArray[np.uint16],
    npt.NDArray[np.uint16],
]
"""Slots, ranks seen, places met, gates, rows of errors, weights A and B, refinements A and B."""

_LINE = 32
"""Slots of 64 bytes, a line of a cache, which those of a group of nodes must not straddle."""


def recalling(rows: int, width: int) -> Memory:
    """Return the memory of the recalling model for a band of this size."""
    near_bits, hit_bits, seen_bits = entropy_kernel.table_bits(rows * width)
    gates, weights_a, weights_b, refined_a, refined_b = _fresh()
    return (
        _slots(HITS_AT + 13 * ((1 << hit_bits) + (1 << near_bits))),
        pages.zeros(1 << seen_bits, np.uint16),
        pages.zeros((1 << seen_bits, 2), np.uint32),
        gates.copy(),
        np.zeros((2, width), np.int32),
        weights_a.copy(),
        weights_b.copy(),
        refined_a.copy(),
        refined_b.copy(),
    )


def local(rows: int, width: int, k: int, groups: int) -> Memory:
    """Return the memory of the local model, with so many entries and groups of nodes."""
    pair_bits, neighbour_bits = entropy_kernel.local_table_bits(rows * width, k, groups)
    weights = np.zeros(16, np.int16)
    weights[: len(LOCAL_WEIGHTS)] = LOCAL_WEIGHTS
    refined = refinement_row()
    return (
        _slots(MATCHES_AT + 2 * (1 << pair_bits) + 5 * (1 << neighbour_bits)),
        np.empty(0, np.uint16),
        np.empty((0, 2), np.uint32),
        np.empty(0, np.uint16),
        np.zeros((2, width), np.int32),
        np.tile(weights, (256, 1)),
        np.tile(weights, (648, 1)),
        np.tile(refined, (512, 1)),
        np.tile(refined, (4096, 1)),
    )


def _slots(size: int) -> npt.NDArray[np.uint16]:
    """Return so many slots, which begin with a line of a cache; the first are trained."""
    fill_kernel()
    room = pages.empty(size + _LINE, np.uint16)
    first = -room.ctypes.data // 2 % _LINE
    slots = room[first : first + size]
    slots[:FINE_AT] = _trained_slots()
    slots[FINE_AT:] = BLANK
    return slots


@cache
def _trained_slots() -> npt.NDArray[np.uint16]:
    trained = starts()
    dense = np.empty(FINE_AT, np.uint16)
    dense[:RUNS_AT] = np.repeat(_of_states(trained["patterns"], 5), 128)
    dense[RUNS_AT:DISTANCES_AT] = np.repeat(_of_states(trained["runs"], 5), 2)
    dense[DISTANCES_AT:] = np.repeat(_of_states(trained["distances"], 7), 128)
    return dense


def _of_states(states: npt.NDArray[np.int32], step: int) -> npt.NDArray[np.uint16]:
    """Return slots of these states, with a step of confidence."""
    return (16 * states.reshape(-1) + step).astype(np.uint16)


@cache
def _fresh() -> tuple[
    npt.NDArray[np.uint16],
    npt.NDArray[np.int16],
    npt.NDArray[np.int16],
    npt.NDArray[np.uint16],
    npt.NDArray[np.uint16],
]:
    """Return what else does not depend on the picture in a recalling model that starts."""
    trained = starts()
    gates = np.clip(16 * trained["gates"], 3277, 64553).astype(np.uint16)
    weights_a = np.empty((288, 16), np.int16)
    weights_a[:24] = trained["weights_a"][:24]
    weights_a[24:] = trained["weights_a"][24]
    weights_b = np.empty((435, 16), np.int16)
    weights_b[:192] = np.tile(trained["weights_b"][:3], (64, 1))
    weights_b[192:] = trained["weights_b"][3:]
    refined = refinement_row()
    return (
        np.repeat(gates[:, None], 128, axis=1).reshape(-1),
        weights_a,
        weights_b,
        np.tile(refined, (640, 1)),
        np.tile(refined, (4096, 1)),
    )
