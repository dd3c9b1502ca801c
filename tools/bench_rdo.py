"""Measure what rate-distortion optimised mapping saves, on real images.

    python tools/bench_rdo.py FOLDER… [-k K] [--drop DB] [--smoke]

Each image is quantized to k and stored in entropy coding. Then λ is searched for which `rdo` gives
a PSNR lower by DB, and the number of colours that gives that PSNR without it; both to 0.02 dB, or
to the nearest number of colours from above. The table has the bytes of all three.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
from bench.images import SAMPLES, photographs
from bench.tables import machine

from kqformat.codec import coded_palette
from kqformat.codec.stream import encode_indexed
from kqformat.quantizer.pipeline import Quantization, Quantizer
from kqformat.search.sparing import spare_bits

_CLOSE = 0.02
_STEPS = 12


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, default=[SAMPLES])
    parser.add_argument("-k", "--colors", type=int, default=256, metavar="K")
    parser.add_argument("--drop", type=float, default=0.5, metavar="DB")
    parser.add_argument("--smoke", action="store_true", help="see whether it works, in seconds")
    options = parser.parse_args()
    if options.smoke:
        options.folders, options.colors = [SAMPLES / "chelsea.png"], 64
    print(f"{machine('numpy')}; k = {options.colors}, {options.drop} dB less\n")
    print("| image | PSNR | bytes | λ | with rdo | colours | without | rdo's share of both | s |")
    print("|---|---|---|---|---|---|---|---|---|")
    shares = []
    for name, pixels in photographs(options.folders):
        start, spared, fewer, seconds, price = _measure(pixels, options.colors, options.drop)
        sizes = [_bytes(result) for result in (start, spared, fewer)]
        shares.append((sizes[1] / sizes[0], sizes[1] / sizes[2]))
        print(
            f"| {name} | {start.psnr:.2f} | {sizes[0]:,} | {price:.1f} | {sizes[1]:,} | "
            f"{fewer.image.colors} | {sizes[2]:,} | {shares[-1][0]:.3f}, {shares[-1][1]:.3f} | "
            f"{seconds:.2f} |",
            flush=True,
        )
    of_start, of_fewer = np.exp(np.log(shares).mean(axis=0))
    print(
        f"\nGeometric means: {of_start:.3f} of the bytes at the full PSNR, {of_fewer:.3f} of those "
        "of fewer colours."
    )


def _measure(
    pixels: npt.NDArray[np.uint8], k: int, drop: float
) -> tuple[Quantization, Quantization, Quantization, float, float]:
    """Return the result of k colours, with rdo and with fewer colours; seconds and λ of rdo."""
    quantizer = Quantizer(pixels)
    flat = pixels.reshape(-1, pixels.shape[2])
    start = quantizer.at(k)
    wanted = start.psnr - drop
    low, high = 0.0, 200.0
    for _ in range(_STEPS):
        price = (low + high) / 2 if high < 200 else max(5.0, 2 * low)
        started = time.perf_counter()
        spared = spare_bits(start, flat, price)
        seconds = time.perf_counter() - started
        if abs(spared.psnr - wanted) < _CLOSE:
            break
        low, high = (price, high) if spared.psnr > wanted else (low, price)
    fewest, most = 2, k
    while fewest < most:
        middle = (fewest + most) // 2
        if quantizer.at(middle).psnr >= spared.psnr:
            most = middle
        else:
            fewest = middle + 1
    return start, spared, quantizer.at(most), seconds, price


def _bytes(result: Quantization) -> int:
    return len(encode_indexed(coded_palette.sort(result.image), coding="entropy"))


if __name__ == "__main__":
    main()
