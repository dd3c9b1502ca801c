"""The work on some files, wherever it is done: each is read, made, and written, or its error noted.

What a worker is sent and what it sends back can be pickled. It may be sent the same files again,
where another worker was lost in the middle: a target that is there and has the same bytes is as
good as one written now. The same goes for objects in stores, whoever wrote them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from traceback import format_exception
from typing import Generic, Protocol, TypeVar

from kqformat.batch.gate import writing
from kqformat.batch.groups import FileGroup
from kqformat.batch.jobs import FAILURES, STANDARD, Job, explanation
from kqformat.files import MAX_FILE_BYTES, read_file
from kqformat.stores import is_url
from kqformat.threads import at_most

Facts = TypeVar("Facts", covariant=True)  # noqa: PLC0105  (read by those who make facts)

EXISTS = "its target exists"
"""Why a file is left out that is there."""


@dataclass(frozen=True, slots=True)
class Made(Generic[Facts]):
    """The bytes of a target, and what is to be said of it."""

    data: bytes
    facts: Facts


class Work(Protocol[Facts]):
    """Makes targets. It is pickled where it goes to another process."""

    def read(self, job: Job) -> bytes:
        """Return the bytes of the source."""

    def make(self, job: Job, source: bytes) -> Made[Facts]:
        """Return the bytes of the target."""


@dataclass(frozen=True, slots=True)
class Handling:
    """What is done about files that are there already, or would be no use.

    Attributes
    ----------
    force : bool
        Whether existing files are overwritten.
    skip_existing : bool
        Whether jobs with an existing target are left out.
    skip_if_larger : bool
        Whether a target is not written that is larger than its source.
    dry_run : bool
        Whether nothing is written.
    is_taken_up : bool
        Whether this goes on with an earlier run, so that a target may be there that was written
        and not recorded. It is an error only if it has other bytes.
    """

    force: bool = False
    skip_existing: bool = False
    skip_if_larger: bool = False
    dry_run: bool = False
    is_taken_up: bool = False


@dataclass(frozen=True, slots=True)
class Result(Generic[Facts]):
    """What came of one file.

    Attributes
    ----------
    source, target : str
        Their names.
    before, after : int
        Bytes of the source and of the target; 0 where it came to nothing.
    facts : object or None
        What is to be said of it.
    skipped : str or None
        Why it was left out.
    error : str or None
        What went wrong, in one line.
    trace : str or None
        Where, if it was nothing that is known to go wrong.
    """

    source: str
    target: str
    before: int = 0
    after: int = 0
    facts: Facts | None = None
    skipped: str | None = None
    error: str | None = None
    trace: str | None = None


def do_jobs(
    jobs: Sequence[Job], work: Work[Facts], handling: Handling, threads: int | None = None
) -> list[Result[Facts]]:
    """Do some jobs and return their results, in their order.

    Parameters
    ----------
    jobs : sequence of Job
    work : Work
    handling : Handling
    threads : int or None
        How many threads each image may take; None for as many as there are cores.
    """
    results: list[Result[Facts]] = []

    def fail(at: int, data: bytes, error: OSError) -> None:
        if not _is_there(jobs[at], data, error):
            results[at] = _failure(jobs[at], error)

    with at_most(threads), FileGroup(force=handling.force) as group:
        for at, job in enumerate(jobs):
            write = partial(_write, group, at, fail) if len(jobs) > 1 else None
            try:
                results.append(_result(job, work, handling, write))
            except Exception as error:
                if isinstance(error, BrokenPipeError) and job.target == STANDARD:
                    raise
                results.append(_failure(job, error))
    return results


def _write(
    group: FileGroup,
    at: int,
    fail: Callable[[int, bytes, OSError], None],
    job: Job,
    data: bytes,
) -> None:
    group.add(job, data, partial(fail, at, data))


def _result(
    job: Job,
    work: Work[Facts],
    handling: Handling,
    write: Callable[[Job, bytes], None] | None,
) -> Result[Facts]:
    """Do one job; its file is written by `write`, if given."""
    done: Result[Facts] = Result(job.source, job.target)
    was_looked_at = job.replaces or (handling.is_taken_up and not is_url(job.target))
    if handling.skip_existing and not was_looked_at and job.has_target():
        return replace(done, skipped=EXISTS)
    if handling.is_taken_up or is_url(job.target):  # to ask twice would cost a request
        job.check_place()
    else:
        job.check(force=handling.force)
    source = work.read(job)
    made = work.make(job, source)
    if handling.skip_if_larger and len(made.data) > len(source):
        sizes = f"{len(made.data):,} bytes would be more than the {len(source):,} of the source"
        return replace(done, skipped=sizes)
    if not handling.dry_run:
        try:
            if write is not None:
                write(job, made.data)
            else:
                with writing():
                    job.write(made.data, force=handling.force)
        except FileExistsError as error:
            if not _is_there(job, made.data, error):
                raise
    return replace(done, before=len(source), after=len(made.data), facts=made.facts)


def _is_there(job: Job, data: bytes, error: OSError) -> bool:
    """Whether the file was not written because it is there, as it is to be."""
    if not isinstance(error, FileExistsError):
        return False
    try:
        return read_file(job.target, min(MAX_FILE_BYTES, len(data))) == data
    except FAILURES:
        return False


def _failure(job: Job, error: Exception) -> Result[Facts]:
    if isinstance(error, FileExistsError):
        said = f"{job.target}: exists already; -f overwrites it"
    else:
        said = explanation(error, job.source)
    trace = None if isinstance(error, FAILURES) else "".join(format_exception(error))
    return Result(job.source, job.target, error=said, trace=trace)
