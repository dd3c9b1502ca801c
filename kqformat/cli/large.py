"""``kq encode`` of pictures larger than memory: TIFF files and NumPy arrays, one after the other.

They are read by rows, where the options let them be. What needs a picture as a whole (a target,
dithering, a shared palette) leaves TIFF files to those who read them at once; arrays are read by
nobody else.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from kqformat.batch.facts import EncodedFacts
from kqformat.batch.summary import Summary
from kqformat.batch.working import EXISTS, Result
from kqformat.cli.colours import quantizer_arguments
from kqformat.cli.console import STANDARD
from kqformat.cli.jobs import FAILURES, Job, passed_over, report_failure
from kqformat.cli.progress import progress
from kqformat.cli.telling import told_facts
from kqformat.errors import ParameterError, RasterError

if TYPE_CHECKING:
    from kqformat.rasters import LargeRaster
    from kqformat.streaming import Written


@dataclass(frozen=True, slots=True)
class Done:
    """A file that was written: what is said of it, bytes of the source and of the target."""

    report: str
    before: int
    after: int


Task: TypeAlias = tuple[Job, Callable[[], Done]]
"""A job, and what does it."""


def split_large(jobs: list[Job], options: argparse.Namespace) -> tuple[list[Task], list[Job]]:
    """Return what is to be done by rows, and the other jobs."""
    return split(jobs, lambda job: _task(job, options))


def split(
    jobs: list[Job], task_of: Callable[[Job], Callable[[], Done] | None]
) -> tuple[list[Task], list[Job]]:
    """Return the jobs for which there is a task, and the others; jobs with a fault have none."""
    large: list[Task] = []
    others: list[Job] = []
    for job in jobs:
        task = task_of(job) if job.fault is None else None
        if task is None:
            others.append(job)
        else:
            large.append((job, task))
    return large, others


def run_large(tasks: list[Task], options: argparse.Namespace) -> Summary:
    """Do what is to be done by rows, print the reports, and return what came of it."""
    summary = Summary()
    with progress(None, quiet=options.quiet) as bar:
        for job, task in tasks:
            bar.begin(job.source)
            result: Result[object] = Result(job.source, job.target)
            try:
                if options.skip_existing and job.has_target():
                    report = passed_over(job, EXISTS, options)
                    summary.add(replace(result, skipped=EXISTS))
                else:
                    done = _done(job, task, options)
                    report = done.report
                    summary.add(replace(result, before=done.before, after=done.after))
            except FAILURES as error:
                summary.add(replace(result, error=str(error)))
                with bar.aside():
                    report_failure(job.source, error)
                continue
            if not options.quiet:
                bar.say(report)
    return summary


def _task(job: Job, options: argparse.Namespace) -> Callable[[], Done] | None:
    """Return what encodes a file by rows; None where it is to be read at once."""
    from kqformat.rasters import open_large

    if not os.path.isfile(job.source):
        return None
    try:
        raster = open_large(job.source, max_pixels=options.max_pixels)
    except FAILURES as error:
        return partial(_fail, error)
    if raster is None:
        return None
    reason = _needs_all(raster, job, options)
    if reason is None:
        return partial(_encoded, job, options)
    if raster.is_only_here:
        return partial(
            _fail, ParameterError(f"is an array, which is read by rows, not for {reason}")
        )
    return None


def _fail(error: Exception) -> Done:
    raise error


def _needs_all(raster: LargeRaster, job: Job, options: argparse.Namespace) -> str | None:
    """Return what was asked for and needs a picture as a whole, if anything."""
    from kqformat.cli.targets import target_of

    k = options.colors if isinstance(options.colors, int) else 256
    has_fewer = raster.palette is not None and (options.palette or k < len(raster.palette))
    asked = {
        "-k auto": options.colors == "auto",
        "a quality or a size": target_of(options) is not None,
        "--rdo": options.rdo,
        "--importance": options.importance,
        "--dither": options.dither not in (None, "none"),
        "--shared-palette": options.shared_palette,
        "--skip-if-larger": options.skip_if_larger,
        "--dry-run": options.dry_run,
        "standard output": job.target == STANDARD,
        "--labels": options.labels and raster.palette is None,
        "--manifest": options.manifest,
        "--cluster": options.cluster,
        "another palette than its own": has_fewer,
    }
    return next((name for name, is_asked in asked.items() if is_asked), None)


def _done(job: Job, task: Callable[[], Done], options: argparse.Namespace) -> Done:
    job.check(force=options.force)
    job.make_folder()
    return task()


def _encoded(job: Job, options: argparse.Namespace) -> Done:
    from kqformat.batch.settings import kept_parts
    from kqformat.palettes import read_palette
    from kqformat.rasters import open_large
    from kqformat.streaming import write_index_rows, write_rows

    started = time.perf_counter()
    raster = open_large(job.source, max_pixels=options.max_pixels)  # not held open till its turn
    if raster is None:
        raise RasterError("was changed meanwhile")
    common: dict[str, Any] = {
        "shape": raster.shape,
        "coding": options.coding,
        "metadata": kept_parts(raster.metadata, options.keep - options.strip),
        "overwrite": options.force,
    }
    if raster.palette is not None:
        written = write_index_rows(job.target, raster.rows, raster.palette, **common)
    else:
        if options.palette is not None:
            common["palette"] = read_palette(options.palette, max_pixels=options.max_pixels)
        asked = quantizer_arguments(options)
        written = write_rows(job.target, raster.rows, **common, **asked)
    facts = _facts(job, raster, written, time.perf_counter() - started)
    return Done(told_facts(job, facts, options), facts.source_bytes, facts.file_bytes)


def _facts(job: Job, raster: LargeRaster, written: Written, seconds: float) -> EncodedFacts:
    source_bytes = os.path.getsize(job.source)
    return EncodedFacts(
        width=written.width,
        height=written.height,
        colors=written.colors,
        index_bits=(written.colors - 1).bit_length(),
        coding=written.coding,
        file_bytes=written.file_bytes,
        source_bytes=source_bytes,
        source_ratio=source_bytes / written.file_bytes,
        lossless=written.lossless,
        psnr=None if written.lossless else written.psnr,
        iterations=written.iterations,
        converged=written.converged,
        frames=raster.frames,
        seconds=round(seconds, 4),
    )
