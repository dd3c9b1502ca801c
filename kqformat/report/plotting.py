"""Whole figures by the names that `kq plot` has for them, and their files, the same each time."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from kqformat.errors import ParameterError
from kqformat.measure import compare
from kqformat.quantizer.options import Options, QuantizeOptions
from kqformat.quantizer.pipeline import Quantization, Quantizer
from kqformat.quantizer.trace import random_starts, trace
from kqformat.report import figures, grids, rates
from kqformat.report.extras import needed
from kqformat.report.pixels import Pixels
from kqformat.report.style import RC

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("svg", "png", "pdf")
"""What files of figures can be."""

_UNDATED = {
    "svg": {"Date": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}

ALL_COLORS = (2, 4, 8, 16, 32, 64, 128, 256)


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """What a figure is drawn of.

    Attributes
    ----------
    pixels : ndarray, uint8, shape (H, W), (H, W, 3) or (H, W, 4)
    colors : tuple of int
        The numbers of colours; figures of one take the last.
    asked : QuantizeOptions
        Of the quantizer.
    starts : int
        How many random starts.
    source_bytes : int or None
        Of the file that the pixels come from.
    progress : callable or None
        As `kqformat.measure.compare` has it, for figures that take long.
    """

    pixels: Pixels
    colors: tuple[int, ...] = (16,)
    asked: QuantizeOptions = field(default_factory=QuantizeOptions)
    starts: int = 6
    source_bytes: int | None = None
    progress: Callable[[int, int], None] | None = None

    @property
    def options(self) -> Options:
        """The quantizer's options, with their defaults."""
        return Options(**self.asked)

    def at(self, colors: int) -> Quantization:
        """Quantize."""
        return Quantizer(self.pixels, self.options).at(colors)


def plot(kind: str, subject: Subject, form: str) -> bytes:
    """Return the bytes of a figure's file, the same each time.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    subject : Subject
    form : {"svg", "png", "pdf"}

    Raises
    ------
    ParameterError
        If there is no such kind or form.
    MissingExtraError
        If matplotlib is not installed.
    """
    if kind not in KINDS:
        raise ParameterError(f"the figure is {kind!r}, expected one of {', '.join(KINDS)}")
    if form not in FORMATS:
        raise ParameterError(f"the form is {form!r}, expected one of {', '.join(FORMATS)}")
    mpl = needed("matplotlib", "a figure")
    stream = io.BytesIO()
    with mpl.rc_context(RC):
        figure = KINDS[kind](subject)
        figure.savefig(stream, format=form, metadata=_UNDATED[form])
    return stream.getvalue()


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _grid(subject: Subject, rows: int, columns: int, width: float) -> tuple[Figure, list[Axes]]:
    """Return a figure with room for so many pictures, `width` inches each, and its `Axes`."""
    height, across = subject.pixels.shape[:2]
    picture = width * min(max(height / across, 0.2), 3.0)
    figure = _figure(columns * (width + 0.12), rows * (picture + 0.52) + 0.08)
    return figure, list(figure.subplots(rows, columns, squeeze=False).flat)


def _k_grid(subject: Subject) -> Figure:
    results = [subject.at(colors) for colors in subject.colors]
    count = 1 + len(results)
    columns = min(3, count)
    figure, axes = _grid(subject, -(-count // columns), columns, 3.3)
    grids.k_grid(axes, subject.pixels, results)
    for ax in axes[count:]:
        ax.set_axis_off()
    return figure


def _palette(subject: Subject) -> Figure:
    figure = _figure(7.2, 3.6)
    figures.palette(figure.subplots(), subject.at(subject.colors[-1]).image)
    return figure


def _cube(subject: Subject) -> Figure:
    figure = _figure(6.4, 6.0)
    ax = figure.add_subplot(projection="3d")
    figures.cube(ax, subject.pixels, subject.at(subject.colors[-1]).image)
    return figure


def _convergence(subject: Subject) -> Figure:
    figure = _figure(7.2, 4.2)
    colors = subject.colors[-1]
    own = trace(subject.pixels, colors, subject.options)
    (random,) = random_starts(subject.pixels, colors, 1, options=subject.options)
    courses = {f"kq, {subject.options.effort}": own, "random start, plain k-means": random}
    figures.convergence(figure.subplots(), courses).set_title(f"k = {colors}")
    return figure


def _starts(subject: Subject) -> Figure:
    columns = min(3, subject.starts)
    figure, axes = _grid(subject, -(-subject.starts // columns), columns, 3.0)
    colors, options = subject.colors[-1], subject.options
    runs = random_starts(subject.pixels, colors, subject.starts, seed=options.seed, options=options)
    grids.starts(axes, subject.pixels, runs)
    for ax in axes[subject.starts :]:
        ax.set_axis_off()
    return figure


def _outliers(subject: Subject) -> Figure:
    results = {
        name: Quantizer(subject.pixels, replace(subject.options, outliers=name)).at(
            subject.colors[-1]
        )
        for name in ("off", "auto", "kmor")
    }
    figure, axes = _grid(subject, 2, 4, 2.6)
    grids.outliers(axes, subject.pixels, results)
    return figure


def _rate_distortion(subject: Subject) -> Figure:
    comparison = compare(
        subject.pixels,
        colors=subject.colors,
        ssimulacra2=False,
        source_bytes=subject.source_bytes,
        progress=subject.progress,
        **subject.asked,
    )
    figure = _figure(8.8, 5.0)
    rates.rate_distortion(figure.subplots(), comparison)
    return figure


def _error(subject: Subject) -> Figure:
    height, width = subject.pixels.shape[:2]
    figure = _figure(7.2, min(9.0, max(2.2, 6.0 * height / width + 0.7)))
    figures.error(figure.subplots(), subject.pixels, subject.at(subject.colors[-1]).image)
    return figure


KINDS: dict[str, Callable[[Subject], Figure]] = {
    "k-grid": _k_grid,
    "palette": _palette,
    "cube": _cube,
    "rate-distortion": _rate_distortion,
    "convergence": _convergence,
    "starts": _starts,
    "outliers": _outliers,
    "error": _error,
}
"""The figures by name."""
