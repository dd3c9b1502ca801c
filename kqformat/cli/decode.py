"""``kq decode``: `.kq` files to ordinary image files."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kqformat.batch.working import Made
from kqformat.cli.batches import executor_of
from kqformat.cli.console import STANDARD, input_name, output_name, plural
from kqformat.cli.jobs import Job, end, run_jobs
from kqformat.cli.large import run_large
from kqformat.cli.large_decode import ARRAY, split_large_decoding
from kqformat.cli.plan import add_file_arguments, add_max_pixels, plan_jobs, refuse_ending
from kqformat.cli.recovery import (
    add_recovery_arguments,
    check_recovery_options,
    shown,
    tell_losses,
    write_mask,
)
from kqformat.codec.head import SIGNATURE
from kqformat.codec.layout import most_file_bytes
from kqformat.errors import ParameterError
from kqformat.limits import Limits

if TYPE_CHECKING:
    from kqformat.model import IndexedImage

_EPILOG = """\
examples:
  kq decode photo.kq                        photo.png
  kq decode *.kq -d out --format webp
  kq decode photo.kq -o - | display
  kq decode broken.kq --recover --mask real.png
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "decode",
        help=".kq files to PNG and others",
        description="Decode .kq files. The output is PNG unless --format or the name given with -o "
        "says otherwise: indexed for up to 256 colours, with the metadata that the format holds.",
        epilog=_EPILOG,
    )
    add_file_arguments(parser)
    parser.add_argument(
        "--format",
        metavar="FORMAT",
        help="png, bmp, gif, tiff, webp, … (what Pillow writes), or npy",
    )
    parser.add_argument(
        "--grey",
        action="store_true",
        help="write pictures of which all colours are opaque greys as grey values, without a "
        "palette, as masks of labels are often stored",
    )
    add_max_pixels(parser)
    add_recovery_arguments(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Decode every input."""
    suffix, kind = _format(options)
    jobs = plan_jobs(options, suffix, {".kq"})
    check_recovery_options(options, jobs)
    large, jobs = split_large_decoding(jobs, kind, options)
    summary = run_large(large, options)
    if large and not jobs:
        return end(summary, options)
    work = _Decoding(options, kind)
    with executor_of(options, jobs, threads_only=True) as means:
        status = run_jobs(jobs, work, options, lambda _job, facts, _options: facts, means, summary)
    return 1 if work.damaged else status


def _format(options: argparse.Namespace) -> tuple[str, str]:
    """Return the suffix of output files, and Pillow's name of their format."""
    from PIL import Image

    Image.init()
    suffix = ".png"
    if options.format is not None:
        suffix = f".{options.format.lower().removeprefix('.')}"
    elif options.output not in (None, STANDARD):
        suffix = os.path.splitext(options.output)[1].lower() or suffix
    if suffix == ".npy":
        return suffix, ARRAY
    kind = Image.registered_extensions().get(suffix)
    if kind not in Image.SAVE or kind == "KQ":
        raise ParameterError(f"no image format that can be written is called {suffix[1:]!r}")
    endings = Image.registered_extensions()
    others = {ending for ending in endings if endings[ending] != kind} | {".kq"}
    refuse_ending(options.output, suffix, others, f"--format says {options.format}")
    return suffix, kind


@dataclass(frozen=True, slots=True)
class _Decoding:
    """Decodes files; done by threads, since it tells of losses as it goes."""

    options: argparse.Namespace
    kind: str
    damaged: list[str] = field(default_factory=list)

    def read(self, job: Job) -> bytes:
        limits = Limits(pixels=self.options.max_pixels)
        return job.read(most_file_bytes(limits), SIGNATURE)

    def make(self, job: Job, source: bytes) -> Made[str]:
        from kqformat.cli.saving import encoded_as

        indexed = _decoded(job, source, self.options, self.damaged)
        encoded = encoded_as(self.kind, indexed, grey=self.options.grey)
        return Made(
            encoded,
            f"{input_name(job.source)} -> {output_name(job.target)}: "
            f"{indexed.width} x {indexed.height}, {plural(indexed.colors, 'colour')}, "
            f"{len(source):,} -> {len(encoded):,} bytes",
        )


def _decoded(
    job: Job, data: bytes, options: argparse.Namespace, damaged: list[str]
) -> IndexedImage:
    """Decode a file; with --recover, write the mask, too, and note and tell what is lost."""
    from kqformat.decoding import decode, decode_indexed

    limits = Limits(pixels=options.max_pixels)
    if not options.recover:
        return decode_indexed(data, limits=limits)
    found = decode(data, limits=limits, recover=True)
    if found.losses:
        damaged.append(job.source)
        tell_losses(job.source, found)
    if options.mask is not None and not options.dry_run:
        write_mask(options.mask, found, overwrite=options.force)
    return shown(found, options.lost_color)
