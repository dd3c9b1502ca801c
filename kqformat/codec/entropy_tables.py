"""The numbers of the entropy model (spec §7.2, §7.6), and where its kernels get them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import log2

import numpy as np
import numpy.typing as npt

from kqformat.codec import mixing_kernel

LOGISTIC = (
    32768, 36843, 40793, 44511, 47911, 50941, 53581, 55834, 57724, 59287, 60565, 61598, 62428,
    63090, 63615, 64030, 64357, 64614, 64816, 64974, 65097, 65194, 65269, 65328, 65374, 65410,
    65438, 65459, 65476, 65489, 65500, 65508, 65514, 65519, 65523, 65526, 65528, 65530, 65531,
    65532, 65533, 65534, 65534, 65535, 65535, 65535, 65535, 65535, 65535,
)  # fmt: skip
"""65,536 / (1 + exp(-i / 4)), rounded, at most 65,535."""

DISTANCES = (2, 4, 7, 10, 14, 20, 28, 40, 60, 90, 140)
"""The first of each class of distances but the nearest, in 1/16 of a node's mean deviation."""

ACTIVITIES = (1, 4, 9, 16, 28, 48, 90)
"""The first of each class of local activity but the lowest."""

ERRORS = (3, 8, 14, 22, 32, 46, 70)
"""The first of each class of the neighbours' prediction errors but the lowest."""

LENGTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 100, 160, 256)
"""The first of each class of a match's lengths but that of none."""

FIRST_WEIGHTS = (26214, 26214, -6554, 13107, 3277, 3277, 0, 0)
"""What the learnt prediction starts with for W, N, NW, NE, WW, NN, NEE, NWW, in 1/65,536."""

LOCAL_WEIGHTS = (2400, 1600, 1100, 1100, 1100, 700, 700, 600, 500)
"""The weights that each set of the local model starts with, in 1/8,192."""

COSTS = tuple(round(256 * log2(4096 / max(share, 0.5))) for share in range(4097))
"""What a bit of a probability in 1/4,096 takes, in 1/256 bits: for choices, not for decoding."""


def squash(logit: int) -> int:
    """Return the probability, in 1/65,536, of a logit in 1/256, from -3,072 to 3,072.

    Examples
    --------
    >>> squash(0), squash(256), squash(-256)
    (32768, 47911, 17625)
    """
    if logit < 0:
        return 65536 - squash(-logit)
    cell, part = divmod(logit, 64)
    if part == 0:
        return LOGISTIC[cell]
    return (LOGISTIC[cell] * (64 - part) + LOGISTIC[cell + 1] * part + 32) >> 6


COUNTS = (
    (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192),
    (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 160),
)
"""What a slot's sixteen steps of confidence stand for at each pace: bits seen."""

_FIRST_ODDS = 4305465866
"""2**32 * exp(5 / 2048): the odds of the first state above one half."""

_ODDS_STEP = 4315990099
"""2**32 * exp(10 / 2048): what the odds grow by from state to state."""

BLANK = 2048 << 4
"""A slot that knows nothing."""

RUNS_AT = 128 * 128
DISTANCES_AT = RUNS_AT + 128 * 8 * 2
FINE_AT = DISTANCES_AT + 24 * 24 * 8 * 16
MATCHES_AT = FINE_AT + 1024 * 192
AGREES_AT = MATCHES_AT + 16 * 3 * 16 * 3 * 3
HITS_AT = AGREES_AT + 16 * 3 * 128
"""Where tables begin among the slots: by pattern first, by hashes last."""


def chances() -> list[int]:
    """Return the probabilities of the states of slots, in 1/2**32.

    Examples
    --------
    >>> chance = chances()
    >>> len(chance), chance[0], chance[2047] + chance[2048] == 1 << 32
    (4096, 195459, True)
    """
    upper = []
    odds = _FIRST_ODDS
    for _ in range(2048):
        upper.append((odds << 32) // (odds + (1 << 32)))
        odds = odds * _ODDS_STEP >> 32
    return [(1 << 32) - chance for chance in reversed(upper)] + upper


@dataclass(frozen=True, slots=True)
class SlotTables:
    """What is looked up for slots, which are 16 times a state plus a step of confidence.

    Attributes
    ----------
    trust : ndarray, uint16, shape (2, 16)
        What a state's distance from the middle is multiplied by for a slot's opinion, in 1/8,192,
        by pace and step.
    following : ndarray, uint16, shape (2, 65,536)
        What each slot becomes after a 1, by pace; what becomes of its mirror after a 0 mirrors it.
    chance : ndarray, uint16, shape (4,096,)
        The probability of a state, in 1/65,536.
    """

    trust: npt.NDArray[np.uint16]
    following: npt.NDArray[np.uint16]
    chance: npt.NDArray[np.uint16]


@cache
def slot_tables() -> SlotTables:
    """Return the tables of spec §7.3 for slots."""
    chance = np.array(chances(), np.int64)
    counts = np.array(COUNTS, np.int64)
    trust = [
        81920 * count // (17 * count + doubt) for count, doubt in zip(counts, (6, 1), strict=True)
    ]
    following = [_following(chance, count, 6 - pace) for pace, count in enumerate(counts)]
    return SlotTables(
        np.array(trust, np.uint16),
        np.array(following, np.uint16),
        np.array(chance >> 16, np.uint16),
    )


def _following(
    chance: npt.NDArray[np.int64], count: npt.NDArray[np.int64], slowness: int
) -> npt.NDArray[np.int64]:
    """Return what each slot becomes after a 1, which it takes 1 / (n + slowness / 4) of."""
    bounds = (chance[:-1] + chance[1:]) >> 1
    after = chance[:, None] + 4 * ((1 << 32) - chance[:, None]) // (4 * count + slowness)
    risen = np.searchsorted(bounds, after, side="right")
    gap = np.append(np.diff(count), 1 << 20)
    stirred = (risen * 0x9E3779B1 + np.arange(16) * 0x5851F42D) % (1 << 32) >> 16
    step = np.arange(16) + (stirred % gap == 0)
    step[:, 15] = 15
    following: npt.NDArray[np.int64] = 16 * risen + step
    return following.reshape(-1)


def squash_table() -> npt.NDArray[np.uint16]:
    """Return what all logits from -3,072 stand for."""
    return np.array([squash(logit) for logit in range(-3072, 3073)], np.uint16)


@cache
def fill_kernel() -> None:
    """Give the tables to the kernel, which codes nothing without them."""
    slots = slot_tables()
    bytes_of_trust = np.concatenate([slots.trust & 255, slots.trust >> 8], axis=1)
    mixing_kernel.fill_tables(
        squash_table(),
        bytes_of_trust.astype(np.uint8).reshape(-1),
        slots.following.reshape(-1),
        slots.chance,
    )


@cache
def refinement_row() -> npt.NDArray[np.uint16]:
    """Return a refinement that changes nothing yet: what logits from -3,072 by 256 stand for."""
    return np.array([squash(256 * (cell - 12)) for cell in range(25)] + [65535], np.uint16)


@cache
def starts() -> dict[str, npt.NDArray[np.int32]]:
    """Return the trained tables by their names."""
    from importlib.resources import files  # noqa: PLC0415 - takes longer to load than all else here

    text = files("kqformat.codec").joinpath("entropy_starts.txt").read_text("utf-8")
    tables: dict[str, npt.NDArray[np.int32]] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        words = line.split()
        if words[0].isidentifier():
            name = words[0]
            tables[name] = np.empty((0, int(words[2])), np.int32)
        else:
            row = np.array([words], np.int32)
            tables[name] = np.concatenate([tables[name], row])
    return tables
