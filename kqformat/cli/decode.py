"""``kq decode``: `.kq` files to ordinary image files."""

from __future__ import annotations

import argparse
import io
import os
from typing import TYPE_CHECKING

from kqformat.cli.console import plural, printable
from kqformat.cli.jobs import (
    STANDARD,
    Job,
    add_file_arguments,
    plan_jobs,
    positive_int,
    run_jobs,
)
from kqformat.errors import ParameterError, RasterError
from kqformat.limits import Limits

if TYPE_CHECKING:
    from kqformat.model import IndexedImage

_WITH_PALETTE = {"PNG", "GIF", "BMP", "TIFF", "PCX", "TGA"}
_WITHOUT_ALPHA = {"JPEG", "PPM", "BMP", "PCX"}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "decode",
        help=".kq files to PNG and others",
        description="Decode .kq files. The output is PNG unless --format or the name given with -o "
        "says otherwise: indexed for up to 256 colours, with the metadata that the format holds.",
    )
    add_file_arguments(parser)
    parser.add_argument(
        "--format", metavar="FORMAT", help="png, bmp, gif, tiff, webp, … (what Pillow writes)"
    )
    parser.add_argument(
        "--max-pixels",
        type=positive_int,
        default=Limits().pixels,
        metavar="N",
        help="refuse larger images (default: 2^28)",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Decode every input."""
    suffix, kind = _format(options)
    jobs = plan_jobs(options, suffix, {".kq"})
    return run_jobs(jobs, lambda job: _decode(job, kind, options), options)


def _format(options: argparse.Namespace) -> tuple[str, str]:
    """Return the suffix of output files, and Pillow's name of their format."""
    from PIL import Image

    Image.init()
    suffix = ".png"
    if options.format is not None:
        suffix = f".{options.format.lower().removeprefix('.')}"
    elif options.output not in (None, STANDARD):
        suffix = os.path.splitext(options.output)[1].lower() or suffix
    kind = Image.registered_extensions().get(suffix)
    if kind not in Image.SAVE or kind == "KQ":
        raise ParameterError(f"no image format that can be written is called {suffix[1:]!r}")
    return suffix, kind


def _decode(job: Job, kind: str, options: argparse.Namespace) -> str:
    from kqformat.api import decode_indexed

    job.refuse_existing(force=options.force)
    data = job.read()
    indexed = decode_indexed(data, limits=Limits(pixels=options.max_pixels))
    try:
        encoded = _image_bytes(indexed, kind)
    except (OSError, ValueError, KeyError) as error:
        raise RasterError(f"cannot be written as {kind} ({error})") from error
    job.write(encoded, force=options.force)
    target = "standard output" if job.target == STANDARD else job.target
    return (
        f"{printable(job.source)} -> {printable(target)}: "
        f"{indexed.width} x {indexed.height}, {plural(indexed.colors, 'colour')}, "
        f"{len(data):,} -> {len(encoded):,} bytes"
    )


def _image_bytes(indexed: IndexedImage, kind: str) -> bytes:
    """Encode a picture in one of Pillow's formats."""
    from kqformat.rasters import image_from

    image = image_from(indexed)
    if image.mode == "P" and kind not in _WITH_PALETTE:
        image = image.convert("RGBA" if indexed.channels == 4 else "RGB")
    if indexed.channels == 4 and kind in _WITHOUT_ALPHA:
        raise ValueError("it has no transparency")
    options = {
        name: value
        for name, value in image.info.items()
        if name in ("icc_profile", "exif", "xmp", "dpi")
    }
    if kind == "PNG":
        options |= _png_options(options)
    if kind == "WEBP":
        options["lossless"] = True
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def _png_options(options: dict[str, object]) -> dict[str, object]:
    """XMP goes to PNG in a text chunk of a fixed name, which Pillow leaves to its callers."""
    from PIL import PngImagePlugin

    xmp = options.pop("xmp", None)
    if not isinstance(xmp, bytes):
        return {}
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", xmp.decode("utf-8", "replace"))
    return {"pnginfo": text}
