"""Measure Zarr chunks of labels: bytes and speed of the codec `kq` beside those of others.

    python tools/bench_zarr.py IMAGE… [--labels N] [--chunk SIDE] [--rounds N]

Masks are made of real images: quantized to so many colours, which are the labels, and each pixel
given the label that most around it have, so that there are regions with real outlines. They are
cut into chunks, as a Zarr array of two dimensions stores them; those at the edges are whole there,
and filled with 0. Bytes are those of all chunks, speeds medians of calls in turn.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numcodecs
import numpy as np
import numpy.typing as npt
from bench.images import SAMPLES, image_paths
from bench.tables import machine, markdown
from bench.timing import timed
from numcodecs.abc import Codec
from PIL import Image, ImageFilter

import kqformat
from kqformat.numcodecs_plugin import KqCodec

Chunk = npt.NDArray[np.uint8]

_SMOOTHED_OVER = 9


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images", nargs="*", type=Path, default=[SAMPLES])
    parser.add_argument("--labels", type=int, default=21, metavar="N")
    parser.add_argument("--chunk", type=int, default=256, metavar="SIDE")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--smoke", action="store_true", help="see whether it works, in seconds")
    options = parser.parse_args()
    if options.smoke:
        options.images, options.rounds = [SAMPLES / "coffee.png"], 1
    masks = [_mask(path, options.labels) for path in image_paths(options.images)]
    chunks = [chunk for mask in masks for chunk in _chunks(mask, options.chunk)]
    pixels = sum(chunk.size for chunk in chunks)
    written = {
        name: (codec, [codec.encode(c) for c in chunks]) for name, codec in _codecs().items()
    }
    for codec, files in written.values():
        for chunk, data in zip(chunks, files, strict=True):
            assert np.array_equal(np.frombuffer(codec.decode(data), np.uint8), chunk.reshape(-1))
    encoding: dict[str, Callable[[], object]] = {
        name: partial(_each, codec.encode, chunks) for name, (codec, _) in written.items()
    }
    decoding: dict[str, Callable[[], object]] = {
        name: partial(_each, codec.decode, files) for name, (codec, files) in written.items()
    }
    to_write, to_read = timed(encoding, options.rounds), timed(decoding, options.rounds)
    print(f"{machine('numpy', 'numcodecs', 'zarr')}")
    print(f"{len(masks)} masks, {len(chunks)} chunks, {pixels:,} labels\n")
    rows = []
    smallest = min(_size(files) for name, (_, files) in written.items() if "kq" not in name)
    for name, (_, files) in written.items():
        speeds = [pixels / each[name].seconds / 1e6 for each in (to_write, to_read)]
        rows.append([name, f"{_size(files):,}", _size(files) / smallest, *speeds])
    print(markdown(["codec", "bytes", "of the smallest other", "encode, M/s", "decode, M/s"], rows))


def _codecs() -> dict[str, Codec]:
    """Return the codecs by the names that the table has for them."""
    return {
        "kq entropy": KqCodec("entropy"),
        "kq packed": KqCodec("packed"),
        "zstd 3": numcodecs.Zstd(3),
        "zstd 22": numcodecs.Zstd(22),
        "Blosc zstd 5, as Zarr's default was": numcodecs.Blosc("zstd", 5),
        "Blosc zstd 9, bits shuffled": numcodecs.Blosc("zstd", 9, numcodecs.Blosc.BITSHUFFLE),
        "Blosc lz4 5": numcodecs.Blosc("lz4", 5),
        "gzip 9": numcodecs.GZip(9),
        "bz2 9": numcodecs.BZ2(9),
        "lzma": numcodecs.LZMA(preset=9),
    }


def _mask(path: Path, labels: int) -> Chunk:
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))
    indices = kqformat.quantize(pixels, labels).indices
    smooth = Image.fromarray(indices.astype(np.uint8)).filter(
        ImageFilter.ModeFilter(_SMOOTHED_OVER)
    )
    return np.asarray(smooth)


def _chunks(mask: Chunk, side: int) -> list[Chunk]:
    rows, columns = (-(-length // side) * side for length in mask.shape)
    whole = np.zeros((rows, columns), np.uint8)
    whole[: mask.shape[0], : mask.shape[1]] = mask
    return [
        np.ascontiguousarray(whole[top : top + side, left : left + side])
        for top in range(0, rows, side)
        for left in range(0, columns, side)
    ]


def _each(work: Callable[[object], object], items: list[object]) -> None:
    for item in items:
        work(item)


def _size(files: list[object]) -> int:
    return sum(memoryview(data).nbytes for data in files)


if __name__ == "__main__":
    main()
