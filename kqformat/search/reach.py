"""The smallest file that meets a target, by search over the number of colours.

First the index width is found, trying the most colours that each has. The squared error falls with
every doubling, so the widths are bisected for it; the worst pixel's does not always, so from there
on they are tried one by one. Then come the numbers of colours within the width. They save palette
bytes only, and in all but small pictures these are nothing against what more colours give: where
all of them cost less than a hundredth of the file, the index bits are filled. In other pictures
the fewest are found, to a thousandth of the file. So the file is the smallest that meets the
target, or at most 1 % larger and the better for it.

Of entropy coding none of this is known beforehand: no number of colours is the natural one, and
files are encoded to be measured. There the fewest colours are found, to a thousandth of them.

If nothing but the size is limited, the most colours that fit are taken.

Trials share the image's histogram and trees, but no palette is the start of another: every result
is that of `Quantizer.at`, whatever was tried on the way to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from kqformat.errors import TargetError
from kqformat.model import MAX_COLORS, index_width
from kqformat.quantizer.options import check_integer
from kqformat.quantizer.pipeline import Quantization, Quantizer
from kqformat.search.quality import quality_of
from kqformat.search.target import Target
from kqformat.search.trials import PACKED, Storage, Trial, Trials, likely_bytes

_FILL_SHARE = 0.01
"""What the palette entries may cost that fill the index bits, as a share of the file."""

_STEP_SHARE = 0.001
"""Palette entries are counted one by one unless they cost less than this share of the file."""

_FIRST_WIDTH = 4
_LOOK_BACK = 4


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """What met a target.

    Attributes
    ----------
    quantization : Quantization
        The image, and how it came about.
    file_bytes : int
        Size of its file.
    tried : tuple of Trial
        All that was tried, in order.
    """

    quantization: Quantization
    file_bytes: int
    tried: tuple[Trial, ...]


def reach(
    quantizer: Quantizer,
    target: Target,
    storage: Storage = PACKED,
    *,
    min_colors: int = 1,
    max_colors: int | None = None,
) -> Reached:
    """Find the smallest file that meets a target, or the best one of a limited size.

    Of a range of qualities, the upper one is aimed at: the fewest colours that reach it. If none
    do, or their file is too large, the most colours that are allowed and fit must reach the lower.

    Parameters
    ----------
    quantizer : Quantizer
        Of the image.
    target : Target
        What is wanted; all of it.
    storage : Storage
        How the file will be stored.
    min_colors, max_colors : int
        The fewest and the most that may be tried; see `Target.max_colors` if the latter is None.

    Returns
    -------
    Reached

    Raises
    ------
    TargetError
        If the target cannot be met.
    ParameterError
        If a number of colours is out of range, or the coding unknown.

    Examples
    --------
    >>> import numpy as np
    >>> ramp = np.arange(4096).reshape(64, 64)
    >>> quantizer = Quantizer((ramp >> 4).astype(np.uint8))
    >>> reached = reach(quantizer, Target(psnr=40))
    >>> reached.quantization.image.colors, round(reached.quantization.psnr, 2), reached.file_bytes
    (32, 40.73, 2685)
    """
    if max_colors is None:
        max_colors = max(min_colors, target.max_colors)
    check_integer("max_colors", max_colors, 1, MAX_COLORS)
    check_integer("min_colors", min_colors, 1, max_colors)
    trials = Trials(quantizer, storage, worst=target.max_error is not None)
    # More colours than the image has, and those to be kept, come to the same.
    most = min(max_colors, len(quantizer.histogram) + min_colors)
    search = _Search(trials, target, min_colors, most)
    trial = search.smallest() if target.wants_quality else None
    if trial is None or (target.quality is not None and not target.fits(trial)):
        trial = search.best_that_fits()
    if not target.is_met(trial):
        raise TargetError(_found(trial, target), target.wanted, trial.colors)
    return Reached(trials.quantization(trial), trial.file_bytes, trials.made)


class _Search:
    """The search for one target."""

    def __init__(self, trials: Trials, target: Target, least: int, most: int) -> None:
        self._trials = trials
        self._target = target
        self._least = least
        self._most = most

    def smallest(self) -> Trial | None:
        """Return the smallest file that is as good as aimed at, of whatever size."""
        top = index_width(self._most)
        lowest = index_width(self._least)
        if self._target.aims_at_lossless:
            lowest = top
        width = max(lowest, min(_FIRST_WIDTH, top))
        while width < top and not self._is_close(width):
            lowest, width = width + 1, min(width + (4 if width < 8 else 2), top)
        width = _first(self._is_close, lowest, width)
        while width < top and not self._is_good(self._filled(width).colors):
            width += 1
        filled = self._filled(width)
        return self._fewest(filled) if self._is_good(filled.colors) else None

    def best_that_fits(self) -> Trial:
        """Return the trial of the most colours whose file is small enough, or of the fewest."""
        at, max_bytes = self._trials.at, self._target.max_bytes
        if max_bytes is None:
            return at(self._most)
        fewest = at(self._least)
        if not self._target.fits(fewest):
            return fewest
        if not self._trials.are_packed:
            return at(_first(lambda k: not self._fits(k + 1), self._least, self._most))
        image = self._trials.quantization(fewest).image
        most, channels, surplus = self._most, 3, 0
        while True:
            most = _first(
                lambda k: likely_bytes(image, k + 1, channels) + surplus > max_bytes,  # noqa: B023
                self._least,
                most,
            )
            trial = at(most)
            if self._target.fits(trial):
                return trial
            # Its palette has alpha, or it has other metadata.
            channels = trial.channels
            surplus = trial.file_bytes - likely_bytes(image, trial.palette_size, channels)

    def _fewest(self, filled: Trial) -> Trial:
        """Return the smallest good file of the width of one that is good and has all colours."""
        if filled.lossless and self._target.aims_at_lossless:
            return filled
        lowest = max(self._least, (1 << index_width(filled.colors) >> 1) + 1)
        if self._trials.are_packed:
            if filled.channels * (filled.palette_size - lowest) <= _FILL_SHARE * filled.file_bytes:
                return filled
            step = max(1, int(_STEP_SHARE * filled.file_bytes / filled.channels))
        else:
            step = max(1, int(_STEP_SHARE * filled.palette_size))
        fewest = _first(self._is_good, lowest, filled.colors, step)
        if step == 1:
            fewest = self._look_back(fewest, lowest)
        trial = self._trials.at(fewest)
        fill_share = _FILL_SHARE if self._trials.are_packed else 0.0
        return filled if filled.file_bytes <= (1 + fill_share) * trial.file_bytes else trial

    def _look_back(self, fewest: int, lowest: int) -> int:
        """Return the fewest good colours from some below a number that is good."""
        colors = fewest - 1
        while colors >= max(lowest, fewest - _LOOK_BACK):
            if self._is_good(colors):
                fewest = colors
            colors -= 1
        return fewest

    def _filled(self, width: int) -> Trial:
        """Try the most colours of an index width."""
        return self._trials.at(max(self._least, min(1 << width, self._most)))

    def _is_close(self, width: int) -> bool:
        return self._target.is_close(self._filled(width), aim=True)

    def _is_good(self, colors: int) -> bool:
        trial = self._trials.at(colors)
        good = self._target.is_close(trial, aim=True) and self._target.is_even(trial)
        if good:
            self._trials.hold(trial)
        return good

    def _fits(self, colors: int) -> bool:
        return self._target.fits(self._trials.at(colors))


def _first(holds: Callable[[int], bool], lowest: int, highest: int, step: int = 1) -> int:
    """Return the first number for which something holds that then holds on; else the highest.

    Or one for which it holds that is less than a step above.
    """
    while highest - lowest >= step:
        middle = math.isqrt(lowest * highest)
        if holds(middle):
            highest = middle
        else:
            lowest = middle + 1
    return highest


def _found(trial: Trial, target: Target) -> str:
    """Return what came of a trial, in the words of the target, never better than it was."""
    parts = []
    if target.quality is not None:
        parts.append(f"quality {_floor(quality_of(trial.mean_squared_error))}")
    if target.psnr is not None:
        parts.append(_fidelity(trial))
    if target.max_error is not None:
        parts.append(f"a worst error of {trial.max_error}")
    if target.max_bytes is not None:
        parts.append(f"{trial.file_bytes:,} bytes")
    return ", ".join(parts)


def _fidelity(trial: Trial) -> str:
    if trial.lossless:
        return "a lossless image"
    if math.isinf(trial.psnr):  # what differs is nowhere seen
        return "no error"
    return f"{_floor(trial.psnr)} dB"


def _floor(value: float) -> str:
    return f"{math.floor(100 * value) / 100:.2f}"
