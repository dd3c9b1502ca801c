"""One picture in, one file that shows something of it out: what plot, animate and report share."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from kqformat.cli.console import STANDARD, input_name, output_name, say
from kqformat.cli.jobs import FAILURES, Job, report_failure
from kqformat.cli.plan import add_max_pixels
from kqformat.cli.progress import Bar, progress
from kqformat.errors import MissingExtraError, ParameterError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from kqformat.quantizer.options import QuantizeOptions

    Pixels = npt.NDArray[np.uint8]

MAX_COLORS = 256
"""The most that are drawn."""

_SAME_NAMES = ("effort", "space", "init", "outliers", "seed")


def add_picture_arguments(parser: argparse.ArgumentParser, endings: Collection[str]) -> None:
    """Add what names the files, and what is said about them."""
    parser.add_argument("image", metavar="IMAGE", help="a file, or - for standard input")
    parser.add_argument(
        "-o", "--output", metavar="FILE", required=True, help=f"ends in {_listed(endings)}"
    )
    parser.add_argument("-f", "--force", action="store_true", help="overwrite an existing file")
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    add_max_pixels(parser)


def add_choice_arguments(parser: argparse.ArgumentParser, *names: str) -> None:
    """Add some of the options that say how colours are chosen."""
    every = {
        "effort": ("-e", {"choices": ("fast", "balanced", "best")}),
        "space": (None, {"choices": ("weighted", "srgb", "oklab")}),
        "init": (None, {"choices": ("wu", "kmeans++", "random", "random-space")}),
        "outliers": (None, {"choices": ("auto", "off", "strong", "kmor")}),
        "seed": (None, {"type": natural, "metavar": "N"}),
    }
    group = parser.add_argument_group("colours", "As of kq encode, where it says more.")
    for name in names:
        short, arguments = every[name]
        flags = [flag for flag in (short, f"--{name}") if flag is not None]
        group.add_argument(*flags, **arguments)  # type: ignore[arg-type]


def color_list(text: str) -> tuple[int, ...]:
    """Parse numbers of colours, for argparse."""
    try:
        numbers = tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number, nor a list like 2,16") from None
    for number in numbers:
        if not 1 <= number <= MAX_COLORS:
            raise argparse.ArgumentTypeError(f"{number} is not from 1 to {MAX_COLORS}")
    return tuple(dict.fromkeys(numbers))


def asked_options(options: argparse.Namespace) -> QuantizeOptions:
    """Return the quantizer's options, those that were given."""
    given = {name: getattr(options, name, None) for name in _SAME_NAMES}
    return cast("QuantizeOptions", {name: at for name, at in given.items() if at is not None})


def natural(text: str) -> int:
    """Parse an int of at least 0, for argparse."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)


def ending_of(options: argparse.Namespace, endings: Collection[str]) -> str:
    """Return the ending of the output, without its dot, after all that is refused.

    Raises
    ------
    ParameterError
        If it is none of the endings, or names a folder or the picture itself.
    """
    output = options.output
    if "" in (options.image, output):
        raise ParameterError("a file name is empty")
    ending = os.path.splitext(output)[1].lower()
    if ending not in endings:
        raise ParameterError(f"-o {output} does not end in {_listed(endings)}")
    if os.path.isdir(output):
        raise ParameterError(f"{output} is a folder; -o names a file")
    is_same = os.path.exists(output) and os.path.realpath(output) == os.path.realpath(options.image)
    if is_same and options.image != STANDARD:
        raise ParameterError(f"{output} would be overwritten with what is made of it")
    return str(ending[1:])


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What was read.

    Attributes
    ----------
    pixels : ndarray, uint8, shape (H, W), (H, W, 3) or (H, W, 4)
    source_bytes : int
        Of the file.
    progress : callable
        Is to be told how many steps are done, of how many.
    """

    pixels: Pixels
    source_bytes: int
    progress: Callable[[int, int], None]


def run_one(
    options: argparse.Namespace, make: Callable[[Picture], bytes | tuple[bytes, str]]
) -> int:
    """Read the picture, have the bytes of a file made of it, write them, and say what was made."""
    from kqformat.batch.pictures import prepare_pillow

    job = Job(options.image, options.output)
    prepare_pillow(options.max_pixels)
    started = time.perf_counter()
    try:
        job.check(force=options.force)
        with progress(1, quiet=options.quiet) as bar:
            bar.begin(input_name(job.source))
            made = make(_read(job, options, bar))
        data, story = made if isinstance(made, tuple) else (made, "")
        job.write(data, force=options.force)
    except MissingExtraError:
        raise  # since it is not about the picture
    except FAILURES as error:
        report_failure(job.source, error)
        return 1
    if not options.quiet:
        seconds = time.perf_counter() - started
        say(
            f"{input_name(job.source)} -> {output_name(job.target)}: {story}{len(data):,} bytes, "
            f"{seconds:.1f} s"
        )
    return 0


def _read(job: Job, options: argparse.Namespace, bar: Bar) -> Picture:
    from kqformat.batch.pictures import read_picture, read_source

    source = read_source(job.source)
    return Picture(read_picture(source, options.max_pixels).pixels, len(source), bar.reach)


def _listed(endings: Collection[str]) -> str:
    *most, last = endings
    return f"{', '.join(most)} or {last}" if most else last
