"""Measure what smaller bands cost in entropy coding, and what threads gain, on large images.

    python tools/bench_bands.py FILE… [-k K] [--pixels LIST] [--smoke]

Each image is quantized to k; then it is stored in bands of at most so many pixels, 2 to the powers
listed, and in one band. The table has the bytes against those of one band, and megapixels a second
to encode and decode with one thread and with as many as there are cores.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from bench.images import SAMPLES, image_paths
from bench.tables import machine

import kqformat
from kqformat.codec import coded_palette
from kqformat.codec.bands import MAX_BAND_SHIFT, canonical_band_shift
from kqformat.codec.stream import decode_indexed, encode_indexed
from kqformat.limits import Limits
from kqformat.rasters import read_raster
from kqformat.threads import at_most

_MAX_PIXELS = 1 << 28


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("-k", "--colors", type=int, default=256, metavar="K")
    parser.add_argument("--pixels", default="20,21,22,23,24", metavar="LIST", help="powers of two")
    parser.add_argument("--smoke", action="store_true", help="see whether it works, in seconds")
    options = parser.parse_args()
    if options.smoke:
        options.files, options.pixels = [SAMPLES / "chelsea.png"], "14"
    print(f"{machine('numpy')}\n")
    print("| image | band | bands | bytes | of one band | encode, 1 / all | decode, 1 / all |")
    print("|---|---|---|---|---|---|---|")
    for path in image_paths(options.files):
        content = read_raster(str(path), max_pixels=_MAX_PIXELS).content
        chosen = kqformat.quantization(content, options.colors).image
        image = coded_palette.sort(chosen)
        whole = 0
        for power in [None, *map(int, options.pixels.split(","))]:
            shift = MAX_BAND_SHIFT
            if power is not None:
                shift = canonical_band_shift(image.width, image.height, 1 << power)
                if shift == MAX_BAND_SHIFT:
                    continue
            whole = _row(path.stem, image, power, shift, whole)


def _row(name: str, image: kqformat.IndexedImage, power: int | None, shift: int, whole: int) -> int:
    """Print the figures of one size of bands; return the bytes of one band."""

    def encode() -> bytes:
        return encode_indexed(image, coding="entropy", band_shift=shift)

    with at_most(1):
        data, alone = _timed(encode)
        _, decoded_alone = _timed(lambda: decode_indexed(data, limits=Limits(pixels=_MAX_PIXELS)))
    _, together = _timed(encode)
    _, decoded = _timed(lambda: decode_indexed(data, limits=Limits(pixels=_MAX_PIXELS)))
    whole = whole or len(data)
    count = -(-image.height >> shift)
    speeds = [image.indices.size / s / 1e6 for s in (alone, together, decoded_alone, decoded)]
    band = "whole" if power is None else f"2^{power}"
    print(
        f"| {name} | {band} | {count} | {len(data):,} | {len(data) / whole:.4f} | "
        f"{speeds[0]:.2f} / {speeds[1]:.2f} | {speeds[2]:.2f} / {speeds[3]:.2f} |",
        flush=True,
    )
    return whole


def _timed(call: Callable[[], object]) -> tuple[bytes, float]:
    started = time.perf_counter()
    result = call()
    return result if isinstance(result, bytes) else b"", time.perf_counter() - started


if __name__ == "__main__":
    main()
