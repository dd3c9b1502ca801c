"""From the inputs on the command line to pairs of files, and the work on each of these.

`encode` and `decode` share it; the other subcommands take what is about inputs and errors.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kqformat.cli.console import STANDARD, complain, input_name, say
from kqformat.errors import KqError
from kqformat.files import map_file, new_file, read_stream

if TYPE_CHECKING:
    import mmap

FAILURES = (KqError, OSError, MemoryError)
"""What may go wrong with one file and leaves the others to be done."""


@dataclass(frozen=True, slots=True)
class Job:
    """One file to make from another."""

    source: str
    target: str

    def read(self) -> bytes:
        """Return the bytes of the source."""
        if self.source == STANDARD:
            return _standard_input()
        with open(self.source, "rb") as stream:
            return read_stream(stream)

    def refuse_existing(self, *, force: bool) -> None:
        """Raise `FileExistsError` early, before any work is spent on the target."""
        if self.target != STANDARD and not force and os.path.isfile(self.target):
            raise FileExistsError(17, "exists already; -f overwrites it", self.target)

    def write(self, data: bytes, *, force: bool) -> None:
        """Write the target, whole or not at all."""
        if self.target == STANDARD:
            _write_standard_output(data)
            return
        Path(self.target).parent.mkdir(parents=True, exist_ok=True)
        with new_file(self.target, overwrite=force) as stream:
            stream.write(data)


def map_input(path: str) -> mmap.mmap | bytes:
    """Return the bytes of an input: mapped where it is a file, read where it is standard input."""
    return _standard_input() if path == STANDARD else map_file(path)


def run_jobs(jobs: list[Job], work: Callable[[Job], str], options: argparse.Namespace) -> int:
    """Do the work for every job, print what it returns in order, and return the exit status."""
    status = 0
    to_error = STANDARD in [job.target for job in jobs]
    for job, outcome in _outcomes(jobs, work, options.jobs):
        try:
            report = outcome()
        except FAILURES as error:
            if isinstance(error, BrokenPipeError) and job.target == STANDARD:
                raise
            report_failure(job.source, error)
            status = 1
        else:
            if not options.quiet:
                say(report, to_error=to_error)
    return status


def report_failure(path: str, error: Exception) -> None:
    """Print what went wrong with an input, as one line."""
    complain(f"{input_name(path)}: {explanation(error, path)}")


def explanation(error: Exception, path: str | None = None) -> str:
    """Return an error as people say it, without the file name if that is `path`, said already."""
    if isinstance(error, MemoryError):
        return "not enough memory"
    if isinstance(error, OSError) and error.strerror:
        is_other = error.filename is not None and error.filename != path
        return f"{error.filename}: {error.strerror}" if is_other else error.strerror
    return str(error)


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise OSError(9, "standard input is closed")
    return read_stream(sys.stdin.buffer)


def _write_standard_output(data: bytes) -> None:
    if sys.stdout is None:
        raise OSError(9, "standard output is closed")
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OSError(error.errno, error.strerror, "standard output") from error


def _outcomes(
    jobs: list[Job], work: Callable[[Job], str], at_once: int
) -> Iterator[tuple[Job, Callable[[], str]]]:
    """Yield each job with a function that returns its report or raises its error."""
    if at_once == 1:
        for job in jobs:
            yield job, partial(work, job)
        return
    pool = ThreadPoolExecutor(at_once)
    try:
        futures: list[tuple[Job, Future[str]]] = [(job, pool.submit(work, job)) for job in jobs]
        for job, future in futures:
            yield job, future.result
    finally:
        pool.shutdown(cancel_futures=True)
