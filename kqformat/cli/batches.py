"""The options of ``kq encode`` for many files, and by what these are done."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from kqformat.batch.jobs import STANDARD, Job
from kqformat.cli.console import complain
from kqformat.cli.jobs import Means
from kqformat.errors import ParameterError
from kqformat.threads import available

if TYPE_CHECKING:
    from kqformat.batch.manifest import Manifest
    from kqformat.batch.settings import Settings

_MANY = 16
"""From so many files on, processes are worth being started."""


def add_batch_arguments(parser: argparse.ArgumentParser) -> None:
    """Add a group of options."""
    batches = parser.add_argument_group("many files")
    batches.add_argument(
        "--manifest",
        metavar="FILE",
        help="record in FILE (JSON, a line a file) what is done, and leave out what it has: files "
        "with the same source and options, and an output as it was written. What was made of a "
        "source that has changed is overwritten (default: no record; --skip-existing looks at "
        "names alone)",
    )
    batches.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="do it on a Dask cluster with its scheduler at this address, or local for one of -j "
        "workers on this machine; all must see the same files, or names are URLs",
    )


@contextmanager
def executor_of(
    options: argparse.Namespace, jobs: Sequence[Job], *, threads_only: bool = False
) -> Iterator[Means]:
    """Give what does the jobs."""
    if options.cluster is not None:
        if _has_standard(jobs):
            raise ParameterError("--cluster needs names, which standard input and output have not")
        from kqformat.batch.cluster import cluster

        with cluster(options.cluster, options.jobs) as (executor, workers):
            yield Means(executor, 4 * workers)
        return
    at_once = max(1, min(options.jobs, len(jobs)))
    threads_each = max(1, available() // at_once)
    if at_once == 1:
        yield Means()
    elif threads_only or len(jobs) < _MANY or _has_standard(jobs):
        from concurrent.futures import ThreadPoolExecutor

        pool = ThreadPoolExecutor(at_once)
        try:
            yield Means(pool, 2 * at_once, threads_each, are_threads=True)
        finally:
            pool.shutdown(cancel_futures=True)
    else:
        from kqformat.batch.pools import processes

        with processes(at_once) as workers_here:
            yield Means(workers_here, 4 * at_once, threads_each)


def open_manifest(
    options: argparse.Namespace, settings: Settings
) -> AbstractContextManager[Manifest | None]:
    """Open the manifest, if there is to be one, and say if its last line was torn."""
    if options.manifest is None:
        return nullcontext()
    from kqformat.batch.manifest import Manifest

    smaller = "-smaller" if options.skip_if_larger else ""
    manifest = Manifest(options.manifest, settings.digest + smaller)
    if manifest.torn and not options.quiet:
        complain(f"{options.manifest}: a line is not whole, as a run that was killed leaves it")
    return manifest


def _has_standard(jobs: Sequence[Job]) -> bool:
    return any(STANDARD in (job.source, job.target) for job in jobs)
