"""Measure whether small bright things keep their colour, and what that costs.

    python tools/bench_outliers.py FOLDER… [-k N] [--patches N] [--far DE] [--rounds N] [-v]

Patches of 0.01 to 0.1 % of the pixels, of saturated colours that look at least DE (CIEDE2000)
unlike every entry of the picture's palette, are planted in photographs, one at a time. A patch is
kept if its pixels are shown on average within 10 of what they are. Things that photographs of the
corpus have (`bench.objects`) are kept if their mean colour is. Printed for each way to treat
outliers: the share kept, and the number of things; the geometric-mean squared error relative to
"off", with patches and on the photographs as they are; how many of those got another palette; the
time it adds. With -v, the patches that "auto" lost, and what each photograph and its things got.
"""

from __future__ import annotations

import argparse
import statistics
from collections import defaultdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
from bench.images import SAMPLES, photographs
from bench.objects import THINGS
from bench.patches import plant
from bench.tables import geometric_mean, machine, markdown
from bench.timing import medians

import kqformat
from kqformat.quantizer.pinning import TREATMENTS

Pixels = npt.NDArray[np.uint8]

KEPT = 10.0
MODES = ("off", *(mode for mode in TREATMENTS if mode != "off"))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, default=[SAMPLES])
    parser.add_argument("-k", "--colors", type=int, default=16, metavar="N")
    parser.add_argument("--patches", type=int, default=8, metavar="N", help="per photograph")
    parser.add_argument("--far", type=float, default=20.0, metavar="DE")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="for times")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    measured: dict[str, dict[str, list[float]]] = {mode: defaultdict(list) for mode in MODES}
    images = list(photographs(options.folders))
    for name, pixels in images:
        _photograph(name, pixels, options, measured)
    rows = [_row(mode, measured[mode], len(images)) for mode in MODES]
    print(f"{machine('numpy')}; {len(images)} photographs, k = {options.colors}, ", end="")
    print(f"{len(measured['off']['kept'])} patches at least {options.far:g} from the palette\n")
    header = (
        "outliers",
        "kept",
        "things kept",
        "error with patches",
        "error without",
        "worst",
        "changed",
        "ms more",
    )
    print(markdown(header, rows))


def _photograph(
    name: str,
    pixels: Pixels,
    options: argparse.Namespace,
    measured: dict[str, dict[str, list[float]]],
) -> None:
    k = options.colors
    bare = {mode: kqformat.quantize(pixels, k, outliers=mode) for mode in MODES}
    reference = _squared_error(pixels, bare["off"].to_rgb())
    ways = {mode: lambda mode=mode: kqformat.quantize(pixels, k, outliers=mode) for mode in MODES}
    seconds = medians(ways, options.rounds)
    for mode, result in bare.items():
        measured[mode]["bare"].append(_squared_error(pixels, result.to_rgb()) / reference)
        measured[mode]["changed"].append(not np.array_equal(result.palette, bare["off"].palette))
        measured[mode]["seconds"].append(seconds[mode] - seconds["off"])
    if options.verbose:
        costs = (f"{mode} {measured[mode]['bare'][-1]:.3f}" for mode in MODES)
        print(f"{name}: {', '.join(costs)}", flush=True)
    for thing in (each for each in THINGS if each.image == name):
        looks = {mode: thing.difference(pixels, bare[mode].to_rgb()) for mode in MODES}
        for mode in MODES:
            measured[mode]["things"].append(looks[mode] <= KEPT)
        if options.verbose:
            print(f"  {thing.what}:", {mode: round(off, 1) for mode, off in looks.items()})
    for patch in plant(name, pixels, bare["off"].palette, options.patches, options.far):
        errors, differences = {}, {}
        for mode in MODES:
            shown = kqformat.quantize(patch.pixels, k, outliers=mode).to_rgb()
            differences[mode] = patch.difference(shown)
            errors[mode] = _squared_error(patch.pixels, shown)
            measured[mode]["kept"].append(differences[mode] <= KEPT)
            measured[mode]["planted"].append(errors[mode] / errors["off"])
        if options.verbose and differences["auto"] > KEPT:
            print(f"  lost: {patch.description}", {m: round(d, 1) for m, d in differences.items()})


def _row(mode: str, lists: dict[str, list[float]], images: int) -> tuple[object, ...]:
    return (
        mode,
        f"{100 * statistics.fmean(lists['kept']):.1f} %" if lists["kept"] else "-",
        f"{sum(lists['things'])} of {len(lists['things'])}" if lists["things"] else "-",
        geometric_mean(lists["planted"]) if lists["planted"] else "-",
        geometric_mean(lists["bare"]),
        max(lists["bare"]),
        f"{sum(lists['changed']):.0f} of {images}",
        f"{1000 * statistics.median(lists['seconds']):.2f}",
    )


def _squared_error(a: Pixels, b: Pixels) -> float:
    return float(((a.astype(np.int64) - b) ** 2).sum())


if __name__ == "__main__":
    main()
