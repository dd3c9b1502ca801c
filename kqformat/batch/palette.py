"""One palette for many files, whose colours are counted by an executor.

Counts are integers, and summed up as a tree: each task counts some files, and others join what few
tasks have counted. The palette is that of `quantizer.shared.shared_palette`, to the byte, whatever
the tasks are, and who does them.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np
import numpy.typing as npt

from kqformat.batch.jobs import FAILURES, status_of
from kqformat.batch.pictures import prepare_pillow, read_picture, read_source
from kqformat.limits import DEFAULT_LIMITS
from kqformat.quantizer.merging import Merger
from kqformat.quantizer.neighbours import count_neighbours
from kqformat.quantizer.options import Options
from kqformat.quantizer.pixels import Pictures
from kqformat.quantizer.shared import chosen_palette, counted, flattened
from kqformat.threads import at_most

FAN_IN = 8
"""How many counts are joined in a task."""

_TASK_FILES = 256
_TASK_BYTES = 1 << 24
_TRIES = 3

_Item = TypeVar("_Item")
_Value = TypeVar("_Value")


@runtime_checkable
class Reducer(Protocol):
    """An executor that joins results where they are, so that they need not come here."""

    def reduced(
        self,
        function: Callable[[_Item], _Value],
        items: Sequence[_Item],
        join: Callable[[list[_Value]], _Value],
    ) -> _Value:
        """Return the join of what a function returns for each item, of which there are some."""


def shared_palette(
    sources: Sequence[str],
    colors: int,
    options: Options | None = None,
    *,
    executor: Executor | None = None,
    max_pixels: int = DEFAULT_LIMITS.pixels,
) -> npt.NDArray[np.uint8] | None:
    """Choose one palette for the pictures in files.

    Parameters
    ----------
    sources : sequence of str
        Their names or URLs. Files that cannot be read have no say; each is read up to four times.
    colors : int
        The most palette entries, 1 to 65,536.
    options : Options or None
        See there; all but `importance`.
    executor : Executor or None
        Counts; None for this thread.
    max_pixels : int
        Larger pictures have no say.

    Returns
    -------
    ndarray, uint8, shape (k, 3) or (k, 4), or None
        None if no picture could be read.

    Raises
    ------
    ParameterError
        If `colors` or an option is not as described.
    LimitError
        If there are more than 2³² - 1 pixels.
    OSError
        If workers are lost again and again.
    """
    tasks = [_Files(tuple(names), max_pixels) for names in _shared_out(sources)]
    if not tasks:
        return None
    merger = _reduced(executor, count, tasks, joined)
    if not merger.pixel_count:
        return None

    def neighbours(part_of_place: npt.NDArray[np.uint8], blobs: int) -> npt.NDArray[np.int64]:
        look = partial(look_around, part_of_place=part_of_place, blobs=blobs)
        return _reduced(executor, look, tasks, summed)

    pictures = Pictures(merger.pixel_count, (), neighbours)
    return chosen_palette(merger, pictures, colors, options)


@dataclass(frozen=True, slots=True)
class _Files:
    """Pictures in files; can be gone through any number of times."""

    names: tuple[str, ...]
    max_pixels: int

    def __iter__(self) -> Iterator[npt.NDArray[np.uint8]]:
        prepare_pillow(None)
        for name in self.names:
            try:
                pixels = read_picture(read_source(name), self.max_pixels).pixels
            except FAILURES:  # it is reported when its turn to be encoded comes
                continue
            yield pixels


def count(files: _Files) -> Merger:
    """Count the colours of some files."""
    with at_most(1):
        return counted(files)


def joined(counts: list[Merger]) -> Merger:
    """Join counts."""
    whole = Merger()
    for one in counts:
        whole.join(one)
    return whole


def look_around(
    files: _Files, part_of_place: npt.NDArray[np.uint8], blobs: int
) -> npt.NDArray[np.int64]:
    """Count neighbours in some files; see `neighbours.count_neighbours`."""
    return count_neighbours(flattened(files), part_of_place, blobs)


def summed(arrays: list[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    """Add arrays up."""
    total: npt.NDArray[np.int64] = np.sum(arrays, axis=0, dtype=np.int64)
    return total


def _shared_out(sources: Sequence[str]) -> Iterator[list[str]]:
    """Yield the files of each task."""
    names: list[str] = []
    size = 0
    for source in sources:
        try:
            status = status_of(source)
        except OSError:
            continue
        names.append(source)
        size += status.size if status is not None else 0
        if len(names) >= _TASK_FILES or size >= _TASK_BYTES:
            yield names
            names, size = [], 0
    if names:
        yield names


def _reduced(
    executor: Executor | None,
    function: Callable[[_Item], _Value],
    items: Sequence[_Item],
    join: Callable[[list[_Value]], _Value],
) -> _Value:
    if executor is None:
        whole = function(items[0])
        for item in items[1:]:
            whole = join([whole, function(item)])
        return whole
    if isinstance(executor, Reducer):
        return executor.reduced(function, items, join)
    for _ in range(_TRIES):
        try:
            return _reduced_by(executor, function, items, join)
        except BrokenExecutor:
            continue
    raise OSError(errno.ECHILD, f"workers were lost {_TRIES} times while they counted colours")


def _reduced_by(
    executor: Executor,
    function: Callable[[_Item], _Value],
    items: Sequence[_Item],
    join: Callable[[list[_Value]], _Value],
) -> _Value:
    """Join results in tasks, level by level."""
    futures = [executor.submit(function, item) for item in items]
    while len(futures) > 1:
        groups = [futures[at : at + FAN_IN] for at in range(0, len(futures), FAN_IN)]
        futures = [executor.submit(join, [future.result() for future in group]) for group in groups]
    return futures[0].result()
