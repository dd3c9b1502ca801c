"""Fuzz the package: `fuzz.py TARGET --seconds 60`, seeded with the test vectors below 4 KB.

Targets are in `fuzzing/targets.py`, the mutator, which repairs checksums, in `fuzzing/mutator.py`.
With atheris (`pip install atheris`), libFuzzer follows the branches of the package's Python code
and keeps what finds new ones in `--corpus`. With `--blind`, which needs nothing, seeds and mutants
are mutated at random, two to three times as fast. The compiled kernels are watched where the
package was built by `build_sanitized.py`, which says how to run this so.

A crash, an exception that a target does not allow, an execution that takes the processor more than
a second, or 256 MB more than at the start end the run with a status other than 0; the input is then
in `--failures`. libFuzzer goes by the clock, by which another process may have had that second, so
there it has ten; the reference decoder, of which no speed is asked, has a minute. Pictures have
65,536 pixels at most, with the reference decoder 256.

    python tools/fuzz.py decode --seconds 60
    python tools/fuzz.py differential --runs 1000000 --blind
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import sys
import tempfile
import time
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[1]
MAX_BYTES = 4096
MAX_SECONDS = {"differential": 60.0}
MAX_MEGABYTES = 256
POOL = 4000


def main() -> int:
    """Run one target, and say how often."""
    options = parse()
    seeds = read_seeds(options.seeds)
    if options.blind:
        return run_blind(options, seeds)
    return run_guided(options, seeds)


def parse() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("target")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--runs", type=int, default=-1, help="at most so many (default: any)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--blind", action="store_true", help="without atheris")
    parser.add_argument("--seeds", type=Path, default=ROOT / "spec" / "vectors")
    parser.add_argument("--corpus", type=Path, help="where atheris keeps what is new")
    parser.add_argument("--failures", type=Path, default=Path("failures"))
    return parser.parse_args()


def read_seeds(folder: Path) -> list[bytes]:
    """Return the files to begin with, the small ones of a folder."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path.read_bytes() for path in files if path.stat().st_size < MAX_BYTES]


def run_blind(options: argparse.Namespace, seeds: list[bytes]) -> int:
    """Mutate seeds, and mutants of them, without knowing what they reach."""
    from fuzzing.mutator import mutate
    from fuzzing.targets import TARGETS

    target = TARGETS[options.target]
    seconds_allowed = MAX_SECONDS.get(options.target, 1.0)
    random = Random(options.seed)
    pool = list(seeds)
    target(seeds[0])
    before = megabytes()
    started = time.monotonic()
    runs = 0
    slowest = 0.0
    while runs != options.runs and time.monotonic() - started < options.seconds:
        data = mutate(random.choice(pool), random, seeds, MAX_BYTES)
        begun = time.process_time()
        try:
            target(data)
        except Exception:
            print(f"failed after {runs:,} runs: {keep(options, data)}")
            raise
        slowest = max(slowest, time.process_time() - begun)
        if slowest > seconds_allowed or megabytes() - before > MAX_MEGABYTES:
            print(f"{slowest:.2f} s, {megabytes() - before} MB more: {keep(options, data)}")
            return 1
        if random.random() < 0.05:  # mutants of mutants, but not without end
            pool.append(data)
            if len(pool) > POOL:
                pool[len(seeds) :] = []
        runs += 1
    seconds = time.monotonic() - started
    print(
        f"{options.target}: {runs:,} runs in {seconds:.0f} s, no failure; the slowest took "
        f"{slowest * 1000:.0f} ms; {megabytes()} MB at most, {before} at the start"
    )
    return 0


def run_guided(options: argparse.Namespace, seeds: list[bytes]) -> int:
    """Have libFuzzer choose what to mutate, by what it reaches."""
    import atheris

    with atheris.instrument_imports(include=["kqformat"]):
        from fuzzing.targets import TARGETS
    from fuzzing.mutator import mutate

    def mutated(data: bytes, max_size: int, seed: int) -> bytes:
        return mutate(bytes(data), Random(seed), seeds, max_size)

    corpus = options.corpus or Path(tempfile.gettempdir()) / f"kq-{options.target}"
    corpus.mkdir(parents=True, exist_ok=True)
    options.failures.mkdir(parents=True, exist_ok=True)
    for data in seeds:
        (corpus / hashlib.sha1(data, usedforsecurity=False).hexdigest()).write_bytes(data)
    arguments = [
        sys.argv[0],
        f"-max_total_time={options.seconds}",
        f"-runs={options.runs}",
        f"-seed={options.seed}",
        f"-max_len={MAX_BYTES}",
        f"-timeout={MAX_SECONDS.get(options.target, 10.0):.0f}",
        f"-rss_limit_mb={megabytes() + MAX_MEGABYTES}",
        f"-artifact_prefix={options.failures}/",
        "-print_final_stats=1",
        str(corpus),
    ]
    atheris.Setup(arguments, TARGETS[options.target], custom_mutator=mutated)
    atheris.Fuzz()
    return 0


def keep(options: argparse.Namespace, data: bytes) -> Path:
    """Write an input that failed to a file."""
    options.failures.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha1(data, usedforsecurity=False).hexdigest()[:16]
    path: Path = options.failures / f"{options.target}-{name}"
    path.write_bytes(data)
    return path


def megabytes() -> int:
    """Return the most memory that this process had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    sys.exit(main())
