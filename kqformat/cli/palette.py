"""``kq palette``: an image's palette, its own or one that is chosen, to a file of another kind."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kqformat.cli.console import STANDARD, input_name, output_name, plural, say
from kqformat.cli.jobs import FAILURES, Job, report_failure
from kqformat.cli.plan import add_max_pixels, refuse_ending
from kqformat.cli.progress import progress
from kqformat.errors import ParameterError
from kqformat.fields import MAX_COLORS

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_ENDINGS = {".gpl": "gpl", ".pal": "pal", ".txt": "hex", ".hex": "hex", ".png": "png"}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "palette",
        help="the palette of an image",
        description="Write the palette of an image, as a list of colours to standard output unless "
        "-o or --format says otherwise. That of a .kq file or another palette image is its own, "
        "exactly, unless -k is less; for other images one is chosen, as kq encode would.",
    )
    parser.add_argument("image", metavar="IMAGE", help="a file, or - for standard input")
    parser.add_argument(
        "-k", "--colors", type=int, metavar="N", help="1 to 65536 (default: 256, or its own)"
    )
    parser.add_argument(
        "-e",
        "--effort",
        choices=("fast", "balanced", "best"),
        help="how much work is put into the palette (default: balanced)",
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="output file, or - for standard output"
    )
    parser.add_argument(
        "--format",
        choices=("gpl", "pal", "hex", "png"),
        help="GIMP, JASC, one #rrggbb a line, or swatches (default: as FILE ends, else hex)",
    )
    parser.add_argument("-f", "--force", action="store_true", help="overwrite an existing file")
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object, with the palette in it"
    )
    add_max_pixels(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the image's palette."""
    from kqformat.batch.pictures import prepare_pillow, read_source
    from kqformat.palettes import encode_palette

    if "" in (options.image, options.output):
        raise ParameterError("a file name is empty")
    kind = _kind(options)
    _check(options, kind)
    job = Job(options.image, options.output or STANDARD)
    prepare_pillow(options.max_pixels)
    try:
        job.check(force=options.force)
        with progress(None, quiet=options.quiet) as bar:
            bar.begin(job.source)
            found = _find(read_source(job.source), options)
        if job.target == STANDARD and options.json:
            say(_json(job, found))
            return 0
        name = os.path.splitext(os.path.basename(job.source))[0]
        job.write(encode_palette(found.palette, kind, name), force=options.force)
    except FAILURES as error:
        if isinstance(error, BrokenPipeError) and job.target == STANDARD:
            raise
        report_failure(job.source, error)
        return 1
    if job.target != STANDARD and not options.quiet:
        say(_json(job, found) if options.json else _line(job, found))
    return 0


def _kind(options: argparse.Namespace) -> str:
    """Return the kind of file to write."""
    ending = os.path.splitext(options.output or "")[1].lower()
    if options.format is None:
        if options.output in (None, STANDARD):
            return "hex"
        if ending not in _ENDINGS:
            raise ParameterError(
                f"-o {options.output} has none of the endings {', '.join(_ENDINGS)}; "
                "--format says what to write"
            )
        return _ENDINGS[ending]
    others = {other for other, kind in _ENDINGS.items() if kind != options.format} | {".kq"}
    suffix = next(own for own, kind in _ENDINGS.items() if kind == options.format)
    refuse_ending(options.output, suffix, others, f"--format says {options.format}")
    return str(options.format)


def _check(options: argparse.Namespace, kind: str) -> None:
    """Refuse what cannot be done."""
    output = options.output
    if options.colors is not None and not 1 <= options.colors <= MAX_COLORS:
        raise ParameterError(f"-k is {options.colors}, expected 1 to {MAX_COLORS}")
    if output in (None, STANDARD):
        if options.json and options.format is not None:
            raise ParameterError("--json takes the place of --format on standard output; use -o")
        if kind == "png" and sys.stdout is not None and sys.stdout.isatty():
            raise ParameterError("standard output is a terminal; -o names a file")
    elif os.path.isdir(output):
        raise ParameterError(f"{output} is a folder; -o names a file")
    elif os.path.exists(output) and os.path.realpath(output) == os.path.realpath(options.image):
        raise ParameterError(f"{output} would be overwritten with its own palette")


@dataclass(frozen=True, slots=True)
class _Found:
    """A palette, and whether it is the image's own; the PSNR, unless nothing is lost."""

    palette: npt.NDArray[np.uint8]
    is_own: bool = True
    psnr: float | None = None


def _find(source: bytes, options: argparse.Namespace) -> _Found:
    from kqformat.api import quantization
    from kqformat.batch.pictures import read_picture
    from kqformat.codec.head import SIGNATURE
    from kqformat.model import IndexedImage
    from kqformat.palettes import decode_palette

    colors = options.colors
    if source.startswith(SIGNATURE):  # whose pixels may not be needed
        own = decode_palette(source)
        if colors is None or colors >= len(own):
            return _Found(own)
    content = read_picture(source, options.max_pixels).content
    if isinstance(content, IndexedImage) and (colors is None or colors >= content.colors):
        return _Found(content.palette)
    asked = {"colors": colors, "effort": options.effort}
    chosen = quantization(
        content, **{name: value for name, value in asked.items() if value is not None}
    )
    return _Found(chosen.image.palette, False, None if chosen.lossless else chosen.psnr)


def _line(job: Job, found: _Found) -> str:
    fidelity = "lossless" if found.psnr is None else f"{found.psnr:.2f} dB"
    return (
        f"{input_name(job.source)} -> {output_name(job.target)}: "
        f"{plural(len(found.palette), 'colour')}, {'its own' if found.is_own else fidelity}"
    )


def _json(job: Job, found: _Found) -> str:
    import json

    return json.dumps(
        {
            "input": job.source,
            "output": job.target,
            "colors": len(found.palette),
            "alpha": found.palette.shape[1] == 4,
            "own": found.is_own,
            "lossless": found.psnr is None,
            "psnr": found.psnr,
            "palette": [f"#{bytes(color).hex()}" for color in found.palette.tolist()],
        }
    )
