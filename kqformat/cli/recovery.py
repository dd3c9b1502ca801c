"""What ``kq decode --recover`` adds: pixels that are lost in the output, a mask, and what is said.

Nothing is lost silently: each loss is a line on standard error, with -q too.
"""

from __future__ import annotations

import argparse
import io
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from kqformat.cli.console import STANDARD, complain, input_name
from kqformat.errors import ParameterError, RasterError
from kqformat.files import write_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kqformat.cli.jobs import Job
    from kqformat.codec.recovered import Recovered
    from kqformat.model import IndexedImage, Indices

_MOST_LINES = 20
"""Of losses, for one file."""


def add_recovery_arguments(parser: argparse.ArgumentParser) -> None:
    """Add a group of options."""
    group = parser.add_argument_group(
        "damaged files",
        "With --recover, what can be read of a file that is damaged or cut short is written, what "
        "is lost is told on standard error, and the exit status is 1. Of packed pixels all that "
        "are there are written, also those that no CRC-32 proves; the head, with the palette, must "
        "be whole.",
    )
    group.add_argument(
        "--recover", action="store_true", help="write what can be read of damaged files, too"
    )
    group.add_argument(
        "--lost-color",
        metavar="#RRGGBB",
        help="the colour of pixels that are lost (default: transparent)",
    )
    group.add_argument(
        "--mask",
        metavar="FILE",
        help="also write a grey PNG that is 255 where a CRC-32 proves the pixel, 170 where the "
        "file ends before it, 85 where it is wrong, 0 where the pixel is lost",
    )


def check_recovery_options(options: argparse.Namespace, jobs: Sequence[Job]) -> None:
    """Raise `ParameterError` for options that do not fit together."""
    for name in ("lost_color", "mask"):
        if getattr(options, name) is not None and not options.recover:
            raise ParameterError(f"--{name.replace('_', '-')} is for --recover")
    if options.lost_color is not None:
        from kqformat.quantizer.colors import color_array

        color_array([options.lost_color])
    if options.mask is None:
        return
    if len(jobs) != 1:
        raise ParameterError(f"--mask takes one input, found {len(jobs)}")
    others = [name for name in (jobs[0].source, jobs[0].target) if name != STANDARD]
    if os.path.realpath(options.mask) in map(os.path.realpath, others):
        raise ParameterError(f"--mask {options.mask} is the input or the output")
    if os.path.exists(options.mask) and not options.force:
        raise ParameterError(f"{options.mask} exists already; -f overwrites it")


def shown(found: Recovered, lost_color: str | None) -> IndexedImage:
    """Return the picture with its lost pixels transparent, or of a colour."""
    import numpy as np

    from kqformat.model import MAX_COLORS, index_dtype
    from kqformat.quantizer.colors import color_array

    image = found.image
    is_lost = ~found.readable
    if not is_lost.any():
        return image
    entry = np.zeros((1, 4), np.uint8) if lost_color is None else color_array([lost_color])
    channels = 3 if image.channels == 3 and lost_color is not None else 4
    palette = np.full((image.colors, 4), 255, np.uint8)
    palette[:, : image.channels] = image.palette
    if image.colors < MAX_COLORS:
        palette, number = np.concatenate([palette, entry]), image.colors
    else:
        is_free = np.bincount(image.indices[~is_lost], minlength=MAX_COLORS) == 0
        if not is_free.any():
            raise RasterError("has all of its 65,536 colours, so that lost pixels can have none")
        number = int(np.argmax(is_free))
        palette[number] = entry
    indices: Indices = image.indices.astype(index_dtype(len(palette)))
    indices[is_lost] = number
    palette = np.ascontiguousarray(palette[:, :channels])
    return replace(image, indices=indices, palette=palette)


def tell_losses(source: str, found: Recovered) -> None:
    """Print a line for each loss, the last of which counts the pixels."""
    lines = list(found.losses)
    if len(lines) > _MOST_LINES:
        left_out = len(lines) - _MOST_LINES
        lines[_MOST_LINES - 1 : -1] = [f"and {left_out:,} other losses"]
    for line in lines:
        complain(f"{input_name(source)}: {line}")


def write_mask(path: str, found: Recovered, *, overwrite: bool) -> None:
    """Write what is known of each pixel, as a grey PNG."""
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(found.states * 85).save(stream, "PNG")
    write_file(path, stream.getvalue(), overwrite=overwrite)
