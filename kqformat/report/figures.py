"""Figures of one `Axes` each: palette, cube, convergence, error.

Each function draws on the `Axes` that it is given and returns it. `rates` and `grids` have the
others, `plotting` puts them on paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from kqformat.model import IndexedImage
from kqformat.quantizer.trace import Trace
from kqformat.report.differences import around, delta_e, pooled, worst_pixel
from kqformat.report.palettes import by_hue, by_population, hexadecimal, is_dark, share_text, shares
from kqformat.report.pixels import Pixels, as_drawn
from kqformat.report.style import CYCLE, INK, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from mpl_toolkits.mplot3d import Axes3D  # type: ignore[import-untyped]

_MOST_LABELS = 32
"""With more entries there is no room for their names."""

_CUBE_POINTS = 6000
_MAP_SIDE = 2000  # of a map of errors; that of a larger picture has means

_MARKS = "osD^vP*X"
_PLAIN_STAGES = 3  # start, k-means, palette


def palette(ax: Axes, image: IndexedImage) -> Axes:
    """Draw a palette: above by hue, each entry as wide, below by population, as wide as its share.

    Parameters
    ----------
    ax : Axes
    image : IndexedImage

    Returns
    -------
    Axes
    """
    part = shares(image)
    drawn = as_drawn(image.palette[None])[0]
    order, ranked = by_hue(drawn), by_population(image)
    ax.set_axis_off()
    ax.set(xlim=(0, 1), ylim=(0, 1))
    rows = _rows(image.colors)
    width, height = 1 / -(-image.colors // rows), 0.66 / rows
    for place, entry in enumerate(order):
        row, column = divmod(place, -(-image.colors // rows))
        left, bottom = column * width, 0.94 - (row + 1) * height
        _swatch(ax, drawn[entry], left, bottom, width, height)
        if image.colors <= _MOST_LABELS:
            text = f"{hexadecimal(image.palette[entry])}\n{share_text(part[entry])}"
            tint = "white" if is_dark(drawn[entry]) else INK
            middle = left + width / 2, bottom + height / 2
            ax.text(*middle, text, color=tint, ha="center", va="center", fontsize=7.5)
    left = 0.0
    for entry in ranked:
        _swatch(ax, drawn[entry], left, 0.0, part[entry], 0.2)
        if part[entry] >= 0.055:
            tint = "white" if is_dark(drawn[entry]) else INK
            middle = left + part[entry] / 2, 0.1
            text = share_text(part[entry])
            ax.text(*middle, text, color=tint, ha="center", va="center", fontsize=7.5)
        left += part[entry]
    ax.text(0, 0.955, f"{image.colors} colours by hue", fontsize=9.5, va="bottom")
    ax.text(0, 0.215, "by population, as wide as its share of the pixels", va="bottom")
    return ax


def _rows(colors: int) -> int:
    return max(1, min(8, -(-colors // 8) if colors <= _MOST_LABELS else -(-colors // 32)))


def _swatch(
    ax: Axes, color: Pixels, left: float, bottom: float, width: float, height: float
) -> None:
    from matplotlib.patches import Rectangle

    face = hexadecimal(color)
    ax.add_patch(Rectangle((left, bottom), width, height, facecolor=face, edgecolor="none"))


def cube(ax: Axes3D, pixels: Pixels, image: IndexedImage) -> Axes3D:
    """Draw colours of the pixels in the RGB cube, and the palette, each entry by its share.

    Parameters
    ----------
    ax : Axes3D
        Made with ``projection="3d"``.
    pixels : ndarray, uint8, shape (H, W), (H, W, 3) or (H, W, 4)
        Of which at most 6,000 are drawn, evenly strewn over the picture.
    image : IndexedImage

    Returns
    -------
    Axes3D
    """
    flat = as_drawn(pixels).reshape(-1, 3)
    picked = flat[np.random.default_rng(0).permutation(len(flat))[:_CUBE_POINTS]]
    points = np.unique(picked, axis=0)
    ax.scatter(*points.T, c=points / 255, s=4, alpha=0.6, linewidths=0, depthshade=False)
    entries = as_drawn(image.palette[None])[0]
    sizes = 20 + 2400 * shares(image)
    ax.scatter(
        *entries.T, c=entries / 255, s=sizes, edgecolors="white", linewidths=2.2, depthshade=False
    )
    ax.scatter(
        *entries.T, c=entries / 255, s=sizes, edgecolors=INK, linewidths=0.9, depthshade=False
    )
    for axis, name in zip("xyz", ("red", "green", "blue"), strict=True):
        ax.set(**{f"{axis}lim": (0, 255), f"{axis}ticks": (0, 64, 128, 192, 255)})
        getattr(ax, f"set_{axis}label")(name, labelpad=9)
        getattr(ax, f"{axis}axis").set_pane_color((0.9, 0.91, 0.92, 1.0))
    ax.set_box_aspect((1, 1, 1), zoom=0.95)
    ax.view_init(elev=22, azim=-58)
    ax.set_title(f"{image.colors} colours among the picture's, area by share", y=0.98)
    return ax


def convergence(ax: Axes, courses: Mapping[str, Trace]) -> Axes:
    """Draw the distortion after each step of one or several runs.

    Parameters
    ----------
    ax : Axes
    courses : mapping of str to Trace
        By their names in the legend. The stages of runs that have several are marked.

    Returns
    -------
    Axes
    """
    from matplotlib.ticker import MaxNLocator, NullLocator, ScalarFormatter

    seen: dict[str, str] = {}
    for color, (name, course) in zip(CYCLE, courses.items(), strict=False):
        values = course.distortions
        label = f"{name}: {values[-1]:.1f} after {len(values) - 1} steps"
        ax.plot(range(len(values)), values, color=color, label=label)
        stages = [step.stage for step in course.steps]
        for number, stage in enumerate(stages):
            if len(set(stages)) > _PLAIN_STAGES or number == len(stages) - 1:
                mark = seen.setdefault(stage, _MARKS[len(seen) % len(_MARKS)])
                ax.plot(number, values[number], color=color, marker=mark, markersize=5)
    for stage, mark in seen.items():
        ax.plot([], [], color=MUTED, marker=mark, markersize=5, linestyle="none", label=stage)
    ax.set(xlabel="step", ylabel="mean squared distance to the nearest centroid")
    ax.set_xlim(left=0)
    if all(min(course.distortions) > 0 for course in courses.values()):
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(MaxNLocator(7))
        ax.yaxis.set_minor_locator(NullLocator())
        ax.yaxis.set_major_formatter(ScalarFormatter())
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend()
    ax.grid(visible=True)
    return ax


def error(ax: Axes, pixels: Pixels, image: IndexedImage) -> Axes:
    """Draw how different each pixel looks from its original, and mark the worst.

    Parameters
    ----------
    ax : Axes
        The scale takes some of its room.
    pixels : ndarray, uint8, shape (H, W), (H, W, 3) or (H, W, 4)
    image : IndexedImage
        Made of them.

    Returns
    -------
    Axes
    """
    shown = image.to_rgb()
    errors = delta_e(pixels, shown)
    worst = worst_pixel(pixels, shown, errors)
    most = max(1.0, float(np.percentile(errors, 99.5)))
    extent = (-0.5, errors.shape[1] - 0.5, errors.shape[0] - 0.5, -0.5)
    map_of_means = pooled(errors, _MAP_SIDE)
    drawn = ax.imshow(map_of_means, cmap="cividis", vmin=0, vmax=most, extent=extent)
    ax.set_axis_off()
    ax.set_anchor("NW")
    is_wide = errors.shape[1] > 2.5 * errors.shape[0]
    side, pad = ("bottom", 0.08) if is_wide else ("right", 0.02)
    bar = ax.figure.colorbar(drawn, ax=ax, location=side, shrink=0.82, pad=pad, extend="max")
    bar.set_label("ΔE (CIE94); about 2 can just be seen")
    bar.outline.set_visible(False)
    side = max(3, min(errors.shape) // 16)
    box = around(worst.x, worst.y, errors.shape, side, side)
    frame(ax, box.left, box.top, box.width, box.height)
    turn = "\n" if errors.shape[0] > 2 * errors.shape[1] else " "
    ax.set_title(
        f"k = {image.colors}: mean ΔE {errors.mean():.2f}, 95 % below "
        f"{np.percentile(errors, 95):.1f}\n"
        f"worst {worst.delta_e:.1f} at ({worst.x}, {worst.y}):{turn}"
        f"{hexadecimal(worst.original)} shown as {hexadecimal(worst.shown)}"
    )
    return ax


def frame(ax: Axes, left: float, top: float, width: float, height: float) -> None:
    """Frame a part of a picture so that it is seen on any ground."""
    from matplotlib.patches import Rectangle

    corner = left - 0.5, top - 0.5
    for color, line in ((INK, 3.2), ("white", 1.4)):
        ax.add_patch(
            Rectangle(corner, width, height, facecolor="none", edgecolor=color, linewidth=line)
        )
