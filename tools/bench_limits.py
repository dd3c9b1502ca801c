"""What files of very many parts cost: a million empty sections, a million bands, and a few others.

Each is read in a process of its own, with the default limits, which refuse it, and with limits that
allow it. Told are the seconds of the processor and the memory that reading takes on top of what the
process had before.

    python tools/bench_limits.py
    python tools/bench_limits.py --count 100000
"""

from __future__ import annotations

import argparse
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from vectors import writer

import kqformat
from kqformat import KqError, Limits
from kqformat.codec.layout import read_layout
from kqformat.codec.stream import verify

ONE, TWO = ((0, 0, 0),), ((0, 0, 0), (1, 1, 1))
READERS = {
    "structure": lambda data, limits: read_layout(data, limits),
    "verify": lambda data, limits: verify(data, limits=limits),
    "decode": lambda data, limits: kqformat.decode_indexed(data, limits=limits),
    "recover": lambda data, limits: kqformat.decode(data, limits=limits, recover=True),
}
WIDE = Limits(bands=2**31, metadata_sections=2**31, metadata_bytes=2**31)


def files(count: int) -> dict[str, bytes]:
    """Return files of so many parts each."""
    band = writer.section("B", b"\0")
    damaged = writer.section("B", b"\0", crc=bytes(4))
    return {
        "empty sections": writer.Head(1, 1, ONE).encode()
        + writer.section("z") * count
        + writer.section("B"),
        "empty bands": writer.Head(1, count, ONE, 0).encode() + writer.section("B") * count,
        "bands of a pixel": writer.Head(1, count, TWO, 0).encode() + band * count,
        "bands in entropy coding": writer.Head(9, count, TWO, 0, coding=1).encode()
        + writer.section("E") * count,
        "damaged bands": writer.Head(1, count, TWO, 0).encode() + damaged * count,
        "each band as long as the last": writer.Head(1, 16 * count - 8, TWO, 4).encode()
        + band * count,
    }


def measure(name: str, count: int, reader: str, *, wide: bool) -> tuple[float, float, str]:
    """Read a file; return seconds, megabytes, and what came of it."""
    data = files(count)[name]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    try:
        READERS[reader](data, WIDE if wide else Limits())
        outcome = "read"
    except KqError as error:
        outcome = type(error).__name__
    seconds = time.process_time() - started
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return seconds, (after - before) / 1024, outcome


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=1_000_000, help="of parts (default: 10^6)")
    options = parser.parse_args()
    print(f"{options.count:,} parts; seconds of the processor, MB on top, and what came of it")
    print("| file | bytes | reader | default limits | wide limits |\n|---|---|---|---|---|")
    context = get_context("spawn")
    for name, data in files(options.count).items():
        for reader in READERS:
            cells = []
            for wide in (False, True):
                with ProcessPoolExecutor(1, context) as pool:
                    call = pool.submit(measure, name, options.count, reader, wide=wide)
                    seconds, megabytes, outcome = call.result()
                cells.append(f"{seconds:.3f} s, {megabytes:.0f} MB, {outcome}")
            print(f"| {name} | {len(data):,} | {reader} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
