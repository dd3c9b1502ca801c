"""Measure the quantizer against imagequant on real images.

    python tools/bench_quantizer.py FOLDER… [--rounds N] [-k LIST]

For every image and k: the squared error of our palette and of imagequant's (PyPI, dithering 0, its
default speed), both recomputed from the pixels that come out, and the time of the same call in one
process, one thread. Prints geometric means, the worst image, and median ratios of time. Needs
`pip install imagequant`.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

import imagequant
import numpy as np
import numpy.typing as npt
from bench.images import SAMPLES, photographs
from bench.tables import geometric_mean, machine, markdown
from bench.timing import medians

import kqformat

_Pixels = npt.NDArray[np.uint8]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, default=[SAMPLES])
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("-k", "--colors", default="16,32,64,256", metavar="LIST")
    options = parser.parse_args()
    images = list(photographs(options.folders))
    rows = []
    for colors in map(int, options.colors.split(",")):
        results = [_compare(pixels, colors, options.rounds) for _, pixels in images]
        errors = [error for error, _ in results]
        rows.append(
            (
                colors,
                geometric_mean(errors),
                max(errors),
                f"{sum(error < 1 for error in errors)} of {len(errors)}",
                statistics.median(ratio for _, ratio in results),
            )
        )
    print(f"{machine('numpy', 'imagequant')}; {len(images)} images\n")
    header = ("k", "squared error / imagequant's", "worst image", "lower on", "time / imagequant's")
    print(markdown(header, rows))


def _compare(pixels: _Pixels, colors: int, rounds: int) -> tuple[float, float]:
    """Return our squared error and our time, each divided by imagequant's."""
    rgba = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)]).tobytes()
    seconds = medians(
        {
            "ours": lambda: kqformat.quantize(pixels, colors),
            "imagequant": lambda: _imagequant(rgba, pixels.shape, colors),
        },
        rounds,
    )
    ours = _squared_error(pixels, kqformat.quantize(pixels, colors).to_rgb())
    theirs = _squared_error(pixels, _imagequant(rgba, pixels.shape, colors)())
    return ours / theirs, seconds["ours"] / seconds["imagequant"]


def _imagequant(rgba: bytes, shape: tuple[int, ...], colors: int):
    """Quantize, and return a function that makes the pixels, which is not part of the time."""
    height, width = shape[:2]
    indices, palette = imagequant.quantize_raw_rgba_bytes(
        rgba, width, height, dithering_level=0.0, max_colors=colors
    )

    def pixels() -> _Pixels:
        entries = np.array(palette, np.uint8).reshape(-1, 4)[:, :3]
        return entries[np.frombuffer(indices, np.uint8)].reshape(height, width, 3)

    return pixels


def _squared_error(a: _Pixels, b: _Pixels) -> float:
    return float(((a.astype(np.int64) - b) ** 2).sum())


if __name__ == "__main__":
    main()
