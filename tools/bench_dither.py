"""Measure what dithering brings and what it takes: SSIMULACRA2, squared error, time.

    python tools/bench_dither.py FOLDER… [-k LIST] [--rounds N] [-v] [--smoke]

The palette is that of the default options. For every k and way to map pixels to it (none,
floyd-steinberg, blue-noise) a table gives the mean SSIMULACRA2 (PyPI; left out where it is not
installed), the geometric-mean squared error as a share of that without dithering, and the
median time of the mapping, the palette and the counted colours being there. With -v, a line for
each picture. Pictures with no more than k colours are left out at that k, and transparency is
dropped.
"""

from __future__ import annotations

import argparse
import statistics
from collections import defaultdict
from functools import partial
from pathlib import Path

import numpy as np
from bench.images import SAMPLES, image_paths, photographs
from bench.measures import HAVE_SSIMULACRA2, mean_squared_error, squared_errors, ssimulacra2
from bench.tables import geometric_mean, machine, markdown
from bench.timing import timed

from kqformat.quantizer.colors import color_array
from kqformat.quantizer.dither import METHODS, dither
from kqformat.quantizer.pipeline import Quantizer

WAYS = ("none", *METHODS)
HEADER = ("k", "dither", "pictures", "SSIMULACRA2", "squared error", "ns a pixel")

Figures = dict[tuple[int, str], list[tuple[float, float, float]]]
"""By k and way: SSIMULACRA2, squared error as a share, nanoseconds a pixel."""


def main() -> None:
    """Print the table."""
    options = _options()
    paths = image_paths(options.folders)
    colors = [int(k) for k in options.colors.split(",")]
    packages = ["ssimulacra2"] if HAVE_SSIMULACRA2 else []
    print(f"{machine('numpy', *packages)}; {len(paths)} pictures\n", flush=True)
    figures: Figures = defaultdict(list)
    for name, pixels in photographs(paths):
        distinct = len(np.unique(pixels.reshape(-1, 3), axis=0))
        for k in colors:
            if distinct > k:
                _measure(name, pixels, k, options, figures)
    print(
        markdown(
            HEADER, [_row(k, way, each) for (k, way), each in sorted(figures.items(), key=_place)]
        )
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, default=[SAMPLES])
    parser.add_argument("-k", "--colors", default="16,64,256", metavar="LIST")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="for times")
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("--smoke", action="store_true", help="see whether it works, in seconds")
    options = parser.parse_args()
    if options.smoke:
        options.folders, options.colors, options.rounds = [SAMPLES / "rocket.jpg"], "16", 1
    return options


def _measure(
    name: str,
    pixels: np.typing.NDArray[np.uint8],
    k: int,
    options: argparse.Namespace,
    figures: Figures,
) -> None:
    quantizer = Quantizer(pixels)
    palette = quantizer.at(k).image.palette
    rgba = color_array(palette)
    ways = {way: partial(dither, pixels, rgba, way) for way in METHODS}
    ways = {"none": lambda: quantizer.with_palette(palette).image.indices, **ways}
    reference = 0.0
    for way, outcome in timed(ways, options.rounds).items():
        shown = palette[outcome.result]
        error = mean_squared_error(squared_errors(pixels, shown))
        reference = reference or error
        score = ssimulacra2(pixels, shown) if HAVE_SSIMULACRA2 else float("nan")
        nanoseconds = 1e9 * outcome.seconds / outcome.result.size
        figures[k, way].append((score, error / reference, nanoseconds))
        if options.verbose:
            print(f"{name}, k = {k}, {way}: {score:.1f}, {nanoseconds:.1f} ns", flush=True)


def _place(item: tuple[tuple[int, str], object]) -> tuple[int, int]:
    (k, way), _ = item
    return k, WAYS.index(way)


def _row(k: int, way: str, figures: list[tuple[float, float, float]]) -> tuple[object, ...]:
    scores, errors, times = zip(*figures, strict=True)
    score = f"{statistics.fmean(scores):.1f}" if HAVE_SSIMULACRA2 else "-"
    return k, way, len(figures), score, geometric_mean(errors), f"{statistics.median(times):.1f}"


if __name__ == "__main__":
    main()
