"""``kq verify``: check every byte of `.kq` files."""

from __future__ import annotations

import argparse

from kqformat.cli.console import input_name
from kqformat.cli.jobs import FAILURES, read_input, report_failure
from kqformat.cli.plan import add_max_pixels
from kqformat.cli.progress import progress
from kqformat.limits import Limits


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "verify",
        help="check every byte of .kq files",
        description="Check .kq files without writing anything, and say what is wrong and where.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="or - for standard input")
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    add_max_pixels(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check every file."""
    from kqformat.codec.head import SIGNATURE
    from kqformat.codec.layout import most_file_bytes
    from kqformat.codec.stream import verify

    status = 0
    limits = Limits(pixels=options.max_pixels)
    with progress(len(options.files), quiet=options.quiet) as bar:
        for path in options.files:
            bar.begin(path)
            try:
                verify(read_input(path, most_file_bytes(limits), SIGNATURE), limits=limits)
            except FAILURES as error:
                with bar.aside():
                    report_failure(path, error)
                status = 1
            else:
                if not options.quiet:
                    bar.say(f"{input_name(path)}: ok")
            bar.finish()
    return status
