"""Measure how small indices get: our codings against the formats of others, on real images.

    python tools/bench_coding.py FOLDER[:K,K…]… [--only NAMES] [--cache FILE] [--plot FILE]

Every image is quantized to each K (256 where none is given), or kept where it has no more colours,
and every coder stores the same indexed image: each coding that kqformat knows, and of the formats
that are installed PNG (Oxipng's highest level, with and without Zopfli), WebP, JPEG XL, GIF, and xz
for comparison. All that is stored is decoded and compared before it counts. A format with several
coders counts with the smallest file of each image. There are tables of

- bytes by kind, which is the name of the folder, and format; a dash where a format cannot hold
  every image (GIF has no half-transparent colours);
- our share: bytes together divided by those of the smallest peer on each image together, the
  geometric mean over images, the worst image, and all that for images under 4,096 pixels;
- megapixels a second, one thread each: peers are timed once, with the conversion to what they
  take, cjxl with the start of a process; and the memory of ours on the largest image.

Peers take minutes for a large image; with --cache, only the first time.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.cache import Cache
from bench.coder import Coder, store
from bench.coding_report import byte_table, share_table, speed_table
from bench.codings import extra_memory, our_codings
from bench.images import SAMPLES, image_paths, with_colors
from bench.index_peers import index_peers
from bench.memory import AVAILABLE
from bench.shares import Picture, Record
from bench.tables import machine

import kqformat
from kqformat.rasters import read_raster

_SMOKE_IMAGES = ("tango32_document-save.png", "tango32_internet-web-browser.png")
_MAX_PIXELS = 1 << 28


def main() -> None:
    """Print the tables."""
    options = _options()
    ours, theirs, notes = _chosen(options.only)
    places = [with_colors(place) for place in options.folders]
    versions = dict.fromkeys(coder.version.partition(" -")[0] for coder in theirs)
    count = len(image_paths([path for path, _ in places]))
    print(f"{machine('numpy', also=versions)}; {count} images")
    print("\nNot measured: " + ("; ".join(notes) or "nothing") + ".\n", flush=True)
    cache = Cache(options.cache)
    records: list[Record] = []
    largest: kqformat.IndexedImage | None = None
    for picture, image in _pictures(places):
        print(*picture, file=sys.stderr, flush=True)
        records += _measure(picture, image, ours, theirs, cache, options.rounds)
        if largest is None or image.indices.size > largest.indices.size:
            largest = image
    memory = {}
    if AVAILABLE and largest is not None and not options.no_memory:
        memory = {coder.key: extra_memory(coder, largest) for coder in ours}
    print(byte_table(records) + "\n")
    for coder in ours if theirs else ():
        print(share_table(records, coder.key) + "\n")
    print(speed_table(records, memory))
    if options.csv:
        _write_csv(options.csv, records)
    if options.plot:
        from bench.coding_plot import draw

        draw(options.plot, records, ours[-1].key)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", metavar="FOLDER[:K,K…]", default=[str(SAMPLES)])
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="of timing ours")
    parser.add_argument("--only", metavar="NAMES", help="peers, besides our codings")
    parser.add_argument("--cache", type=Path, metavar="FILE", help="keep what peers made")
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write every figure")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw bits a pixel")
    parser.add_argument("--smoke", action="store_true", help="see whether it works, in seconds")
    options = parser.parse_args()
    if options.smoke:
        options.folders = [f"{SAMPLES / name}:256,16" for name in _SMOKE_IMAGES]
        options.rounds = 1
    return options


def _chosen(only: str | None) -> tuple[list[Coder], list[Coder], list[str]]:
    """Return our coders, the others to run, and notes on those that cannot be."""
    ours, unknown = our_codings()
    theirs, missing = index_peers()
    if only is not None:
        names = only.split(",")
        known = {coder.key for coder in theirs}
        missing += [f"{name} is not known, or not installed" for name in names if name not in known]
        theirs = [coder for coder in theirs if coder.key in names]
    return ours, theirs, unknown + missing


def _pictures(
    places: list[tuple[Path, list[int]]],
) -> Iterator[tuple[Picture, kqformat.IndexedImage]]:
    """Yield each image at each k, without metadata; of each place at one k after the other."""
    for place, k in ((place, k) for place, colors in places for k in colors):
        for path in image_paths([place]):
            content = read_raster(str(path), max_pixels=_MAX_PIXELS).content
            image = kqformat.quantization(content, k).image
            bare = dataclasses.replace(image, metadata=kqformat.Metadata())
            yield Picture(path.resolve().parent.name, k, path.stem), bare


def _measure(
    picture: Picture,
    image: kqformat.IndexedImage,
    ours: list[Coder],
    theirs: list[Coder],
    cache: Cache,
    rounds: int,
) -> Iterator[Record]:
    for coder in [*ours, *theirs]:
        if coder.suits(image):
            stored = store(coder, image, rounds) if coder in ours else cache.stored(coder, image)
            yield Record(
                picture=picture,
                pixels=image.indices.size,
                colors=image.colors,
                coder=coder.key,
                form=coder.form,
                role=coder.role,
                byte_length=stored.byte_length,
                encode_seconds=stored.encode_seconds,
                decode_seconds=stored.decode_seconds,
            )


def _write_csv(path: Path, records: list[Record]) -> None:
    fields = [field.name for field in dataclasses.fields(Record)][1:]
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow([*Picture._fields, *fields])
        for record in records:
            writer.writerow([*record.picture, *(getattr(record, field) for field in fields)])


if __name__ == "__main__":
    main()
