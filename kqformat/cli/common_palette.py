"""One palette for all inputs of ``kq encode``: that of a file, or one chosen for all of them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kqformat.cli.colours import AUTO, quantizer_arguments
from kqformat.cli.console import STANDARD
from kqformat.cli.jobs import FAILURES, Job
from kqformat.errors import ParameterError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from kqformat.model import IndexedImage
    from kqformat.quantizer.pipeline import Quantization

_CHOICES = {
    "-k": "colors",
    "--effort": "effort",
    "--keep-color": "keep_colors",
    "--outliers": "outliers",
    "--importance": "importance",
    "--init": "init",
    "--max-iterations": "max_iterations",
    "--seed": "seed",
    "--shared-palette": "shared_palette",
}
"""The options that say how a palette is chosen: without meaning where one is given."""

_MAPPING = ("space", "dither", "dither_strength")
"""The options that say how pixels are mapped to a palette."""


def add_palette_arguments(parser: argparse.ArgumentParser) -> None:
    """Add a group of options."""
    palettes = parser.add_argument_group("one palette for all inputs")
    palettes.add_argument(
        "--palette",
        metavar="FILE",
        help="take the palette of FILE as it is: a .kq file, an image, a GIMP or JASC palette, or "
        "a list of colours like #ff8000",
    )
    palettes.add_argument(
        "--shared-palette",
        action="store_true",
        help="choose one palette for all inputs together, each of which is read again "
        "to be encoded",
    )


def check_palette_options(options: argparse.Namespace) -> None:
    """Raise `ParameterError` for options that do not fit together."""
    if options.palette is not None:
        for flag, name in _CHOICES.items():
            value = getattr(options, name)
            if value is not None and value is not False:
                raise ParameterError(
                    f"--palette leaves nothing to choose, so {flag} has no meaning"
                )
    if options.shared_palette:
        if STANDARD in options.inputs:
            raise ParameterError("--shared-palette reads again, which standard input cannot be")
        if options.importance is not None:
            raise ParameterError("--importance is of one image, --shared-palette of several")
        if options.colors == AUTO:
            raise ParameterError("--shared-palette needs a number of colours; -k is auto")


def common_palette(jobs: list[Job], options: argparse.Namespace) -> npt.NDArray[np.uint8] | None:
    """Return the palette for all inputs, or None where each is to have its own.

    Inputs that cannot be read, or have no place for their outputs, have no say: they are reported
    when their turn comes.

    Raises
    ------
    KqError, OSError, MemoryError
        If the file with the palette cannot be read; it is then called `options.palette`.
    """
    if options.palette is not None:
        from kqformat.palettes import read_palette

        return read_palette(options.palette, max_pixels=options.max_pixels)
    if options.shared_palette:
        return _shared(jobs, options)
    return None


def mapped(
    content: IndexedImage | npt.NDArray[np.uint8],
    palette: npt.NDArray[np.uint8],
    options: argparse.Namespace,
) -> Quantization:
    """Map a picture to a palette that is kept as it is, with dithering where that is asked for."""
    from kqformat.quantizer.options import Options
    from kqformat.quantizer.pipeline import Quantizer

    asked = {name: getattr(options, name) for name in _MAPPING}
    heeded = Options(**{name: value for name, value in asked.items() if value is not None})
    return Quantizer(_pixels(content), heeded).with_palette(palette)


def _shared(jobs: list[Job], options: argparse.Namespace) -> npt.NDArray[np.uint8] | None:
    from kqformat.quantizer.options import Options
    from kqformat.quantizer.pipeline import DEFAULT_COLORS
    from kqformat.quantizer.shared import shared_palette

    arguments = dict(quantizer_arguments(options))
    colors = arguments.pop("colors", DEFAULT_COLORS)
    pictures = _Pictures(jobs, options)
    try:
        return shared_palette(pictures, colors, Options(**arguments))
    except ParameterError:
        if pictures.found:
            raise
        return None


class _Pictures:
    """The pixels of each input that can be encoded, read anew each time."""

    def __init__(self, jobs: list[Job], options: argparse.Namespace) -> None:
        self._jobs = jobs
        self._options = options
        self.found = False

    def __iter__(self) -> Iterator[npt.NDArray[np.uint8]]:
        from kqformat.cli.pictures import read_picture, read_source

        for job in self._jobs:
            try:
                job.check(force=self._options.force)
                picture = read_picture(read_source(job.source), self._options.max_pixels)
            except FAILURES:
                continue
            self.found = True
            yield _pixels(picture.content)


def _pixels(content: IndexedImage | npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    from kqformat.model import IndexedImage

    return content.to_rgb() if isinstance(content, IndexedImage) else content
