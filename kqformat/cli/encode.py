"""``kq encode``: image files to `.kq`."""

from __future__ import annotations

import argparse
import io
import json
import time
from typing import TYPE_CHECKING

from kqformat.cli.console import input_name, output_name, plural
from kqformat.cli.jobs import Job, run_jobs
from kqformat.cli.plan import add_file_arguments, plan_jobs, positive_int
from kqformat.errors import ParameterError
from kqformat.limits import Limits
from kqformat.metadata import Metadata

if TYPE_CHECKING:
    from kqformat.quantizer.pipeline import Quantization

_STUBS = {"BUFR", "GRIB", "HDF5", "MPEG", "WMF"}
"""What Pillow recognizes and cannot read by itself; passed over in folders."""

_PARTS = {"icc": "icc_profile", "exif": "exif", "xmp": "xmp", "dpi": "dpi"}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "encode",
        allow_abbrev=False,
        help="image files to .kq",
        description="Quantize images and write them as .kq files. Reads whatever Pillow reads and "
        "turns it upright; of an animation, the first frame. A palette image with no more colours "
        "than -k keeps its indices and palette exactly.",
    )
    add_file_arguments(parser)
    colours = parser.add_argument_group("colours")
    colours.add_argument(
        "-k", "--colors", type=int, default=256, metavar="N", help="1 to 65536 (default: 256)"
    )
    colours.add_argument(
        "--init",
        choices=("wu", "kmeans++", "random", "random-space"),
        default="wu",
        help="first centroids of k-means (default: wu, which needs no chance)",
    )
    colours.add_argument(
        "--max-iterations", type=int, metavar="N", help="most passes of k-means (default: 16)"
    )
    colours.add_argument(
        "--seed", type=int, default=0, metavar="N", help="for the random starts (default: 0)"
    )
    contents = parser.add_argument_group("contents")
    contents.add_argument(
        "--coding", choices=("packed",), default="packed", help="how indices are stored"
    )
    contents.add_argument(
        "--keep",
        type=_parts,
        default=frozenset(_PARTS),
        metavar="LIST",
        help="metadata to keep: all (default), none, or some of icc,exif,xmp,dpi",
    )
    contents.add_argument(
        "--strip",
        type=_parts,
        default=frozenset(),
        metavar="LIST",
        help="metadata to leave out, likewise",
    )
    contents.add_argument(
        "--max-pixels",
        type=positive_int,
        default=Limits().pixels,
        metavar="N",
        help="refuse larger images (default: 2^28)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object a file")
    parser.set_defaults(run=run, command="encode")


def run(options: argparse.Namespace) -> int:
    """Encode every input."""
    _check_numbers(options)
    jobs = plan_jobs(options, ".kq", _image_extensions(options.max_pixels))
    return run_jobs(jobs, lambda job: _encode(job, options), options)


def _check_numbers(options: argparse.Namespace) -> None:
    if not 1 <= options.colors <= 65_536:
        raise ParameterError(f"-k is {options.colors}, expected 1 to 65536")
    for name in ("max_iterations", "seed"):
        value = getattr(options, name)
        if value is not None and value < 0:
            raise ParameterError(f"--{name.replace('_', '-')} is {value}, expected 0 or more")


def _image_extensions(max_pixels: int) -> set[str]:
    """Get Pillow ready, and return the endings of the files that it reads, `.kq` aside."""
    from PIL import Image

    import kqformat.pillow_plugin  # noqa: F401  (a .kq file is an image that can be read, too)

    # For pictures inside of pictures, as in .ico; `read_raster` checks all others more strictly.
    Image.MAX_IMAGE_PIXELS = max_pixels
    Image.init()
    return {
        suffix
        for suffix, name in Image.registered_extensions().items()
        if name in Image.OPEN and name not in _STUBS and suffix != ".kq"
    }


def _encode(job: Job, options: argparse.Namespace) -> str:
    from dataclasses import replace

    from kqformat.api import quantization
    from kqformat.codec.stream import encode_indexed
    from kqformat.quantizer.pipeline import DEFAULT_MAX_ITERATIONS
    from kqformat.rasters import read_raster

    started = time.perf_counter()
    job.refuse_existing(force=options.force)
    source = job.read()
    raster = read_raster(io.BytesIO(source), max_pixels=options.max_pixels)
    most = options.max_iterations
    chosen = quantization(
        raster.content,
        options.colors,
        init=options.init,
        max_iterations=DEFAULT_MAX_ITERATIONS if most is None else most,
        seed=options.seed,
    )
    metadata = _kept(raster.metadata, options.keep - options.strip)
    data = encode_indexed(replace(chosen.image, metadata=metadata), coding=options.coding)
    job.write(data, force=options.force)
    seconds = time.perf_counter() - started
    facts = _facts(job, chosen, len(data), len(source), options.coding)
    facts |= {"frames": raster.frames, "seconds": round(seconds, 4)}
    if options.json:
        return json.dumps(facts)
    return _line(facts) + (_story(chosen, seconds) if options.verbose else "")


def _kept(metadata: Metadata, parts: frozenset[str]) -> Metadata:
    kept = {_PARTS[part]: getattr(metadata, _PARTS[part]) for part in parts}
    return Metadata(**kept)


def _parts(text: str) -> frozenset[str]:
    """Parse a list of metadata parts, for argparse."""
    if text in ("all", "none"):
        return frozenset(_PARTS if text == "all" else ())
    parts = frozenset(text.split(","))
    if not parts <= set(_PARTS):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not all, none, or a list of {', '.join(_PARTS)}"
        )
    return parts


def _facts(
    job: Job, chosen: Quantization, file_bytes: int, source_bytes: int, coding: str
) -> dict[str, object]:
    image = chosen.image
    baseline = 3 * image.width * image.height
    return {
        "input": job.source,
        "output": job.target,
        "width": image.width,
        "height": image.height,
        "colors": image.colors,
        "index_bits": image.index_width,
        "coding": coding,
        "file_bytes": file_bytes,
        "baseline_bytes": baseline,
        "ratio": baseline / file_bytes,
        "source_bytes": source_bytes,
        "source_ratio": source_bytes / file_bytes,
        "lossless": chosen.lossless,
        "psnr": None if chosen.lossless else chosen.psnr,
        "iterations": chosen.iterations,
        "converged": chosen.converged,
    }


def _line(facts: dict[str, object]) -> str:
    fidelity = "lossless" if facts["lossless"] else f"{facts['psnr']:.2f} dB"
    first = f", first of {facts['frames']} frames" if facts["frames"] != 1 else ""
    return (
        f"{input_name(str(facts['input']))} -> {output_name(str(facts['output']))}: "
        f"{plural(int(str(facts['colors'])), 'colour')}, "
        f"{plural(int(str(facts['index_bits'])), 'bit')}, {facts['file_bytes']:,} bytes, "
        f"{facts['ratio']:.2f}:1 to 24-bit, {facts['source_ratio']:.2f}:1 to source, "
        f"{fidelity}{first}"
    )


def _story(chosen: Quantization, seconds: float) -> str:
    """Tell how k-means went."""
    pixels = chosen.image.indices.size
    lines = [f"  {plural(chosen.distinct_colors, 'distinct colour')}, {seconds:.3f} s"]
    if chosen.iterations:
        how = "converged" if chosen.converged else "stopped"
        lines.append(f"  k-means {how} after {plural(chosen.iterations, 'pass', 'es')}")
        steps = ", ".join(f"{value / pixels:.3f}" for value in chosen.distortions)
        lines.append(f"  squared error per pixel before each pass: {steps}")
    lines.append(f"  squared error per pixel in the file: {chosen.distortion / pixels:.3f}")
    return "\n" + "\n".join(lines)
