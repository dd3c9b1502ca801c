"""Small pictures and work on them, for the tests of batches; imported by worker processes, too."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
from PIL import Image

from kqformat.batch.jobs import Job
from kqformat.batch.working import Made


def draw(folder: Path, count: int, size: int = 12) -> list[Path]:
    """Write PNGs of random colours, each other ones."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:03}.png" for number in range(count)]
    for seed, path in enumerate(paths):
        pixels = np.random.default_rng(seed).integers(0, 256, (size, size, 3), np.uint8)
        Image.fromarray(pixels).save(path)
    return paths


def pairs_of(paths: list[Path], out: Path) -> list[tuple[Path, Path]]:
    """Return each with its `.kq` file in a folder."""
    return [(path, out / f"{path.stem}.kq") for path in paths]


def contents(folder: Path) -> dict[str, bytes]:
    """Return all files of a folder, hidden ones, too."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class Copying:
    """Work that copies, but whose process is killed by a source that says so."""

    def read(self, job: Job) -> bytes:
        return job.read()

    def make(self, job: Job, source: bytes) -> Made[str]:
        if source == b"kill":
            os.kill(os.getpid(), signal.SIGKILL)
        return Made(source, job.source)
