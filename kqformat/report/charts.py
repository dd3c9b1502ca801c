"""Charts of the page, as numbers: where lines, marks and ticks are. A template draws them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kqformat.measure.comparison import Comparison
from kqformat.quantizer.trace import Trace
from kqformat.report.rates import curves

WIDTH, HEIGHT = 580, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 30, 14, 50
_FEW_MARKS = 24


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of a line: where it is, what it says, and the k it is of."""

    x: float
    y: float
    title: str
    k: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart.

    Attributes
    ----------
    name : str
    style : str
        A class of the style sheet, for colour and dashes.
    marks : tuple of Mark
        In order.
    has_marks : bool
        Whether they are all drawn, or the last only.
    """

    name: str
    style: str
    marks: tuple[Mark, ...]
    has_marks: bool = True

    @property
    def path(self) -> str:
        """The line, as SVG has it."""
        return "M" + "L".join(f"{mark.x} {mark.y}" for mark in self.marks)


@dataclass(frozen=True, slots=True)
class Tick:
    """A number on an axis."""

    place: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of lines."""

    across: str
    up: str
    lines: tuple[Line, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    top: float = _TOP
    bottom: float = HEIGHT - _BOTTOM
    width: float = WIDTH
    height: float = HEIGHT


class Scale:
    """From values to places on an axis, in proportion or by logarithms.

    Parameters
    ----------
    values : iterable of float
        All that are to have a place; some room is left beside them.
    start, end : float
        The places of the ends.
    is_log : bool
    """

    def __init__(
        self, values: Iterable[float], start: float, end: float, *, is_log: bool = False
    ) -> None:
        self._turn = math.log if is_log else float
        turned = [self._turn(value) for value in values]
        self._low, high = min(turned), max(turned)
        spread = high - self._low or 1.0
        self._low -= 0.04 * spread if is_log else 0.0
        self._step = (end - start) / (spread * (1.08 if is_log else 1.04))
        self._start = start
        self._ends = sorted((start, end))
        self._is_log = is_log
        self._values = sorted(values)

    def place(self, value: float) -> float:
        """Return where a value is."""
        return round(self._start + (self._turn(value) - self._low) * self._step, 1)

    def ticks(self, most: int) -> tuple[Tick, ...]:
        """Return round numbers that the axis has, `most` or few more."""
        found = [Tick(self.place(value), _number(value)) for value in self._round(most)]
        low, high = self._ends
        return tuple(tick for tick in found if low - 0.05 <= tick.place <= high + 0.05)

    def _round(self, most: int) -> list[float]:
        low, high = self._values[0], self._values[-1]
        if self._is_log and high / low > 8:
            powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
            each = (1, 2, 5) if len(powers) <= most // 2 + 1 else (1,)
            return [step * 10.0**power for power in powers for step in each]
        step = _step((high - low or 1.0) / most)
        first = math.floor(low / step) - 1
        least = 1 if self._is_log else 0
        return [step * (first + number) for number in range(most * 3) if first + number >= least]


def rates_chart(comparison: Comparison) -> Chart | None:
    """Return PSNR against bytes, or None where no file has any error."""
    drawn = curves(comparison)
    if not drawn:
        return None
    points = [point for curve in drawn for point in curve.points]
    unit, times = (
        ("kB on disk (of 1,000 bytes)", 1000) if _is_large(points) else ("bytes on disk", 1)
    )
    x = Scale([size / times for size, _, _ in points], _LEFT, WIDTH - _RIGHT, is_log=True)
    # In decibels: the logarithm is taken already.
    y = Scale([psnr for _, psnr, _ in points], HEIGHT - _BOTTOM - 12, _TOP)
    lines: list[Line] = []
    for number, curve in enumerate(drawn):
        name = f"kq, {curve.name}" if curve.is_own else curve.name
        style = f"own-{curve.name}" if curve.is_own else f"other-{number}"
        marks = tuple(
            Mark(
                x.place(size / times),
                y.place(psnr),
                f"{name}, k = {k}: {size:,} bytes, {psnr:.2f} dB",
                k,
            )
            for size, psnr, k in curve.points
        )
        lines.append(Line(name, style + (" lossy" if curve.is_lossy else ""), marks))
    return Chart(unit, "PSNR, dB", tuple(lines), x.ticks(8), y.ticks(6))


def convergence_chart(courses: Mapping[str, Trace]) -> Chart | None:
    """Return the distortion after each step, or None where there is none."""
    values = [value for course in courses.values() for value in course.distortions]
    if min(values) <= 0:
        return None
    longest = max(len(course.steps) for course in courses.values())
    x = Scale([0, max(1, longest - 1)], _LEFT, WIDTH - _RIGHT)
    y = Scale(values, HEIGHT - _BOTTOM, _TOP, is_log=True)
    lines = []
    for number, (name, course) in enumerate(courses.items()):
        marks = tuple(
            Mark(
                x.place(step),
                y.place(at.distortion),
                f"{name}, step {step}, {at.stage}: {at.distortion:.1f}",
            )
            for step, at in enumerate(course.steps)
        )
        lines.append(Line(name, f"course-{number}", marks, len(marks) <= _FEW_MARKS))
    return Chart("step", "mean squared distance", tuple(lines), x.ticks(8), y.ticks(6))


def _is_large(points: Iterable[tuple[int, float, int]]) -> bool:
    return max(size for size, _, _ in points) >= 10_000


def _step(least: float) -> float:
    """Return the first of 1, 2, 5, 10, 20, … that is no less."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(each * power for each in (1, 2, 5, 10) if each * power >= least * 0.999)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.3g}"
