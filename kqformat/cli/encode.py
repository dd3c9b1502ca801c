"""``kq encode``: image files to `.kq`."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from kqformat.batch.running import WorkersLostError
from kqformat.batch.settings import PARTS, Settings
from kqformat.cli.batches import add_batch_arguments, executor_of, open_manifest
from kqformat.cli.colours import (
    AUTO,
    add_colour_arguments,
    check_colour_options,
    quantizer_arguments,
    story,
)
from kqformat.cli.common_palette import (
    add_palette_arguments,
    check_palette_options,
    common_palette,
)
from kqformat.cli.console import STANDARD, complain
from kqformat.cli.jobs import FAILURES, Job, end, report_failure, run_jobs
from kqformat.cli.large import run_large, split_large
from kqformat.cli.plan import add_file_arguments, add_max_pixels, plan_jobs, refuse_ending
from kqformat.cli.progress import progress
from kqformat.cli.targets import add_target_arguments, check_target_options, target_of
from kqformat.cli.telling import told_facts
from kqformat.errors import ParameterError
from kqformat.fields import MAX_COLORS
from kqformat.stores import is_url

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from kqformat.batch.encoding import Encoded

_EPILOG = """\
examples:
  kq encode photo.png -k 64                 photo.kq, 6 bits a pixel
  kq encode chart.png -k auto --small       as many colours as pay, in the fewest bytes
  kq encode photo.png --target-psnr 36      the smallest file of at least 36 dB
  kq encode -r pictures -d out --manifest done.jsonl
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "encode",
        help="image files to .kq",
        description="Quantize images and write them as .kq files. Reads whatever Pillow reads and "
        "turns it upright; of an animation, the first frame. A palette image with no more colours "
        "than -k keeps its indices and palette exactly. Outputs are called as their inputs are, "
        "with .kq in place of an image's ending; where two would have one name, both keep their "
        "own ending, too: a.png and a.jpg become a.png.kq and a.jpg.kq.",
        epilog=_EPILOG,
    )
    add_file_arguments(parser)
    add_batch_arguments(parser)
    add_colour_arguments(parser)
    add_target_arguments(parser)
    add_palette_arguments(parser)
    contents = parser.add_argument_group("contents")
    contents.add_argument(
        "--labels",
        action="store_true",
        help="the images are label masks: palette images keep their indices and palette, and of "
        "grey ones the values are the indices; others are refused",
    )
    codings = contents.add_mutually_exclusive_group()
    codings.add_argument(
        "--coding",
        choices=("packed", "entropy", "auto"),
        default="packed",
        help="how pixels are stored: packed, each in the same few bits (default); entropy, the "
        "smallest, and slower to read; or auto, whichever gives the smaller file",
    )
    codings.add_argument(
        "--small",
        action="store_const",
        const="entropy",
        dest="coding",
        help="the same as --coding entropy",
    )
    contents.add_argument(
        "--rdo",
        type=float,
        default=0.0,
        metavar="LAMBDA",
        help="let pixels take other entries where that makes the file smaller, with --small: a bit "
        "may cost so much squared error (0 to 100,000, default 0; 5 to 20 suit photographs)",
    )
    contents.add_argument(
        "--keep",
        type=_parts,
        default=frozenset(PARTS),
        metavar="[=LIST]",
        help="metadata to keep: all (default), none, or some of icc,exif,xmp,dpi,other; other is "
        "what a .kq file has besides, kept where no pixel changes",
    )
    contents.add_argument(
        "--strip",
        type=_parts,
        default=frozenset(),
        metavar="[=LIST]",
        help="metadata to leave out, likewise; all where no list is given",
    )
    contents.add_argument(
        "--skip-if-larger",
        action="store_true",
        help="write no .kq file that would be larger than its source",
    )
    add_max_pixels(contents)
    parser.add_argument("--json", action="store_true", help="print one JSON object a file")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Encode every input."""
    check_colour_options(options)
    check_palette_options(options)
    check_target_options(options)
    _check_rdo(options)
    _check_labels(options)
    from kqformat.batch.encoding import Encoding
    from kqformat.batch.pictures import known_endings, prepare_pillow

    prepare_pillow(options.max_pixels)
    readable, others = known_endings()
    refuse_ending(options.output, ".kq", others, "kq decode writes these")
    planned = plan_jobs(options, ".kq", readable, named_only=[".npy"])
    if options.cluster not in (None, "local"):  # whose workers have other working folders
        planned = [
            replace(job, source=_whole(job.source), target=_whole(job.target)) for job in planned
        ]
    large, jobs = split_large(planned, options)
    summary = run_large(large, options)
    if large and not jobs:
        return end(summary, options)
    with executor_of(options, jobs) as means:
        try:
            with progress(None, quiet=options.quiet) as bar:
                bar.begin("palette")
                settings = _settings(options, common_palette(jobs, options, means.executor))
        except FAILURES as error:
            report_failure(options.palette or "--shared-palette", error)
            return 1
        work = Encoding(settings, with_story=options.verbose and not options.json, sets_pillow=True)
        try:
            with open_manifest(options, settings) as manifest:
                by = replace(means, manifest=manifest)
                return run_jobs(jobs, work, options, _told, by, summary)
        except WorkersLostError as error:
            complain(str(error))
            return 1
        except FAILURES as error:
            if options.manifest is None or getattr(error, "filename", None) != options.manifest:
                raise
            report_failure(options.manifest, error)
            return 1


def _whole(name: str) -> str:
    return name if name == STANDARD or is_url(name) else os.path.abspath(name)


def _check_rdo(options: argparse.Namespace) -> None:
    """Raise `ParameterError` where --rdo could do nothing, or would undo what was asked for."""
    from kqformat.search.sparing import checked_price

    if not checked_price(options.rdo):
        return
    if options.coding == "packed":
        raise ParameterError("--rdo spares bits of entropy coding: give --small with it")
    if options.palette or options.shared_palette:
        raise ParameterError("--rdo gives each picture's palette other colours; this one is given")
    if options.dither not in (None, "none"):
        raise ParameterError("--rdo would undo the dithering: give one of them")


def _check_labels(options: argparse.Namespace) -> None:
    """Raise `ParameterError` where --labels is given with what would change them."""
    if not options.labels:
        return
    if quantizer_arguments(options) or options.palette or options.shared_palette or options.rdo:
        raise ParameterError("--labels keeps all indices: give no option that chooses colours")
    if options.colors == AUTO or target_of(options) is not None:
        raise ParameterError("--labels keeps all indices: there is nothing to search for")
    options.colors = MAX_COLORS


def _settings(options: argparse.Namespace, palette: npt.NDArray[np.uint8] | None) -> Settings:
    arguments = dict(quantizer_arguments(options))
    arguments.pop("colors", None)
    return Settings(
        colors=options.colors,
        target=target_of(options),
        palette=palette,
        is_palette_chosen=options.palette is None,
        coding=options.coding,
        rdo=options.rdo,
        keep=options.keep - options.strip,
        max_pixels=options.max_pixels,
        labels=options.labels,
        options=arguments,
    )


def _told(job: Job, facts: Encoded, options: argparse.Namespace) -> str:
    """Return what is said of a file."""
    line = told_facts(job, facts, options)
    if options.json:
        return line
    if facts.reason and (options.verbose or options.colors == AUTO):
        line += f"\n  {facts.reason}"
    if facts.quantization is not None:
        line += story(facts.quantization, facts.seconds, facts.width * facts.height)
    return line


def _parts(text: str) -> frozenset[str]:
    """Parse a list of metadata parts, for argparse."""
    if text in ("all", "none"):
        return frozenset(PARTS if text == "all" else ())
    parts = frozenset(text.split(","))
    if not parts <= set(PARTS):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not all, none, or a list of {', '.join(PARTS)}"
        )
    return parts
