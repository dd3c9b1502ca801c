"""Peak memory, by the account of Linux: what a call takes, and what a process takes.

    python -m bench.memory CONTENDER K IMAGE

is what `peak_memory` runs, so that every contender has a process of its own.
"""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bench.contender import Contender
from bench.field import named_contenders
from bench.images import rgb_pixels
from bench.peers import one_thread, png_bytes

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")

AVAILABLE = _RESET.exists()
"""Whether this system tells."""


class Peak(NamedTuple):
    """Bytes resident before a call and at most during it; 0 before for a process of its own."""

    before: int
    most: int


def peak_memory(contender: Contender, k: int, path: Path) -> Peak:
    """Run a contender on an image in a process of its own."""
    return Peak(*run_module("bench.memory", contender.key, str(k), str(path.resolve())))


def run_module(*arguments: str) -> list:
    """Run a module of the benchmarks as a process, and return the JSON that it prints."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=Path(__file__).parent.parent,
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


def peak_of_call(function: Callable[[], object]) -> Peak:
    """Call a function and watch this process."""
    _return_freed_memory()
    _RESET.write_text("5")  # the highest so far becomes what is resident now
    before = _status(_STATUS, "VmRSS")
    result = function()
    most = _status(_STATUS, "VmHWM")
    del result
    return Peak(before, most)


def _return_freed_memory() -> None:
    """Have the C library give back what was freed, as a call that finds it there needs no more."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _peak_of_process(command: list[str], data: bytes) -> Peak:
    """Watch a process while it runs: what the system tells at its end counts its parent's fork."""
    most = 0
    with tempfile.TemporaryFile() as stream:
        stream.write(data)
        stream.seek(0)
        with subprocess.Popen(
            command, stdin=stream, stdout=subprocess.DEVNULL, env=one_thread()
        ) as process:
            status = Path(f"/proc/{process.pid}/status")
            while process.poll() is None:
                most = max(most, _status(status, "VmHWM"))
                time.sleep(0.0005)
    return Peak(0, most)


def _status(path: Path, field: str) -> int:
    """Return a size in bytes, 0 for a process that has ended."""
    for line in path.read_text().splitlines():
        if line.startswith(field + ":"):
            return 1024 * int(line.split()[1])
    return 0


def _main() -> None:
    key, k, path = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    pixels = rgb_pixels(path)
    (contender,), _ = named_contenders([key])
    if contender.command is not None:
        peak = _peak_of_process(contender.command(k), png_bytes(pixels))
    else:
        peak = peak_of_call(contender.prepare(pixels, k, 0))
    print(json.dumps(peak))


if __name__ == "__main__":
    _main()
