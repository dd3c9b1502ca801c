"""``kq verify``: check every byte of `.kq` files."""

from __future__ import annotations

import argparse

from kqformat.cli.console import complain, printable, say
from kqformat.cli.jobs import explanation, positive_int
from kqformat.errors import KqError
from kqformat.limits import Limits


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "verify",
        help="check every byte of .kq files",
        description="Decode .kq files without writing anything, and say what is wrong and where.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    parser.add_argument(
        "--max-pixels",
        type=positive_int,
        default=Limits().pixels,
        metavar="N",
        help="refuse larger images (default: 2^28)",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check every file."""
    from kqformat.api import open as open_kq

    status = 0
    limits = Limits(pixels=options.max_pixels)
    for path in options.files:
        try:
            with open_kq(path, limits=limits) as file:
                file.verify()
        except (KqError, OSError) as error:
            if isinstance(error, BrokenPipeError):
                raise
            complain(f"{path}: {explanation(error)}")
            status = 1
        else:
            if not options.quiet:
                say(f"{printable(path)}: ok")
    return status
