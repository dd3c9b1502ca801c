"""``kq plot``: figures of a picture's palettes, for articles and lectures."""

from __future__ import annotations

import argparse

from kqformat.cli.drawing import (
    Picture,
    add_choice_arguments,
    add_picture_arguments,
    asked_options,
    color_list,
    ending_of,
    run_one,
)
from kqformat.cli.plan import positive_int
from kqformat.errors import ParameterError

_KINDS = {
    "k-grid": "the picture at several k, with the factors in theory and on disk",
    "palette": "the colours by hue and by population, with shares",
    "cube": "the picture's colours and the palette in the RGB cube",
    "rate-distortion": "bytes against PSNR, packed, entropy-coded, and in other formats",
    "convergence": "the distortion after each step, of kq and of textbook k-means",
    "starts": "what several random starts come to, with their final distortions",
    "outliers": "off, auto and kmor side by side, and the region that gains most",
    "error": "how different each pixel looks, and the worst",
}
"""The figures, in the order of the help."""

_OF_SEVERAL = ("k-grid", "rate-distortion")

_ENDINGS = (".svg", ".png", ".pdf")


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "plot",
        allow_abbrev=False,
        help="figures of an image's palettes",
        description="Draw a figure, the same bytes each time.",
        epilog="figures:\n" + "".join(f"  {name:<16} {what}\n" for name, what in _KINDS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kind", metavar="KIND", choices=_KINDS, help="see below")
    add_picture_arguments(parser, _ENDINGS)
    parser.add_argument(
        "-k",
        "--colors",
        type=color_list,
        metavar="LIST",
        help="how many colours: a number (default: 16), or for k-grid and rate-distortion a list "
        "(default: 2,4,8,16,32,64,128,256)",
    )
    parser.add_argument(
        "--starts",
        type=positive_int,
        default=6,
        metavar="N",
        help="how many random starts (default: 6)",
    )
    add_choice_arguments(parser, "effort", "space", "outliers", "seed")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Draw the figure."""
    form = ending_of(options, _ENDINGS)
    if options.colors is not None and len(options.colors) > 1 and options.kind not in _OF_SEVERAL:
        raise ParameterError(f"{options.kind} is of one number of colours, found -k with several")
    if options.starts > _MAX_STARTS:
        raise ParameterError(f"--starts is {options.starts}, expected 1 to {_MAX_STARTS}")

    def make(picture: Picture) -> bytes:
        from kqformat.report.plotting import ALL_COLORS, Subject, plot

        colors = options.colors or (ALL_COLORS if options.kind in _OF_SEVERAL else (16,))
        subject = Subject(
            picture.pixels,
            colors,
            asked_options(options),
            options.starts,
            picture.source_bytes,
            picture.progress,
        )
        return plot(options.kind, subject, form)

    return run_one(options, make)


_MAX_STARTS = 24
