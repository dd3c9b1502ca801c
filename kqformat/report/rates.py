"""The figure of bytes against error: `.kq` files, the same pixels elsewhere, lossy formats."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kqformat.measure.comparison import Comparison, PeerRow, Row
from kqformat.report.style import BLUE, GREEN, INK, MUTED, ORANGE, PURPLE, SKY, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_CODINGS = {"packed": (BLUE, "o"), "entropy": (VERMILION, "s")}
_SAME_PIXELS = ((MUTED, "v"), (GREEN, "^"), (PURPLE, "D"), (INK, "P"), (SKY, "X"))
_LOSSY = ((ORANGE, "<"), (GREEN, ">"), (PURPLE, "d"), (SKY, "p"))


@dataclass(frozen=True, slots=True)
class Curve:
    """Files of one kind, the smaller before the larger.

    Attributes
    ----------
    name : str
        For the legend.
    color, marker : str
        As matplotlib has them.
    is_own : bool
        Whether these are `.kq` files.
    is_lossy : bool
        Whether these are other pixels than the `.kq` files have.
    points : tuple of (int, float, int)
        Bytes, PSNR in dB, k.
    """

    name: str
    color: str
    marker: str
    is_own: bool
    is_lossy: bool
    points: tuple[tuple[int, float, int], ...]


def curves(comparison: Comparison) -> tuple[Curve, ...]:
    """Return what is drawn of a comparison; files without any error have no place in it."""
    found = [
        _curve(coding, *_CODINGS[coding], _of(comparison.rows, coding, "coding"), is_own=True)
        for coding in dict.fromkeys(row.coding for row in comparison.rows)
    ]
    for is_lossy, marks in ((False, _SAME_PIXELS), (True, _LOSSY)):
        rows = [row for row in comparison.peers if row.lossless_of_palette != is_lossy]
        names = dict.fromkeys(row.name for row in rows)
        for number, name in enumerate(names):
            color, marker = marks[number % len(marks)]
            own = _of(rows, name, "name")
            found.append(_curve(name, color, marker, own, is_lossy=is_lossy))
    return tuple(curve for curve in found if curve.points)


def rate_distortion(ax: Axes, comparison: Comparison) -> Axes:
    """Draw PSNR against bytes on disk, for each coding and each other format.

    Parameters
    ----------
    ax : Axes
    comparison : Comparison
        See `kqformat.measure.compare`.

    Returns
    -------
    Axes
    """
    drawn = curves(comparison)
    if not drawn:
        ax.text(0.5, 0.5, "No file has any error.", ha="center", transform=ax.transAxes)
        return ax
    for curve in drawn:
        sizes, psnrs, _ = zip(*curve.points, strict=True)
        ax.plot(
            sizes,
            psnrs,
            color=curve.color,
            marker=curve.marker,
            markersize=5 if curve.is_own else 4,
            linewidth=2.2 if curve.is_own else 1.0,
            linestyle=":" if curve.is_lossy else "-",
            label=f"kq, {curve.name}" if curve.is_own else curve.name,
            zorder=3 if curve.is_own else 2,
        )
        if curve.is_own:
            _name_points(ax, curve)
    if comparison.source_bytes is not None:
        _mark_source(ax, comparison.source_bytes)
    _scales(ax)
    return ax


def _name_points(ax: Axes, curve: Curve) -> None:
    """Write k beside each point, on the side where no other curve is."""
    right = curve.name == "packed"
    for size, psnr, k in curve.points:
        ax.annotate(
            str(k),
            (size, psnr),
            xytext=(7 if right else -7, -3 if right else 2),
            textcoords="offset points",
            ha="left" if right else "right",
            color=curve.color,
            fontsize=8,
        )


def _mark_source(ax: Axes, size: int) -> None:
    ax.axvline(size, color=MUTED, linewidth=0.9, linestyle="--")
    ax.annotate(
        "the source file",
        (size, 0),
        xycoords=("data", "axes fraction"),
        xytext=(-4, 6),
        textcoords="offset points",
        rotation=90,
        ha="right",
        va="bottom",
        color=MUTED,
        fontsize=8,
    )


def _scales(ax: Axes) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    ax.set(xscale="log", xlabel="bytes on disk", ylabel="PSNR, dB")
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.margins(x=0.08)
    ax.grid(visible=True)
    ax.legend(
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        title="solid: the palette's pixels\ndotted: lossy formats\nnumbers: k\n",
        title_fontsize=8,
        alignment="left",
    )


def _of(rows: Sequence[Row | PeerRow], name: str, attribute: str) -> list[Row | PeerRow]:
    return [row for row in rows if getattr(row, attribute) == name]


def _curve(
    name: str,
    color: str,
    marker: str,
    rows: Sequence[Row | PeerRow],
    *,
    is_own: bool = False,
    is_lossy: bool = False,
) -> Curve:
    finite = [(row.file_bytes, row.psnr, row.colors) for row in rows if math.isfinite(row.psnr)]
    return Curve(name, color, marker, is_own, is_lossy, tuple(sorted(finite, key=_by_colors)))


def _by_colors(point: tuple[int, float, int]) -> tuple[int, int]:
    return point[2], point[0]
