"""``kq decode`` to NumPy arrays, and of large pictures to TIFF, block by block."""

from __future__ import annotations

import argparse
import os
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from kqformat.cli.console import STANDARD, input_name, output_name, plural
from kqformat.cli.jobs import FAILURES, Job
from kqformat.cli.large import Done, Task, split
from kqformat.errors import MissingExtraError, ParameterError
from kqformat.limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from kqformat.kqfile import KqFile

ARRAY = "NPY"
"""What stands for the format of NumPy among Pillow's names."""

_CLASSIC_BYTES = (1 << 32) - (1 << 25)
"""The most pixel bytes of a TIFF file that is no BigTIFF."""


def split_large_decoding(
    jobs: list[Job], kind: str, options: argparse.Namespace
) -> tuple[list[Task], list[Job]]:
    """Return what is to be done block by block, and the other jobs.

    Raises
    ------
    ParameterError
        If an array is asked for with options that it cannot be written with.
    """
    has_standard = any(STANDARD in (job.source, job.target) for job in jobs)
    if kind == ARRAY and (options.recover or options.dry_run or options.grey or has_standard):
        raise ParameterError(
            ".npy is written block by block from a file to a file, without --recover, --dry-run "
            "or --grey"
        )

    def task_of(job: Job) -> Callable[[], Done] | None:
        if kind == ARRAY:
            return partial(_decoded, job, _write_array, options)
        if kind == "TIFF" and _is_large(job, options):
            return partial(_decoded, job, _write_tiff, options)
        return None

    return split(jobs, task_of)


def _is_large(job: Job, options: argparse.Namespace) -> bool:
    """Whether a file is so large that it is not decoded at once; not if that is to be recovered."""
    from kqformat.decoding import open as open_kq
    from kqformat.rasters.large import LARGE_PIXELS

    if options.recover or options.dry_run or options.grey or job.target == STANDARD:
        return False
    if not os.path.isfile(job.source):
        return False
    try:
        with open_kq(job.source, limits=Limits(pixels=options.max_pixels)) as file:
            pixels = file.size[0] * file.size[1]
            has_exif = file.metadata.exif is not None
    except FAILURES:  # which decoding it at once will tell
        return False
    if pixels < LARGE_PIXELS or (has_exif and pixels <= DEFAULT_LIMITS.pixels):
        return False  # EXIF is written only by those who have all of the pixels
    try:
        import tifffile  # noqa: F401
    except ModuleNotFoundError:
        return pixels > DEFAULT_LIMITS.pixels
    return True


def _decoded(
    job: Job, write: Callable[[IO[bytes], KqFile], None], options: argparse.Namespace
) -> Done:
    from kqformat.decoding import open as open_kq
    from kqformat.files import new_file

    with open_kq(job.source, limits=Limits(pixels=options.max_pixels)) as file:
        with new_file(job.target, overwrite=options.force) as stream:
            write(stream, file)
            after = stream.seek(0, os.SEEK_END)
        width, height = file.size
        before = file.layout.file_bytes
        colors = file.layout.head.palette_size
    report = (
        f"{input_name(job.source)} -> {output_name(job.target)}: {width} x {height}, "
        f"{plural(colors, 'colour')}, {before:,} -> {after:,} bytes"
    )
    return Done(report, before, after)


def _shape_of(file: KqFile) -> tuple[int, int, int]:
    width, height = file.size
    return height, width, file.layout.head.palette_format.channels


def _write_array(stream: IO[bytes], file: KqFile) -> None:
    """Write the colours as NumPy's format has them: uint8, shape (H, W, 3) or (H, W, 4)."""
    import numpy as np

    header = {"descr": "|u1", "fortran_order": False, "shape": _shape_of(file)}
    np.lib.format.write_array_header_1_0(stream, header)
    for block in file.blocks():
        stream.write(block.reshape(-1).data)


def _write_tiff(stream: IO[bytes], file: KqFile) -> None:
    """Write a TIFF file: the indices where there are up to 256 opaque colours, else the colours."""
    import numpy as np

    try:
        import tifffile
    except ModuleNotFoundError as error:
        raise MissingExtraError("so large a TIFF file", "tifffile", "large") from error
    height, width, channels = _shape_of(file)
    is_indexed = channels == 3 and len(file.palette) <= 256
    shape = (height, width) if is_indexed else (height, width, channels)
    layout: dict[str, Any] = {"photometric": "rgb"}
    if is_indexed:
        palette = np.zeros((256, 3), np.uint16)
        palette[: len(file.palette)] = file.palette
        layout = {"photometric": "palette", "colormap": np.ascontiguousarray(257 * palette.T)}
    elif channels == 4:
        layout["extrasamples"] = ["unassalpha"]
    metadata = file.metadata
    if metadata.dpi is not None:
        layout |= {"resolution": metadata.dpi, "resolutionunit": "INCH"}
    if metadata.xmp is not None:
        layout["extratags"] = [(700, 1, len(metadata.xmp), metadata.xmp, True)]
    is_big = int(np.prod(shape)) > _CLASSIC_BYTES
    handle = tifffile.FileHandle(stream, name="picture.tif")  # as the stream has none of its own
    with tifffile.TiffWriter(handle, bigtiff=is_big) as writer:
        place = writer.write(
            None,
            shape=shape,
            dtype=np.uint8,
            iccprofile=metadata.icc_profile,
            metadata=None,
            returnoffset=True,
            **layout,
        )
    if place is None:
        raise RuntimeError("tifffile has made no place for the pixels")
    stream.seek(place[0])
    for block in file.index_blocks() if is_indexed else file.blocks():
        stream.write(np.ascontiguousarray(block).reshape(-1).data)
