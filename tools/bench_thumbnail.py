"""Measure thumbnails of large files: time, memory, and what reading fewer rows would lose.

    python tools/bench_thumbnail.py FILE… [-k K] [-s SIZE] [--rounds N]

Each image is quantized to k and stored in both codings. Beside `KqFile.thumbnail` and Pillow's
`thumbnail`, which calls `draft`, stand decoding everything and making it smaller with Pillow, and
for packed coding the means of only so many rows for each of the result's. Seconds are medians of
calls in turn, memory is the peak above what was there before, and PSNR is against the means of all
pixels.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from bench.images import SAMPLES, image_paths
from bench.memory import AVAILABLE, peak_of_call
from bench.tables import machine, markdown
from bench.timing import timed
from PIL import Image

import kqformat
import kqformat.pillow_plugin
from kqformat.codec.grid import Axis, Grid
from kqformat.codec.reduction import Averaging
from kqformat.rasters import read_raster

_MAX_PIXELS = 1 << 28

Samples = npt.NDArray[np.uint8]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("-k", "--colors", type=int, default=256, metavar="K")
    parser.add_argument("-s", "--size", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--smoke", action="store_true", help="see whether it works, in seconds")
    options = parser.parse_args()
    if options.smoke:
        options.files, options.rounds = [SAMPLES / "coffee.png"], 1
    Image.MAX_IMAGE_PIXELS = _MAX_PIXELS
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for path in image_paths(options.files):
            content = read_raster(str(path), max_pixels=_MAX_PIXELS).content
            indexed = kqformat.quantization(content, options.colors).image
            for coding in ("packed", "entropy"):
                target = Path(folder) / f"{path.stem}-{coding}.kq"
                kqformat.write(target, indexed, coding=coding)
                rows += _rows(target, coding, options.size, options.rounds)
    print(f"{machine('numpy', 'pillow')}\n")
    print(markdown(["file", "way", "seconds", "MB", "PSNR, dB"], rows))


def _rows(path: Path, coding: str, size: int, rounds: int) -> list[list[object]]:
    ways: dict[str, Callable[[], Samples]] = {
        "thumbnail": lambda: _thumbnail(path, size),
        "Pillow's thumbnail": lambda: _by_pillow(path, size),
        "decode all, then resize": lambda: _resized(path, size),
    }
    if coding == "packed":
        for count in (1, 4, 16):
            ways[f"{count} rows to one"] = lambda count=count: _of_few_rows(path, size, count)
    measured = timed(ways, rounds)
    exact = measured["thumbnail"].result
    return [
        [path.stem, way, result.seconds, _megabytes(ways[way]), _psnr(result.result, exact)]
        for way, result in measured.items()
    ]


def _thumbnail(path: Path, size: int) -> Samples:
    with kqformat.open(path) as file:
        return file.thumbnail(size)


def _by_pillow(path: Path, size: int) -> Samples:
    with Image.open(path) as image:
        image.thumbnail((size, size))
        return np.asarray(image)


def _resized(path: Path, size: int) -> Samples:
    image = Image.fromarray(kqformat.read(path))
    image.thumbnail((size, size), reducing_gap=None)
    return np.asarray(image)


def _of_few_rows(path: Path, size: int, count: int) -> Samples:
    """Return means of at most so many rows for each of the result's, evenly spaced."""
    with kqformat.open(path) as file:
        grid = Grid.within(file.size, size)
        spans = Axis.into(grid.down.pixels, grid.down.samples).spans()
        result = np.empty((*grid.shape, file.palette.shape[1]), np.uint8)
        for sample, (first, end, _, _) in enumerate(spans):
            taken = min(count, int(end - first))
            averaging = Averaging(Grid(grid.across, Axis.into(taken, 1)), file.palette)
            for n in range(taken):
                y = int(first) + (2 * n + 1) * int(end - first) // (2 * taken)
                averaging.add(file.region(0, y, file.size[0], y + 1).indices)
            result[sample] = averaging.samples[0]
    return result


def _megabytes(way: Callable[[], Samples]) -> object:
    if not AVAILABLE:
        return "–"
    peak = peak_of_call(way)
    return (peak.most - peak.before) / 1e6


def _psnr(found: Samples, exact: Samples) -> object:
    if found.shape != exact.shape:
        return "–"
    error = float(np.mean((found.astype(float) - exact) ** 2))
    return 10 * np.log10(255**2 / error) if error else "∞"


if __name__ == "__main__":
    main()
