"""Images a second of batches of small pictures: `python tools/bench_batch.py ATLAS_FOLDER`.

Cuts sprites of 32 x 32 out of the atlases in a folder and encodes them (k = 256, the defaults)

- by the process pool of `kq encode`, against Pillow saving the same as PNG-8 (`quantize` and
  `save`) in the same pool, against `kq` started for each file (of some of them, as many at once),
  and against a local Dask cluster of as many workers, in alternation, all of them warm;
- again by `kq encode --manifest` where all is done, as a process of its own.

Every time is from the first file that is read to the last that is written; ours waits for the disk
(`syncfs`), Pillow's `save` does not. Medians of the rounds, and of the ratios within each.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from kqformat.batch import encode_many
from kqformat.batch.cluster import LOCAL, cluster
from kqformat.batch.pools import processes

SIZE = 32
TASK = 100
COMMAND = [sys.executable, "-m", "kqformat"]


def sprites(folder: Path) -> Iterator[Image.Image]:
    """Yield different sprites of all atlases in turn, from their own grid, then from others."""
    atlases = []
    for path in sorted(folder.glob("*.png")):
        with Image.open(path) as image:
            if min(image.size) >= SIZE:
                atlases.append(image.convert("RGBA"))
    seen: set[bytes] = set()
    for dx, dy in ((x, y) for y in range(0, SIZE, 4) for x in range(0, SIZE, 4)):
        cuts = [list(_tiles(atlas, dx, dy)) for atlas in atlases]
        for row in range(max(map(len, cuts))):
            for atlas, tiles in zip(atlases, cuts, strict=True):
                if row >= len(tiles):
                    continue
                sprite = atlas.crop(tiles[row])
                data = sprite.tobytes()
                if (
                    data not in seen
                    and len(np.unique(np.asarray(sprite).reshape(-1, 4), axis=0)) > 2
                ):
                    seen.add(data)
                    yield sprite if sprite.getextrema()[3][0] < 255 else sprite.convert("RGB")


def _tiles(atlas: Image.Image, dx: int, dy: int) -> Iterator[tuple[int, int, int, int]]:
    width, height = atlas.size
    for y in range(dy, height - SIZE + 1, SIZE):
        for x in range(dx, width - SIZE + 1, SIZE):
            yield x, y, x + SIZE, y + SIZE


def cut(folder: Path, into: Path, count: int) -> tuple[int, int]:
    """Write sprites; return how many, and how many have more than 256 colours."""
    into.mkdir()
    made = rich = 0
    for sprite in sprites(folder):
        sprite.save(into / f"{made:05}.png")
        rich += len(np.unique(np.asarray(sprite).reshape(SIZE * SIZE, -1), axis=0)) > 256
        made += 1
        if made == count:
            break
    return made, rich


def save_with_pillow(pairs: list[tuple[str, str]]) -> None:
    """Save pictures as PNG-8, as one would with Pillow: its own choice of a method."""
    for source, target in pairs:
        with Image.open(source) as image:
            image.quantize(256).save(target, "PNG")


def ours(executor: Executor, names: list[Path], out: Path, tasks: int) -> float:
    """Return files a second of `encode_many`."""
    pairs = [(name, out / f"{name.stem}.kq") for name in names]
    started = time.perf_counter()
    summary = encode_many(pairs, executor=executor, tasks_at_once=tasks)
    seconds = time.perf_counter() - started
    if summary.files != len(names):
        sys.exit(f"encoded {summary.files:,} of {len(names):,}: {summary.failures[:1]}")
    shutil.rmtree(out)
    return len(names) / seconds


def pillows(executor: Executor, names: list[Path], out: Path) -> float:
    """Return files a second of Pillow, in tasks as large as ours may be."""
    pairs = [(str(name), str(out / name.name)) for name in names]
    out.mkdir()
    started = time.perf_counter()
    tasks = [pairs[at : at + TASK] for at in range(0, len(pairs), TASK)]
    for done in [executor.submit(save_with_pillow, task) for task in tasks]:
        done.result()
    seconds = time.perf_counter() - started
    shutil.rmtree(out)
    return len(names) / seconds


def single(names: list[Path], out: Path, at_once: int) -> float:
    """Return files a second of one `kq` for each."""
    started = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        commands = [
            [*COMMAND, "encode", "-q", str(name), "-o", str(out / f"{name.stem}.kq")]
            for name in names
        ]
        out.mkdir()
        list(pool.map(lambda command: subprocess.run(command, check=True), commands))
    seconds = time.perf_counter() - started
    shutil.rmtree(out)
    return len(names) / seconds


def restarted(sprite_folder: Path, scratch: Path, workers: int) -> tuple[float, float]:
    """Return the seconds of `kq encode --manifest`, and again with all done."""
    command = [*COMMAND, "encode", "-r", "-q", str(sprite_folder), "-d", str(scratch / "kept")]
    command += ["-j", str(workers), "--manifest", str(scratch / "manifest.jsonl")]
    seconds = []
    for _ in range(4):
        started = time.perf_counter()
        subprocess.run(command, check=True)
        seconds.append(time.perf_counter() - started)
    return seconds[0], statistics.median(seconds[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("folder", type=Path, metavar="ATLAS_FOLDER")
    parser.add_argument("--count", type=int, default=10_000, help="sprites (default: 10,000)")
    parser.add_argument("--single", type=int, default=60, help="of these, one by one (default: 60)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        made, rich = cut(options.folder, scratch / "sprites", options.count)
        names = sorted((scratch / "sprites").iterdir())
        print(f"{made:,} sprites of {SIZE} x {SIZE}, {rich / made:.1%} with over 256 colours")
        measure(names, scratch, options)
        first, again = restarted(scratch / "sprites", scratch, options.workers)
        print(f"kq encode --manifest: {first:.2f} s, with all {made:,} done {again:.2f} s")


def measure(names: list[Path], scratch: Path, options: argparse.Namespace) -> None:
    workers, some = options.workers, names[: options.single]
    rates: dict[str, list[float]] = {"pool": [], "Pillow": [], "Dask": [], "one by one": []}
    with processes(workers) as pool, cluster(LOCAL, workers) as (executor, _):
        ours(pool, names[: 20 * TASK], scratch / "warm", 4 * workers)
        ours(executor, names[: 20 * TASK], scratch / "warm", 4 * workers)
        for at in range(options.rounds):
            rates["pool"].append(ours(pool, names, scratch / "out", 4 * workers))
            rates["Pillow"].append(pillows(pool, names, scratch / "out"))
            rates["Dask"].append(ours(executor, names, scratch / "out", 4 * workers))
            if at < 3:
                rates["one by one"].append(single(some, scratch / "out", workers))
    print(f"images a second, {workers} workers, median (least to most) of {options.rounds} rounds")
    for name, found in rates.items():
        spread = f"({min(found):,.1f} to {max(found):,.1f})"
        print(f"  {name:10} {statistics.median(found):9,.1f}  {spread}")
    for one, other in (("pool", "one by one"), ("pool", "Pillow"), ("Dask", "pool")):
        ratios = [a / b for a, b in zip(rates[one], rates[other], strict=False)]
        print(f"  {one} / {other}: {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
