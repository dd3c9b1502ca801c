"""Many jobs in tasks of several each, here or by an executor; results come in the jobs' order.

A task that is lost with its worker is sent again, and if that happens twice, its files are done one
by one with nothing else going on, so that the one that ends workers is found, and no other fails.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, field, replace
from pickle import PicklingError
from typing import Generic

from kqformat.batch.jobs import FAILURES, Job, explanation, status_of
from kqformat.batch.manifest import Manifest
from kqformat.batch.summary import RECORDED
from kqformat.batch.working import EXISTS, Facts, Handling, Result, Work, do_jobs
from kqformat.errors import KqError
from kqformat.stores import Status, is_url

TASKS_AT_ONCE = 32
"""How many tasks are with an executor that does not say what it wants."""

_TASK_SECONDS = 0.25
_TASK_FILES = 500
_TASK_BYTES = 1 << 20
_TASK_PASSED = 1000
_FIRST_FILES = 8


class WorkersLostError(KqError):
    """Every worker was lost before it had done a single file."""


@dataclass(slots=True)
class _Task(Generic[Facts]):
    """Jobs, and of each the state of its source and its result, if that is known already."""

    jobs: list[Job] = field(default_factory=list)
    states: list[Status | None] = field(default_factory=list)
    known: list[Result[Facts] | None] = field(default_factory=list)
    source_bytes: int = 0
    losses: int = 0

    @property
    def to_do(self) -> list[Job]:
        return [job for job, found in zip(self.jobs, self.known, strict=True) if found is None]

    def fill(self, results: Iterable[Result[Facts]]) -> None:
        """Put results where there are none."""
        coming = iter(results)
        self.known = [next(coming) if found is None else found for found in self.known]


class Batch(Generic[Facts]):
    """Many jobs of one kind of work.

    Parameters
    ----------
    work : Work
        What is done for each job.
    handling : Handling
        What is done about files that are there.
    executor : Executor or None
        Does the tasks; None for this thread.
    manifest : Manifest or None
        Knows what is done already, and is told of what is done.
    tasks_at_once : int
        How many tasks are given to the executor before the results of the first are awaited.
    threads_each : int
        How many threads an image may take in a task.
    """

    def __init__(
        self,
        work: Work[Facts],
        handling: Handling,
        executor: Executor | None = None,
        manifest: Manifest | None = None,
        tasks_at_once: int = TASKS_AT_ONCE,
        threads_each: int = 1,
    ) -> None:
        self._work = work
        self._handling = handling
        self._executor = executor
        self._manifest = manifest
        self._at_once = tasks_at_once
        self._threads = threads_each
        self._has_worked = False
        self._most_files = 1 if executor is None and manifest is None else _FIRST_FILES

    def run(self, jobs: Iterable[Job]) -> Iterator[Result[Facts]]:
        """Yield the result of each job.

        Raises
        ------
        WorkersLostError
            If workers do not live to do a single file.
        OSError
            If the manifest cannot be written.
        """
        executor = self._executor
        for task in self._tasks(jobs) if executor is None else ():
            started = time.perf_counter()
            task.fill(do_jobs(task.to_do, self._work, self._for_workers()))
            self._learn(len(task.to_do), time.perf_counter() - started)
            yield from self._told(task)
        if executor is not None:
            yield from self._run_by(executor, jobs)

    def _run_by(self, executor: Executor, jobs: Iterable[Job]) -> Iterator[Result[Facts]]:
        pending: deque[tuple[_Task[Facts], Future[_Done[Facts]] | None]] = deque()
        for task in self._tasks(jobs):
            pending.append((task, self._sent(executor, task)))
            while len(pending) > self._at_once or (pending and _is_done(pending[0][1])):
                yield from self._finished(executor, pending)
        while pending:
            yield from self._finished(executor, pending)

    def _sent(self, executor: Executor, task: _Task[Facts]) -> Future[_Done[Facts]] | None:
        """Give a task to the executor; None where there is nothing to do."""
        to_do = task.to_do
        return (
            executor.submit(timed, to_do, self._work, self._for_workers(), self._threads)
            if to_do
            else None
        )

    def _finished(
        self,
        executor: Executor,
        pending: deque[tuple[_Task[Facts], Future[_Done[Facts]] | None]],
    ) -> Iterator[Result[Facts]]:
        """Wait for the first of the tasks, and yield its results."""
        task, future = pending.popleft()
        if future is not None:
            try:
                seconds, results = future.result()
            except Exception as error:
                task.losses += 1
                if not _is_lost(error) or task.losses > 1:
                    self._do_alone(executor, task, [other for _, other in pending])
                else:
                    pending.appendleft((task, self._sent(executor, task)))
                    return
            else:
                self._has_worked = True
                self._learn(len(results), seconds)
                task.fill(results)
        yield from self._told(task)

    def _do_alone(
        self, executor: Executor, task: _Task[Facts], others: Sequence[Future[_Done[Facts]] | None]
    ) -> None:
        """Do the jobs of a task one by one, when all others are done."""
        wait([future for future in others if future is not None])
        results: list[Result[Facts]] = []
        for job in task.to_do:
            try:
                future = executor.submit(
                    timed, [job], self._work, self._for_workers(), self._threads
                )
                results += future.result()[1]
                self._has_worked = True
            except Exception as error:
                said = f"the worker was lost ({explanation(error)})"
                if not _is_lost(error):
                    said = explanation(error)
                results.append(Result(job.source, job.target, error=said))
        if not self._has_worked:
            raise WorkersLostError(f"no worker does anything: {results[0].error}")
        task.fill(results)

    def _tasks(self, jobs: Iterable[Job]) -> Iterator[_Task[Facts]]:
        """Yield tasks, as large as those before show that they may be."""
        task: _Task[Facts] = _Task()
        for job in jobs:
            job_now, state, known = self._looked_at(job)
            task.jobs.append(job_now)
            task.states.append(state)
            task.known.append(known)
            if known is None and self._most_files > 1:
                task.source_bytes += _TASK_BYTES if state is None else state.size
            count = len(task.to_do) if known is None else 0
            is_full = count >= self._most_files or task.source_bytes >= _TASK_BYTES
            if is_full or len(task.jobs) >= _TASK_PASSED:
                yield task
                task = _Task()
        if task.jobs:
            yield task

    def _looked_at(self, job: Job) -> tuple[Job, Status | None, Result[Facts] | None]:
        """Return a job, the state of its source, and its result where there is nothing to do."""
        try:
            if self._manifest is not None:
                return self._looked_up(job, self._manifest)
            if self._executor is None:
                return job, None, None
            state = Status(0) if is_url(job.source) else status_of(job.source)
            # Here, since a worker's second try may find what the first has written.
            if not is_url(job.target):
                if self._handling.skip_existing and job.has_target():
                    return job, state, Result(job.source, job.target, skipped=EXISTS)
                job.check(force=self._handling.force)
        except FAILURES as error:
            said = explanation(error, job.source)
            return job, None, Result(job.source, job.target, error=said)
        return job, state, None

    def _looked_up(
        self, job: Job, manifest: Manifest
    ) -> tuple[Job, Status | None, Result[Facts] | None]:
        """Do the same by the manifest."""
        is_done, state = manifest.done(job)
        if is_done:
            return job, state, Result(job.source, job.target, skipped=RECORDED)
        if manifest.is_ours(job):
            job = replace(job, replaces=True)
        elif self._handling.skip_existing and job.has_target():
            return job, state, Result(job.source, job.target, skipped=EXISTS)
        return job, state, None

    def _for_workers(self) -> Handling:
        is_looked_at = self._executor is not None or self._manifest is not None
        return replace(self._handling, is_taken_up=is_looked_at)

    def _learn(self, files: int, seconds: float) -> None:
        """Have the next tasks take the time that they are to take."""
        if self._most_files > 1 or self._executor is not None or self._manifest is not None:
            wanted = int(_TASK_SECONDS * files / max(seconds, 1e-6)) if files else _TASK_FILES
            self._most_files = min(_TASK_FILES, max(1, wanted))

    def _told(self, task: _Task[Facts]) -> Iterator[Result[Facts]]:
        """Yield the results of a task, which are then recorded."""
        results = [result for result in task.known if result is not None]
        if self._manifest is not None and not self._handling.dry_run:
            self._manifest.add(
                (result, state)
                for result, state in zip(results, task.states, strict=True)
                if result.skipped not in (RECORDED, EXISTS)
            )
        yield from results


_Done = tuple[float, list[Result[Facts]]]


def timed(jobs: Sequence[Job], work: Work[Facts], handling: Handling, threads: int) -> _Done[Facts]:
    """Do jobs, and return the seconds that it took, too: what workers run."""
    started = time.perf_counter()
    results = do_jobs(jobs, work, handling, threads)
    return time.perf_counter() - started, results


def _is_done(future: Future[_Done[Facts]] | None) -> bool:
    return future is None or future.done()


def _is_lost(error: Exception) -> bool:
    """Whether a task did not come to its end, rather than could not be sent at all."""
    return not isinstance(error, (AttributeError, TypeError, PicklingError))
