"""The options that say how colours are chosen, and the account of how it went."""

from __future__ import annotations

import argparse
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kqformat.cli.console import plural
from kqformat.errors import ParameterError, RasterError
from kqformat.fields import MAX_COLORS

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from kqformat.quantizer.pipeline import Quantization

AUTO = "auto"
"""The number of colours that leaves it to `kq`."""

_SAME_NAMES = (
    "colors",
    "effort",
    "init",
    "max_iterations",
    "seed",
    "space",
    "keep_colors",
    "outliers",
    "dither",
    "dither_strength",
)
"""The options that are handed on under their own names; None leaves the choice to the quantizer."""


def add_colour_arguments(parser: argparse.ArgumentParser, *, several: bool = False) -> None:
    """Add a group of options, the same for every command that quantizes.

    With `several`, -k takes a list of numbers.
    """
    colours = parser.add_argument_group("colours")
    if several:
        colours.add_argument(
            "-k",
            "--colors",
            type=_several_colors,
            metavar="LIST",
            help="1 to 65536, with commas between (default: 2,4,8,16,32,64,128,256)",
        )
    else:
        _add_colors(colours)
    colours.add_argument(
        "-e",
        "--effort",
        choices=("fast", "balanced", "best"),
        help="how much work is put into the palette (default: balanced)",
    )
    colours.add_argument(
        "--keep-color",
        action="append",
        dest="keep_colors",
        metavar="#RRGGBB",
        help="have this colour in the palette whatever else is; may be given several times",
    )
    colours.add_argument(
        "--outliers",
        choices=("auto", "off", "strong", "kmor"),
        help="whether small bright things keep their colours (default: auto; strong: shaded ones, "
        "too, at the cost of all else), or k-means with outlier removal (kmor)",
    )
    colours.add_argument(
        "--dither",
        choices=("none", "floyd-steinberg", "blue-noise"),
        help="mix pixels of the palette's colours, so that gradients have no bands (default: none, "
        "since it costs bytes wherever repetition counts)",
    )
    colours.add_argument(
        "--dither-strength", type=float, metavar="S", help="from 0 to 1 (default: 1)"
    )
    colours.add_argument(
        "--importance",
        metavar="MASK",
        help="a grey image of the same size: the lighter, the more a pixel counts",
    )
    colours.add_argument(
        "--space",
        choices=("weighted", "srgb", "oklab"),
        help="where distances of colours are measured: sRGB with green counting a little more "
        "(weighted, the default), sRGB as it is, for the least squared error, or oklab, for the "
        "best look",
    )
    colours.add_argument(
        "--init",
        choices=("wu", "kmeans++", "random", "random-space"),
        help="first centroids of k-means (default: wu, which needs no chance)",
    )
    colours.add_argument(
        "--max-iterations",
        type=int,
        metavar="N",
        help="plain k-means: N passes at most, nothing else",
    )
    colours.add_argument("--seed", type=int, metavar="N", help="for the random starts (default: 0)")


def _add_colors(colours: argparse._ArgumentGroup) -> None:
    colours.add_argument(
        "-k",
        "--colors",
        type=_colors,
        metavar="N",
        help="1 to 65536 (default: 256), or auto: as many as pay in error for their bytes",
    )


def check_colour_options(options: argparse.Namespace) -> None:
    """Raise `ParameterError` for what no image could be quantized with."""
    asked = options.colors if isinstance(options.colors, tuple) else (options.colors,)
    for number in asked:
        if isinstance(number, int) and not 1 <= number <= MAX_COLORS:
            raise ParameterError(f"-k is {number}, expected 1 to {MAX_COLORS}")
    for name in ("max_iterations", "seed"):
        value = getattr(options, name)
        if value is not None and value < 0:
            raise ParameterError(f"--{name.replace('_', '-')} is {value}, expected 0 or more")
    if options.keep_colors:
        from kqformat.quantizer.colors import color_array

        color_array(options.keep_colors)
    if options.dither_strength is not None and not 0 <= options.dither_strength <= 1:
        raise ParameterError(f"--dither-strength is {options.dither_strength}, expected 0 to 1")


def quantizer_arguments(options: argparse.Namespace) -> Mapping[str, Any]:
    """Return the keyword arguments of `quantization`."""
    asked = {name: getattr(options, name) for name in _SAME_NAMES}
    if not isinstance(options.colors, int):
        del asked["colors"]
    if options.importance is not None:
        asked["importance"] = _mask(options.importance, options.max_pixels)
    return {name: value for name, value in asked.items() if value is not None}


def _colors(text: str) -> int | str:
    """Parse a number of colours, for argparse."""
    try:
        return text if text == AUTO else int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number, nor {AUTO}") from None


def _several_colors(text: str) -> tuple[int, ...]:
    """Parse numbers of colours, for argparse."""
    try:
        return tuple(int(number) for number in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of numbers like 4,16") from None


def _mask(path: str, max_pixels: int) -> npt.NDArray[np.uint8]:
    """Read an image as one of grey."""
    from kqformat.batch.pictures import read_source
    from kqformat.rasters import read_raster

    try:
        pixels = read_raster(io.BytesIO(read_source(path)), max_pixels=max_pixels).pixels
    except RasterError as error:
        raise RasterError(f"{path} is {error}") from error
    if pixels.ndim == 3:
        if not (pixels[..., :1] == pixels[..., 1:3]).all():
            raise RasterError(f"{path} is no mask: it has colours other than grey")
        pixels = pixels[..., 0]
    return pixels


def story(chosen: Quantization, seconds: float, pixels: int) -> str:
    """Tell how the choice of the palette went, stage by stage."""
    lines = [f"{plural(chosen.distinct_colors, 'distinct colour')}, {seconds:.3f} s"]
    for stage in chosen.stages:
        line = f"{stage.name}: {1000 * stage.seconds:.1f} ms"
        if stage.distortions:
            first, last = stage.distortions[0] / pixels, stage.distortions[-1] / pixels
            line += f", {plural(len(stage.distortions), 'step')}, {first:.3f} to {last:.3f}"
        lines.append(line)
    if chosen.stages:
        how = "converged" if chosen.converged else "stopped before it converged"
        steps = ", ".join(f"{value / pixels:.3f}" for value in chosen.distortions)
        lines.append(f"k-means {how}; squared error per pixel, as it fell: {steps}")
    lines.append(f"squared error per pixel in the file: {chosen.distortion / pixels:.3f}")
    return "".join(f"\n  {line}" for line in lines)
