"""Measure pictures larger than memory: time, peak memory, regions, and what a second core gains.

    python tools/bench_streams.py FOLDER --scratch FOLDER [--side N] [--codings LIST] [--smoke]

A raster of N × N pixels (32,768: a gigapixel, 3.2 GB) is tiled from the images of FOLDER, each tile
turned and shifted in colour at random, and written to the scratch folder, where it stays for the
next run until --side is another. It is encoded from the memory map, each coding in a process of its
own, whose memory is read from /proc/self/status every 20 ms: `VmHWM` is the highest resident set as
Linux accounts it; of that, `RssAnon` is the own memory, `RssFile` the part of the page cache that
it has mapped just then (of the raster, and of libraries), which the system can take back at any
time. Then regions of 512 × 512 are read out of the files; the last table has one thread against
two, alternating, on 24 megapixels of the raster: medians of pairs.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from bench.images import SAMPLES, photographs
from bench.tables import machine, markdown

import kqformat
from kqformat.codec.region import read_region
from kqformat.codec.sections import ENTROPY_TAG
from kqformat.files import open_file
from kqformat.limits import Limits
from kqformat.threads import at_most, available

_TILE = 512
_LIMITS = Limits(pixels=1 << 32)
_FIELDS = ("VmHWM", "RssAnon", "RssFile")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    parser.add_argument("--scratch", type=Path, help="for the raster and the files")
    parser.add_argument("--side", type=int, default=32_768, metavar="N")
    parser.add_argument("--codings", default="packed,entropy", metavar="LIST")
    parser.add_argument("-k", "--colors", type=int, default=256, metavar="K")
    parser.add_argument(
        "--pairs", type=int, default=5, metavar="N", help="of one thread and two; 0 for none"
    )
    parser.add_argument("--smoke", action="store_true", help="see whether it works, in seconds")
    parser.add_argument("--encode", nargs=2, metavar="FILE", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.smoke:
        options.folders, options.side, options.pairs = [SAMPLES / "coffee.png"], 1024, 1
    if options.encode:
        print(json.dumps(_encode(*options.encode, options.codings, options.colors)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        _measure(options.scratch or Path(temporary), options)


def _measure(scratch: Path, options: argparse.Namespace) -> None:
    print(f"{machine('numpy')}; {available()} processors\n")
    raster = _raster(scratch, options.folders, options.side)
    rows, files = [], []
    for coding in options.codings.split(","):
        target = scratch / f"raster-{options.side}-{coding}.kq"
        arguments = ["--encode", str(raster), str(target), "--codings", coding]
        command = [sys.executable, __file__, *arguments, "-k", str(options.colors)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
        found = json.loads(done.stdout)
        files.append((coding, target))
        memory = [f"{found[field] / 2**20:,.0f}" for field in _FIELDS]
        speed = options.side**2 / found["seconds"] / 1e6
        size = f"{target.stat().st_size:,}"
        rows.append([coding, size, f"{found['seconds']:.1f}", f"{speed:.1f}", *memory])
        print(f"{coding}: {found}", file=sys.stderr, flush=True)
    header = ["coding", "bytes", "s", "Mpx/s", "VmHWM, MB", "RssAnon, MB", "RssFile, MB"]
    print(markdown(header, rows), "\n")
    header = ["coding", "opening, ms", "512 × 512, median ms", "worst ms", "one band, median ms"]
    print(markdown(header, [[coding, *_regions(path)] for coding, path in files]), "\n")
    if not options.pairs:
        return
    header = ["24 megapixels", "one thread, s", "two threads, s", "ratio, median of pairs"]
    print(markdown(header, _two_cores(raster, options.colors, options.pairs)))


def _raster(scratch: Path, folders: list[Path], side: int) -> Path:
    """Return the file of the raster, which is made where it is missing."""
    path = scratch / f"raster-{side}.npy"
    if path.exists():
        return path
    needed = 3 * side**2
    if shutil.disk_usage(scratch).free < 2 * needed:
        raise SystemExit(f"{scratch} has less than {2 * needed:,} bytes free")
    images = [pixels for _, pixels in photographs(folders)]
    numbers = np.random.default_rng(1)
    unfinished = path.with_suffix(".part")
    shape = (side, side, 3)
    raster = np.lib.format.open_memmap(unfinished, "w+", np.uint8, shape)
    for top in range(0, side, _TILE):
        for left in range(0, side, _TILE):
            place = raster[top : top + _TILE, left : left + _TILE]
            place[:] = _tile(images, numbers)[: place.shape[0], : place.shape[1]]
    raster.flush()
    unfinished.rename(path)
    return path


def _tile(
    images: list[npt.NDArray[np.uint8]], numbers: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """Return a square out of one of the images, turned and shifted in colour at random."""
    pixels = images[numbers.integers(len(images))]
    repeats = [-(-_TILE // length) for length in pixels.shape[:2]]
    pixels = np.tile(pixels, (*repeats, 1))
    top, left = (numbers.integers(length - _TILE + 1) for length in pixels.shape[:2])
    square = pixels[top : top + _TILE, left : left + _TILE].astype(np.int16)
    square = np.rot90(square, numbers.integers(4))
    if numbers.integers(2):
        square = square[:, ::-1]
    return np.clip(square + numbers.integers(-12, 13, 3), 0, 255).astype(np.uint8)


def _encode(source: str, target: str, coding: str, colors: int) -> dict[str, float]:
    """Encode a raster and return the seconds, and the most bytes that were resident."""
    raster = np.load(source, mmap_mode="r")
    most = dict.fromkeys(_FIELDS, 0)
    is_done = threading.Event()

    def watch() -> None:
        while not is_done.wait(0.02):
            for field, value in _status().items():
                most[field] = max(most[field], value)

    watcher = threading.Thread(target=watch)
    watcher.start()
    started = time.perf_counter()
    try:
        kqformat.write_rows(target, raster, colors=colors, coding=coding)
    finally:
        is_done.set()
        watcher.join()
    seconds = time.perf_counter() - started
    return {"seconds": seconds, **most, "VmHWM": _status()["VmHWM"]}


def _status() -> dict[str, int]:
    found = {}
    for line in Path("/proc/self/status").read_text().splitlines():
        field, _, value = line.partition(":")
        if field in _FIELDS:
            found[field] = 1024 * int(value.split()[0])
    return found


def _regions(path: Path) -> list[float]:
    """Return milliseconds: to open a file, to read a region (median, worst), to decode a band."""
    numbers = np.random.default_rng(2)
    opening = statistics.median(_seconds(lambda: kqformat.open(path, limits=_LIMITS).close(), 5))
    data = open_file(path)
    times = []
    with kqformat.open(path, limits=_LIMITS) as file:
        width, height = file.size
        count = 5 if file.layout.entropy_bands else 50
        for _ in range(count):
            left, top = (int(numbers.integers(side - 511)) for side in (width, height))
            times += _seconds(lambda x=left, y=top: file.region(x, y, x + 512, y + 512), 1)
        bands = [n for n, band in enumerate(file.layout.bands) if band.tag == ENTROPY_TAG]
        shift = file.layout.head.band_shift
        boxes = [(0, n << shift, width, min(height, n + 1 << shift)) for n in bands[:3]]
        band_times = [
            _seconds(lambda box=box: read_region(data, file.layout, *box), 1)[0] for box in boxes
        ]
    data.close()
    one_band = statistics.median(band_times) if band_times else float("nan")
    return [1e3 * value for value in (opening, statistics.median(times), max(times), one_band)]


def _two_cores(raster: Path, colors: int, pairs: int) -> list[list[object]]:
    pixels = np.load(raster, mmap_mode="r")
    side = pixels.shape[0]
    pixels = np.array(pixels[: min(side, 4000), : min(side, 6000)])
    entropy = kqformat.encode(pixels, colors=colors, coding="entropy")
    packed = kqformat.encode(pixels, colors=colors)
    work: dict[str, Callable[[], object]] = {
        "encode packed": lambda: kqformat.encode(pixels, colors=colors),
        "decode packed": lambda: kqformat.decode(packed),
        "encode entropy": lambda: kqformat.encode(pixels, colors=colors, coding="entropy"),
        "decode entropy": lambda: kqformat.decode(entropy),
    }
    rows: list[list[object]] = []
    for name, function in work.items():
        times: dict[int, list[float]] = {1: [], 2: []}
        for _ in range(pairs if "entropy" in name else 4 * pairs):
            for threads, found in times.items():
                with at_most(threads):
                    found += _seconds(function, 1)
        ratio = statistics.median(one / two for one, two in zip(*times.values(), strict=True))
        rows.append([name, *map(statistics.median, times.values()), f"{ratio:.2f}"])
        print(name, times, file=sys.stderr, flush=True)
    return rows


def _seconds(function: Callable[[], object], times: int) -> list[float]:
    found = []
    for _ in range(times):
        started = time.perf_counter()
        function()
        found.append(time.perf_counter() - started)
    return found


if __name__ == "__main__":
    main()
