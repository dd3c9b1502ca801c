"""A Dask cluster as an executor: one that is there, or one of processes of this machine.

Dask runs the tasks of a worker that is lost on another. As files appear whole, and a file that is
there already with the same bytes is as good as a new one, none is written twice or by halves.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from weakref import WeakSet

from kqformat.batch.palette import FAN_IN
from kqformat.errors import MissingExtraError, ParameterError

if TYPE_CHECKING:
    from distributed import Client
    from distributed import Future as DaskFuture

_Item = TypeVar("_Item")
_Value = TypeVar("_Value")
_Arguments = ParamSpec("_Arguments")

LOCAL = "local"
"""The address that has a cluster started here."""

_PATIENCE, _NEVER = "10s", "1000 days"


@contextmanager
def cluster(address: str, workers: int) -> Iterator[tuple[Executor, int]]:
    """Connect to a cluster.

    Parameters
    ----------
    address : str
        Of the scheduler, or `LOCAL` for processes of this machine, each with one thread.
    workers : int
        How many processes that are.

    Yields
    ------
    Executor, int
        What runs tasks, and how many at once.

    Raises
    ------
    MissingExtraError
        If Dask is not installed.
    ParameterError
        If the address makes no sense.
    OSError
        If nobody is there.
    """
    with _client(address, workers) as client:
        executor = ClusterExecutor(client)
        try:
            yield executor, max(1, sum(client.ncores().values()))
        finally:
            executor.shutdown(wait=False)


class ClusterExecutor(Executor):
    """A Dask cluster as an executor, which also joins results on its workers.

    Parameters
    ----------
    client : distributed.Client
        Connected to the cluster.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._given: WeakSet[DaskFuture[Any]] = WeakSet()

    def submit(
        self,
        fn: Callable[_Arguments, _Value],
        /,
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> Future[_Value]:
        """Have a function called by a worker."""
        future: Future[_Value] = Future()
        there = self._client.submit(fn, *args, **kwargs, pure=False)
        self._given.add(there)
        there.add_done_callback(partial(_fetch, future))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for what has been submitted, or drop it."""
        from distributed import wait as wait_for

        if wait and not cancel_futures:
            wait_for(list(self._given))
        else:
            self._client.cancel(list(self._given))

    def reduced(
        self,
        function: Callable[[_Item], _Value],
        items: Sequence[_Item],
        join: Callable[[list[_Value]], _Value],
    ) -> _Value:
        """Return the join of what a function returns for each item.

        Only the last result comes here. What a lost worker had counted is counted again.

        Raises
        ------
        OSError
            If workers are lost by it again and again.
        """
        from distributed import KilledWorker

        futures = self._client.map(function, items, pure=False)
        while len(futures) > 1:
            groups = [futures[at : at + FAN_IN] for at in range(0, len(futures), FAN_IN)]
            futures = [self._client.submit(join, group, pure=False) for group in groups]
        try:
            value: _Value = futures[0].result()
        except KilledWorker as error:
            raise OSError(errno.ECHILD, "workers were lost while they counted colours") from error
        return value


def _fetch(future: Future[_Value], there: DaskFuture[Any]) -> None:
    """Hand a result on, and let go of it there.

    As long as it is held, and Dask's own executor holds it until it is collected, it is computed
    again if its worker is lost, though it has long been here.
    """
    if not future.set_running_or_notify_cancel():
        there.release()
        return
    try:
        value = there.result()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(value)
    finally:
        there.release()


@contextmanager
def local_client(workers: int) -> Iterator[Client]:
    """Give a client of so many processes of this machine, each with one thread."""
    from dask import config
    from distributed import Client, LocalCluster

    # So long after it has lost a worker a cluster looks whether it is there, and, where it has just
    # been lost once more, sees to it that it does not come again.
    with (
        config.set({"distributed.deploy.lost-worker-timeout": _NEVER}),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            silence_logs="CRITICAL",
        ) as here,
        Client(here) as client,
    ):
        yield client


@contextmanager
def _client(address: str, workers: int) -> Iterator[Client]:
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise MissingExtraError("a cluster", "distributed", "cluster") from error
    if address == LOCAL:
        with local_client(workers) as client:
            yield client
        return
    try:
        client = Client(address, timeout=_PATIENCE, name="kq")
    except ValueError as error:
        raise ParameterError(f"{address} is no address of a Dask scheduler: {error}") from error
    except (OSError, TimeoutError) as error:
        said = f"no Dask scheduler answers there ({type(error).__name__})"
        raise OSError(errno.ECONNREFUSED, said, address) from error
    with client:
        _check_versions(client, address)
        yield client


def _check_versions(client: Client, address: str) -> None:
    """Refuse workers that would write other files."""
    import kqformat

    found = set(client.run(_version).values())
    if not found:
        raise OSError(errno.ECONNREFUSED, "the cluster has no workers", address)
    if found != {kqformat.__version__}:
        raise OSError(
            errno.EPROTO,
            f"workers have kqformat {', '.join(sorted(found))}, expected {kqformat.__version__}",
            address,
        )


def _version() -> str:
    import kqformat

    return kqformat.__version__
