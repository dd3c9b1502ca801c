"""Fair timing of several ways to do one thing: in turn, many times, medians."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Hashable
from typing import Generic, NamedTuple, TypeVar

_Name = TypeVar("_Name", bound=Hashable)
_Result = TypeVar("_Result")


class Timed(NamedTuple, Generic[_Result]):
    """The median seconds of a function and what it returned last."""

    seconds: float
    result: _Result


def timed(
    ways: dict[_Name, Callable[[], _Result]],
    rounds: int,
    budget: float = math.inf,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[_Name, Timed[_Result]]:
    """Time each function by a clock, called in turn after one call for warming up.

    A function that has used up its budget of seconds is not called again, so the slowest have
    fewer rounds, and those that a single call ruins have the first call only.
    """
    seconds: dict[_Name, list[float]] = {name: [] for name in ways}
    results: dict[_Name, _Result] = {}
    for _ in range(rounds + 1):
        for name, function in ways.items():
            if sum(seconds[name]) < budget:
                started = clock()
                results[name] = function()
                seconds[name].append(clock() - started)
    return {
        name: Timed(statistics.median(values[1:] or values), results[name])
        for name, values in seconds.items()
    }


def medians(ways: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each function, called in turn after one call for warming up."""
    return {name: each.seconds for name, each in timed(ways, rounds).items()}
