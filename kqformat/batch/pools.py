"""The executors of one machine: processes that end with the one that started them, or threads.

Small pictures want processes: between the kernels, which leave Python's lock to others, there is
more Python than kernel. A process that dies takes the pool with it; the next task gets a new pool.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent import futures
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from threading import Thread
from typing import Any, ParamSpec, TypeVar

from kqformat.batch import gate

_Arguments = ParamSpec("_Arguments")
_Value = TypeVar("_Value")

_PRELOADED = ["kqformat.batch.encoding", "kqformat.batch.running"]


class Processes(Executor):
    """Processes that work; one that is lost is replaced, though its tasks fail.

    They heed neither interrupts nor that their parent has been killed: where that ends in any way,
    or `abandon` is called, each ends when it is not writing a file.

    Parameters
    ----------
    count : int
        How many.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        kinds = multiprocessing.get_all_start_methods()
        self._context = multiprocessing.get_context(
            "forkserver" if "forkserver" in kinds else "spawn"
        )
        if "forkserver" in kinds:
            self._context.set_forkserver_preload(_PRELOADED)
        self._heard, self._life = multiprocessing.Pipe(duplex=False)
        self._pool = self._started()
        self._waiting: set[Future[Any]] = set()

    def submit(
        self,
        fn: Callable[_Arguments, _Value],
        /,
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> Future[_Value]:
        """Have a function called in one of the processes."""
        try:
            future = self._pool.submit(fn, *args, **kwargs)
        except BrokenExecutor:
            self._pool.shutdown(wait=False)
            self._pool = self._started()
            future = self._pool.submit(fn, *args, **kwargs)
        self._waiting.add(future)
        future.add_done_callback(self._waiting.discard)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes when their tasks are done."""
        if wait and not cancel_futures:
            # One that has died a moment ago may hold the lock by which the others hear that all is
            # over, and nobody looks after it any more: they are to end by the pipe, too.
            futures.wait(list(self._waiting))
            self._life.close()
        self._pool.shutdown(wait, cancel_futures=cancel_futures)
        self._life.close()

    def abandon(self) -> None:
        """End the processes now, but for files that are being written."""
        self._life.close()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _started(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self._count,
            mp_context=self._context,
            initializer=_begin,
            initargs=(self._heard,),
        )


@contextmanager
def processes(count: int) -> Iterator[Processes]:
    """Give processes that are gone when the block ends; an interrupt waits for no work."""
    pool = Processes(count)
    try:
        yield pool
    except BaseException:
        with suppress(KeyboardInterrupt):
            pool.abandon()
        raise
    pool.shutdown()


def _begin(heard: Connection) -> None:
    """Prepare a process that works."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    Thread(target=_end_with_parent, args=(heard,), daemon=True).start()


def _end_with_parent(heard: Connection) -> None:
    with suppress(EOFError, OSError):
        heard.recv()  # nothing ever comes but the end
    gate.close()
    os._exit(1)
