"""What the coding benchmark compares: one way to store an indexed image, and to read it back."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from kqformat import IndexedImage

Role: TypeAlias = Literal["ours", "peer", "reference"]
"""Ours are divided by the smallest peer; a reference is shown and stands in no comparison."""


def _any_image(image: IndexedImage) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Coder:
    """A coder as it is called; a format may have several, of which the smallest file counts.

    Attributes
    ----------
    key : str
        Its name on the command line and in the cache.
    form : str
        The format that it writes, as tables name it.
    version : str
        Whatever may change the bytes when it changes.
    role : {"ours", "peer", "reference"}
    encode : callable
        From an `IndexedImage` to bytes.
    decode : callable
        From bytes to what `check` takes, with all pixels decoded.
    check : callable
        Whether what was decoded is the image.
    suits : callable
        Whether the format can hold the image.
    """

    key: str
    form: str
    version: str
    role: Role
    encode: Callable[[IndexedImage], bytes]
    decode: Callable[[bytes], Any]
    check: Callable[[Any, IndexedImage], bool]
    suits: Callable[[IndexedImage], bool] = _any_image


@dataclass(frozen=True, slots=True)
class Stored:
    """One coder's file of one image: its size, and the seconds of writing and of reading it."""

    byte_length: int
    encode_seconds: float
    decode_seconds: float


def store(coder: Coder, image: IndexedImage, rounds: int = 1) -> Stored:
    """Store an image and read it back, in median times; an error if another one comes out."""
    writing, reading = [], []
    for _ in range(rounds):
        started = time.perf_counter()
        data = coder.encode(image)
        written = time.perf_counter()
        decoded = coder.decode(data)
        reading.append(time.perf_counter() - written)
        writing.append(written - started)
    if not coder.check(decoded, image):
        raise SystemExit(f"{coder.key} gives another image")
    return Stored(len(data), statistics.median(writing), statistics.median(reading))
