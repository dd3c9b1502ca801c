"""``kq compare``: what palettes cost and lose, against other formats, by files on the disk."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from kqformat.cli.colours import add_colour_arguments, check_colour_options, quantizer_arguments
from kqformat.cli.console import say
from kqformat.cli.jobs import FAILURES, report_failure
from kqformat.cli.plan import add_inputs, add_max_pixels, expand_inputs
from kqformat.cli.progress import Bar, progress
from kqformat.errors import MissingExtraError, ParameterError

if TYPE_CHECKING:
    from kqformat.cli.tables import Table
    from kqformat.measure.comparison import Comparison

_CODINGS = ("packed", "entropy", "auto")


_EPILOG = """\
examples:
  kq compare photo.png                       eight numbers of colours, all formats
  kq compare photo.png -k 16,64 --no-lossy   two, and only the same pixels
  kq compare -r pictures --totals -q         sums and means, by kind of file
  kq compare photo.png --json > sizes.json
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "compare",
        help="bytes and fidelity at several k, against other formats",
        description="Write images at several numbers of colours as .kq, packed and entropy-coded, "
        "and the same pixels as PNG-8, WebP and JPEG XL, as far as these are installed; look for "
        "the JPEG, WebP and AVIF files of the same PSNR; and print the sizes on disk, PSNR, "
        "SSIMULACRA2 and the worst error of a channel. The files, without metadata, are written to "
        "a temporary folder and deleted. Of several images, sums and geometric means follow, by "
        "kind of file.",
        epilog=_EPILOG,
    )
    add_inputs(parser.add_argument_group("files"))
    add_colour_arguments(parser, several=True)
    contents = parser.add_argument_group("what is compared")
    contents.add_argument(
        "--coding",
        type=_codings,
        default=("packed", "entropy"),
        dest="codings",
        metavar="LIST",
        help="of packed,entropy,auto (default: packed,entropy)",
    )
    contents.add_argument(
        "--no-peers", action="store_true", help="leave out other formats of the same pixels"
    )
    contents.add_argument(
        "--no-lossy", action="store_true", help="leave out lossy formats of the same PSNR"
    )
    contents.add_argument(
        "--no-ssimulacra2",
        action="store_true",
        help="leave out SSIMULACRA2, which takes a third of the time",
    )
    add_max_pixels(contents)
    _add_form_arguments(parser)
    parser.set_defaults(run=run)


def _add_form_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("output")
    forms = group.add_mutually_exclusive_group()
    forms.add_argument("--markdown", action="store_true", help="print Markdown")
    forms.add_argument("--csv", action="store_true", help="print a line a file, without totals")
    forms.add_argument(
        "--json", action="store_true", help="print one JSON object an image, without totals"
    )
    group.add_argument(
        "--totals", action="store_true", help="of several images, print the totals only"
    )
    group.add_argument("-q", "--quiet", action="store_true", help="show no progress")


def run(options: argparse.Namespace) -> int:
    """Compare every input."""
    from kqformat.batch.pictures import known_endings, prepare_pillow

    check_colour_options(options)
    if "" in options.inputs:
        raise ParameterError("a file name is empty")
    if options.totals and (options.csv or options.json):
        raise ParameterError("--totals is for tables; --csv and --json have no totals")
    prepare_pillow(options.max_pixels)
    readable, _ = known_endings()
    names = [name for name, _ in expand_inputs(options, {*readable, ".kq"})]
    found: list[Comparison] = []
    if options.csv:
        from kqformat.cli.compare_data import csv_heading

        say(csv_heading())
    with progress(len(names), quiet=options.quiet) as bar:
        for comparison in _comparisons(names, bar, options):
            if not options.totals:
                bar.say(_shown(comparison, options))
            found.append(replace(comparison, quantizations={}))  # which are large
    if len(names) > 1 and found and not (options.csv or options.json):
        say(_shown_totals(found, options))
    return 0 if len(found) == len(names) else 1


def _comparisons(names: list[str], bar: Bar, options: argparse.Namespace) -> Iterator[Comparison]:
    """Compare one image after another; those that cannot be are reported."""
    for name in names:
        bar.begin(name)
        try:
            found = _compare(name, bar.reach, options)
        except MissingExtraError:
            raise  # since it is the same for all
        except FAILURES as error:
            with bar.aside():
                report_failure(name, error)
        else:
            yield found
        bar.finish()


def _compare(
    name: str, reach: Callable[[int, int], None], options: argparse.Namespace
) -> Comparison:
    from kqformat.batch.pictures import read_picture, read_source
    from kqformat.measure.comparing import DEFAULT_COLORS, compare

    source = read_source(name)
    return compare(
        read_picture(source, options.max_pixels).pixels,
        colors=options.colors or DEFAULT_COLORS,
        codings=options.codings,
        peers=not options.no_peers,
        lossy=not options.no_lossy,
        ssimulacra2=not options.no_ssimulacra2,
        name=name,
        source_bytes=len(source),
        progress=reach,
        **quantizer_arguments(options),
    )


def _shown(found: Comparison, options: argparse.Namespace) -> str:
    if options.json or options.csv:
        from kqformat.cli.compare_data import as_csv, as_json

        return as_json(found) if options.json else as_csv(found)
    from kqformat.cli.compare_tables import tables_of

    return _drawn(tables_of(found), options)


def _shown_totals(found: list[Comparison], options: argparse.Namespace) -> str:
    from kqformat.cli.compare_totals import tables_of_totals
    from kqformat.measure.totals import totals

    return _drawn(tables_of_totals(totals(found)), options)


def _drawn(tables: list[Table], options: argparse.Namespace) -> str:
    """Return tables with an empty line after each, so that those of several images are apart."""
    from kqformat.cli.tables import as_markdown, show

    if options.markdown:
        return "\n\n".join(map(as_markdown, tables)) + "\n"
    return show(tables) + "\n"


def _codings(text: str) -> tuple[str, ...]:
    """Parse a list of codings, for argparse."""
    codings = tuple(text.split(","))
    if not set(codings) <= set(_CODINGS):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of {', '.join(_CODINGS)}")
    return codings
