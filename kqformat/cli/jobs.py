"""The work on each pair of files, several at once, and what is said of it.

`encode` and `decode` share it; the other subcommands take what is about inputs and errors.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Semaphore
from typing import TYPE_CHECKING, TypeAlias

from kqformat.cli.console import STANDARD, complain, input_name, output_name, say
from kqformat.cli.interrupts import leave
from kqformat.cli.progress import Bar, progress
from kqformat.cli.summary import Outcome, Summary
from kqformat.errors import KqError, LimitError, ParameterError
from kqformat.files import MAX_FILE_BYTES, MostBytes, open_file, read_file, read_stream, write_file

if TYPE_CHECKING:
    import mmap

    from kqformat.file_view import FileView

FAILURES = (KqError, OSError, MemoryError)
"""What may go wrong with one file and leaves the others to be done."""


@dataclass(frozen=True, slots=True)
class Job:
    """One file to make from another.

    Attributes
    ----------
    source, target : str
        Their names, or `STANDARD`.
    makes_folder : bool
        Whether the target's folder is made where it is missing.
    fault : str or None
        Why it cannot be done.
    """

    source: str
    target: str
    makes_folder: bool = False
    fault: str | None = None

    def check(self, *, force: bool) -> None:
        """Raise what is known to be wrong before any work is spent."""
        if self.fault is not None:
            raise ParameterError(self.fault)
        if self.target == STANDARD:
            return
        if not force and self.has_target():
            raise FileExistsError(errno.EEXIST, "exists already; -f overwrites it", self.target)
        if not self.makes_folder:
            os.stat(os.path.dirname(self.target) or os.curdir)

    def has_target(self) -> bool:
        """Whether there is a file already where the result would go."""
        return self.target != STANDARD and os.path.isfile(self.target)

    def read(self, max_bytes: int = MAX_FILE_BYTES, signature: bytes = b"") -> bytes:
        """Return the bytes of the source; see `read_input`."""
        return read_input(self.source, max_bytes, signature)

    def write(self, data: bytes, *, force: bool) -> None:
        """Write the target, whole or not at all."""
        if self.target == STANDARD:
            _write_standard_output(data)
            return
        if self.makes_folder:
            Path(self.target).parent.mkdir(parents=True, exist_ok=True)
        write_file(self.target, data, overwrite=force)


Read: TypeAlias = Callable[[Job], bytes]
"""Returns the source's bytes."""

Work: TypeAlias = Callable[[Job, bytes], tuple[bytes, str]]
"""Makes the target's bytes from the source's, and a report."""


def read_input(
    path: str,
    max_bytes: int = MAX_FILE_BYTES,
    signature: bytes = b"",
    most_bytes: MostBytes | None = None,
) -> bytes:
    """Return the bytes of an input; of one without the signature, the first only.

    See `read_stream`.
    """
    if path != STANDARD:
        return read_file(path, max_bytes, signature, most_bytes)
    if sys.stdin is None:
        raise OSError(errno.EBADF, "standard input is closed")
    return read_stream(sys.stdin.buffer, max_bytes, signature, most_bytes)


def open_input(path: str, signature: bytes) -> FileView | mmap.mmap | bytes:
    """Open an input of which few bytes are looked at; what is no file is read."""
    if path == STANDARD:
        return read_input(path, signature=signature)
    return open_file(path, signature=signature)


def run_jobs(
    jobs: list[Job], work: Work, options: argparse.Namespace, read: Read | None = None
) -> int:
    """Do the work for every job, print its reports in order, and return the exit status.

    Of several jobs, a summary follows, unless reports are JSON. Sources are read by `read`, if
    given.
    """
    permits = Semaphore(options.jobs)
    is_to_error = STANDARD in [job.target for job in jobs]
    summary = Summary()

    def do(job: Job) -> Outcome:
        if options.skip_existing and job.has_target():
            return _passed_over(job, "its target exists", options)
        job.check(force=options.force)
        source = (read or Job.read)(job)
        data, report = work(job, source)
        if options.skip_if_larger and len(data) > len(source):
            sizes = f"{len(data):,} bytes would be more than the {len(source):,} of the source"
            return _passed_over(job, sizes, options)
        if not options.dry_run:
            with permits:
                job.write(data, force=options.force)
        return Outcome(report, len(source), len(data))

    is_several = len(jobs) > 1
    with (
        progress(len(jobs) if is_several else None, quiet=options.quiet) as bar,
        _outcomes(jobs, do, permits, options.jobs, bar) as outcomes,
    ):
        for job, outcome in outcomes:
            bar.begin(job.source)
            _report(job, outcome, summary, bar, options, to_error=is_to_error)
            bar.finish()
    if is_several and not options.quiet and not options.json:
        say(_told(summary.line(), options), to_error=is_to_error)
    return 1 if summary.failures else 0


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
    if isinstance(error, LimitError) and error.quantity == "pixels":
        return f"{error}; --max-pixels raises it"
    if not isinstance(error, FAILURES):
        return f"unexpected {type(error).__name__}: {error}"
    return str(error)


def _report(
    job: Job,
    outcome: Callable[[], Outcome],
    summary: Summary,
    bar: Bar,
    options: argparse.Namespace,
    *,
    to_error: bool,
) -> None:
    """Print how a job ended, and count it."""
    try:
        found = outcome()
    except Exception as error:
        if isinstance(error, BrokenPipeError) and job.target == STANDARD:
            raise
        summary.failures += 1
        with bar.aside():
            report_failure(job.source, error)
            if options.verbose and not isinstance(error, FAILURES):  # a mistake in this program
                from traceback import print_exception

                print_exception(error)
        return
    summary.add(found)
    if not options.quiet:
        report = found.report if found.is_skipped else _told(found.report, options)
        bar.say(report, to_error=to_error)


def _told(report: str, options: argparse.Namespace) -> str:
    """Return a report; its first line says so if it was of a dry run."""
    if options.json or not options.dry_run:
        return report
    first, *more = report.split("\n", 1)
    return "\n".join([f"{first}, not written", *more])


def _passed_over(job: Job, reason: str, options: argparse.Namespace) -> Outcome:
    """Return that a file was skipped, and why."""
    if options.json:
        import json

        record = {"input": job.source, "output": job.target, "skipped": reason}
        return Outcome(json.dumps(record), is_skipped=True)
    names = f"{input_name(job.source)} -> {output_name(job.target)}"
    return Outcome(f"{names}: skipped, {reason}", is_skipped=True)


@contextmanager
def _outcomes(
    jobs: list[Job], do: Callable[[Job], Outcome], permits: Semaphore, at_once: int, bar: Bar
) -> Iterator[Iterable[tuple[Job, Callable[[], Outcome]]]]:
    """Give each job with a function that returns its outcome or raises its error.

    An interrupt waits for the files that are being written, so that none is left in part, but not
    for the work on others.
    """
    if at_once == 1:
        yield ((job, partial(do, job)) for job in jobs)
        return
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(at_once)
    try:
        futures = [pool.submit(do, job) for job in jobs]
        yield zip(jobs, (future.result for future in futures), strict=True)
    except KeyboardInterrupt as stop:
        with suppress(KeyboardInterrupt):
            pool.shutdown(wait=False, cancel_futures=True)
            for _ in range(at_once):
                permits.acquire()
        bar.close()
        leave(stop)
    finally:
        pool.shutdown(cancel_futures=True)


def _write_standard_output(data: bytes) -> None:
    if sys.stdout is None:
        raise OSError(errno.EBADF, "standard output is closed")
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OSError(error.errno, error.strerror, "standard output") from error
