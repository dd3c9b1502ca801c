"""What the quantizer benchmark compares: one way to make an image of k colours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Pixels: TypeAlias = npt.NDArray[np.uint8]
"""uint8, shape (H, W, 3)."""

Job: TypeAlias = Callable[[], Callable[[], Pixels]]
"""Quantizes, which is timed, and returns a function that makes the pixels, which is not."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A quantizer as it is called.

    Attributes
    ----------
    key : str
        Its name on the command line.
    title : str
        Its name in tables.
    prepare : callable
        From pixels, k and a seed to a job; puts the pixels in the form that the software takes.
    seeds : int
        How many seeds its figures are averaged over.
    command : callable or None
        For a process of its own: from k to its command line, which reads a PNG and writes one.
    """

    key: str
    title: str
    prepare: Callable[[Pixels, int, int], Job]
    seeds: int = 1
    command: Callable[[int], list[str]] | None = None
