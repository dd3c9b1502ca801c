"""Measure the quantizer against others on real images: error, time, memory.

    python tools/bench_quantizer.py FOLDER… [-k LIST] [--rounds N] [--only NAMES] [--plot FILE]
    python tools/bench_quantizer.py --growth FOLDER…

For every image and k, ours at each effort and every peer that is installed (imagequant, pngquant
as a process, Pillow, scikit-learn, two plain algorithms) quantizes the same pixels in turn, with
one thread and no dithering. The error is recomputed from the pixels that come out. A table per k
and one for all give

- the mean squared error per pixel and channel, as a geometric mean of ratios, and how often it is
  lower; mean PSNR and SSIMULACRA2; the geometric mean of the worst 32×32 region's error;
- median time, of which the conversion to the form that the software takes is no part, while the
  start of a process is, with the PNG that it reads and the one that it writes;
- the peak memory of a process of its own, Python with it, and what of that the call added.

`--only evolved` adds the least error that a hundred searches of an image find, which others
hardly get below. Images with no more than k colours are left out at that k, and transparency is
dropped. --growth measures mosaics of 0.4 to 105 megapixels instead, and whether the bytes stay the
same.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
from collections.abc import Iterable
from pathlib import Path

from bench.comparison import Record, compare
from bench.contender import Contender
from bench.field import all_contenders, named_contenders
from bench.growth import growth_table
from bench.images import SAMPLES, image_paths, photographs
from bench.measures import HAVE_SSIMULACRA2
from bench.memory import AVAILABLE, Peak, peak_memory
from bench.ours import EFFORTS
from bench.peers import peer_packages, pngquant_version
from bench.report import CONVERGED, REFERENCE, summary, table_of_k, worst_images
from bench.tables import machine

_SMOKE_ONLY = (
    "fast,balanced,best,fast:space=srgb:outliers=off,"
    "imagequant,pngquant,pillow-octree,sklearn-minibatch,textbook"
)
_SMOKE_SIZES = (0.07, 0.14, 0.3)


def main() -> None:
    """Print the tables."""
    options = _options()
    if options.growth:
        _print_growth(options)
    else:
        _print_comparison(options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, default=[SAMPLES])
    parser.add_argument("-k", "--colors", default="16,32,64,256", metavar="LIST")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument(
        "--only",
        metavar="NAMES",
        help=f"contenders, besides {REFERENCE} and {CONVERGED}, which others are divided by; "
        "evolved, the least error that many searches find, runs only if it is named, and an "
        "effort may have options, as balanced:space=srgb:outliers=off has",
    )
    parser.add_argument("--no-ssimulacra2", action="store_true")
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--worst", type=int, default=0, metavar="N", help="name the worst images")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write every figure")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw time against error")
    parser.add_argument("--growth", action="store_true", help="measure time and memory by size")
    parser.add_argument("--smoke", action="store_true", help="see whether it works, in seconds")
    options = parser.parse_args()
    if options.smoke:
        options.folders = [SAMPLES / "chelsea.png", SAMPLES / "rocket.jpg"]
        options.colors, options.rounds, options.worst = "16", 1, 1
        options.only = _SMOKE_ONLY
    return options


def _print_growth(options: argparse.Namespace) -> None:
    print(f"{machine('numpy')}\n")
    efforts = options.only.split(",") if options.only else list(EFFORTS)
    for name in efforts:
        if name not in EFFORTS:
            raise SystemExit(f"--growth measures efforts, {', '.join(EFFORTS)}, and not {name}")
    for k in map(int, options.colors.split(",")):
        print(growth_table(options.folders, efforts, k, options.rounds) + "\n", flush=True)


def _print_comparison(options: argparse.Namespace) -> None:
    contenders, notes = _chosen(options.only)
    perception = HAVE_SSIMULACRA2 and not options.no_ssimulacra2
    if not HAVE_SSIMULACRA2:
        notes.append("ssimulacra2 (PyPI) is not installed")
    paths = image_paths(options.folders)
    colors = [int(k) for k in options.colors.split(",")]
    versions = machine("numpy", *peer_packages(), also=pngquant_version())
    print(f"{versions}; {len(paths)} images")
    print("\nNot measured: " + ("; ".join(notes) or "nothing") + ".\n", flush=True)
    records = list(
        compare(photographs(paths), colors, contenders, options.rounds, perception=perception)
    )
    colors = [k for k in colors if any(each.k == k for each in records)]
    if not colors:
        raise SystemExit("no image has more than k colours")
    for k in colors:
        print(table_of_k(records, contenders, k) + "\n", flush=True)
    peaks: dict[str, Peak] = {}
    if AVAILABLE and not options.no_memory:
        peaks = {each.key: peak_memory(each, max(colors), paths[0]) for each in contenders}
    print(summary(records, contenders, peaks, f"{paths[0].stem}, k = {max(colors)}"))
    if options.worst:
        print("\n" + worst_images(records, _efforts(contenders), options.worst))
    if options.csv:
        _write_csv(options.csv, records)
    if options.plot:
        from bench.plot import draw

        draw(options.plot, records, contenders)
    if options.smoke:
        print("\n" + growth_table(options.folders, ["balanced"], 16, 1, _SMOKE_SIZES))


def _chosen(only: str | None) -> tuple[list[Contender], list[str]]:
    """Return the contenders to run, and notes on those that cannot be."""
    if only is None:
        return all_contenders()
    return named_contenders([*only.split(","), REFERENCE, CONVERGED])


def _efforts(contenders: Iterable[Contender]) -> list[str]:
    return [each.key for each in contenders if each.key in EFFORTS]


def _write_csv(path: Path, records: list[Record]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        fields = [field.name for field in dataclasses.fields(Record)]
        writer = csv.DictWriter(stream, fields)
        writer.writeheader()
        writer.writerows(map(dataclasses.asdict, records))


if __name__ == "__main__":
    main()
