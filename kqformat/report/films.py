"""Frames to the bytes of an animation: GIF, WebP or PNG."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kqformat.errors import ParameterError
from kqformat.report.canvas import Frame

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("gif", "webp", "png")
"""What a film can be; PNG is animated PNG, which viewers without it show the first frame of."""


def film(frames: Sequence[Frame], form: str) -> bytes:
    """Return the bytes of an animation that begins again when it has ended.

    Parameters
    ----------
    frames : sequence of Frame
        All of one size.
    form : {"gif", "webp", "png"}
        Each keeps every pixel's colour exactly.

    Raises
    ------
    ParameterError
        If there is no such form, or a frame has more colours than a GIF's can.
    """
    if form not in FORMATS:
        raise ParameterError(f"the form is {form!r}, expected one of {', '.join(FORMATS)}")
    most = max(len(frame.palette) for frame in frames)
    if form == "gif" and most > 256:
        raise ParameterError(f"{most} colours a frame, expected at most 256 in a GIF")
    pictures = [_indexed(frame) if form == "gif" else _rgb(frame) for frame in frames]
    durations = [frame.milliseconds for frame in frames]
    stream = io.BytesIO()
    options: dict[str, object] = {"save_all": True, "append_images": pictures[1:], "loop": 0}
    options |= {
        "gif": {"optimize": False, "disposal": 1},
        "webp": {"lossless": True, "method": 2, "quality": 60, "minimize_size": False},
        "png": {"compress_level": 6},
    }[form]
    pictures[0].save(stream, form.upper(), duration=durations, **options)
    return stream.getvalue()


def _indexed(frame: Frame) -> Image:
    from PIL import Image

    picture = Image.fromarray(frame.indices)
    picture.putpalette(frame.palette.tobytes())
    return picture


def _rgb(frame: Frame) -> Image:
    from PIL import Image

    return Image.fromarray(frame.palette[frame.indices])
