"""A picture as lines for a terminal: two pixels a character, by half blocks in two colours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from kqformat.model import IndexedImage

BLOCK = "▀"
"""Its upper half has the foreground's colour, the lower half the background's."""

_SQUARE = 4  # pixels a side, of the checkerboard
_DARK, _LIGHT = 102, 153
_LEVELS = np.array([0, 95, 135, 175, 215, 255])  # of the colour cube of 256-colour terminals
_FIRST_CUBE = 16


def fitted(
    content: IndexedImage | npt.NDArray[np.uint8], width: int, height: int | None
) -> npt.NDArray[np.uint8]:
    """Return a picture scaled down to a number of pixels, over a checkerboard where it is clear.

    Parameters
    ----------
    content : IndexedImage or ndarray, uint8, shape (H, W), (H, W, 3) or (H, W, 4)
        The picture.
    width, height : int
        The most pixels; None for any height.

    Returns
    -------
    ndarray, uint8, shape (h, w, 3)
        With the picture's proportions, and never larger than it is.

    Examples
    --------
    >>> fitted(np.zeros((90, 120, 3), np.uint8), 80, 24).shape
    (24, 32, 3)
    """
    pixels = content.to_rgb() if isinstance(content, IndexedImage) else content
    picture = Image.fromarray(pixels)
    scale = min(1.0, width / picture.width, (height or picture.height) / picture.height)
    size = [max(1, round(side * scale)) for side in picture.size]
    has_alpha = picture.mode == "RGBA"
    shown = picture.convert("RGBa" if has_alpha else "RGB")  # premultiplied, so that means are true
    shown = shown.resize((size[0], size[1]), Image.Resampling.BOX)
    return _over_checkerboard(np.asarray(shown)) if has_alpha else np.asarray(shown)


def lines(pixels: npt.NDArray[np.uint8], *, true_color: bool) -> Iterator[str]:
    r"""Yield the lines of a picture, each of which ends with the colours put back.

    Parameters
    ----------
    pixels : ndarray, uint8, shape (h, w, 3)
        The last row stands alone where h is odd.
    true_color : bool
        Whether the terminal has all colours, or 256.

    Examples
    --------
    >>> pixels = np.array([[[1, 2, 3]], [[255, 255, 255]]], np.uint8)
    >>> [list(lines(pixels, true_color=choice)) for choice in (True, False)]
    [['\x1b[38;2;1;2;3;48;2;255;255;255m▀\x1b[0m'], ['\x1b[38;5;16;48;5;231m▀\x1b[0m']]
    """
    codes = _true_codes(pixels) if true_color else _codes_of_256(pixels)
    for top in range(0, len(codes), 2):
        lower = codes[top + 1] if top + 1 < len(codes) else None
        yield _line(codes[top], lower)


def _line(upper: list[str], lower: list[str] | None) -> str:
    """Put a line together, with a code only where a colour changes."""
    parts, before = [], ""
    for column, foreground in enumerate(upper):
        background = f";48;{lower[column]}" if lower is not None else ""
        code = f"38;{foreground}{background}"
        parts.append(BLOCK if code == before else f"\x1b[{code}m{BLOCK}")
        before = code
    return "".join(parts) + "\x1b[0m"


def _true_codes(pixels: npt.NDArray[np.uint8]) -> list[list[str]]:
    return [[f"2;{red};{green};{blue}" for red, green, blue in row] for row in pixels.tolist()]


def _codes_of_256(pixels: npt.NDArray[np.uint8]) -> list[list[str]]:
    numbers: Any = nearest_of_256(pixels.reshape(-1, 3)).reshape(pixels.shape[:2])
    return [[f"5;{number}" for number in row] for row in numbers.tolist()]


def nearest_of_256(colors: npt.NDArray[np.uint8]) -> npt.NDArray[np.intp]:
    """Return the numbers of the nearest of the 240 colours that every such terminal has.

    Parameters
    ----------
    colors : ndarray, uint8, shape (n, 3)

    Returns
    -------
    ndarray, intp, shape (n,)
        16 to 231 of the colour cube, 232 to 255 of the greys.

    Examples
    --------
    >>> nearest_of_256(np.array([[255, 0, 0], [95, 135, 175], [8, 8, 8]], np.uint8)).tolist()
    [196, 67, 232]
    """
    cube = np.stack(np.meshgrid(_LEVELS, _LEVELS, _LEVELS, indexing="ij"), axis=-1).reshape(-1, 3)
    greys = np.repeat(np.arange(8, 239, 10)[:, None], 3, axis=1)
    known = np.concatenate([cube, greys])
    distances = -2 * colors.astype(np.int64) @ known.T + (known**2).sum(axis=1)
    return np.asarray(distances.argmin(axis=1) + _FIRST_CUBE)


def _over_checkerboard(premultiplied: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    rows, columns = np.indices(premultiplied.shape[:2]) // _SQUARE
    board = np.where((rows + columns) % 2 == 0, _LIGHT, _DARK)[..., None]
    through = board * (255 - premultiplied[..., 3:].astype(np.int64)) // 255
    shown: npt.NDArray[np.uint8] = (premultiplied[..., :3] + through).clip(0, 255).astype(np.uint8)
    return shown
