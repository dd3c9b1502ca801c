"""Work shared among threads: results in order, and the same whatever the number of threads.

The compiled loops run without Python's lock, so that threads use all processors. A thread
begun here begins none of its own. Knows nothing of pictures.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from queue import SimpleQueue
from threading import Thread, local
from typing import TypeVar

from kqformat.errors import ParameterError

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

_AHEAD = 2
"""Items for each thread that are begun before the first of their results is taken."""

_limit: ContextVar[int | None] = ContextVar("limit", default=None)


def available() -> int:
    """Return how many threads are used: one for each processor, or what `at_most` says.

    Examples
    --------
    >>> with at_most(3):
    ...     available()
    3
    """
    limit = _limit.get()
    if limit is not None:
        return limit
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def at_most(threads: int | None) -> Iterator[None]:
    """Use so many threads in this block, or as many as before if None.

    Holds for the thread that says it (and for tasks of `asyncio` that it starts), not for others.

    Raises
    ------
    ParameterError
        If it is no integer of 1 or more.
    """
    if threads is None:
        yield
        return
    if not isinstance(threads, int) or isinstance(threads, bool) or threads < 1:
        raise ParameterError(f"threads is {threads!r}, expected an integer, 1 or more")
    token = _limit.set(threads)
    try:
        yield
    finally:
        _limit.reset(token)


class _Helper(Thread):
    """A thread that does what it is given, time and again, until it is given nothing."""

    def __init__(self) -> None:
        super().__init__(name="kqformat", daemon=True)  # an interrupt can leave one to itself
        self.given: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self.done: SimpleQueue[None] = SimpleQueue()

    def run(self) -> None:
        _limit.set(1)
        while (work := self.given.get()) is not None:
            try:
                work()
            finally:
                del work  # whose results are not to be kept
                self.done.put(None)


class _Crew:
    """Helpers of one thread, begun when they are first needed."""

    def __init__(self) -> None:
        self._helpers: list[_Helper] = []

    def do(self, work: Callable[[], None], helpers: int) -> None:
        """Work here and by so many helpers at once, until all have returned; they raise nothing.

        If this is interrupted, the helpers may still be at it, and nothing but `end` makes sense.
        """
        for _ in range(helpers - len(self._helpers)):
            self._helpers.append(_Helper())
            self._helpers[-1].start()
        with _without_crew():
            for helper in self._helpers[:helpers]:
                helper.given.put(work)
            with at_most(1):
                work()
            for helper in self._helpers[:helpers]:
                helper.done.get()

    def end(self) -> None:
        """Wait until the helpers have done what they were given, and end them."""
        helpers, self._helpers = self._helpers, []
        for helper in helpers:
            helper.given.put(None)
        for helper in helpers:
            if helper.ident is not None:  # else it could not be begun
                helper.join()


class _Own(local):
    """What each thread has for itself."""

    crew: _Crew | None = None


_own = _Own()
if hasattr(os, "register_at_fork"):  # a process has none of its parent's threads
    os.register_at_fork(after_in_child=lambda: setattr(_own, "crew", None))


@contextmanager
def _without_crew() -> Iterator[None]:
    """Have work that asks for threads, against `at_most`, begin others: those kept are at work."""
    kept, _own.crew = _own.crew, None
    try:
        yield
    finally:
        _own.crew = kept


@contextmanager
def kept_threads() -> Iterator[_Crew]:
    """Keep the threads that `for_each` begins in this block until its end.

    To wake one takes half as long as to begin it. Holds for the thread that says it; a block within
    a block changes nothing.
    """
    if _own.crew is not None:
        yield _own.crew
        return
    crew = _own.crew = _Crew()
    try:
        yield crew
    finally:
        _own.crew = None
        crew.end()


def for_each(
    work: Callable[[_Item], _Result], items: Sequence[_Item], parallel: int
) -> list[_Result]:
    """Return what comes of each item, by threads if `parallel` of them are worth it.

    The results, and of several errors the one that is raised, are in the order of the items.

    Examples
    --------
    >>> for_each(abs, [-1, 2, -3], 2)
    [1, 2, 3]
    """
    threads = min(parallel, available(), len(items))
    if threads < 2:
        return list(map(work, items))
    numbers = iter(range(len(items)))
    results: dict[int, _Result] = {}
    failures: dict[int, BaseException] = {}

    def run() -> None:
        while not failures and (number := next(numbers, None)) is not None:
            try:
                results[number] = work(items[number])
            except BaseException as error:
                failures[number] = error

    # The thread that calls works too: to wake one and to wait for it takes longer than many items.
    with kept_threads() as crew:
        try:
            crew.do(run, threads - 1)
        except BaseException:
            for _ in numbers:  # left where this is interrupted: they are not begun
                pass
            crew.end()
            failures.clear()  # as in `_first_of`
            raise
    if failures:
        raise _first_of(failures)
    return [results[number] for number in range(len(items))]


def for_each_slice(work: Callable[[slice], _Result], length: int, step: int) -> list[_Result]:
    """Return what comes of each slice of `step` items, the last of what is left; as `for_each`.

    Examples
    --------
    >>> for_each_slice("colours".__getitem__, 7, 3)
    ['col', 'our', 's']
    """
    slices = [slice(first, min(length, first + step)) for first in range(0, length, step)]
    return for_each(work, slices, len(slices))


def in_order(
    work: Callable[[_Item], _Result], items: Iterable[_Item], ahead: int = _AHEAD
) -> Generator[_Result, None, None]:
    """Yield what comes of each item, in order, with `ahead` items or results held for each thread.

    Items are taken in the thread that takes the results. Where one of them, or what is done with
    it, raises an error, that comes in its place, and no more are begun.

    Examples
    --------
    >>> list(in_order(abs, iter([-1, 2, -3])))
    [1, 2, 3]
    """
    threads = available()
    if threads < 2:
        yield from map(work, items)
        return
    pool = _pool(threads)
    begun: deque[Future[_Result]] = deque()
    failures: dict[int, BaseException] = {}
    try:
        source = iter(items)
        while not failures:
            try:
                begun.append(pool.submit(work, next(source)))
            except StopIteration:
                break
            except Exception as error:  # after what was begun before it
                failures[0] = error
            if len(begun) >= ahead * threads:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
        if failures:
            raise _first_of(failures)
    finally:
        pool.shutdown(cancel_futures=True)


def _first_of(failures: dict[int, BaseException]) -> BaseException:
    """Take the first out, to be raised: what knows it would be kept with it if it stayed there."""
    first = failures[min(failures)]
    failures.clear()
    return first


def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, "kqformat", initializer=_limit.set, initargs=(1,))
