"""``kq show``: pictures in the terminal."""

from __future__ import annotations

import argparse
import os
import shutil
import sys

from kqformat.cli.console import input_name, say
from kqformat.cli.jobs import FAILURES, report_failure
from kqformat.cli.plan import add_max_pixels, positive_int
from kqformat.errors import ParameterError

_ANY_WAY = "--force-color shows pictures all the same"


_EPILOG = """\
examples:
  kq show photo.kq                          fits the window
  kq show photo.kq chart.png --width 40     both, 40 columns wide
  kq show photo.kq --force-color | less -R
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "show",
        help="pictures in the terminal",
        description="Show .kq files and other images in the terminal, by half blocks: in true "
        "colour where COLORTERM says that there is, else in 256 colours. Scaled down to the "
        "window; what is transparent shows a checkerboard.",
        epilog=_EPILOG,
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="or - for standard input")
    parser.add_argument(
        "--width",
        type=positive_int,
        metavar="N",
        help="columns at most, and any number of lines (default: what fits the window)",
    )
    parser.add_argument(
        "--force-color",
        action="store_true",
        help="show colours where output is no terminal, or NO_COLOR is set",
    )
    add_max_pixels(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Show every file."""
    from kqformat.batch.pictures import prepare_pillow

    if "" in options.files:
        raise ParameterError("a file name is empty")
    _check_terminal(options)
    prepare_pillow(options.max_pixels)
    status = 0
    for path in options.files:
        try:
            picture = _picture(path, options)
        except FAILURES as error:
            report_failure(path, error)
            status = 1
        else:
            if len(options.files) > 1:
                say(input_name(path))
            say(picture)
    return status


def _check_terminal(options: argparse.Namespace) -> None:
    """Refuse to write codes to where they would be seen as such."""
    from kqformat.cli.half_blocks import BLOCK

    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        BLOCK.encode(encoding)
    except UnicodeEncodeError:
        raise ParameterError(
            f"standard output has the encoding {encoding}, which has no half blocks"
        ) from None
    if options.force_color:
        return
    if sys.stdout is None or not sys.stdout.isatty():
        raise ParameterError(f"standard output is no terminal; {_ANY_WAY}")
    if os.environ.get("NO_COLOR"):
        raise ParameterError(f"NO_COLOR is set; {_ANY_WAY}")
    if os.environ.get("TERM") in (None, "", "dumb"):
        raise ParameterError(f"the terminal has no colour, as TERM says; {_ANY_WAY}")


def _picture(path: str, options: argparse.Namespace) -> str:
    from kqformat.batch.pictures import read_picture, read_source
    from kqformat.cli.half_blocks import fitted, lines

    content = read_picture(read_source(path), options.max_pixels).content
    window = shutil.get_terminal_size()
    height = 2 * max(1, window.lines - 1) if options.width is None else None
    pixels = fitted(content, options.width or window.columns, height)
    has_all = os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit")
    return "\n".join(lines(pixels, true_color=has_all))
