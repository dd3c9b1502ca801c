"""``kq thumbnail``: a small PNG of a `.kq` file, as file managers ask for it."""

from __future__ import annotations

import argparse
import io
import os
from typing import TYPE_CHECKING

from kqformat.cli.console import STANDARD
from kqformat.cli.jobs import FAILURES, read_input, report_failure
from kqformat.cli.plan import add_max_pixels, positive_int
from kqformat.errors import ParameterError
from kqformat.limits import Limits

if TYPE_CHECKING:
    from kqformat.kqfile import KqFile

_EPILOG = """\
examples:
  kq thumbnail photo.kq small.png
  kq thumbnail photo.kq small.png --size 512
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "thumbnail",
        help="a small PNG of a .kq file",
        description="Write a small picture of a .kq file, as PNG, for file managers (see "
        "tools/desktop): the means of its pixels, upright by its EXIF. Every byte is checked, but "
        "a large picture is never in memory as a whole. An existing file is overwritten, as file "
        "managers make it first.",
        epilog=_EPILOG,
    )
    parser.add_argument("file", metavar="FILE", help="or - for standard input")
    parser.add_argument("output", metavar="OUTPUT", help="the PNG file")
    parser.add_argument(
        "-s",
        "--size",
        type=positive_int,
        default=256,
        metavar="N",
        help="pixels of the longer side at most (default: 256); a smaller picture keeps its own",
    )
    add_max_pixels(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Make the thumbnail."""
    from kqformat.files import write_file

    if "" in (options.file, options.output):
        raise ParameterError("a file name is empty")
    if options.file != STANDARD and os.path.realpath(options.output) == os.path.realpath(
        options.file
    ):
        raise ParameterError(f"{options.output} is the input")
    try:
        write_file(options.output, _thumbnail(options))
    except FAILURES as error:
        report_failure(options.file, error)
        return 1
    return 0


def _thumbnail(options: argparse.Namespace) -> bytes:
    from PIL import Image

    from kqformat.rasters import carried_info, turned_upright

    with _opened(options.file, Limits(pixels=options.max_pixels)) as file:
        image = Image.fromarray(file.thumbnail(options.size))
        image.info.update(carried_info(file.metadata))
    stream = io.BytesIO()
    turned_upright(image).save(stream, "PNG", icc_profile=file.metadata.icc_profile)
    return stream.getvalue()


def _opened(path: str, limits: Limits) -> KqFile:
    from kqformat import decoding
    from kqformat.codec.head import SIGNATURE
    from kqformat.kqfile import KqFile

    if path == STANDARD:
        return KqFile(read_input(path, signature=SIGNATURE), limits)
    return decoding.open(path, limits=limits)
