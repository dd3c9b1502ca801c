"""k-means in a plane of colours, as a film that explains the algorithm.

The picture's colours are points of two coordinates, red and green or their first two principal
components; k-means runs on these, so that the cells drawn are those that it has. The picture beside
it shows each cluster as the mean of its pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from kqformat.errors import ParameterError
from kqformat.quantizer.options import Options
from kqformat.quantizer.trace import Step, trace
from kqformat.report.animation import (
    TEXTBOOK,
    Film,
    check_colors,
    chosen_moments,
    duration,
    enlarged,
    fitted,
    most_side,
    words,
)
from kqformat.report.canvas import Canvas, Frame
from kqformat.report.palettes import by_hue
from kqformat.report.panels import HEADING, SWATCHES, curve, heading, swatches
from kqformat.report.pixels import Pixels, as_drawn, shrunk

MAX_COLORS = 64
"""Of clusters that can be told apart in the plane."""

PLANES = ("rg", "pca")

_SIDE = 400
_MARGIN, _GAP, _AXIS = 10, 16, 20
_LEAST_CURVE = 90
_POINTS = 2600
_TRAIL = 12  # steps
_PICTURE = 440  # the most pixels of the picture's width

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """Where colours are points of two coordinates, 0 to 255.

    Attributes
    ----------
    across, up : str
        What they mean.
    weights : ndarray, float64, shape (3, 2)
        By which RGB is multiplied,
    offsets : ndarray, float64, shape (2,)
        and what is added then.
    """

    across: str
    up: str
    weights: _Floats
    offsets: _Floats

    def project(self, pixels: Pixels) -> Pixels:
        """Return the coordinates of pixels, shape (…, 3), as samples: uint8, shape (…, 3)."""
        places = np.rint(pixels @ self.weights + self.offsets).clip(0, 255).astype(np.uint8)
        return np.concatenate([places, np.zeros_like(places[..., :1])], axis=-1)


def plane_named(name: str, pixels: Pixels) -> Plane:
    """Return a plane of the colours of pixels, uint8, shape (H, W, 3).

    Raises
    ------
    ParameterError
        If there is no plane of that name.

    Examples
    --------
    >>> plane = plane_named("rg", np.zeros((1, 1, 3), np.uint8))
    >>> plane.project(np.array([[9, 8, 7]], np.uint8)).tolist()
    [[9, 8, 0]]
    """
    if name == "rg":
        return Plane("red", "green", np.eye(3, 2), np.zeros(2))
    if name != "pca":
        raise ParameterError(f"the plane is {name!r}, expected one of {', '.join(PLANES)}")
    flat = pixels.reshape(-1, 3).astype(np.float64)
    variances, axes = np.linalg.eigh(np.cov(flat, rowvar=False, bias=True))
    axes = axes[:, :0:-1]
    axes = axes * np.where(axes[np.abs(axes).argmax(axis=0), [0, 1]] < 0, -1, 1)
    places = flat @ axes
    low, high = places.min(axis=0), places.max(axis=0)
    scale = 255 / max(1.0, float((high - low).max()))
    parts = variances[::-1] / max(1e-9, variances.sum())
    across, up = (f"component {n + 1}, {100 * parts[n]:.0f} % of the variance" for n in range(2))
    return Plane(across, up, axes * scale, 127.5 - scale * (low + high) / 2)


def animate_plane(
    pixels: Pixels,
    colors: int = 16,
    plane: str = "rg",
    form: str = "gif",
    options: Options = TEXTBOOK,
    *,
    side: int | None = None,
) -> Film:
    """Return a film of k-means in a plane.

    Parameters
    ----------
    pixels, colors, form
        As in `animate`, but of at most `MAX_COLORS`.
    plane : {"rg", "pca"}
        Red and green, or the colours' first two principal components.
    options : Options
        As in `animate`; distances are those in the plane, and outliers are left to k-means.
    side : int or None
        As in `animate`, but of no more than 440 pixels.

    Returns
    -------
    Film

    Raises
    ------
    ParameterError
        If an argument is not as described.
    """
    check_colors(colors, form, MAX_COLORS)
    drawn = as_drawn(pixels)
    chosen = plane_named(plane, drawn)
    asked = replace(options, space="srgb", outliers="off")
    course = trace(chosen.project(drawn), colors, asked)
    moments = chosen_moments(len(course.steps))

    def render(most: int, shown: Sequence[int]) -> Sequence[Frame]:
        scene = _Scene(drawn, chosen, course.steps, most)
        return [scene.frame(now, duration(now, moments)) for now in shown]

    return fitted(render, moments, form, min(_PICTURE, most_side(form, side)))


class _Scene:
    """What all frames have in common."""

    def __init__(self, drawn: Pixels, plane: Plane, steps: Sequence[Step], most: int) -> None:
        self._plane, self._steps = plane, steps
        self._picture = enlarged(shrunk(drawn, most), _PICTURE * 2 // 3)
        self._places = plane.project(self._picture)[..., :2].astype(np.int32)
        picked = np.random.default_rng(0).permutation(drawn.shape[0] * drawn.shape[1])[:_POINTS]
        self._points = np.unique(plane.project(drawn.reshape(-1, 3)[picked])[:, :2], axis=0)
        self._values = [step.distortion for step in steps]

    def frame(self, now: int, milliseconds: int) -> Frame:
        """Draw a step."""
        step = self._steps[now]
        centers = step.palette[:, :2].astype(np.int32)
        entries = _nearest(self._places, centers)
        colors = _means(self._picture, entries, len(centers))
        high, wide = self._picture.shape[:2]
        side = max(wide, 240)
        left = _MARGIN + _AXIS + _SIDE + _GAP
        tall = max(_SIDE + _AXIS, high + SWATCHES + _LEAST_CURVE)
        canvas = Canvas(left + side + _MARGIN, HEADING + tall + 4)
        title = f"k = {len(centers)}   {words(step, now, len(self._steps))}"
        heading(canvas, title, f"distortion {step.distortion:.1f}", _MARGIN, left + side - _MARGIN)
        self._draw_plane(canvas, centers, now)
        canvas.paste(entries, left + (side - wide) // 2, HEADING)
        part = step.weights / step.weights.sum()
        swatches(canvas, by_hue(colors), part, left, HEADING + high, side)
        top = HEADING + high + SWATCHES
        curve(canvas, self._values, now, left, top, side, tall - high - SWATCHES)
        return canvas.frame(np.concatenate([colors, _tints(colors)]), milliseconds)

    def _draw_plane(self, canvas: Canvas, centers: npt.NDArray[np.int32], now: int) -> None:
        left, bottom = _MARGIN + _AXIS, HEADING + _SIDE
        axis = (np.arange(_SIDE) + 0.5) * 256 / _SIDE - 0.5
        grid = np.stack(np.meshgrid(axis, axis[::-1]), axis=-1)
        cells = _nearest(grid, centers)
        panel = cells + len(centers)
        x, y = ((self._points + 0.5) * _SIDE / 256).astype(int).T
        x, y = x.clip(0, _SIDE - 2), (_SIDE - 1 - y).clip(0, _SIDE - 2)
        for down in range(2):
            for across in range(2):
                panel[y + down, x + across] = cells[y, x]
        canvas.paste(panel, left, HEADING)
        edges = np.zeros((_SIDE, _SIDE), np.bool_)
        edges[:, :-1] = cells[:, :-1] != cells[:, 1:]
        edges[:-1] |= cells[:-1] != cells[1:]
        canvas.shade(edges, left, HEADING)
        self._draw_centers(canvas, now, left, bottom)
        canvas.text(self._plane.across, left + _SIDE / 2, bottom + 15, 11, "ms")
        canvas.upright_text(self._plane.up, _MARGIN + 4, HEADING + _SIDE / 2, 11)

    def _draw_centers(self, canvas: Canvas, now: int, left: int, bottom: int) -> None:
        """Draw each centroid as a disc with a ring, and the way that it came."""
        steps = self._steps[max(0, now - _TRAIL) : now + 1]
        centers = np.stack([step.palette[:, :2] for step in steps]) if _alike(steps) else None
        for number, (u, v) in enumerate(self._steps[now].palette[:, :2]):
            if centers is not None and len(steps) > 1:
                way = [_at(place[0], place[1], left, bottom) for place in centers[:, number]]
                canvas.line(way, 1.6)
            x, y = _at(u, v, left, bottom)
            canvas.disc(x, y, 6.5, number)


def _at(u: int, v: int, left: int, bottom: int) -> tuple[float, float]:
    return left + (int(u) + 0.5) * _SIDE / 256, bottom - (int(v) + 0.5) * _SIDE / 256


def _alike(steps: Sequence[Step]) -> bool:
    """Whether the centroids of steps are in the same order: not so once they are a palette."""
    return all(step.stage in ("start", "k-means", "k-means on cells") for step in steps)


def _nearest(
    places: npt.NDArray[np.floating] | npt.NDArray[np.int32], centers: npt.NDArray[np.int32]
) -> npt.NDArray[np.int32]:
    """Return the nearest centre of each place, shape (H, W, 2); of equally near ones the first."""
    best = np.full(places.shape[:2], np.inf, np.float32)
    nearest = np.zeros(places.shape[:2], np.int32)
    x, y = (places[..., axis].astype(np.float32) for axis in range(2))
    for number, (u, v) in enumerate(centers):
        squares = (x - np.float32(u)) ** 2 + (y - np.float32(v)) ** 2
        closer = squares < best
        np.copyto(nearest, number, where=closer)
        np.copyto(best, squares, where=closer)
    return nearest


def _means(picture: Pixels, entries: npt.NDArray[np.int32], count: int) -> Pixels:
    """Return each cluster's mean colour; grey where it has no pixels."""
    labels = entries.reshape(-1)
    masses = np.bincount(labels, minlength=count)
    flat = picture.reshape(-1, 3)
    sums = [np.bincount(labels, flat[:, channel], count) for channel in range(3)]
    means = np.stack(sums, axis=1) / np.maximum(masses, 1)[:, None]
    means[masses == 0] = 128
    return np.rint(means).astype(np.uint8)


def _tints(colors: Pixels) -> Pixels:
    """Return for each colour a ground on which it is seen: lighter or, of light ones, darker."""
    wide = colors.astype(np.float64)
    is_light = wide @ (0.3, 0.59, 0.11) > 140
    tints = np.where(is_light[:, None], wide * 0.74, wide + (255 - wide) * 0.4)
    return np.rint(tints).astype(np.uint8)
