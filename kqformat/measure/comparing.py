"""One picture at several numbers of colours, as files of several formats: the work of `compare`.

First every k is quantized and compared with the original, then all files are written, each by a
thread of its own. Every file is read back from the disk: those that claim to have the palette's
pixels must have them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from functools import partial
from typing import TypeAlias, TypeVar, Unpack

import numpy as np
import numpy.typing as npt

from kqformat.measure.comparison import Comparison, LeftOut, PeerRow, Row
from kqformat.measure.disk import temporary_folder
from kqformat.measure.fidelity import (
    MAX_SSIMULACRA2_PIXELS,
    MIN_SSIMULACRA2_SIDE,
    has_ssimulacra2,
)
from kqformat.measure.lossless import LosslessPeer, lossless_peers
from kqformat.measure.lossy import LossySearch, lossy_peers
from kqformat.measure.making import Made, Maker
from kqformat.model import MAX_COLORS
from kqformat.quantizer.options import Options, QuantizeOptions, check_integer
from kqformat.quantizer.pipeline import Quantization, Quantizer
from kqformat.quantizer.pixels import flat_pixels
from kqformat.threads import available

DEFAULT_COLORS = (2, 4, 8, 16, 32, 64, 128, 256)
DEFAULT_CODINGS = ("packed", "entropy")

Progress: TypeAlias = Callable[[int, int], None]
"""Is told how many steps are done, of how many; called from the thread that called `compare`."""

_Result = TypeVar("_Result")


def compare(
    image: npt.NDArray[np.uint8],
    *,
    colors: Iterable[int] = DEFAULT_COLORS,
    codings: Iterable[str] = DEFAULT_CODINGS,
    peers: bool = True,
    lossy: bool = True,
    ssimulacra2: bool = True,
    name: str = "",
    source_bytes: int | None = None,
    progress: Progress | None = None,
    threads: int | None = None,
    **options: Unpack[QuantizeOptions],
) -> Comparison:
    """Measure what a picture costs on disk, and what it loses, at several numbers of colours.

    All files are really written, to a temporary folder, and their sizes are what the file system
    says.

    Parameters
    ----------
    image : ndarray, uint8, shape (H, W), (H, W, 3) or (H, W, 4)
        Grey, RGB or straight-alpha RGBA.
    colors : iterable of int
        The numbers of colours, each from 1 to 65,536.
    codings : iterable of {"packed", "entropy", "auto"}
        How `.kq` files are stored.
    peers : bool
        Whether to write the same pixels as PNG-8, WebP and JPEG XL, too, by what is installed.
    lossy : bool
        Whether to look for JPEG, WebP and AVIF files of the same PSNR.
    ssimulacra2 : bool
        Whether to measure SSIMULACRA2, which takes most of the time.
    name : str
        Of the picture.
    source_bytes : int or None
        Of the file that it comes from.
    progress : callable or None
        Is told the steps done, and how many there are.
    threads : int or None
        Files at once; None for as many as there are processors.
    **options
        As in `kqformat.quantize`.

    Returns
    -------
    Comparison

    Raises
    ------
    ParameterError
        If an argument is not as described.
    MissingExtraError
        If SSIMULACRA2 is to be measured and its package is not installed.
    RasterError
        If an encoder that should keep the pixels did not.

    Examples
    --------
    >>> ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    >>> found = compare(ramp, colors=(4, 16), codings=("packed",), peers=False, lossy=False)
    >>> [(row.colors, row.file_bytes, round(row.psnr, 1)) for row in found.rows]
    [(4, 105, 22.8), (16, 205, 34.8)]
    """
    asked = sorted({_checked_colors(number) for number in colors})
    pixels, forms = _colour_pixels(image), tuple(dict.fromkeys(codings))
    same, near, left_out = _peers(pixels, peers=peers, lossy=lossy)
    if ssimulacra2 and not has_ssimulacra2(pixels):
        left_out.append(LeftOut("SSIMULACRA2", None, _no_score(pixels)))
    steps = _Steps(len(asked) * (2 + len(forms) + len(same) + len(near)), progress)
    quantizer = Quantizer(pixels, Options(**options))
    with temporary_folder() as folder, _pool(threads) as pool:
        maker = Maker(pixels, folder, options, ssimulacra2)
        chosen = {number: _timed(quantizer, number, steps) for number in asked}
        made = steps.results(pool, [partial(_made, maker, k, *chosen[k]) for k in asked])
        works: list[Callable[[Made], Row | PeerRow | LeftOut]] = [
            *(partial(maker.own, coding=coding) for coding in forms),
            *(partial(maker.same, peer=peer) for peer in same),
            *(partial(maker.near, search=search) for search in near),
        ]
        found = steps.results(pool, [partial(work, one) for one in made for work in works])
    height, width = pixels.shape[:2]
    return Comparison(
        image=name,
        width=width,
        height=height,
        baseline_bytes=3 * width * height,
        source_bytes=source_bytes,
        rows=tuple(one for one in found if isinstance(one, Row)),
        peers=tuple(one for one in found if isinstance(one, PeerRow)),
        left_out=(*left_out, *(one for one in found if isinstance(one, LeftOut))),
        quantizations={one.colors: one.chosen for one in made},
    )


def _checked_colors(number: int) -> int:
    check_integer("colors", number, 1, MAX_COLORS)
    return int(number)


def _colour_pixels(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return RGB, or RGBA where there is any transparency."""
    flat, shape = flat_pixels(image)
    if flat.shape[1] == 1:
        flat = np.repeat(flat, 3, axis=1)
    elif (flat[:, 3:] == 255).all():
        flat = np.ascontiguousarray(flat[:, :3])
    return flat.reshape(*shape, -1)


def _no_score(pixels: npt.NDArray[np.uint8]) -> str:
    height, width = pixels.shape[:2]
    return (
        f"is measured from {MIN_SSIMULACRA2_SIDE} pixels a side "
        f"to {MAX_SSIMULACRA2_PIXELS:,} in all, not of {width} x {height}"
    )


def _peers(
    pixels: npt.NDArray[np.uint8], *, peers: bool, lossy: bool
) -> tuple[list[LosslessPeer], list[LossySearch], list[LeftOut]]:
    """Return the encoders that are asked for and installed, and why others are not here."""
    same, missing = lossless_peers() if peers else ([], [])
    formats, others = lossy_peers(alpha=pixels.shape[2] == 4) if lossy else ([], [])
    return same, [LossySearch(peer, pixels) for peer in formats], missing + others


@contextmanager
def _pool(threads: int | None) -> Iterator[ThreadPoolExecutor]:
    """Give threads; what they have not begun is dropped where there is an error."""
    pool = ThreadPoolExecutor(threads or available())
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _timed(quantizer: Quantizer, colors: int, steps: _Steps) -> tuple[Quantization, float]:
    """Quantize, and take the time; one after another, since they share what is found once."""
    started = time.perf_counter()
    chosen = quantizer.at(colors)
    seconds = time.perf_counter() - started
    steps.advance()
    return chosen, seconds


def _made(maker: Maker, colors: int, chosen: Quantization, seconds: float) -> Made:
    return Made(colors, chosen, seconds, maker.measured(chosen.image.to_rgb()))


class _Steps:
    """What is done, of how much."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._done = 0
        self._total = total
        self._progress = progress

    def advance(self) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress(self._done, self._total)

    def results(
        self, pool: ThreadPoolExecutor, jobs: Iterable[Callable[[], _Result]]
    ) -> list[_Result]:
        """Do all jobs and return their results in order; the first error ends it."""
        futures = [pool.submit(job) for job in jobs]
        for future in as_completed(futures):
            future.result()
            self.advance()
        return [future.result() for future in futures]
