"""``kq animate``: k-means as a film."""

from __future__ import annotations

import argparse

from kqformat.cli.drawing import (
    Picture,
    add_choice_arguments,
    add_picture_arguments,
    asked_options,
    ending_of,
    run_one,
)
from kqformat.cli.plan import positive_int
from kqformat.errors import ParameterError

_ENDINGS = (".gif", ".webp", ".png")


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "animate",
        allow_abbrev=False,
        help="a film of how k-means chooses an image's colours",
        description="Show k-means from its start to convergence, as a GIF, WebP or animated PNG: "
        "the picture in the colours of each step, these as swatches, and the curve of the "
        "distortion. What is shown is the textbook's algorithm, from colours of pixels drawn at "
        "random; with -e, the stages in which kq encode chooses a palette.",
    )
    add_picture_arguments(parser, _ENDINGS)
    parser.add_argument(
        "-k", "--colors", type=positive_int, default=16, metavar="N", help="from 2 (default: 16)"
    )
    parser.add_argument(
        "--size",
        type=positive_int,
        metavar="N",
        help="the most pixels of the picture's longer side (default: 520, of PNG 400, or as many "
        "as make a film of 2.9 MB)",
    )
    parser.add_argument(
        "--plane",
        choices=("rg", "pca"),
        help="show k-means on two coordinates, so that its cells can be drawn: red and green, or "
        "the first two principal components of the colours",
    )
    add_choice_arguments(parser, "effort", "init", "space", "seed")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Make the film."""
    from kqformat.report.animation import LEAST_SIDE, MAX_SIDE, check_colors

    form = ending_of(options, _ENDINGS)
    check_colors(options.colors, form, _MAX_IN_PLANE if options.plane else 256)
    if options.size is not None and not LEAST_SIDE <= options.size <= MAX_SIDE:
        raise ParameterError(f"--size is {options.size}, expected {LEAST_SIDE} to {MAX_SIDE}")
    if options.plane and options.space:
        raise ParameterError("--plane is where distances are measured, so --space has no meaning")

    def make(picture: Picture) -> tuple[bytes, str]:
        from dataclasses import replace

        from kqformat.quantizer.options import Options
        from kqformat.report.animation import TEXTBOOK, animate
        from kqformat.report.planes import animate_plane

        asked = asked_options(options)
        course = Options(**asked) if options.effort else replace(TEXTBOOK, **asked)
        if options.plane:
            film = animate_plane(
                picture.pixels, options.colors, options.plane, form, course, side=options.size
            )
        else:
            film = animate(picture.pixels, options.colors, form, course, side=options.size)
        width, height = film.size
        return film.data, f"{film.steps} steps, {film.frames} frames of {width} × {height}, "

    return run_one(options, make)


_MAX_IN_PLANE = 64
