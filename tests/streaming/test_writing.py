"""Rows of any source become the file that the whole picture does, or none at all."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import BAND_SHIFTS, CODINGS, indexed_images, mixed_images, pictures

import kqformat
from kqformat import IndexedImage, LimitError, Limits, Metadata, ParameterError
from kqformat.codec import bands
from kqformat.codec.stream import encode_indexed
from kqformat.quantizer.options import Options
from kqformat.quantizer.pipeline import Quantizer
from kqformat.streaming import sources

Pixels = npt.NDArray[np.uint8]

GREYS = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)


class Sliced:
    """What is sliced by rows and is no array, as of Zarr or Dask."""

    def __init__(self, pixels: npt.NDArray[Any]) -> None:
        self._pixels = pixels
        self.shape = pixels.shape
        self.dtype = pixels.dtype

    def __getitem__(self, rows: slice) -> npt.NDArray[Any]:
        return self._pixels[rows].copy()


def in_blocks(pixels: npt.NDArray[Any], heights: list[int]) -> list[npt.NDArray[Any]]:
    """Return the rows in blocks of these heights, again and again."""
    blocks: list[npt.NDArray[Any]] = []
    top = 0
    while top < len(pixels):
        height = heights[len(blocks) % len(heights)]
        blocks.append(pixels[top : top + height])
        top += height
    return blocks


def source_of(pixels: npt.NDArray[Any], kind: str, heights: list[int]) -> object:
    blocks = in_blocks(pixels, heights)
    sources: dict[str, object] = {
        "array": pixels,
        "sliced": Sliced(pixels),
        "list": blocks,
        "callable": lambda: iter(blocks),
    }
    return sources[kind]


KINDS = st.sampled_from(["array", "sliced", "list", "callable"])
HEIGHTS = st.lists(st.integers(1, 50), min_size=1, max_size=5)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have even small pictures come in several parts."""
    monkeypatch.setattr(bands, "CHUNK_PIXELS", 200)
    monkeypatch.setattr(sources, "BLOCK_PIXELS", 150)


@settings(max_examples=60)
@given(
    pictures() | pictures(4),
    KINDS,
    HEIGHTS,
    CODINGS,
    BAND_SHIFTS,
    st.integers(1, 300),
    st.integers(1, 3),
)
def test_rows_make_the_file_of_the_whole_picture(
    pixels: Pixels,
    kind: str,
    heights: list[int],
    coding: str,
    band_shift: int | None,
    colors: int,
    threads: int,
) -> None:
    """Whatever the source, its blocks, the coding, the bands and the threads: the same bytes."""
    whole = kqformat.encode(pixels, colors=colors, coding=coding, band_shift=band_shift)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.kq")
        written = kqformat.write_rows(
            path,
            source_of(pixels, kind, heights),
            colors=colors,
            coding=coding,
            band_shift=band_shift,
            threads=threads,
        )
        assert path.read_bytes() == whole
    result = kqformat.quantization(pixels, colors)
    assert (written.height, written.width, written.colors) == (
        *pixels.shape[:2],
        result.image.colors,
    )
    assert (written.file_bytes, written.lossless) == (len(whole), result.lossless)
    assert (written.iterations, written.converged) == (result.iterations, result.converged)
    assert written.distinct_colors == result.distinct_colors
    assert written.distortion == pytest.approx(result.distortion)


@pytest.mark.parametrize(
    "options",
    [
        {"space": "oklab"},
        {"space": "srgb", "outliers": "strong", "effort": "best"},
        {"init": "kmeans++", "seed": 3, "max_iterations": 4},
        {"outliers": "kmor", "keep_colors": ["#102030"]},
    ],
)
@pytest.mark.parametrize("name", ["coffee", "clipart_soccer_alpha"])
def test_options_are_those_of_the_whole_picture(
    name: str, options: dict[str, Any], samples: Callable[[str], Pixels], tmp_path: Path
) -> None:
    """Real pictures with each option: the same bytes, and the PSNR to the last digit or nearly."""
    pixels = samples(name)
    kqformat.write_rows(tmp_path / "rows.kq", Sliced(pixels), colors=24, **options)
    assert (tmp_path / "rows.kq").read_bytes() == kqformat.encode(pixels, colors=24, **options)


@pytest.fixture
def samples() -> Callable[[str], Pixels]:
    """Return the pixels of the images of the repository."""
    from PIL import Image  # noqa: PLC0415

    def pixels(name: str) -> Pixels:
        with Image.open(Path(__file__).parent.parent / "data" / f"{name}.png") as image:
            return np.asarray(image.convert("RGBA" if "alpha" in name else "RGB"))

    return pixels


def test_grey_and_metadata(tmp_path: Path) -> None:
    """Grey pixels have no axis for samples; metadata go along."""
    ramp = np.add.outer(np.arange(50), np.arange(70)).astype(np.uint8)
    extra = Metadata(xmp=b"<x/>", dpi=(300, 300))
    kqformat.write_rows(tmp_path / "rows.kq", [ramp[:7], ramp[7:]], colors=9, metadata=extra)
    assert (tmp_path / "rows.kq").read_bytes() == kqformat.encode(ramp, colors=9, metadata=extra)


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("space", ["srgb", "weighted"])
def test_more_colours_than_are_counted_one_by_one(
    channels: int, space: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Noise of over a million colours is gathered in cells, and mapped exactly all the same."""
    monkeypatch.setattr(sources, "BLOCK_PIXELS", 1 << 18)
    monkeypatch.setattr(bands, "CHUNK_PIXELS", 1 << 18)
    noise = np.random.default_rng(7).integers(0, 256, (1300, 900, channels), np.uint8)
    if channels == 4:
        noise[:600, :, 3] = 255
    written = kqformat.write_rows(tmp_path / "rows.kq", noise, colors=40, space=space, threads=2)
    result = kqformat.quantization(noise, 40, space=space)
    shifts = 8 * np.arange(channels, dtype=np.uint32)
    assert result.distinct_colors < len(np.unique((noise.astype(np.uint32) << shifts).sum(axis=2)))
    assert kqformat.read_indexed(tmp_path / "rows.kq") == result.image
    assert written.distinct_colors == result.distinct_colors
    assert written.distortion == pytest.approx(result.distortion)


@settings(max_examples=30)
@given(pictures(), HEIGHTS, st.integers(1, 300), st.booleans())
def test_given_palette(pixels: Pixels, heights: list[int], k: int, is_iterator: bool) -> None:
    """With a palette, an iterator will do, and makes what any other source does."""
    palette = np.random.default_rng(k).integers(0, 256, (k, 3), np.uint8)
    blocks = in_blocks(pixels, heights)
    source = iter(blocks) if is_iterator else blocks
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.kq")
        written = kqformat.write_rows(
            path, source, palette=palette, shape=pixels.shape[:2] if is_iterator else None
        )
        made = kqformat.read_indexed(path)
    result = Quantizer(pixels, Options()).with_palette(palette)
    assert made == result.image
    assert written.distortion == pytest.approx(result.distortion)
    assert written.lossless == (result.lossless and not is_iterator)


@settings(max_examples=60)
@given(indexed_images() | mixed_images(), KINDS, HEIGHTS, CODINGS, BAND_SHIFTS, st.integers(1, 3))
def test_index_rows_make_the_file_of_the_whole_image(
    image: IndexedImage,
    kind: str,
    heights: list[int],
    coding: str,
    band_shift: int | None,
    threads: int,
) -> None:
    """Indices and palette are kept exactly, and the bytes are those of `encode_indexed`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.kq")
        written = kqformat.write_index_rows(
            path,
            source_of(image.indices, kind, heights),
            image.palette,
            coding=coding,
            metadata=image.metadata,
            band_shift=band_shift,
            threads=threads,
        )
        made = path.read_bytes()
    assert made == encode_indexed(image, coding=coding, band_shift=band_shift)
    assert written.file_bytes == len(made)
    assert written.psnr == float("inf")


def test_index_rows_of_an_iterator(tmp_path: Path) -> None:
    """Packed labels need to be had once only, where the shape is given."""
    labels = np.random.default_rng(0).integers(0, 21, (90, 40), np.uint8)
    blocks = iter(in_blocks(labels, [13]))
    kqformat.write_index_rows(tmp_path / "labels.kq", blocks, GREYS[:21], shape=(90, 40))
    assert np.array_equal(kqformat.read_indexed(tmp_path / "labels.kq").indices, labels)


@pytest.mark.parametrize("coding", ["packed", "entropy", "auto"])
def test_pipe_gets_the_whole_file(coding: str, tmp_path: Path) -> None:
    """What is no regular file is not gone back in."""
    noise = np.random.default_rng(1).integers(0, 256, (60, 70), np.uint8)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    kqformat.write_index_rows(pipe, noise, GREYS, coding=coding)
    reader.join()
    assert got == [encode_indexed(IndexedImage(noise, GREYS), coding=coding)]


BLOCK = np.zeros((5, 8, 3), np.uint8)


def once() -> Iterator[Pixels]:
    return iter([BLOCK])


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        (once, {}, "iterator, and a palette is chosen"),
        (
            lambda: iter([BLOCK]),
            {"palette": GREYS, "coding": "auto"},
            "iterator, and coding is 'auto'",
        ),
        (once, {"palette": GREYS}, "iterator: give the shape"),
        (
            lambda: iter([BLOCK]),
            {"palette": GREYS, "shape": (6, 8)},
            "there are 5 rows, expected 6",
        ),
        (
            lambda: iter([BLOCK]),
            {"palette": GREYS, "shape": (4, 8)},
            "more than 4 rows, expected 4",
        ),
        ([BLOCK], {"shape": (6, 8)}, "there are 5 rows, expected 6"),
        (BLOCK, {"shape": (6, 8)}, r"shape is \(6, 8\), but the rows have \(5, 8\)"),
        ([BLOCK], {"shape": (0, 8)}, r"shape is \(0, 8\), expected"),
        ([], {}, r"shape is \(0, 0\), expected"),
        ([BLOCK, BLOCK[:, :7]], {}, "rows from 5 on is 7 pixels wide, expected 8"),
        ([BLOCK, BLOCK[..., 0]], {}, r"rows from 5 on is uint8 of shape \(5, 8\)"),
        ([BLOCK, BLOCK[:0]], {}, r"rows from 5 on is uint8 of shape \(0, 8, 3\)"),
        ([BLOCK.astype(np.float32)], {}, "rows from 0 on is float32"),
        (["x"], {}, "rows from 0 on is str, expected an array"),
        (BLOCK.astype(np.uint16), {}, "pixels are uint16 of shape"),
        (BLOCK[..., :2], {}, r"pixels are uint8 of shape \(5, 8, 2\)"),
        (BLOCK[:0], {}, r"shape is \(0, 8\)"),
        (7, {}, "rows are int, expected an array or an iterable"),
        (BLOCK, {"dither": "blue-noise"}, "dither needs the whole picture"),
        (BLOCK, {"importance": BLOCK[..., 0]}, "importance needs the whole picture"),
        (BLOCK, {"colors": 0}, "colors is 0"),
        (BLOCK, {"coding": "small"}, "coding is 'small'"),
        (BLOCK, {"palette": GREYS[:0]}, "palette has 0 entries"),
        (BLOCK, {"threads": 0}, "threads is 0"),
    ],
)
def test_what_cannot_be_written(
    source: object, options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    """A wrong argument is told in a line, and the old file stays as it was."""
    path = tmp_path / "old.kq"
    path.write_bytes(b"old")
    rows = source() if callable(source) else source  # an iterator serves once
    with pytest.raises(ParameterError, match=message):
        kqformat.write_rows(path, rows, **options)
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"old"]


@pytest.mark.parametrize("fails_in", [1, 2])
@pytest.mark.parametrize("coding", ["packed", "entropy"])
@pytest.mark.parametrize("threads", [1, 2])
def test_source_that_fails_leaves_nothing(
    fails_in: int, coding: str, threads: int, tmp_path: Path
) -> None:
    """An error of the source, in either pass, is that of the call; no file is there, no thread."""
    noise = np.random.default_rng(3).integers(0, 256, (80, 30, 3), np.uint8)
    passes = 0

    def rows() -> Iterator[Pixels]:
        nonlocal passes
        passes += 1
        yield from in_blocks(noise[:60], [9])
        if passes == fails_in:
            raise OSError("the scanner was switched off")
        yield noise[60:]

    with pytest.raises(OSError, match="switched off"):
        kqformat.write_rows(
            tmp_path / "a.kq", rows, outliers="off", band_shift=3, coding=coding, threads=threads
        )
    assert list(tmp_path.iterdir()) == []


def test_colours_that_were_not_counted_are_noticed(tmp_path: Path) -> None:
    """Rows that are others in the second pass are refused."""
    for colors in (([9, 9, 9], [8, 9, 9]), ([9, 9, 9, 7], [9, 9, 9, 6])):
        passes = iter([np.tile(np.array(color, np.uint8), (4, 4, 1)) for color in colors])
        with pytest.raises(ParameterError, match="not the same as when their colours"):
            kqformat.write_rows(tmp_path / "a.kq", lambda passes=passes: [next(passes)])
    assert list(tmp_path.iterdir()) == []


def test_fewer_rows_in_the_second_pass(tmp_path: Path) -> None:
    """A source that ends sooner the second time is refused."""
    lengths = iter([3, 2])
    with pytest.raises(ParameterError, match="there are 8 rows, expected 12"):
        kqformat.write_rows(tmp_path / "a.kq", lambda: [BLOCK[:4]] * next(lengths))
    assert list(tmp_path.iterdir()) == []


def test_index_without_an_entry(tmp_path: Path) -> None:
    """A label that the palette has not is refused, wherever it stands."""
    labels = np.zeros((40, 40), np.uint8)
    labels[39, 39] = 3
    with pytest.raises(ParameterError, match="index 3 is not in a palette of 3"):
        kqformat.write_index_rows(tmp_path / "a.kq", labels, GREYS[:3])
    assert list(tmp_path.iterdir()) == []


def test_existing_file_can_be_kept(tmp_path: Path) -> None:
    """Without `overwrite`, an existing file is an error and stays."""
    path = tmp_path / "a.kq"
    path.write_bytes(b"old")
    with pytest.raises(FileExistsError):
        kqformat.write_rows(path, BLOCK, overwrite=False)
    assert path.read_bytes() == b"old"


def test_more_pixels_than_a_decoder_accepts_by_default(tmp_path: Path) -> None:
    """They are written, and read by whoever raises the limit."""
    path = tmp_path / "large.kq"
    labels = np.broadcast_to(np.uint8(0), (2**14, 2**14 + 1))
    kqformat.write_index_rows(path, labels, GREYS[:1])
    with pytest.raises(LimitError, match="pixels are more than the limit"):
        kqformat.open(path)
    with kqformat.open(path, limits=Limits(pixels=2**29)) as file:
        assert file.size == (2**14 + 1, 2**14)


CHILD = """
import resource, sys
import numpy as np
import kqformat
from kqformat import Limits

class Rows:
    shape, dtype = (16_000, 16_384, 3), np.dtype(np.uint8)
    def __getitem__(self, rows):
        values = np.arange(rows.start, rows.stop)[:, None] // 64 + np.arange(16_384) // 128
        return np.repeat(values[..., None], 3, axis=2).astype(np.uint8)

class Sums:
    shape, dtype, total = Rows.shape, Rows.dtype, 0
    def __setitem__(self, rows, block):
        assert np.array_equal(block, Rows()[rows])
        self.total += len(block)

pages = int(open("/proc/self/statm").read().split()[0])
most = pages * resource.getpagesize() + 560 * 2**20
assert most < np.prod(Rows.shape)
resource.setrlimit(resource.RLIMIT_AS, (most, most))
kqformat.write_rows(sys.argv[1], Rows(), colors=256, threads=2)
sums = Sums()
with kqformat.open(sys.argv[1], limits=Limits(pixels=2**29)) as file:
    file.read_into(sums)
assert sums.total == 16_000
"""


def test_memory_is_bounded(tmp_path: Path) -> None:
    """A raster of 786 MB is written and read back by a process that may not take as much."""
    environment = os.environ | {"MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1"}
    subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path / "large.kq")], check=True, env=environment
    )


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_blocks_may_be_filled_anew(threads: int, tmp_path: Path) -> None:
    """A source that gives one buffer again and again, with other rows, is written as it was."""

    def rows() -> Iterator[npt.NDArray[np.uint8]]:
        block = np.empty((64, 2048), np.uint8)
        for value in range(16):
            block[:] = value
            yield block

    path = tmp_path / "a.kq"
    grey = np.repeat(np.arange(16, dtype=np.uint8)[:, None], 3, axis=1)
    kqformat.write_index_rows(path, rows, grey, shape=(1024, 2048), threads=threads)
    assert (kqformat.read(path)[::64, 0, 0] == np.arange(16)).all()
    kqformat.write_rows(path, rows, colors=16, threads=threads)
    assert (kqformat.read(path)[::64, 0, 0] == np.arange(16)).all()
