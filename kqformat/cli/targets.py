"""The options that ask for a quality or a size in place of a number of colours."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from kqformat.cli.colours import AUTO
from kqformat.errors import ParameterError

if TYPE_CHECKING:
    from kqformat.search.target import Target

_OPTIONS = ("target_psnr", "max_error", "max_bytes", "quality")


def add_target_arguments(parser: argparse.ArgumentParser) -> None:
    """Add a group of options."""
    targets = parser.add_argument_group(
        "a quality or a size", "The smallest file that meets all of these; -k is then the maximum."
    )
    targets.add_argument("--target-psnr", type=float, metavar="DB", help="at least this PSNR")
    targets.add_argument(
        "--max-error",
        type=int,
        metavar="N",
        help="no pixel differs by more than N (0 to 255) in any channel",
    )
    targets.add_argument(
        "--max-bytes",
        type=int,
        metavar="N",
        help="a file of at most N bytes; alone, the best such file",
    )
    targets.add_argument(
        "--quality",
        type=_quality,
        metavar="MIN[-MAX]",
        help="the fewest colours that reach MAX on a scale from 0 to 100 (lossless), at least MIN; "
        "much like pngquant's",
    )


def check_target_options(options: argparse.Namespace) -> None:
    """Raise `ParameterError` for options that do not fit together or mean nothing."""
    given = [name for name in _OPTIONS if getattr(options, name) is not None]
    if given and options.colors == AUTO:
        flag = given[0].replace("_", "-")
        raise ParameterError(f"-k {AUTO} and --{flag} cannot be given together")
    if (given or options.colors == AUTO) and (options.palette or options.shared_palette):
        raise ParameterError("targets and -k auto are for palettes of each image's own")
    target_of(options)


def target_of(options: argparse.Namespace) -> Target | None:
    """Return what is asked for, or None if nothing is."""
    if all(getattr(options, name) is None for name in _OPTIONS):
        return None
    from kqformat.search.target import Target

    return Target(options.target_psnr, options.max_error, options.max_bytes, options.quality)


def _quality(text: str) -> tuple[float, float]:
    """Parse one number or two, for argparse."""
    least, dash, most = text.partition("-")
    try:
        return float(least), float(most if dash else least)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not MIN or MIN-MAX") from None
