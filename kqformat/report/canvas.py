"""Frames of a film as palette images: pictures in their own colours, text and lines in two inks.

A frame has at most 256 colours, none of which is an approximation: those of the picture, one
ramp from white to ink for text and rules, and one to an accent for curves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kqformat.report.pixels import Pixels
from kqformat.report.style import INK, VERMILION

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw as Pen
    from PIL.ImageFont import FreeTypeFont, ImageFont

RAMP = 15
"""Steps from white to each ink."""

MAX_PICTURE_COLORS = 256 - 2 * RAMP - 1
"""What is left for pictures in a frame of 256 colours."""

_OVERSAMPLING = 3


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a film.

    Attributes
    ----------
    indices : ndarray, uint8 or uint16, shape (H, W)
    palette : ndarray, uint8, shape (n, 3)
        At most 256 entries where there are at most `MAX_PICTURE_COLORS` for pictures.
    milliseconds : int
        How long it is shown.
    """

    indices: npt.NDArray[np.uint8 | np.uint16]
    palette: Pixels
    milliseconds: int


class Canvas:
    """A white sheet to draw one frame on.

    Parameters
    ----------
    width, height : int
        In pixels.
    """

    def __init__(self, width: int, height: int) -> None:
        from PIL import Image, ImageDraw

        self._size = width, height
        self._pasted = np.full((height, width), -1, np.int32)
        fine = width * _OVERSAMPLING, height * _OVERSAMPLING
        self._text = Image.new("L", self._size)
        self._layers = [Image.new("L", fine) for _ in range(2)]
        self._draw_text = ImageDraw.Draw(self._text)
        self._draws: list[Pen] = [ImageDraw.Draw(layer) for layer in self._layers]

    def paste(self, entries: npt.NDArray[np.integer], left: int, top: int) -> None:
        """Put a picture down: positions among the picture's colours, -1 for none."""
        height, width = entries.shape
        place = self._pasted[top : top + height, left : left + width]
        np.copyto(place, entries, where=entries >= 0, casting="same_kind")

    def text(self, words: str, x: float, y: float, size: int = 13, anchor: str = "ls") -> None:
        """Write a line; `anchor` is as Pillow has it."""
        self._draw_text.text((x, y), words, fill=255, font=_font(size), anchor=anchor)

    def line(
        self,
        points: Sequence[tuple[float, float]],
        width: float,
        strength: float = 1.0,
        ink: int = 0,
    ) -> None:
        """Draw through points, in ink 0 or accent 1, of so much strength."""
        fine = [(_OVERSAMPLING * x, _OVERSAMPLING * y) for x, y in points]
        thick = max(1, round(width * _OVERSAMPLING))
        self._draws[ink].line(fine, fill=round(255 * strength), width=thick, joint="curve")

    def dot(self, x: float, y: float, radius: float, ink: int = 1) -> None:
        """Draw a disc."""
        box = [_OVERSAMPLING * side for side in (x - radius, y - radius, x + radius, y + radius)]
        self._draws[ink].ellipse(box, fill=255)

    def disc(self, x: float, y: float, radius: float, entry: int) -> None:
        """Draw a disc of one of the picture's colours, with an inked ring in a white one."""
        height, width = self._pasted.shape
        reach = int(radius) + 4
        down, across = np.ogrid[
            max(0, int(y) - reach) : min(height, int(y) + reach),
            max(0, int(x) - reach) : min(width, int(x) + reach),
        ]
        distance = np.hypot(down + 0.5 - y, across + 0.5 - x)
        place = self._pasted[down, across]
        place[distance <= radius + 2] = -1
        place[distance <= radius] = entry
        self._pasted[down, across] = place
        pen, wide = self._draws[0], _OVERSAMPLING * (radius + 2)
        cx, cy = _OVERSAMPLING * x, _OVERSAMPLING * y
        pen.ellipse([cx - wide, cy - wide, cx + wide, cy + wide], fill=0)
        ring = _OVERSAMPLING * (radius + 0.6)
        box = [cx - ring, cy - ring, cx + ring, cy + ring]
        pen.ellipse(box, outline=255, width=round(1.3 * _OVERSAMPLING))

    def shade(self, mask: npt.NDArray[np.bool_], left: int, top: int) -> None:
        """Draw pixels in ink of two thirds' strength."""
        from PIL import Image

        fine = np.repeat(np.repeat(mask, _OVERSAMPLING, axis=0), _OVERSAMPLING, axis=1)
        stamp = Image.fromarray(np.where(fine, 170, 0).astype(np.uint8))
        place = _OVERSAMPLING * left, _OVERSAMPLING * top
        self._layers[0].paste(170, (*place,), stamp.point(lambda level: 255 if level else 0))

    def upright_text(self, words: str, x: float, y: float, size: int) -> None:
        """Write a line that is read from below, about a point."""
        from PIL import Image, ImageDraw

        width = round(text_width(words, size)) + 4
        line = Image.new("L", (width, size + 6))
        ImageDraw.Draw(line).text((width / 2, size / 2 + 3), words, 255, _font(size), "mm")
        turned = line.rotate(90, expand=True)
        place = round(x - turned.width / 2), round(y - turned.height / 2)
        self._text.paste(turned, place)

    def frame(self, colors: Pixels, milliseconds: int) -> Frame:
        """Return what was drawn; `colors`, uint8, shape (n, 3), are those of the pictures."""
        from PIL import Image

        levels = [layer.resize(self._size, Image.Resampling.BOX) for layer in self._layers]
        ink, accent = (np.asarray(level).astype(np.int32) for level in levels)
        ink = np.maximum(ink, np.asarray(self._text))
        steps = [(RAMP * level + 127) // 255 for level in (ink, accent)]
        base = len(colors)
        drawn = np.where(steps[1] > steps[0], steps[1] + RAMP, steps[0]) + base
        shows = (self._pasted < 0) | (steps[0] > RAMP // 2) | (steps[1] > RAMP // 2)
        indices = np.where(shows, drawn, self._pasted)
        palette = np.concatenate([colors, _INKS])
        form = np.uint8 if len(palette) <= 256 else np.uint16
        return Frame(indices.astype(form), palette, milliseconds)


def text_width(words: str, size: int) -> float:
    """Return how wide a line is, in pixels."""
    return float(_font(size).getlength(words))


def _font(size: int) -> FreeTypeFont | ImageFont:
    from PIL import ImageFont

    return ImageFont.load_default(size)


def _ramp(color: str) -> npt.NDArray[np.float64]:
    """Return the colours from white to another one, both included."""
    samples = np.frombuffer(bytes.fromhex(color[1:]), np.uint8).astype(np.float64)
    return 255 + (samples - 255) * np.linspace(0, 1, RAMP + 1)[:, None]


_INKS = np.rint(np.concatenate([_ramp(INK), _ramp(VERMILION)[1:]])).astype(np.uint8)
