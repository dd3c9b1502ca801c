"""One palette for all inputs of ``kq encode``: that of a file, or one chosen for all of them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from kqformat.cli.colours import AUTO, quantizer_arguments
from kqformat.cli.console import STANDARD
from kqformat.cli.jobs import FAILURES, Job
from kqformat.errors import ParameterError

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import numpy as np
    import numpy.typing as npt


_CHOICES = {
    "-k": "colors",
    "--effort": "effort",
    "--keep-color": "keep_colors",
    "--outliers": "outliers",
    "--importance": "importance",
    "--init": "init",
    "--max-iterations": "max_iterations",
    "--seed": "seed",
    "--shared-palette": "shared_palette",
}
"""The options that say how a palette is chosen: without meaning where one is given."""


def add_palette_arguments(parser: argparse.ArgumentParser) -> None:
    """Add a group of options."""
    palettes = parser.add_argument_group("one palette for all inputs")
    palettes.add_argument(
        "--palette",
        metavar="FILE",
        help="take the palette of FILE as it is: a .kq file, an image, a GIMP or JASC palette, or "
        "a list of colours like #ff8000",
    )
    palettes.add_argument(
        "--shared-palette",
        action="store_true",
        help="choose one palette for all inputs together, each of which is read again "
        "to be encoded",
    )


def check_palette_options(options: argparse.Namespace) -> None:
    """Raise `ParameterError` for options that do not fit together."""
    if options.palette is not None:
        for flag, name in _CHOICES.items():
            value = getattr(options, name)
            if value is not None and value is not False:
                raise ParameterError(
                    f"--palette leaves nothing to choose, so {flag} has no meaning"
                )
    if options.shared_palette:
        if STANDARD in options.inputs:
            raise ParameterError("--shared-palette reads again, which standard input cannot be")
        if options.importance is not None:
            raise ParameterError("--importance is of one image, --shared-palette of several")
        if options.colors == AUTO:
            raise ParameterError("--shared-palette needs a number of colours; -k is auto")


def common_palette(
    jobs: list[Job], options: argparse.Namespace, executor: Executor | None
) -> npt.NDArray[np.uint8] | None:
    """Return the palette for all inputs, or None where each is to have its own.

    Inputs that cannot be read, or have no place for their outputs, have no say: they are reported
    when their turn comes.

    Raises
    ------
    KqError, OSError, MemoryError
        If the file with the palette cannot be read; it is then called `options.palette`.
    """
    if options.palette is not None:
        from kqformat.palettes import read_palette

        return read_palette(options.palette, max_pixels=options.max_pixels)
    if options.shared_palette:
        return _shared(jobs, options, executor)
    return None


def _shared(
    jobs: list[Job], options: argparse.Namespace, executor: Executor | None
) -> npt.NDArray[np.uint8] | None:
    from kqformat.batch.palette import shared_palette
    from kqformat.quantizer.options import Options
    from kqformat.quantizer.pipeline import DEFAULT_COLORS

    arguments = dict(quantizer_arguments(options))
    colors = arguments.pop("colors", DEFAULT_COLORS)
    # With a manifest, outputs of an earlier run are no reason to leave an image out: or the palette
    # would be another one, and all of the work be done again.
    is_any_target_fine = options.force or options.manifest is not None
    usable = [job for job in jobs if is_any_target_fine or _has_place(job)]
    return shared_palette(
        [job.source for job in usable if job.fault is None],
        colors,
        Options(**arguments),
        executor=executor,
        max_pixels=options.max_pixels,
    )


def _has_place(job: Job) -> bool:
    try:
        job.check(force=False)
    except FAILURES:
        return False
    return True
