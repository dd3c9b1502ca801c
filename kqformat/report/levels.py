"""What the page tells of one number of colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from kqformat.measure.comparison import Comparison, PeerRow, Row
from kqformat.quantizer.options import Options
from kqformat.quantizer.pipeline import Quantization
from kqformat.quantizer.trace import random_starts, trace
from kqformat.report.charts import Chart, convergence_chart
from kqformat.report.differences import around, delta_e, worst_pixel
from kqformat.report.embedding import Shown, webp
from kqformat.report.palettes import by_hue, by_population, hexadecimal, share_text, shares
from kqformat.report.pixels import Pixels, as_drawn

_CROP = 25
"""Pixels a side of the largest error's surroundings."""


@dataclass(frozen=True, slots=True)
class Swatch:
    """A palette entry: its colour as drawn and as it is, and its share of the pixels."""

    fill: str
    name: str
    share: float
    percent: str


@dataclass(frozen=True, slots=True)
class Largest:
    """The pixel that looks most different, and its surroundings before and after."""

    x: int
    y: int
    original: str
    shown: str
    delta_e: float
    before: str
    after: str
    column: int
    row: int
    columns: int
    rows: int


@dataclass(frozen=True, slots=True)
class Level:
    """One number of colours.

    Attributes
    ----------
    asked : int
        The k that was asked for.
    row : Row
        The first of the rows, for what they have in common.
    rows : tuple of Row
        One of each coding.
    same, lossy : tuple of PeerRow
        The same pixels in other formats; formats of other pixels at this PSNR.
    uri : str
        The picture.
    hues, population : tuple of Swatch
        The palette in two orders.
    chart : Chart or None
        The distortion by step.
    largest : Largest or None
        None where nothing is lost.
    mean, high, top : float
        ΔE: the mean, what 95 % of the pixels are below, and the end of the map's scale.
    """

    asked: int
    row: Row
    rows: tuple[Row, ...]
    same: tuple[PeerRow, ...]
    lossy: tuple[PeerRow, ...]
    uri: str
    hues: tuple[Swatch, ...]
    population: tuple[Swatch, ...]
    chart: Chart | None
    largest: Largest | None
    mean: float
    high: float
    top: float

    @property
    def psnr(self) -> str:
        """The PSNR in words."""
        return decibels(self.row.psnr)

    @property
    def verdict(self) -> str:
        """What it comes to, in a few sentences."""
        own = smallest(self.rows)
        words = f"The smallest .kq file takes {own.file_bytes:,} bytes ({own.coding})"
        if self.same:
            best = smallest(self.same)
            words += f"; the same pixels take {best.file_bytes:,} as {best.name}"
        if self.lossy:
            best = smallest(self.lossy)
            words += f"; other pixels of no less PSNR {best.file_bytes:,} as {best.name}"
        return words + "."


def level_of(
    asked: int, comparison: Comparison, pixels: Pixels, picture: Shown, options: Options
) -> Level:
    """Return what the page tells of a k."""
    result = comparison.quantizations[asked]
    errors = delta_e(pixels, result.image.to_rgb())
    rows = tuple(row for row in comparison.rows if row.colors == asked)
    peers = [row for row in comparison.peers if row.colors == asked]
    hues, population = _swatches(result)
    return Level(
        asked=asked,
        row=rows[0],
        rows=rows,
        same=tuple(row for row in peers if row.lossless_of_palette),
        lossy=tuple(row for row in peers if not row.lossless_of_palette),
        uri=picture.uri_of(result.image, options.space),
        hues=hues,
        population=population,
        chart=_chart(result, asked, pixels, options),
        largest=_largest(pixels, result, errors) if errors.any() else None,
        mean=float(errors.mean()),
        high=float(np.percentile(errors, 95)),
        top=max(2.0, float(np.percentile(errors, 99.5))),
    )


_Sized = TypeVar("_Sized", Row, PeerRow)


def smallest(rows: Sequence[_Sized]) -> _Sized:
    """Return the row with the fewest bytes, the first of equal ones."""
    return min(rows, key=lambda row: row.file_bytes)


def decibels(psnr: float) -> str:
    """Return a PSNR in words.

    Examples
    --------
    >>> decibels(31.234), decibels(float("inf"))
    ('31.23 dB', 'lossless')
    """
    return f"{psnr:.2f} dB" if math.isfinite(psnr) else "lossless"


def signed(value: float) -> str:
    """Return a number to a tenth, with the sign that typesetters take.

    Examples
    --------
    >>> signed(-3.14), signed(3.14)
    ('\u22123.1', '3.1')
    """
    return f"{value:.1f}".replace("-", "\u2212")


def _swatches(result: Quantization) -> tuple[tuple[Swatch, ...], tuple[Swatch, ...]]:
    image = result.image
    drawn = as_drawn(image.palette[None])[0]
    part = shares(image)

    def listed(order: Sequence[int]) -> tuple[Swatch, ...]:
        return tuple(
            Swatch(
                hexadecimal(drawn[entry]),
                hexadecimal(image.palette[entry]),
                float(part[entry]),
                share_text(float(part[entry])),
            )
            for entry in order
        )

    return listed(by_hue(drawn).tolist()), listed(by_population(image).tolist())


def _chart(result: Quantization, asked: int, pixels: Pixels, options: Options) -> Chart | None:
    if not result.stages:
        return None
    courses = {f"kq, {options.effort}": trace(pixels, asked, options)}
    (courses["plain k-means, random start"],) = random_starts(pixels, asked, 1, options=options)
    return convergence_chart(courses)


def _largest(pixels: Pixels, result: Quantization, errors: np.ndarray) -> Largest:
    shown = result.image.to_rgb()
    worst = worst_pixel(pixels, shown, errors)
    box = around(worst.x, worst.y, errors.shape, _CROP, _CROP)
    before, after = (webp(box.cut(as_drawn(image))) for image in (pixels, shown))
    return Largest(
        worst.x,
        worst.y,
        hexadecimal(worst.original),
        hexadecimal(worst.shown),
        worst.delta_e,
        before,
        after,
        worst.x - box.left,
        worst.y - box.top,
        box.width,
        box.height,
    )
