"""Figures of several `Axes`, which hold pictures side by side: k-grid, starts, outliers.

Each function takes a sequence of `Axes`, draws on the first of them as many as it needs, and
returns those; how many it needs is said there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from kqformat.api import encode, suited
from kqformat.errors import ParameterError
from kqformat.model import IndexedImage
from kqformat.quantizer.pipeline import Quantization
from kqformat.quantizer.trace import Trace
from kqformat.report.differences import Box, delta_e, strongest
from kqformat.report.figures import frame
from kqformat.report.palettes import by_hue, shares
from kqformat.report.pixels import Pixels, as_drawn, shrunk

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_PIXELS = 560
"""Of the longer side of a picture among several."""

_STRIP = 0.05
"""The height of a palette under a picture, in parts of its width."""


def k_grid(axes: Sequence[Axes], pixels: Pixels, results: Sequence[Quantization]) -> Sequence[Axes]:
    """Draw a picture as it was, and at several k, with the factors of real files in the titles.

    Parameters
    ----------
    axes : sequence of Axes
        One more than there are results.
    pixels : ndarray, uint8, shape (H, W), (H, W, 3) or (H, W, 4)
    results : sequence of Quantization
        Of the pixels. They are encoded, packed and by entropy coding, to have the bytes.

    Returns
    -------
    sequence of Axes
    """
    used = _enough(axes, 1 + len(results))
    _picture(used[0], pixels, has_room=True)
    used[0].set_title("original\n24 bits a pixel")
    for ax, result in zip(used[1:], results, strict=True):
        image = result.image
        plain = 3 * image.indices.size
        packed = len(encode(image))
        small = len(encode(suited(result, pixels, "entropy").image, coding="entropy"))
        _picture(ax, image.to_rgb(), image)
        bits = f"{image.index_width} bit{'s' if image.index_width != 1 else ''}"
        ax.set_title(
            f"k = {image.colors}, {bits}: {_factor(24, image.index_width)} in theory\n"
            f"{_factor(plain, packed)} packed, {_factor(plain, small)} entropy-coded"
        )
    return used


def starts(axes: Sequence[Axes], pixels: Pixels, runs: Sequence[Trace]) -> Sequence[Axes]:
    """Draw what several starts of k-means came to, the best first, with their final distortions.

    Parameters
    ----------
    axes : sequence of Axes
        As many as runs.
    pixels : ndarray, uint8, shape (H, W), (H, W, 3) or (H, W, 4)
        That they were run on.
    runs : sequence of Trace
        See `quantizer.trace.random_starts`.

    Returns
    -------
    sequence of Axes
    """
    used = _enough(axes, len(runs))
    finals = [run.distortions[-1] for run in runs]
    best = min(finals)
    for ax, number in zip(used, np.argsort(finals, kind="stable"), strict=True):
        run, final = runs[number], finals[number]
        _picture(ax, run.result.image.to_rgb(), run.result.image)
        more = "the least" if final == best else f"+{100 * (final / best - 1):.1f} %"
        passes = len(run.steps) - 2
        ax.set_title(
            f"start {number + 1}: {final:.1f}, {more}\nfrom {run.distortions[0]:.0f} in {passes}"
            f" pass{'es' if passes != 1 else ''}"
        )
    return used


def outliers(
    axes: Sequence[Axes], pixels: Pixels, results: Mapping[str, Quantization]
) -> Sequence[Axes]:
    """Draw a picture by each treatment of outliers and, below, the region where most changes.

    That is where the second keeps most of what the first washes out: where its ΔE is less by most.
    Where these two are the same, it is where the first errs most.

    Parameters
    ----------
    axes : sequence of Axes
        Twice as many as one more than there are results: a row of whole pictures, the original in
        front, and a row of regions.
    pixels : ndarray, uint8, shape (H, W), (H, W, 3) or (H, W, 4)
    results : mapping of str to Quantization
        By their names in the titles.

    Returns
    -------
    sequence of Axes
    """
    columns = 1 + len(results)
    used = _enough(axes, 2 * columns)
    shown = {"original": as_drawn(pixels)}
    shown |= {name: as_drawn(result.image.to_rgb()) for name, result in results.items()}
    box = _region(pixels, [result.image for result in results.values()])
    errors = {name: delta_e(box.cut(pixels), box.cut(image)) for name, image in shown.items()}
    for ax, below, name in zip(used[:columns], used[columns:], shown, strict=True):
        _picture(ax, shown[name])
        scale = min(1.0, _MOST_PIXELS / max(pixels.shape[:2]))
        frame(ax, *(side * scale for side in (box.left, box.top, box.width, box.height)))
        below.imshow(box.cut(shown[name]), interpolation="nearest")
        below.set_axis_off()
        below.set_anchor("NW")
        if name == "original":
            ax.set_title("original\n24 bits a pixel")
            place = f"{box.width} × {box.height} at ({box.left}, {box.top})"
            below.set_title(f"the region, enlarged\n{place}")
        else:
            ax.set_title(f"outliers: {name}\n{results[name].psnr:.2f} dB")
            below.set_title(f"{name}\nmean ΔE here {errors[name].mean():.1f}")
    return used


def _region(pixels: Pixels, images: Sequence[IndexedImage]) -> Box:
    height, width = pixels.shape[:2]
    washed = delta_e(pixels, images[0].to_rgb())
    kept = delta_e(pixels, images[1].to_rgb()) if len(images) > 1 else washed
    values = np.maximum(washed - kept, 0) if (washed != kept).any() else washed
    # Squared, so that a little that is washed out counts more than much that is a shade off.
    side = max(24, min(height, width) // 6)
    across = side * min(2.0, max(0.5, width / height))
    return strongest(values**2, round(across), side)


def _picture(
    ax: Axes, pixels: Pixels, image: IndexedImage | None = None, *, has_room: bool = False
) -> None:
    """Draw a picture and, where it is given, a strip of its palette below, or room for one."""
    small = shrunk(pixels, _MOST_PIXELS)
    ax.imshow(small)
    ax.set_axis_off()
    ax.set_anchor("NW")  # so that the title of a narrow one has room
    height, width = small.shape[:2]
    if image is not None:
        _strip(ax, image, height, width)
    if image is not None or has_room:
        bottom = height * 1.02 + _STRIP * width
        ax.set(xlim=(-0.5, width - 0.5), ylim=(bottom, -0.5), aspect="equal")


def _strip(ax: Axes, image: IndexedImage, height: int, width: int) -> None:
    """Draw a palette below a picture, by hue, each entry as wide as the root of its share."""
    entries = as_drawn(image.palette[None])[0]
    order = by_hue(entries)
    edges = np.concatenate([[0], np.cumsum(np.sqrt(shares(image)[order]))])
    top = height * 1.02
    columns = np.searchsorted(edges, (np.arange(width) + 0.5) / width * edges[-1]) - 1
    strip = entries[order][np.clip(columns, 0, len(order) - 1)][None]
    bottom = top + _STRIP * width
    ax.imshow(strip, extent=(-0.5, width - 0.5, bottom, top), aspect="auto")


def _factor(before: int, after: int) -> str:
    if after == 0:  # of one colour
        return "∞ : 1"
    factor = before / after
    return f"{factor:.2f} : 1" if factor < 100 else f"{factor:.0f} : 1"


def _enough(axes: Sequence[Axes], count: int) -> Sequence[Axes]:
    if len(axes) < count:
        raise ParameterError(f"found {len(axes)} axes, expected {count}")
    return axes[:count]
