"""The work on each pair of files, several at once, and what is said of it.

`encode` and `decode` share it; the other subcommands take what is about inputs and errors. How the
work is done is in `kqformat.batch`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from kqformat.batch import gate
from kqformat.batch.jobs import FAILURES, STANDARD, Job, explanation, open_input, read_input
from kqformat.batch.running import TASKS_AT_ONCE, Batch
from kqformat.batch.summary import RECORDED, Summary
from kqformat.batch.working import Handling, Result, Work
from kqformat.cli.console import complain, input_name, output_name, say
from kqformat.cli.interrupts import leave
from kqformat.cli.progress import Bar, progress

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from kqformat.batch.manifest import Manifest

__all__ = [
    "FAILURES",
    "Job",
    "Means",
    "end",
    "explanation",
    "open_input",
    "passed_over",
    "read_input",
    "report_failure",
    "run_jobs",
]

_Facts = TypeVar("_Facts")

Tell: TypeAlias = Callable[[Job, _Facts, argparse.Namespace], str]
"""Returns what is said of a file."""


@dataclass(frozen=True, slots=True)
class Means:
    """By what the work is done; see `Batch`.

    Attributes
    ----------
    executor : Executor or None
    tasks_at_once : int
    threads_each : int
    manifest : Manifest or None
    are_threads : bool
        Whether the executor has threads of this process, which an interrupt does not reach.
    """

    executor: Executor | None = None
    tasks_at_once: int = TASKS_AT_ONCE
    threads_each: int = 1
    manifest: Manifest | None = None
    are_threads: bool = False


def run_jobs(
    jobs: list[Job],
    work: Work[_Facts],
    options: argparse.Namespace,
    tell: Tell[_Facts],
    means: Means,
    summary: Summary | None = None,
) -> int:
    """Do the work for every job, print its reports in order, and return the exit status.

    Then comes the `end` of the summary, which goes on with the one given. An interrupt waits for
    the files that are being written, so that none is left in part, but not for the work on others.
    """
    is_to_error = STANDARD in [job.target for job in jobs]
    summary = Summary() if summary is None else summary
    batch = Batch(
        work,
        Handling(
            force=options.force,
            skip_existing=options.skip_existing,
            skip_if_larger=options.skip_if_larger,
            dry_run=options.dry_run,
        ),
        means.executor,
        means.manifest,
        means.tasks_at_once,
        means.threads_each,
    )
    with progress(len(jobs) if len(jobs) > 1 else None, quiet=options.quiet) as bar:
        bar.begin(jobs[0].source if jobs else "")
        try:
            for job, result in zip(jobs, batch.run(jobs), strict=True):
                bar.begin(job.source)
                _report(job, result, bar, options, tell, to_error=is_to_error)
                summary.add(result)
                bar.finish()
        except KeyboardInterrupt as stop:
            if not means.are_threads:
                raise
            gate.close()
            bar.close()
            leave(stop)
    return end(summary, options, to_error=is_to_error)


def end(summary: Summary, options: argparse.Namespace, *, to_error: bool = False) -> int:
    """Print the summary of several files, unless reports are JSON; return the exit status."""
    if summary.seen > 1 and not options.quiet and not options.json:
        say(_told(summary.line(), options), to_error=to_error)
    return 1 if summary.failed else 0


def report_failure(path: str, error: Exception) -> None:
    """Print what went wrong with an input, as one line."""
    complain(f"{input_name(path)}: {explanation(error, path)}")


def _report(
    job: Job,
    result: Result[_Facts],
    bar: Bar,
    options: argparse.Namespace,
    tell: Tell[_Facts],
    *,
    to_error: bool,
) -> None:
    """Print how a job ended."""
    if result.error is not None:
        with bar.aside():
            complain(f"{input_name(job.source)}: {result.error}")
            if options.verbose and result.trace is not None:  # a mistake in this program
                complain(result.trace)
    elif options.quiet or result.skipped == RECORDED:
        return
    elif result.skipped is not None:
        bar.say(passed_over(job, result.skipped, options), to_error=to_error)
    elif result.facts is not None:
        bar.say(_told(tell(job, result.facts, options), options), to_error=to_error)


def _told(report: str, options: argparse.Namespace) -> str:
    """Return a report; its first line says so if it was of a dry run."""
    if options.json or not options.dry_run:
        return report
    first, *more = report.split("\n", 1)
    return "\n".join([f"{first}, not written", *more])


def passed_over(job: Job, reason: str, options: argparse.Namespace) -> str:
    """Return that a file was skipped, and why."""
    if options.json:
        import json

        return json.dumps({"input": job.source, "output": job.target, "skipped": reason})
    names = f"{input_name(job.source)} -> {output_name(job.target)}"
    return f"{names}: skipped, {reason}"
