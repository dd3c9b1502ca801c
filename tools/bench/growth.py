"""How time and memory of the quantizer grow with the image, and whether its bytes stay the same.

    python -m bench.growth EFFORT K ROUNDS MEGAPIXELS IMAGE…

is what `growth_table` runs, so that every size has a process of its own.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path

import numpy as np

import kqformat
from bench.contender import Pixels
from bench.images import image_paths, rgb_pixels
from bench.memory import AVAILABLE, peak_of_call, run_module
from bench.tables import markdown
from bench.timing import timed

SIZES = (0.4, 1.0, 6.0, 24.0, 105.0)
"""Megapixels; the second is what 'beyond the first megapixel' is counted from."""

_PATCH = 256

_HEADER = (
    "effort",
    "megapixels",
    "distinct colours",
    "ns of processor time a pixel",
    "the same beyond the first megapixel",
    "memory beyond image and indices, MB",
    "two runs",
    "two threads at once",
)


def growth_table(
    places: list[Path], efforts: list[str], k: int, rounds: int, sizes: tuple[float, ...] = SIZES
) -> str:
    """Return a Markdown table for mosaics of the images at several sizes."""
    paths = [str(path.resolve()) for path in image_paths(places)]
    rows = []
    for effort in efforts:
        first = None
        for size in sizes:
            arguments = (effort, str(k), str(rounds), str(size), *paths)
            facts = dict(run_module("bench.growth", *arguments))
            rows.append(_row(effort, facts, first))
            if size == sizes[1]:
                first = facts
    return f"### Growth, k = {k}\n\n{markdown(_HEADER, rows)}"


def _row(effort: str, facts: dict, first: dict | None) -> tuple[object, ...]:
    beyond = "–"
    if first is not None:
        seconds = facts["seconds"] - first["seconds"]
        beyond = f"{1e9 * seconds / (facts['pixels'] - first['pixels']):.1f}"
    return (
        effort,
        f"{facts['pixels'] / 1e6:.2f}",
        f"{facts['distinct colours']:,}",
        f"{1e9 * facts['seconds'] / facts['pixels']:.1f}",
        beyond,
        f"{facts['memory'] / 1e6:.0f}" if AVAILABLE else "–",
        *("same bytes" if facts[check] else "DIFFERENT" for check in ("two runs", "two threads")),
    )


def mosaic(paths: list[Path], megapixels: float) -> Pixels:
    """Return an image of about this size, of patches of 256² cut from images one after another."""
    patches = max(1, round(megapixels * 1e6 / _PATCH**2))
    rows = math.isqrt(patches)
    columns = patches // rows
    canvas = np.empty((rows * _PATCH, columns * _PATCH, 3), np.uint8)
    places = ((row, column) for row in range(rows) for column in range(columns))
    for (row, column), patch in zip(places, _patches(paths), strict=False):
        top, left = row * _PATCH, column * _PATCH
        canvas[top : top + _PATCH, left : left + _PATCH] = patch
    return canvas


def _patches(paths: list[Path]) -> Iterator[Pixels]:
    """Yield patches without end, those of an image in a fixed order that jumps about in it."""
    found = False
    for number, path in enumerate(cycle(paths)):
        if number == len(paths) and not found:
            raise SystemExit(f"no image has {_PATCH} rows and columns")
        pixels = rgb_pixels(path)
        rows, columns = pixels.shape[0] // _PATCH, pixels.shape[1] // _PATCH
        found = found or rows * columns > 0
        for place in np.random.default_rng(0).permutation(rows * columns):
            top, left = (_PATCH * int(step) for step in divmod(place, columns))
            yield pixels[top : top + _PATCH, left : left + _PATCH]


def _main() -> None:
    effort, k, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    pixels = mosaic([Path(name) for name in sys.argv[5:]], float(sys.argv[4]))
    kqformat.quantization(pixels[:64, :64], k, effort=effort)  # its modules are loaded

    def job() -> kqformat.Quantization:
        return kqformat.quantization(pixels, k, effort=effort)

    facts: dict[str, object] = {"pixels": pixels.shape[0] * pixels.shape[1]}
    if AVAILABLE:
        peak = peak_of_call(job)
    result = job()
    facts["distinct colours"] = result.distinct_colors
    if AVAILABLE:
        facts["memory"] = peak.most - peak.before - result.image.indices.nbytes
    expected = _bytes(result)
    del result
    facts["two runs"] = _bytes(job()) == expected
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(job) for _ in range(2)]
        facts["two threads"] = all(_bytes(run.result()) == expected for run in runs)
    # Processor time: it is one thread, and others on the machine would show in these figures.
    facts["seconds"] = timed({"ours": job}, rounds, clock=time.process_time)["ours"].seconds
    print(json.dumps(list(facts.items())))


def _bytes(result: kqformat.Quantization) -> bytes:
    return kqformat.encode(result.image)


if __name__ == "__main__":
    _main()
