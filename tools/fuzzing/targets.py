"""What holds for any bytes: each target takes some, and raises where something does not hold."""

from __future__ import annotations

import argparse
import importlib.util
import io
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any
from zlib import crc32

import numpy as np
from PIL import Image

import kqformat
from kqformat.batch.facts import UNLIMITED_PIXELS
from kqformat.cli import info as cli_info
from kqformat.codec.layout import read_layout
from kqformat.codec.salvage import decode_truncated
from kqformat.codec.stream import decode_indexed, decode_rgb, encode_indexed, verify
from kqformat.errors import FormatError, KqError, LimitError, ParameterError
from kqformat.kqfile import KqFile
from kqformat.limits import Limits
from kqformat.metadata import Metadata
from kqformat.model import IndexedImage

ROOT = Path(__file__).resolve().parents[2]
PIXELS = 2**16
LIMITS = Limits(pixels=PIXELS)
REFERENCE_PIXELS = 2**8


def decode(data: bytes) -> None:
    """All ways to decode agree: the same picture, or the same error and no other than `KqError`."""
    image = outcome(lambda: decode_indexed(data, limits=LIMITS))
    pixels = outcome(lambda: decode_rgb(data, limits=LIMITS))
    checked = outcome(lambda: verify(data, limits=LIMITS))
    if isinstance(image, KqError):
        require(str(image) == str(pixels) == str(checked), f"{image} / {pixels} / {checked}")
    else:
        require(isinstance(image, IndexedImage) and checked is None, f"verify says {checked}")
        assert isinstance(image, IndexedImage)
        require(np.array_equal(image.to_rgb(), pixels), "the colours are others")
        codings = ("packed", "entropy") if crc32(data) % 8 == 0 else ("packed",)
        for coding in codings:  # of which the second takes a hundred times as long
            again = decode_indexed(encode_indexed(image, coding=coding))
            require(again == image, f"{coding} coding does not keep the picture")
    left = outcome(lambda: decode_truncated(data, limits=LIMITS))
    if isinstance(image, IndexedImage):
        require(left == image, "what is left of a whole file is something else")


def regions(data: bytes) -> None:
    """Pixels and rectangles are those of the whole picture; of a damaged file, or an error.

    Thumbnails read all, and say of a wrong file what decoding it does.
    """
    whole = outcome(lambda: decode_indexed(data, limits=LIMITS))
    file = outcome(KqFile, data, LIMITS)
    if not isinstance(file, KqFile):
        require(isinstance(whole, KqError), "a file that cannot be opened can be decoded")
        return
    width, height = file.size
    random = Random(len(data) * 31 + sum(data[:64]))
    for _ in range(3):
        left, top = random.randrange(width), random.randrange(height)
        right, bottom = random.randint(left + 1, width), random.randint(top + 1, height)
        part = outcome(file.region, left, top, right, bottom)
        pixel = outcome(file.__getitem__, (left, top))
        if isinstance(whole, IndexedImage):
            assert isinstance(part, IndexedImage)
            rows = whole.indices[top:bottom, left:right]
            require(np.array_equal(part.indices, rows), "a region is something else")
            require(pixel == rows[0, 0], "a pixel is something else")
        else:
            require(isinstance(part, IndexedImage | FormatError), f"a region raises {part}")
    small = outcome(file.thumbnail, random.randint(1, 40))
    if isinstance(whole, IndexedImage):
        require(isinstance(small, np.ndarray), f"a thumbnail raises {small}")
    else:
        require(str(small) == str(whole), f"a thumbnail: {small}, but decoding: {whole}")
    file.close()


def pillow(data: bytes) -> None:
    """Pillow opens, verifies and loads, or raises `OSError`; the pixels are those of `decode`."""
    import kqformat.pillow_plugin  # noqa: F401

    try:
        with Image.open(io.BytesIO(data), formats=["KQ"]) as image:
            if image.width * image.height > PIXELS:
                return
            image.load()
            loaded = np.asarray(image)
        with Image.open(io.BytesIO(data), formats=["KQ"]) as image:
            image.verify()
    except (OSError, Image.DecompressionBombError):
        whole = outcome(lambda: decode_indexed(data, limits=LIMITS))
        require(not isinstance(whole, IndexedImage), "Pillow refuses a file that is right")
        return
    expected = decode_indexed(data, limits=LIMITS)
    require(
        np.array_equal(loaded, expected.indices if image.mode == "P" else expected.to_rgb()),
        "Pillow's pixels are others",
    )


def info(data: bytes) -> None:
    """`kq info`, plain and -v, is lines of printable text, or a `KqError`."""
    for options in (
        argparse.Namespace(json=False, verbose=True),
        argparse.Namespace(json=True, verbose=False),
    ):
        try:
            layout = read_layout(data, UNLIMITED_PIXELS)
            damage = cli_info._damage(data, layout)
            text = cli_info._description("a.kq", data, layout, damage, options)
        except KqError as error:
            text = str(error)
        require(all(map(str.isprintable, text.split("\n"))), f"not printable: {text!r}")


def encoder(data: bytes) -> None:
    """Arrays and options give a file that decodes to what was encoded, or a `ParameterError`."""
    random = Random(data)
    shape = [random.choice((1, 1, 2, 3, 5, 8, 17, 40)) for _ in range(2)]
    shape += random.choice(([], [3], [3], [4], [2], [1]))
    spread = random.choice((1, 2, 5, 255))
    pixels = np.resize(np.frombuffer(data or b"\0", np.uint8) % spread, shape)
    options = random_options(random, shape)
    try:
        result = kqformat.encode(pixels, **options)
    except (ParameterError, LimitError):
        return
    image = decode_indexed(result)
    require(image.size == (shape[1], shape[0]), "the picture has another size")
    require(image.colors <= options["colors"], "there are more colours than were asked for")
    samples = shape[2] if len(shape) > 2 else 1
    flat = pixels.reshape(-1, samples)
    is_opaque = samples != 4 or (flat[:, 3] > 0).all()  # of what is not seen, no colour is kept
    is_lossless = len(np.unique(flat, axis=0)) <= options["colors"]
    if set(options) == {"colors", "coding"} and is_opaque and is_lossless:
        decoded = image.to_rgb()[..., :samples].reshape(-1, samples)
        require(np.array_equal(decoded, flat), "few colours are not kept")


def random_options(random: Random, shape: list[int]) -> dict[str, Any]:
    """Return options for `encode`, most of them possible."""
    options: dict[str, Any] = {
        "colors": random.choice((1, 2, 3, 7, 16, 256, 300)),
        "coding": random.choice(("packed", "entropy", "auto")),
    }
    choices: dict[str, tuple[Any, ...]] = {
        "effort": ("fast", "balanced", "best"),
        "init": ("wu", "kmeans++", "random", "random-space"),
        "space": ("weighted", "srgb", "oklab"),
        "outliers": ("auto", "off", "strong", "kmor"),
        "dither": ("none", "floyd-steinberg", "blue-noise"),
        "dither_strength": (0.0, 0.5, 1.0, -1.0, float("nan")),
        "max_iterations": (0, 1, 5, None, -1),
        "seed": (0, 1, 2**31, -1),
        "keep_colors": ((), ("#ff0000",), ((1, 2, 3), (1, 2, 3)), ("#nope",), ((0, 0, 0, 0),)),
        "band_shift": (0, 1, 3, 31, 32, -1),
        "rdo": (0.0, 5.0, 1e5, -1.0, float("inf")),
        "metadata": (Metadata(icc_profile=b"1"), Metadata(dpi=(1, 2)), Metadata()),
        "importance": (np.zeros(shape[:2], np.uint8), np.full(shape[:2], 255, np.uint8)),
        "gamma": (1.0, 9.0, 0.0),
        "n0": (0.0, 0.5, 2.0),
    }
    for name in random.sample(list(choices), random.choice((0, 1, 1, 2, 3))):
        options[name] = random.choice(choices[name])
    return options


def differential(data: bytes) -> None:
    """The package and the reference decoder give the same pixels, or both refuse."""
    reference = reference_decoder()
    limits = Limits(pixels=REFERENCE_PIXELS)
    ours = outcome(lambda: decode_indexed(data, limits=limits))
    try:
        theirs = reference.decode(data, max_pixels=REFERENCE_PIXELS)
    except reference.KqError as error:
        require(
            type(ours).__name__ == type(error).__name__,
            f"the package: {ours!r}, the reference decoder: {error!r}",
        )
        return
    require(isinstance(ours, IndexedImage), f"the reference decoder accepts; {ours!r}")
    assert isinstance(ours, IndexedImage)
    require(ours.indices.reshape(-1).tolist() == list(theirs.indices), "the indices are others")
    require(ours.palette.tolist() == [list(color) for color in theirs.palette], "other colours")


def outcome(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return what a function does, or the `KqError` that it raises."""
    try:
        return function(*arguments)
    except KqError as error:
        return error


def require(is_right: object, problem: str) -> None:
    """Raise where something does not hold, optimized or not."""
    if not is_right:
        raise AssertionError(problem)


def reference_decoder() -> ModuleType:
    """Load `spec/reference_decoder.py`, once."""
    name = "kq_reference_decoder"
    if name not in sys.modules:
        path = ROOT / "spec" / "reference_decoder.py"
        specification = importlib.util.spec_from_file_location(name, path)
        assert specification is not None
        assert specification.loader is not None
        module = importlib.util.module_from_spec(specification)
        sys.modules[name] = module
        specification.loader.exec_module(module)
    return sys.modules[name]


TARGETS: dict[str, Callable[[bytes], None]] = {
    "decode": decode,
    "regions": regions,
    "pillow": pillow,
    "info": info,
    "encoder": encoder,
    "differential": differential,
}
