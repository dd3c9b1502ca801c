"""k-means as a film: the picture, its colours and the distortion, from the start to the end."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kqformat.errors import ParameterError
from kqformat.quantizer.options import Options
from kqformat.quantizer.pipeline import Quantizer
from kqformat.quantizer.trace import MAX_PASSES, Step, trace
from kqformat.report.canvas import MAX_PICTURE_COLORS, Canvas, Frame
from kqformat.report.films import film
from kqformat.report.palettes import by_hue
from kqformat.report.panels import CURVE, HEADING, SWATCHES, curve, heading, swatches
from kqformat.report.pixels import Pixels, as_drawn, shrunk

TEXTBOOK = Options(init="random", max_iterations=MAX_PASSES)
"""The algorithm of the textbooks: colours of pixels at random, and passes until nothing changes."""

MAX_BYTES = 2_900_000
"""What a film is shrunk to fit in."""

_MOST_SIDE = {"gif": 520, "webp": 520, "png": 400}  # PNG has no palettes of frames' own
LEAST_SIDE, MAX_SIDE = 96, 2000
"""What the longer side of a picture can be."""

_MOST_HEIGHT = 520
_LEAST_WIDTH = 300  # so that the heading has room
_MARGIN = 10
_MOST_FRAMES = 44
_SAMPLE = 8  # frames from which the bytes of all are guessed
_FIRST, _EACH, _LAST = 1200, 240, 3000  # milliseconds


@dataclass(frozen=True, slots=True)
class Film:
    """An animation.

    Attributes
    ----------
    data : bytes
        Of its file.
    frames : int
        How many there are.
    steps : int
        How many steps k-means took.
    size : tuple of int
        Width and height, in pixels.
    """

    data: bytes
    frames: int
    steps: int
    size: tuple[int, int]


Render = Callable[[int, Sequence[int]], Sequence[Frame]]
"""Draws frames with pictures whose longer side is so many pixels, of these steps."""


def animate(
    pixels: Pixels,
    colors: int = 16,
    form: str = "gif",
    options: Options = TEXTBOOK,
    *,
    side: int | None = None,
) -> Film:
    """Return a film of how k-means came to its colours.

    Parameters
    ----------
    pixels : ndarray, uint8, shape (H, W), (H, W, 3) or (H, W, 4)
        What is transparent is shown, and clustered, over white.
    colors : int
        From 2; to 225 in a GIF, to 256 in others.
    form : {"gif", "webp", "png"}
    options : Options
        Of the quantizer. With `max_iterations`, as by default, plain k-means is shown; without,
        the stages of the effort, by which `.kq` files are made.
    side : int or None
        The most pixels of the picture's longer side; None for as many as suit the form.

    Returns
    -------
    Film
        Of less than `MAX_BYTES`, where that can be had by making the picture smaller.

    Raises
    ------
    ParameterError
        If an argument is not as described.
    """
    check_colors(colors, form)
    drawn = as_drawn(pixels)
    course = trace(drawn, colors, options)
    moments = chosen_moments(len(course.steps))

    def render(most: int, shown: Sequence[int]) -> Sequence[Frame]:
        picture = enlarged(shrunk(drawn, most), _LEAST_WIDTH)
        quantizer = Quantizer(picture, Options(space=options.space))
        return [
            _frame(quantizer, picture.shape, course.steps, now, duration(now, moments))
            for now in shown
        ]

    return fitted(render, moments, form, most_side(form, side))


def check_colors(colors: int, form: str, most: int = 256) -> None:
    """Raise `ParameterError` for more colours than a frame has room for, or fewer than 2."""
    most = min(most, MAX_PICTURE_COLORS if form == "gif" else 256)
    if not 2 <= colors <= most:
        raise ParameterError(f"{colors} colours, expected 2 to {most} in a film as {form}")


def chosen_moments(steps: int) -> list[int]:
    """Return which of the steps are shown: all of few; of many the first and then ever fewer.

    Examples
    --------
    >>> chosen_moments(5), len(chosen_moments(300)), chosen_moments(300)[-3:]
    ([0, 1, 2, 3, 4], 44, [280, 289, 299])
    """
    if steps <= _MOST_FRAMES:
        return list(range(steps))
    places = np.linspace(0, 1, _MOST_FRAMES)
    # The share of the way at each place, which begins with steps of one.
    for power in np.arange(1, 8, 0.01):
        moments = np.rint((steps - 1) * places**power).astype(int)
        if moments[1] <= 1:
            break
    moments = np.maximum(moments, np.arange(_MOST_FRAMES))
    return [int(moment) for moment in moments]


def duration(now: int, moments: Sequence[int]) -> int:
    """Return for how many milliseconds a moment is shown."""
    if now == moments[-1]:
        return _LAST
    return _FIRST if now == 0 else _EACH


def enlarged(pixels: Pixels, least_width: int) -> Pixels:
    """Return pixels that are whole squares, so that the picture is nearly so wide or as high."""
    factor = max(1, min(least_width // pixels.shape[1], _MOST_HEIGHT // pixels.shape[0]))
    return np.repeat(np.repeat(pixels, factor, axis=0), factor, axis=1)


def most_side(form: str, asked: int | None) -> int:
    """Return how many pixels the longer side of a picture has at most."""
    return _MOST_SIDE[form] if asked is None else asked


def fitted(render: Render, moments: Sequence[int], form: str, most: int) -> Film:
    """Return a film with the largest pictures, of a few sizes, with which it is small enough."""
    few = moments[:: max(1, len(moments) // _SAMPLE)]
    while True:
        guess = len(film(render(most, few), form)) * len(moments) / len(few)
        if guess <= MAX_BYTES or most <= LEAST_SIDE:
            frames = render(most, moments)
            data = film(frames, form)
            height, width = frames[0].indices.shape
            if len(data) <= MAX_BYTES or most <= LEAST_SIDE:
                return Film(data, len(frames), moments[-1], (width, height))
            guess = len(data)
        most = max(LEAST_SIDE, int(most * min(0.97, math.sqrt(0.97 * MAX_BYTES / guess))))


def mapped(
    quantizer: Quantizer, palette: npt.NDArray[np.uint8]
) -> tuple[npt.NDArray[np.integer], npt.NDArray[np.uint8]]:
    """Return the picture's entries in a palette, and its colours."""
    image = quantizer.with_palette(np.ascontiguousarray(palette[:, :3])).image
    return image.indices, image.palette


def words(step: Step, now: int, steps: int) -> str:
    """Say which step it is."""
    return f"step {now} of {steps - 1}: {step.stage}"


def _frame(
    quantizer: Quantizer, shape: tuple[int, ...], steps: Sequence[Step], now: int, long: int
) -> Frame:
    step = steps[now]
    indices, palette = mapped(quantizer, step.palette)
    height, wide = shape[:2]
    width = max(wide, _LEAST_WIDTH)
    canvas = Canvas(width + 2 * _MARGIN, HEADING + height + SWATCHES + CURVE)
    title = f"k = {len(palette)}   {words(step, now, len(steps))}"
    heading(canvas, title, f"distortion {step.distortion:.1f}", _MARGIN, width)
    canvas.paste(indices.astype(np.int32), _MARGIN + (width - wide) // 2, HEADING)
    shares = step.weights / step.weights.sum()
    swatches(canvas, by_hue(palette), shares, _MARGIN, HEADING + height, width)
    values = [each.distortion for each in steps]
    curve(canvas, values, now, _MARGIN, HEADING + height + SWATCHES, width)
    return canvas.frame(palette[:, :3], long)
