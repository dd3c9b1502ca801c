"""Many pictures to `.kq` files, from Python."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from kqformat.batch.encoding import Encoded, Encoding
from kqformat.batch.jobs import Job
from kqformat.batch.manifest import Manifest
from kqformat.batch.running import TASKS_AT_ONCE, Batch
from kqformat.batch.settings import AUTO, PARTS, Settings
from kqformat.batch.summary import Summary
from kqformat.batch.working import Handling, Result
from kqformat.errors import ParameterError
from kqformat.limits import DEFAULT_LIMITS
from kqformat.model import MAX_COLORS
from kqformat.quantizer.options import Options, check_integer

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from kqformat.search.target import Target

Pair = tuple[str | os.PathLike[str], str | os.PathLike[str]]


def encode_each(
    pairs: Iterable[Pair],
    *,
    executor: Executor | None = None,
    manifest: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    skip_existing: bool = False,
    colors: int | str | None = None,
    target: Target | None = None,
    palette: npt.NDArray[np.uint8] | None = None,
    coding: str = "packed",
    rdo: float = 0.0,
    keep: Iterable[str] = PARTS,
    max_pixels: int = DEFAULT_LIMITS.pixels,
    tasks_at_once: int = TASKS_AT_ONCE,
    **options: Any,
) -> Iterator[Result[Encoded]]:
    """Encode many pictures, and give the result of each, in the order of the pairs.

    Work is done as results are asked for, and some tasks ahead.

    Parameters
    ----------
    pairs : iterable of (path-like, path-like)
        The names or URLs of a picture, of any format that Pillow reads, and of the `.kq` file.
        Folders are made where they are missing. Gone through once, as far as work has got.
    executor : concurrent.futures.Executor or None
        Threads, processes, or Dask's `client.get_executor()`, which get tasks of many pictures
        each; None for this thread. A task that is lost with its worker is done again.
    manifest : path-like or None
        A file that records what is done, so that it is left out the next time; see `Manifest`.
        What was made of a source that has changed is replaced.
    overwrite, skip_existing : bool
        Whether existing files are replaced, or left out; else they are errors.
    colors : int, "auto" or None
        As in `quantize`; "auto" as `auto_colors` does.
    target : Target or None
        As in `reach`.
    palette : ndarray, uint8, shape (k, 3) or (k, 4), or None
        One for all pictures, to be kept as it is.
    coding, rdo : str, float
        As in `encode`.
    keep : iterable of {"icc", "exif", "xmp", "dpi", "other"}
        The metadata that goes into the files.
    max_pixels : int
        Larger pictures are errors.
    tasks_at_once : int
        How many tasks the executor is given at once; several for each worker.
    **options
        As in `quantize`.

    Yields
    ------
    Result
        With its `error` where a picture could not be encoded. This stops no other.

    Raises
    ------
    ParameterError
        If an option is not as described.
    ManifestError
        If the manifest is another kind of file.
    WorkersLostError
        If the executor's workers do not live to do a single file.
    OSError
        If the manifest cannot be read or written.
    """
    settings = Settings(
        colors=_checked_colors(colors),
        target=target,
        palette=palette,
        coding=coding,
        rdo=rdo,
        keep=_checked_parts(keep),
        max_pixels=max_pixels,
        options=_checked_options(options),
    )
    handling = Handling(force=overwrite, skip_existing=skip_existing)
    jobs = (Job(os.fspath(source), os.fspath(made), makes_folder=True) for source, made in pairs)
    return _results(jobs, settings, handling, executor, manifest, tasks_at_once)


def encode_many(
    pairs: Iterable[Pair],
    *,
    report: Callable[[Result[Encoded]], object] | None = None,
    **arguments: Any,
) -> Summary:
    """Encode many pictures, and tell what came of it.

    Parameters
    ----------
    pairs, **arguments
        As in `encode_each`.
    report : callable or None
        Is given the result of each picture, in the order of the pairs, as they come.

    Returns
    -------
    Summary
        How many files and bytes, and what failed.

    Raises
    ------
    ParameterError, OSError
        As in `encode_each`.

    Examples
    --------
    >>> import tempfile
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as executor:
    ...     for name in "ab":
    ...         Image.new("RGB", (64, 64), "red").save(f"{folder}/{name}.png")
    ...     pairs = [(f"{folder}/{name}.png", f"{folder}/out/{name}.kq") for name in "abc"]
    ...     summary = encode_many(pairs, executor=executor, colors=16)
    >>> summary.files, summary.after, summary.failures[0].error
    (2, 64, 'No such file or directory')
    """
    summary = Summary()
    for result in encode_each(pairs, **arguments):
        summary.add(result)
        if report is not None:
            report(result)
    return summary


def _results(
    jobs: Iterable[Job],
    settings: Settings,
    handling: Handling,
    executor: Executor | None,
    manifest: str | os.PathLike[str] | None,
    tasks_at_once: int,
) -> Iterator[Result[Encoded]]:
    with ExitStack() as stack:
        record = None
        if manifest is not None:
            record = stack.enter_context(Manifest(manifest, settings.digest))
        work = Encoding(settings)
        yield from Batch(work, handling, executor, record, tasks_at_once).run(jobs)


def _checked_colors(colors: int | str | None) -> int | str | None:
    if colors is not None and colors != AUTO:
        check_integer("colors", colors, 1, MAX_COLORS)
    return colors


def _checked_parts(keep: Iterable[str]) -> frozenset[str]:
    parts = frozenset(keep)
    if not parts <= set(PARTS):
        raise ParameterError(f"keep is {sorted(parts)}, expected some of {', '.join(PARTS)}")
    return parts


def _checked_options(options: dict[str, Any]) -> dict[str, Any]:
    """Return options that can be sent to others any number of times."""
    if "keep_colors" in options:
        options["keep_colors"] = tuple(options["keep_colors"])
    Options(**options)
    return options
