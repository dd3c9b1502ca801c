"""What the frames of a film are put together of: headings, swatches, and the curve that grows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kqformat.report.canvas import Canvas

HEADING = 26
SWATCHES = 40
CURVE = 104
"""Heights, in pixels."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 10, 10, 20
"""Of the curve's margins."""


def heading(canvas: Canvas, words: str, value: str, left: int, width: int) -> None:
    """Write what is seen on the left, and its distortion on the right."""
    canvas.text(words, left, 18)
    canvas.text(value, left + width, 18, anchor="rs")


def swatches(
    canvas: Canvas,
    order: npt.NDArray[np.intp],
    shares: npt.NDArray[np.float64],
    left: int,
    top: int,
    width: int,
) -> None:
    """Draw the colours side by side, each as wide as the other, and as high as its share above.

    The height is the root of the share, in parts of the greatest, but no less than a third.
    """
    edges = np.linspace(0, width, len(order) + 1).round().astype(int)
    highest = math.sqrt(float(shares.max())) or 1.0
    for place, entry in enumerate(order):
        wide = int(edges[place + 1] - edges[place])
        part = math.sqrt(float(shares[entry])) / highest
        high = round((SWATCHES - 8) * (1 / 3 + 2 / 3 * part))
        box = np.full((high, wide), entry, np.int32)
        canvas.paste(box, left + int(edges[place]), top + SWATCHES - 4 - high)


def curve(
    canvas: Canvas,
    distortions: Sequence[float],
    now: int,
    left: int,
    top: int,
    width: int,
    height: int = CURVE,
) -> None:
    """Draw the distortions up to the step `now`, on scales that have room for all of them."""
    least, most = min(distortions), max(distortions)
    right, bottom = left + width - _RIGHT, top + height - _BOTTOM
    across = (right - left - _LEFT) / max(1, len(distortions) - 1)
    logs = [math.log(max(value, 1e-9)) for value in (least, most)]
    up = (bottom - top - _TOP) / max(1e-9, logs[1] - logs[0])

    def place(step: int) -> tuple[float, float]:
        y = bottom - up * (math.log(max(distortions[step], 1e-9)) - logs[0])
        return left + _LEFT + across * step, y

    for value in dict.fromkeys((least, most)):
        y = bottom - up * (math.log(max(value, 1e-9)) - logs[0])
        canvas.line([(left + _LEFT, y), (right, y)], 1, 0.18)
        canvas.text(f"{value:.0f}", left + _LEFT - 6, y, 11, "rm")
    canvas.text("0", left + _LEFT, bottom + 15, 11, "ms")
    canvas.text(f"{len(distortions) - 1}", right, bottom + 15, 11, "rs")
    canvas.text("step", (left + _LEFT + right) / 2, bottom + 15, 11, "ms")
    points = [place(step) for step in range(now + 1)]
    if len(points) > 1:
        canvas.line(points, 2, ink=1)
    canvas.dot(*points[-1], 3.6)
