"""From the inputs on the command line to pairs of files, and the work on each of these.

`encode` and `decode` share it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kqformat.cli.console import complain, say
from kqformat.errors import KqError, ParameterError
from kqformat.files import new_file, read_stream

STANDARD = "-"
"""The name of standard input and output."""


@dataclass(frozen=True, slots=True)
class Job:
    """One file to make from another."""

    source: str
    target: str

    def read(self) -> bytes:
        """Return the bytes of the source."""
        if self.source == STANDARD:
            return read_stream(sys.stdin.buffer)
        with open(self.source, "rb") as stream:
            return read_stream(stream)

    def refuse_existing(self, *, force: bool) -> None:
        """Raise `FileExistsError` early, before any work is spent on the target."""
        if self.target != STANDARD and not force and os.path.isfile(self.target):
            raise FileExistsError(17, "exists already; -f overwrites it", self.target)

    def write(self, data: bytes, *, force: bool) -> None:
        """Write the target, whole or not at all."""
        if self.target == STANDARD:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
            return
        Path(self.target).parent.mkdir(parents=True, exist_ok=True)
        with new_file(self.target, overwrite=force) as stream:
            stream.write(data)


def add_file_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `encode` and `decode` have in common."""
    files = parser.add_argument_group("files")
    files.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="a file, a folder with -r, or - for standard input",
    )
    files.add_argument(
        "-o", "--output", metavar="FILE", help="output file, or - for standard output"
    )
    files.add_argument("-d", "--directory", metavar="DIR", help="write into this folder instead")
    files.add_argument(
        "-r", "--recursive", action="store_true", help="take the folders among the inputs whole"
    )
    files.add_argument("-f", "--force", action="store_true", help="overwrite existing files")
    files.add_argument(
        "-j", "--jobs", type=positive_int, default=1, metavar="N", help="files at once (default: 1)"
    )
    loudness = parser.add_mutually_exclusive_group()
    loudness.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    loudness.add_argument("-v", "--verbose", action="store_true", help="print more")


def positive_int(text: str) -> int:
    """Parse an int of at least 1, for argparse."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not 1 or more")
    return value


def plan_jobs(options: argparse.Namespace, suffix: str, extensions: Collection[str]) -> list[Job]:
    """Return what is to be done.

    Parameters
    ----------
    options : Namespace
        As `add_file_arguments` has them.
    suffix : str
        Of the outputs, with its dot.
    extensions : collection of str
        Lower-case, with their dots: the files to be taken from folders.

    Raises
    ------
    ParameterError
        If the options do not fit together or two outputs would be one file.
    """
    if options.output is not None and options.directory is not None:
        raise ParameterError("-o and -d cannot be given together")
    found = [pair for name in options.inputs for pair in _expand(name, options, extensions)]
    if options.output is not None and len(found) != 1:
        raise ParameterError(f"-o takes one input, found {len(found)}; -d takes many")
    jobs = [Job(source, _target(source, below, options, suffix)) for source, below in found]
    _refuse_collisions(jobs)
    return jobs


def run_jobs(jobs: list[Job], work: Callable[[Job], str], options: argparse.Namespace) -> int:
    """Do the work for every job, print what it returns in order, and return the exit status."""
    failures = 0
    to_error = options.output == STANDARD or STANDARD in [job.target for job in jobs]
    for job, outcome in _outcomes(jobs, work, options.jobs):
        try:
            report = outcome()
        except (KqError, OSError) as error:
            if isinstance(error, BrokenPipeError):
                raise
            failures += 1
            complain(f"{job.source}: {explanation(error)}")
        else:
            if report and not options.quiet:
                say(report, to_error=to_error)
    return 1 if failures else 0


def explanation(error: Exception) -> str:
    """Return an error as people say it: for one of the file system, its text and file name."""
    if isinstance(error, OSError) and error.strerror:
        name = f": {error.filename}" if error.filename else ""
        return error.strerror + name
    return str(error)


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


def _expand(
    name: str, options: argparse.Namespace, extensions: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield each file of an input, and its path below the folder that was named."""
    if name == STANDARD or not os.path.isdir(name):
        yield name, os.path.basename(name)
        return
    if not options.recursive:
        raise ParameterError(f"{name} is a folder; -r takes folders whole")
    for folder, folders, files in os.walk(name):
        folders.sort()
        for file in sorted(files):
            if Path(file).suffix.lower() in extensions:
                path = os.path.join(folder, file)
                yield path, os.path.relpath(path, name)


def _target(source: str, below: str, options: argparse.Namespace, suffix: str) -> str:
    if options.output is not None:
        return str(options.output)
    if source == STANDARD:
        if options.directory is not None:
            raise ParameterError("standard input has no name to write under; -o gives one")
        return STANDARD
    if options.directory is not None:
        return str(Path(options.directory, below).with_suffix(suffix))
    return str(Path(source).with_suffix(suffix))


def _refuse_collisions(jobs: list[Job]) -> None:
    sources: dict[str, str] = {}
    for job in jobs:
        if job.target in sources and job.target != STANDARD:
            raise ParameterError(
                f"{sources[job.target]} and {job.source} would both be written to {job.target}"
            )
        sources[job.target] = job.source
    if [job.target for job in jobs].count(STANDARD) > 1:
        raise ParameterError("only one file can go to standard output")
