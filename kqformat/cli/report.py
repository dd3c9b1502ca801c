"""``kq report``: one page that shows what palettes do to a picture, and what they cost."""

from __future__ import annotations

import argparse

from kqformat.cli.console import STANDARD
from kqformat.cli.drawing import (
    Picture,
    add_choice_arguments,
    add_picture_arguments,
    asked_options,
    color_list,
    ending_of,
    run_one,
)

_ENDINGS = (".html", ".htm")


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "report",
        allow_abbrev=False,
        help="a page that shows an image at several k, and what each costs",
        description="Write one HTML file that opens offline: the original and the result with a "
        "divider to drag, bytes against error, the palettes, the cube of colours, a map of the "
        "errors and the largest of them, and how k-means went.",
    )
    add_picture_arguments(parser, _ENDINGS)
    parser.add_argument(
        "-k",
        "--colors",
        type=color_list,
        metavar="LIST",
        help="how many colours (default: 2,4,8,16,32,64,128,256)",
    )
    parser.add_argument(
        "--no-peers", action="store_true", help="leave other formats out, which takes less time"
    )
    add_choice_arguments(parser, "effort", "space", "outliers", "init", "seed")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the page."""
    ending_of(options, _ENDINGS)

    def make(picture: Picture) -> bytes:
        from kqformat.measure import DEFAULT_COLORS, compare
        from kqformat.report.extras import needed
        from kqformat.report.page import report_page

        needed("jinja2", "a report")  # before all the work
        asked = asked_options(options)
        comparison = compare(
            picture.pixels,
            colors=options.colors or DEFAULT_COLORS,
            peers=not options.no_peers,
            lossy=not options.no_peers,
            name="" if options.image == STANDARD else options.image,
            source_bytes=picture.source_bytes,
            progress=picture.progress,
            **asked,
        )
        return report_page(comparison, picture.pixels, asked)

    return run_one(options, make)
