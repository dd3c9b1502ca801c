"""Rows to a `.kq` file: colours counted, a palette chosen, bands written as they are done."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt

from kqformat.codec.band_writer import RowImage, Span
from kqformat.codec.band_writer import write_rows as write_file_of_rows
from kqformat.codec.stream import checked_coding
from kqformat.errors import ParameterError
from kqformat.files import new_file
from kqformat.metadata import Metadata
from kqformat.model import Indices, checked_palette
from kqformat.quantizer.choose import Stage
from kqformat.quantizer.options import Options, QuantizeOptions
from kqformat.quantizer.pipeline import DEFAULT_COLORS
from kqformat.streaming.palettes import Plan, chosen, flattened, given, suited
from kqformat.streaming.sources import INDICES, PIXELS, Block, Rows, rows_of
from kqformat.threads import at_most


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written from rows.

    Attributes
    ----------
    width, height : int
        Of the picture, in pixels.
    colors : int
        Entries of the palette.
    coding : {"packed", "entropy"}
        How it is stored.
    file_bytes : int
        Size of the file.
    lossless : bool
        Whether it is known that every pixel keeps its colour.
    distortion : float
        The sum over all pixels of the squared distance to their palette entry.
    distinct_colors : int or None
        Different colours among the pixels (cells of colours, where there are over a million); None
        where they were not counted.
    converged : bool
        Whether k-means ended because another pass would have changed nothing.
    stages : tuple of Stage
        What was done to choose the palette.
    """

    width: int
    height: int
    colors: int
    coding: str
    file_bytes: int
    lossless: bool = True
    distortion: float = 0.0
    distinct_colors: int | None = None
    converged: bool = True
    stages: tuple[Stage, ...] = ()

    @property
    def iterations(self) -> int:
        """Passes of k-means and rounds of swaps that helped."""
        return sum(len(stage.distortions) for stage in self.stages)

    @property
    def psnr(self) -> float:
        """Peak signal-to-noise ratio in dB, infinite where no pixel changed."""
        error = self.distortion / (3 * self.width * self.height)
        return 10 * math.log10(255**2 / error) if error else math.inf


def write_rows(
    path: str | os.PathLike[str],
    source: object,
    *,
    shape: tuple[int, int] | None = None,
    colors: int = DEFAULT_COLORS,
    palette: npt.NDArray[np.uint8] | None = None,
    coding: str = "packed",
    metadata: Metadata | None = None,
    band_shift: int | None = None,
    overwrite: bool = True,
    threads: int | None = None,
    **options: Unpack[QuantizeOptions],
) -> Written:
    """Write a `.kq` file of a picture that need not fit into memory.

    The bytes are those of `encode` for the whole picture, at any number of threads. Rows are gone
    through twice, and up to three times more where small bright regions are found (six times with
    ``outliers="strong"``); where the palette is given and `source` is an iterator, once. Memory:
    200 to 500 MB and, for each thread, a few blocks of a million pixels, or bands of 4 million with
    entropy coding.

    Parameters
    ----------
    path : path-like
        The file's name. It appears when it is whole; if anything fails, nothing is left.
    source : array-like, iterable of ndarray, or callable
        Pixels, uint8: grey (H, W), RGB (H, W, 3) or straight-alpha RGBA (H, W, 4). Anything with a
        `shape` that is sliced by rows (an array, `numpy.memmap`, Zarr, Dask, HDF5); or an iterable
        of blocks of rows, of any heights, from the top, that can be gone through again, or a
        callable that returns a new one each time. They must be the same each time.
    shape : (int, int) or None
        Height and width; needed for an iterator only.
    colors : int
        The most palette entries, 1 to 65,536.
    palette : ndarray, uint8, shape (k, 3) or (k, 4), or None
        If given, it is taken as it is, and pixels are mapped to their nearest entries.
    coding, metadata, band_shift
        As in `encode`. An entropy-coded band is in memory as a whole.
    overwrite : bool
        Whether an existing file may be replaced; `FileExistsError` if not.
    threads : int or None
        How many are used; None for one for each processor.
    **options
        As in `quantize`, all but `importance` and `dither`, which need the whole picture.

    Returns
    -------
    Written

    Raises
    ------
    ParameterError
        If an argument is not as described, or the rows change.
    LimitError
        If there are more than 2³² - 1 pixels, or more bands or metadata than a decoder accepts by
        default. `Limits(pixels=…)` lets it read more pixels than 2²⁸.

    Examples
    --------
    >>> import tempfile
    >>> blocks = [np.full((100, 640, 3), grey, np.uint8) for grey in range(40)]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = write_rows(f"{folder}/large.kq", blocks, colors=64)
    >>> written.height, written.colors, written.lossless, written.file_bytes
    (4000, 40, True, 1920149)
    """
    with at_most(threads):
        rows = rows_of(source, PIXELS, shape)
        checked_coding(coding)
        heeded = _heeded(options)
        if palette is None:
            _require_lasting(rows, "a palette is chosen")
            plan = chosen(rows, colors, heeded)
            if coding != "packed":
                plan = suited(plan)
        else:
            _check_single(rows, coding)
            plan = given(rows, checked_palette(palette), heeded)
        distortion = _Sum(plan.mapper.counted_distortion)
        image = _image(rows, plan.palette, metadata, partial(_mapped, plan, distortion))
        coded, file_bytes = _write(path, image, coding, band_shift, distortion, overwrite=overwrite)
    return Written(
        image.width,
        image.height,
        len(plan.palette),
        coded,
        file_bytes,
        plan.lossless,
        distortion.value,
        plan.distinct_colors,
        plan.converged,
        plan.stages,
    )


def write_index_rows(
    path: str | os.PathLike[str],
    source: object,
    palette: npt.NDArray[np.uint8],
    *,
    shape: tuple[int, int] | None = None,
    coding: str = "packed",
    metadata: Metadata | None = None,
    band_shift: int | None = None,
    overwrite: bool = True,
    threads: int | None = None,
) -> Written:
    """Write a `.kq` file of palette indices (labels) that need not fit into memory.

    Parameters
    ----------
    source : array-like, iterable of ndarray, or callable
        Indices, uint8 or uint16, shape (H, W); else as in `write_rows`. An iterator will do where
        `coding` is "packed", and is gone through once, as all else is then, if the shape is known.
    palette : ndarray, uint8, shape (k, 3) or (k, 4)
        Kept exactly.
    path, shape, coding, metadata, band_shift, overwrite, threads
        As in `write_rows`.

    Returns
    -------
    Written

    Raises
    ------
    ParameterError
        If an argument is not as described, or an index has no palette entry.
    LimitError
        If there are more bands or metadata than a decoder accepts by default.

    Examples
    --------
    >>> import tempfile
    >>> labels = np.arange(60, dtype=np.uint16).reshape(6, 10)
    >>> grey = np.repeat(np.arange(60, dtype=np.uint8)[:, None], 3, axis=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_index_rows(f"{folder}/labels.kq", labels, grey).file_bytes
    254
    """
    with at_most(threads):
        rows = rows_of(source, INDICES, shape)
        checked_coding(coding)
        _check_single(rows, coding)
        if rows.size is None:
            for _ in rows.blocks():
                pass
        image = _image(rows, checked_palette(palette), metadata, np.array)
        coded, file_bytes = _write(path, image, coding, band_shift, overwrite=overwrite)
    return Written(image.width, image.height, len(image.palette), coded, file_bytes)


def _heeded(options: QuantizeOptions) -> Options:
    """Return options with their defaults, or refuse those that need the whole picture at once."""
    heeded = Options(**options)
    if heeded.importance is not None:
        raise ParameterError("importance needs the whole picture at once: use encode")
    if heeded.dither != "none":
        raise ParameterError("dither needs the whole picture at once: use encode")
    return heeded


def _require_lasting(rows: Rows, why: str) -> None:
    if not rows.is_lasting:
        raise ParameterError(
            f"the rows are an iterator, and {why}: expected an array, a list, or a callable that "
            "returns a new iterator each time"
        )


def _check_single(rows: Rows, coding: str) -> None:
    """Refuse rows that can be had once where that may not do."""
    if coding != "packed":
        _require_lasting(rows, f"coding is {coding!r}, which may go through them twice")
    if not rows.is_lasting and rows.size is None:
        raise ParameterError("the rows are an iterator: give the shape, (H, W)")


class _Sum:
    """A number that threads add to, the same whatever their order (see `math.fsum`)."""

    def __init__(self, first: float) -> None:
        self._lock = Lock()
        self._first = first
        self._parts: list[float] = []

    @property
    def value(self) -> float:
        """The sum."""
        return math.fsum([self._first, *self._parts])

    def add(self, part: float) -> None:
        """Add a part."""
        if part:
            with self._lock:
                self._parts.append(part)

    def restart(self) -> None:
        """Forget what was added."""
        self._parts.clear()


def _mapped(plan: Plan, distortion: _Sum, block: Block) -> Indices:
    indices, own = plan.mapper.map(flattened(block))
    distortion.add(own)
    return indices.reshape(block.shape[:2])


def _image(
    rows: Rows,
    palette: npt.NDArray[np.uint8],
    metadata: Metadata | None,
    indices_of: Callable[[Any], Indices],
) -> RowImage:
    if rows.size is None:
        raise ParameterError("there are no rows")

    def released(block: Block) -> Indices:
        indices = indices_of(block)
        rows.release(block)
        return indices

    def spans(wanted: Iterable[Span]) -> Iterator[Callable[[], Indices]]:
        return (partial(released, block) for block in rows.spans(wanted))

    return RowImage(*rows.size, palette, metadata if metadata is not None else Metadata(), spans)


def _write(
    path: str | os.PathLike[str],
    image: RowImage,
    coding: str,
    band_shift: int | None,
    distortion: _Sum | None = None,
    *,
    overwrite: bool,
) -> tuple[str, int]:
    again = image
    if distortion is not None:
        again = _restarting(image, distortion)
    with new_file(path, overwrite=overwrite) as stream:
        return write_file_of_rows(stream, again, coding=coding, band_shift=band_shift)


def _restarting(image: RowImage, distortion: _Sum) -> RowImage:
    """Return the image, whose distortion is counted anew each time it is gone through."""

    def rows(wanted: Iterable[Span]) -> Iterator[Callable[[], Indices]]:
        distortion.restart()
        return image.rows(wanted)

    return RowImage(image.width, image.height, image.palette, image.metadata, rows)
