"""From many threads at once, everything gives what it gives alone."""

from __future__ import annotations

import ast
import inspect
import io
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

import kqformat
import kqformat.pillow_plugin
from kqformat import pillow_plugin
from kqformat.codec.stream import encode_indexed
from kqformat.kqfile import KqFile
from kqformat.metadata import Metadata
from kqformat.model import IndexedImage, Indices

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

THREADS = 8
ROUNDS = 3


def at_once(work: Callable[[_Item], _Result], items: Sequence[_Item]) -> list[_Result]:
    """Return what comes of each item, all begun at the same moment, each in a thread."""
    start = threading.Barrier(len(items))

    def run(item: _Item) -> _Result:
        start.wait(60)
        return work(item)

    with ThreadPoolExecutor(len(items)) as pool:
        return list(pool.map(run, items))


def pictures() -> list[IndexedImage]:
    """Return pictures that differ in size, colours, alpha and metadata."""
    made = []
    for seed, colors in enumerate((2, 5, 16, 100, 256, 257, 1000, 3)):
        numbers = np.random.default_rng(seed)
        palette = numbers.integers(0, 256, (colors, 3 + seed % 2), np.uint8)
        ramp = np.add.outer(np.arange(60 + seed), np.arange(70)) * colors // 200 % colors
        indices: Indices = ramp.astype(np.uint8 if colors <= 256 else np.uint16)
        made.append(IndexedImage(indices, palette, Metadata(dpi=(seed + 1, 72))))
    return made


PICTURES = pictures()


@pytest.mark.parametrize("coding", ["packed", "entropy"])
@pytest.mark.parametrize("band_shift", [None, 3])
def test_files_are_the_same_from_threads(coding: str, band_shift: int | None) -> None:
    """Encoding pictures at once, with bands that are themselves coded by threads, and back."""
    encode = partial(encode_indexed, coding=coding, band_shift=band_shift)
    alone = [encode(image) for image in PICTURES]
    for _ in range(ROUNDS):
        assert at_once(encode, PICTURES) == alone
        assert at_once(kqformat.decode_indexed, alone) == PICTURES


@pytest.mark.parametrize("options", [{}, {"dither": "blue-noise"}, {"init": "random", "seed": 5}])
def test_quantizing_is_the_same_from_threads(options: dict[str, Any]) -> None:
    """Choosing palettes at once, by chance too, gives the bytes that it gives alone."""

    def encode(pixels: npt.NDArray[np.uint8]) -> bytes:
        return kqformat.encode(pixels, colors=4, coding="entropy", **options)

    images = [image.to_rgb() for image in PICTURES]
    assert at_once(encode, images) == [encode(image) for image in images]


def test_one_open_file_is_read_by_many_threads(tmp_path: Path) -> None:
    """Threads that share an open file read pixels and regions of it, each its own."""
    image = PICTURES[4]
    for coding in ("packed", "entropy"):
        path = tmp_path / f"{coding}.kq"
        kqformat.write(path, image, coding=coding, band_shift=3)
        with kqformat.open(path) as file:

            def read(number: int, file: KqFile = file) -> object:
                rows = range(number % 7, image.height, 3)
                pixels = [file[(number * 5 + y) % image.width, y] for y in rows]
                region = file.region(number, 2 * number, 70 - number, 60)
                return pixels, region.indices.tolist()

            assert at_once(read, range(THREADS)) == [read(number) for number in range(THREADS)]


def saved(image: Image.Image, coding: str) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "KQ", coding=coding)
    return stream.getvalue()


def loaded(data: bytes) -> tuple[object, ...]:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return image.mode, image.size, image.tobytes(), image.info["dpi"]


@pytest.mark.parametrize("coding", ["packed", "entropy"])
def test_pillow_is_the_same_from_threads(coding: str) -> None:
    """Saving and loading through Pillow at once is as alone."""
    images = []
    for seed in range(THREADS):
        pixels = np.random.default_rng(seed).integers(0, 9, (40 + seed, 50, 3 + seed % 2), np.uint8)
        image = Image.fromarray(pixels * 28)
        image.info["dpi"] = (seed + 1.0, 72.0)
        images.append(image)
    save = partial(saved, coding=coding)
    files = [save(image) for image in images]
    assert at_once(save, images) == files
    assert at_once(loaded, files) == [loaded(data) for data in files]


def test_plugin_has_no_state_of_its_own() -> None:
    """The Pillow plugin's module has nothing that changes, and no function that would change it."""
    tree = ast.parse(inspect.getsource(pillow_plugin))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Global)]
    own = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert own == {"_LIMITS", "_OPTIONS"}
    for name in own:
        hash(getattr(pillow_plugin, name))  # which nothing that changes has
    values = vars(pillow_plugin.KqImageFile).values()
    assert not [value for value in values if isinstance(value, list | dict | set | bytearray)]
