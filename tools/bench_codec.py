"""Measure packed coding on real images: ratios on disk, speed, and a large photograph.

    python tools/bench_codec.py FOLDER… [--large FILE] [--rounds N]

For the images of the folders (default: those of tests/data) it prints
- the ratio of 24-bit pixels to the `.kq` file on disk for k = 16 … 256;
- decoding to RGB, against Pillow decoding the same indices from PNG-8 and converting to RGB, the
  `qoi` package decoding the same pixels, and copying the pixels once;
- encoding from indices, against Pillow saving PNG-8 at its default and at its fastest level.
With --large, also time and peak memory of `kq encode` on that file, as a process of its own.
Every decoder's pixels are compared before they are timed. Needs `pip install qoi`.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import qoi
from bench.images import SAMPLES, photographs
from bench.tables import machine, markdown
from bench.timing import medians
from PIL import Image

import kqformat
from kqformat.rasters import image_from

_COLORS = (16, 32, 64, 128, 256)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, default=[SAMPLES])
    parser.add_argument("--large", type=Path, metavar="FILE")
    parser.add_argument("--rounds", type=int, default=15, metavar="N")
    options = parser.parse_args()
    images = [
        kqformat.quantize(pixels, colors)
        for _, pixels in photographs(options.folders)
        for colors in _COLORS
    ]
    print(f"{machine('numpy', 'pillow', 'qoi')}\n")
    print(_ratio_table(images))
    print()
    print(_speed_table(images, options.rounds))
    if options.large:
        print()
        print(_large_line(options.large))


def _ratio_table(images: list[kqformat.IndexedImage]) -> str:
    rows = []
    for colors in _COLORS:
        ratios = [3 * i.indices.size / _bytes_on_disk(i) for i in images if i.colors == colors]
        if ratios:
            bits = (colors - 1).bit_length()
            rows.append((colors, bits, 24 / bits, min(ratios), statistics.median(ratios)))
    return markdown(("k", "bits", "24 / bits", "lowest ratio on disk", "median"), rows)


def _bytes_on_disk(image: kqformat.IndexedImage) -> int:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "image.kq")
        kqformat.write(path, image)
        return os.stat(path).st_size


def _speed_table(images: list[kqformat.IndexedImage], rounds: int) -> str:
    rows = []
    for colors in _COLORS:
        factors = [_speeds(image, rounds) for image in images if image.colors == colors]
        if factors:
            rows.append(
                (colors, *(statistics.median(column) for column in zip(*factors, strict=True)))
            )
    header = (
        "k",
        "decode, Mpx/s",
        "PNG-8 decode / ours",
        "qoi decode / ours",
        "ours / one copy",
        "encode, Mpx/s",
        "PNG-8 save / ours",
        "PNG-8 level 1 / ours",
    )
    return markdown(header, rows)


def _speeds(image: kqformat.IndexedImage, rounds: int) -> tuple[float, ...]:
    rgb = image.to_rgb()
    data = kqformat.encode(image)
    palette_image = image_from(image)
    png = _png(palette_image)
    as_qoi = qoi.encode(rgb)
    for decoded in (kqformat.decode(data), _decode_png(png), qoi.decode(as_qoi)):
        if not np.array_equal(decoded, rgb):
            raise SystemExit("a decoder gives other pixels")
    seconds = medians(
        {
            "decode": lambda: kqformat.decode(data),
            "png decode": lambda: _decode_png(png),
            "qoi decode": lambda: qoi.decode(as_qoi),
            "copy": rgb.copy,
            "encode": lambda: kqformat.encode(image),
            "png save": lambda: _png(palette_image),
            "png save 1": lambda: _png(palette_image, compress_level=1),
        },
        rounds,
    )
    megapixels = image.indices.size / 1e6
    return (
        megapixels / seconds["decode"],
        seconds["png decode"] / seconds["decode"],
        seconds["qoi decode"] / seconds["decode"],
        seconds["decode"] / seconds["copy"],
        megapixels / seconds["encode"],
        seconds["png save"] / seconds["encode"],
        seconds["png save 1"] / seconds["encode"],
    )


def _png(image: Image.Image, **options: int) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG", **options)
    return stream.getvalue()


def _decode_png(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def _large_line(path: Path) -> str:
    """Run `kq encode` as a process of its own; its peak memory is the system's account."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "kqformat", "encode", str(path), "-d", folder]
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        if status:
            raise SystemExit(f"kq encode failed on {path.name}")
        facts = line.strip().split(": ", 1)[1]
        return f"{path.name}: {seconds:.2f} s, {usage.ru_maxrss / 1000:.0f} MB at most; {facts}"


if __name__ == "__main__":
    main()
