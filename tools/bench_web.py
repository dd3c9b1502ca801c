"""Measure the decoder of `tools/web` in Node: megapixels a second by k, coding and kind of image.

    python tools/bench_web.py [IMAGE|FOLDER…] [-k LIST] [--rounds N] [--plain]

Each image is quantized and stored in both codings, decoded in a process for itself, where every
index is compared with the package's, and timed by the processor's seconds, which other work on the
machine changes less than the clock's. A folder is a kind. Beside it stands the package with one
thread. With `--plain`, Node compiles nothing, neither WebAssembly nor JavaScript.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import tempfile
import time
from pathlib import Path
from unittest import mock

import numpy as np
from bench.images import SAMPLES, image_paths, rgb_pixels
from bench.tables import geometric_mean, machine, markdown

import kqformat

_SCRIPT = Path(__file__).parent / "bench" / "web_speed.mjs"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("places", nargs="*", type=Path, default=[SAMPLES])
    parser.add_argument("-k", "--colors", default="16,256,4096,65536", metavar="LIST")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--plain", action="store_true", help="node --jitless")
    parser.add_argument("--smoke", action="store_true", help="see whether it works, in seconds")
    options = parser.parse_args()
    if options.smoke:
        options.places, options.colors, options.rounds = [SAMPLES / "chart.png"], "16", 1
    node = ["node", "--jitless"] if options.plain else ["node"]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for place in options.places:
            for k in map(int, options.colors.split(",")):
                for coding in ("packed", "entropy"):
                    files = _files(image_paths([place]), k, coding, Path(folder))
                    rows.append(_row(place.name, k, coding, files, node, options.rounds))
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    print(f"{machine('numpy', also=[f'Node {version.stdout.strip()}'])}\n")
    header = ["images", "number", "k", "coding", "Mpx/s", "slowest", "first decoding", "package"]
    print(markdown(header, rows))


def _files(paths: list[Path], k: int, coding: str, folder: Path) -> list[Path]:
    files = []
    for number, path in enumerate(paths):
        target = folder / f"{number}.kq"
        kqformat.write(target, rgb_pixels(path), colors=k, coding=coding)
        files.append(target)
    return files


def _row(
    name: str, k: int, coding: str, files: list[Path], node: list[str], rounds: int
) -> list[object]:
    found = []
    for file in files:
        command = [*node, str(_SCRIPT), str(rounds), str(file)]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        found += json.loads(done.stdout)
    own = []
    for file, result in zip(files, found, strict=True):
        indices, seconds = _by_package(file.read_bytes(), rounds)
        own.append(indices.size / seconds / 1e6)
        if hashlib.sha256(indices.astype("<u2").tobytes()).hexdigest() != result["sha256"]:
            raise SystemExit(f"{name}, k = {k}, {coding}: the decoders do not agree")
    speeds = [result["pixels"] / result["seconds"] / 1e6 for result in found]
    first = [result["pixels"] / max(result["first"], 1e-6) / 1e6 for result in found]
    means = map(geometric_mean, (speeds, first, own))
    fast, starting, native = means
    return [name, len(files), k, coding, fast, min(speeds), starting, native]


def _by_package(data: bytes, rounds: int) -> tuple[np.ndarray, float]:
    """Return the indices, and the fewest seconds of the processor that one thread takes."""
    seconds = []
    with mock.patch("os.cpu_count", return_value=1):
        for _ in range(rounds):
            started = time.process_time()
            image = kqformat.decode_indexed(data)
            seconds.append(max(time.process_time() - started, 1e-6))
    return image.indices, min(seconds)


if __name__ == "__main__":
    main()
