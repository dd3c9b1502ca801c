"""Train the starting states of the entropy model (spec §7.6) on real images.

    python tools/train_entropy.py FOLDER[:K,K…]… -o spec/entropy_starts.txt

Each image is quantized to each K (256 where none is given; images with fewer colours keep them) and
coded three times, each time from the states learnt before. What the model holds at the end of an
image is averaged over the images: weights over the sets that were used, probabilities over what was
counted, at most 60 to a slot so that no large image decides alone. The palettes are coded likewise,
for their own weights. `cp` the file into `kqformat/codec/` afterwards (a test compares the two) and
make the vectors again: the states are part of the format.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from bench.images import image_paths, with_colors

import kqformat
from kqformat.codec import (
    coded_palette,
    coded_palette_kernel,
    entropy,
    entropy_kernel,
    entropy_memory,
)
from kqformat.codec.entropy_tables import (
    COUNTS,
    DISTANCES_AT,
    RUNS_AT,
    chances,
    slot_tables,
    starts,
)
from kqformat.rasters import read_raster

ROUNDS = 3
MOST_PIXELS = 700_000
MOST_COUNTED = 60

_HEADER = """\
# The starting states of the entropy model (spec §7.6), made by tools/train_entropy.py.
# A line that begins with a name opens a table; its rows follow. Weights are in 1/8,192, gates in
# 1/4,096; patterns, runs and distances are states of slots.
"""

Tables = dict[str, npt.NDArray[np.int32]]


@dataclass
class Average:
    """A weighted mean of rows, some of which may be missing."""

    rows: int
    total: npt.NDArray[np.float64] = field(init=False)
    weight: npt.NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        self.total = np.zeros((self.rows, 16))
        self.weight = np.zeros((self.rows, 1))

    def add(self, row: int, values: npt.NDArray[np.int16], weight: float) -> None:
        """Count the rows of one image that stand for one row of the table."""
        if len(values):
            self.total[row] += weight * values.astype(float).mean(axis=0)
            self.weight[row] += weight

    def result(self) -> npt.NDArray[np.int32]:
        """Return the means; rows never met get the mean of all."""
        rest = self.total.sum(axis=0) / self.weight.sum()
        means = np.where(self.weight > 0, self.total / np.maximum(self.weight, 1e-9), rest)
        return np.rint(means).astype(np.int32)


def main() -> None:
    """Train, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", metavar="FOLDER[:K,K…]")
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    images = list(_images(options.folders))
    tables = _untrained()
    for number in range(ROUNDS):
        print(f"round {number + 1} of {ROUNDS}, {len(images)} images", flush=True)
        tables = {**_train_pixels(tables, images), **_train_palettes(tables, images)}
    options.output.write_text(_HEADER + _text(tables), "utf-8")


def _images(folders: Iterable[str]) -> Iterable[tuple[kqformat.IndexedImage, float]]:
    """Yield images with their weights: 1 in all to each file."""
    for folder in folders:
        place, ks = with_colors(folder)
        for path in image_paths([place]):
            content = read_raster(str(path), max_pixels=1 << 28).content
            for k in ks:
                image = coded_palette.sort(kqformat.quantization(content, k).image)
                if len(image.palette) > 1:
                    yield image, 1 / len(ks)


def _untrained() -> Tables:
    """Return states that know nothing."""
    flat = {name: np.full_like(table, 2458) for name, table in starts().items()}
    for name in ("patterns", "runs", "distances", "gates"):
        flat[name][:] = 2048
    return flat


def _with(tables: Tables, call: Callable[[], None]) -> None:
    """Call something that takes its starting states from `tables`."""
    known = starts()
    kept = dict(known)
    caches = (entropy_memory._fresh, entropy_memory._trained_slots, coded_palette._weights)
    try:
        known.update(tables)
        for cached in caches:
            cached.cache_clear()
        call()
    finally:
        known.update(kept)
        for cached in caches:
            cached.cache_clear()


def _train_pixels(tables: Tables, images: list[tuple[kqformat.IndexedImage, float]]) -> Tables:
    weights_a, weights_b = Average(25), Average(246)
    counts = {name: _Counts(shape) for name, shape in _COUNTED.items()}

    def code_all() -> None:
        for image, weight in images:
            rows = max(1, MOST_PIXELS // image.width)
            tree = entropy._tree_of(image.palette)
            ranks = np.ascontiguousarray(tree.rank_of[image.indices[:rows]])
            before = entropy_memory.recalling(*ranks.shape)
            after = entropy_memory.recalling(*ranks.shape)
            room = np.empty(3 * ranks.size + 4096, np.uint8)
            code = partial(
                entropy_kernel.code_band, ranks, len(ranks), tree.colors, tree.nodes, tree.groups
            )
            code(room[:0], room, False, False, *after)
            learnt_a, learnt_b = after[5], after[6]
            changed = (learnt_a != before[5]).any(axis=1)
            for row in range(24):
                weights_a.add(row, learnt_a[row : row + 1][changed[row : row + 1]], weight)
            weights_a.add(24, learnt_a[32:][changed[32:]], weight)
            changed = (learnt_b != before[6]).any(axis=1)
            for row in range(3):
                weights_b.add(row, learnt_b[row:192:3][changed[row:192:3]], weight)
            for row in range(243):
                at = slice(192 + row, 193 + row)
                weights_b.add(3 + row, learnt_b[at][changed[at]], weight)
            for counted in counts.values():
                counted.add(before[0], after[0], weight)

    _with(tables, code_all)
    patterns = counts["patterns"].shares(0.5)
    slope = np.add.outer(np.arange(24), np.arange(24)) / 46
    runs = counts["runs"].shares(patterns[:, None], 2)
    return {
        "weights_a": weights_a.result(),
        "weights_b": weights_b.result(),
        "patterns": _states(patterns.reshape(16, 8)),
        "runs": _states(runs),
        "gates": np.clip(np.rint(4096 * runs), 1, 4095).astype(np.int32),
        "distances": _states(counts["distances"].shares(0.01 + 0.98 * slope)),
    }


@dataclass(frozen=True)
class _Shape:
    first: int
    shape: tuple[int, ...]
    axis: int


_COUNTED = {
    "patterns": _Shape(0, (128, 128), 1),
    "runs": _Shape(RUNS_AT, (128, 8, 2), 2),
    "distances": _Shape(DISTANCES_AT, (24, 24, 128), 2),
}


class _Counts:
    """How often a 1 came, of how many decisions."""

    def __init__(self, shape: _Shape) -> None:
        self.shape = shape
        self.ones: npt.NDArray[np.float64] | float = 0.0
        self.all: npt.NDArray[np.float64] | float = 0.0

    def add(
        self, before: npt.NDArray[np.uint16], after: npt.NDArray[np.uint16], weight: float
    ) -> None:
        size = int(np.prod(self.shape.shape))
        part = slice(self.shape.first, self.shape.first + size)
        was, now = (slots[part].reshape(self.shape.shape) for slots in (before, after))
        seen = np.array(COUNTS[0], np.float64)
        count = np.where(now != was, np.clip(seen[now & 15] - seen[was & 15], 1, MOST_COUNTED), 0)
        share = slot_tables().chance[now >> 4] / 65536
        self.ones = self.ones + weight * (count * share).sum(axis=self.shape.axis)
        self.all = self.all + weight * count.sum(axis=self.shape.axis)

    def shares(
        self, prior: npt.NDArray[np.float64] | float, strength: float = 1
    ) -> npt.NDArray[np.float64]:
        return np.asarray((self.ones + strength * prior) / (self.all + strength))


def _train_palettes(tables: Tables, images: list[tuple[kqformat.IndexedImage, float]]) -> Tables:
    weights_a, weights_b = Average(24), Average(32)

    def code_all() -> None:
        for image, weight in images:
            memory = coded_palette._memory()
            before = [weights.copy() for weights in memory[1:3]]
            entries = coded_palette._entries(image.palette)
            room = np.empty(5 * len(entries) + 64, np.uint8)
            coded_palette_kernel.code_palette(
                entries, image.channels, room[:0], room, False, *memory
            )
            for average, was, now in zip((weights_a, weights_b), before, memory[1:3], strict=True):
                for row in np.flatnonzero((now != was).any(axis=1)):
                    average.add(row, now[row : row + 1], weight)

    _with(tables, code_all)
    return {"palette_weights_a": weights_a.result(), "palette_weights_b": weights_b.result()}


def _states(shares: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    """Return the states of slots whose probabilities are nearest."""
    chance = np.array(chances(), np.float64) / (1 << 32)
    return np.searchsorted((chance[1:] + chance[:-1]) / 2, shares).astype(np.int32)


def _text(tables: Tables) -> str:
    lines = []
    for name, table in tables.items():
        lines.append(f"{name} {table.shape[0]} {table.shape[1]}")
        lines += [" ".join(map(str, row)) for row in table]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
