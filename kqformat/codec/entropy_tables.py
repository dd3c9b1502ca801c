"""The numbers of the entropy model (spec §7.2, §7.6)."""

from __future__ import annotations

from functools import cache
from math import log2

import numpy as np
import numpy.typing as npt

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


FIRST_WEIGHTS = (26214, 26214, -6554, 13107, 3277, 3277, 0, 0)
"""What the learnt prediction starts with for W, N, NW, NE, WW, NN, NEE, NWW, in 1/65,536."""

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


@cache
def refinement_row() -> npt.NDArray[np.uint16]:
    """Return a refinement that changes nothing yet: what logits from -3,072 by 192 stand for."""
    return np.array([squash(192 * (cell - 16)) for cell in range(33)] + [65535], np.uint16)


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
