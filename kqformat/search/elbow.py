"""A number of colours for those who give none: the elbow of rate against distortion.

The numbers that fill their index bits are tried, 1 to 256, and the one is taken whose squared
error plus `BIT_WORTH` times its bits a pixel is least: as long as another bit lowers the error by
more than that, it is spent. The bits are those of the real file, palette included, so a small
picture is not given colours that cost more than its pixels.

The error counts as it is, not in decibels: a chart gains 5 dB with every bit even where nobody
sees a difference any more, while a photograph at 30 dB gains only 2, which are worth having.
"""

from __future__ import annotations

from dataclasses import dataclass

from kqformat.model import index_width
from kqformat.quantizer.options import check_integer
from kqformat.quantizer.pipeline import Quantization, Quantizer
from kqformat.search.trials import PACKED, Storage, Trial, Trials

BIT_WORTH = 2.0
"""By how much a bit a pixel must lower the mean squared error: four points of `quality`."""

MAX_ELBOW_COLORS = 256


@dataclass(frozen=True, slots=True, eq=False)
class Elbow:
    """A choice and its reasons.

    Attributes
    ----------
    quantization : Quantization
        The image, and how it came about.
    file_bytes : int
        Size of its file.
    curve : tuple of Trial
        What was tried, by rising number of colours.
    reason : str
        Why this number of colours, in a sentence without a full stop.
    """

    quantization: Quantization
    file_bytes: int
    curve: tuple[Trial, ...]
    reason: str


def auto_colors(
    quantizer: Quantizer,
    storage: Storage = PACKED,
    *,
    min_colors: int = 1,
    max_colors: int = MAX_ELBOW_COLORS,
) -> Elbow:
    """Choose the number of colours at the elbow.

    Parameters
    ----------
    quantizer : Quantizer
        Of the image.
    storage, min_colors, max_colors
        As in `reach`.

    Returns
    -------
    Elbow

    Raises
    ------
    ParameterError
        If a number of colours is out of range, or the coding unknown.

    Examples
    --------
    >>> import numpy as np
    >>> greys = np.array([9, 10, 60, 61, 120, 121, 250, 251], np.uint8)
    >>> auto_colors(Quantizer(greys.repeat(512).reshape(64, 64))).reason
    '4 colours in 1,065 bytes, 51.1 dB: 8 would be lossless, not worth 524 bytes more'
    """
    check_integer("max_colors", max_colors, 1, MAX_ELBOW_COLORS)
    check_integer("min_colors", min_colors, 1, max_colors)
    trials = Trials(quantizer, storage)
    pixels = len(quantizer.pixels)
    for width in range(index_width(min_colors), index_width(max_colors) + 1):
        trial = trials.at(max(min_colors, min(1 << width, max_colors)))
        best = min(trials.made, key=lambda made: _cost(made, pixels))
        if best is trial:
            trials.hold(trial)
        if trial.lossless:
            break
    return Elbow(
        trials.quantization(best), best.file_bytes, trials.made, _reason(best, trials.made)
    )


def _cost(trial: Trial, pixels: int) -> float:
    return trial.mean_squared_error + BIT_WORTH * 8 * trial.file_bytes / pixels


def _reason(best: Trial, curve: tuple[Trial, ...]) -> str:
    found = f"{_count(best)} in {best.file_bytes:,} bytes, {_fidelity(best)}"
    if best.lossless:
        return f"{found}: all that the image has"
    after = curve[curve.index(best) + 1 :]
    if not after:
        return f"{found}: the most that were tried"
    return (
        f"{found}: {after[0].palette_size} would be {_fidelity(after[0])}, "
        f"not worth {after[0].file_bytes - best.file_bytes:,} bytes more"
    )


def _count(trial: Trial) -> str:
    return "1 colour" if trial.palette_size == 1 else f"{trial.palette_size} colours"


def _fidelity(trial: Trial) -> str:
    return "lossless" if trial.lossless else f"{trial.psnr:.1f} dB"
