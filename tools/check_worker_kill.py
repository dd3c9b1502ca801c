"""Kill a worker at random moments of batches: `python tools/check_worker_kill.py FOLDER`.

Pictures cut out of those in a folder are encoded undisturbed, and then, in each run, with `kill -9`
to one of the workers a random moment after a random number of results: of a Dask cluster of
processes, or with `--pool` of the process pool. A run passes if every file was written and reported
once, and the folder is the same to the byte, with nothing else in it.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench.workers import worker_numbers
from bench_batch import cut

from kqformat.batch import Result, encode_many
from kqformat.batch.cluster import ClusterExecutor, local_client
from kqformat.batch.pools import processes

Numbers = Callable[[], list[int]]


@contextmanager
def dask(workers: int) -> Iterator[tuple[Executor, Numbers]]:
    """Give a cluster of processes, and what tells their numbers."""
    with local_client(workers) as client:
        yield ClusterExecutor(client), partial(worker_numbers, client, workers)


@contextmanager
def pool(workers: int) -> Iterator[tuple[Executor, Numbers]]:
    """Give a process pool, and what tells the numbers of those that it has."""
    with processes(workers) as executor:

        def numbers() -> list[int]:
            found = [executor.submit(_number) for _ in range(4 * workers)]
            return sorted({each.result() for each in found})

        yield executor, numbers


def _number() -> int:
    time.sleep(0.02)  # so that one alone does not take all
    return os.getpid()


class Killer:
    """Kills a process a moment after so many results have come, and counts them."""

    def __init__(self, victim: int, after: int, seconds: float) -> None:
        self.targets: list[str] = []
        self.is_over = False
        self.has_killed = False
        self._victim, self._after, self._seconds = victim, after, seconds
        self._timer = threading.Timer(seconds, self._kill)

    def __call__(self, result: Result[object]) -> None:
        self.targets.append(result.target)
        if len(self.targets) == self._after:
            self._timer.start()

    def __str__(self) -> str:
        return f"worker {self._victim} killed {self._seconds:.3f} s after {self._after:,} results"

    def _kill(self) -> None:
        if not self.is_over:
            os.kill(self._victim, signal.SIGKILL)
            self.has_killed = True


def run(
    executor: Executor, names: list[Path], out: Path, killer: Killer
) -> dict[str, bytes] | None:
    """Encode, and return the files; None if one was not written, or not reported once."""
    summary = encode_many(
        [(name, out / f"{name.stem}.kq") for name in names],
        executor=executor,
        tasks_at_once=8,
        report=killer,
    )
    killer.is_over = True
    files = {path.name: path.read_bytes() for path in out.iterdir()}
    is_whole = summary.files == len(set(killer.targets)) == len(killer.targets) == len(names)
    return files if is_whole else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("folder", type=Path, nargs="?", default=Path("tests/data"))
    parser.add_argument("-n", type=int, default=20, help="runs (default: 20)")
    parser.add_argument("--count", type=int, default=1500, help="pictures (default: 1,500)")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--pool", action="store_true", help="the process pool, not Dask")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        cut(options.folder, scratch / "in", options.count)
        names = sorted((scratch / "in").iterdir())
        with (pool if options.pool else dask)(options.workers) as (executor, numbers):
            expected = run(executor, names, scratch / "out", Killer(0, 0, 0))
            if expected is None or len(expected) != len(names):
                sys.exit("undisturbed, not all pictures could be encoded")
            passed = done = number = 0
            while done < options.n:
                number += 1
                killer = Killer(
                    draw.choice(numbers()),
                    draw.randrange(1, len(names) * 3 // 4),
                    draw.random() * 0.1,
                )
                found = run(executor, names, scratch / f"out{number}", killer)
                if not killer.has_killed:  # all was done sooner, so this is no run
                    continue
                done += 1
                passed += found == expected
                print("identical" if found == expected else "FAILED", killer, flush=True)
    print(f"{passed} of {options.n} runs complete and identical, {len(names):,} files each")
    return 0 if passed == options.n else 1


if __name__ == "__main__":
    sys.exit(main())
