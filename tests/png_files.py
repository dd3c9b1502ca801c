"""A PNG writer of its own: every colour type, bit depth, tRNS and interlacing; checks nothing.

Pillow writes few of these, and what it reads is to be tested. `rgba_of` says what a viewer sees,
by PNG (third edition) §13.12 for depths and §11.3.1 for tRNS.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
_CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}
_ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2)]


@dataclass(frozen=True)
class Png:
    """A picture as PNG has it; samples of shape (H, W, channels), from 0 to 2^depth - 1."""

    samples: npt.NDArray[np.int64]
    color_type: int
    depth: int
    palette: tuple[tuple[int, int, int], ...] = ()
    transparent: tuple[int, ...] | None = None
    interlaced: bool = False

    def to_bytes(self) -> bytes:
        """Return the file."""
        height, width, _ = self.samples.shape
        header = (width, height, self.depth, self.color_type, 0, 0, int(self.interlaced))
        parts = [b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", struct.pack(">IIBBBBB", *header))]
        if self.palette:
            parts.append(chunk(b"PLTE", bytes(v for color in self.palette for v in color)))
        if self.transparent is not None:
            size = "B" if self.color_type == PALETTE else "H"
            form = f">{len(self.transparent)}{size}"
            parts.append(chunk(b"tRNS", struct.pack(form, *self.transparent)))
        parts += [chunk(b"IDAT", zlib.compress(self._scanlines())), chunk(b"IEND", b"")]
        return b"".join(parts)

    def _scanlines(self) -> bytes:
        if not self.interlaced:
            return self._rows(self.samples)
        passes = [*_ADAM7, (0, 1, 1, 2)]
        return b"".join(self._rows(self.samples[y::dy, x::dx]) for x, y, dx, dy in passes)

    def _rows(self, samples: npt.NDArray[np.int64]) -> bytes:
        if 0 in samples.shape:
            return b""
        shifts = np.arange(self.depth - 1, -1, -1)
        bits = ((samples[..., None] >> shifts) & 1).astype(np.uint8)
        rows = np.packbits(bits.reshape(len(samples), -1), axis=1)
        return b"".join(b"\0" + row.tobytes() for row in rows)

    def rgba(self) -> npt.NDArray[np.uint8]:
        """Return what is to be seen: uint8, shape (H, W, 4)."""
        height, width, _ = self.samples.shape
        seen = np.full((height, width, 4), 255, np.uint8)
        if self.color_type == PALETTE:
            alpha = self.transparent or ()
            entries = [
                (*color, alpha[i] if i < len(alpha) else 255)
                for i, color in enumerate(self.palette)
            ]
            return np.array(entries, np.uint8)[self.samples[..., 0]]
        white = (1 << self.depth) - 1
        scaled = np.floor(self.samples * 255 / white + 0.5).astype(np.uint8)
        color_channels = 1 if self.color_type in (GREY, GREY_ALPHA) else 3
        seen[..., :3] = scaled[..., :color_channels]
        if self.color_type in (GREY_ALPHA, RGBA):
            seen[..., 3] = scaled[..., -1]
        elif self.transparent is not None:
            seen[(self.samples == self.transparent).all(axis=2), 3] = 0
        return seen


def chunk(kind: bytes, payload: bytes) -> bytes:
    """Return a PNG chunk."""
    crc = zlib.crc32(kind + payload)
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", crc)


def example(color_type: int, depth: int, *, trns: bool = False, interlaced: bool = False) -> Png:
    """Return a picture of 11 x 13 with at most 143 colours, among them the transparent one.

    Samples of 16 bits have equal bytes, but for some of grey, which Pillow keeps whole.
    """
    rng = np.random.default_rng(color_type * 100 + depth)
    top = min(255, (1 << depth) - 1)
    samples = rng.integers(0, top + 1, (13, 11, _CHANNELS[color_type]))
    if depth == 16:
        samples *= 257
        if color_type == GREY:
            samples[::2] = rng.integers(0, 65_536, samples[::2].shape)
    palette: tuple[tuple[int, int, int], ...] = ()
    transparent: tuple[int, ...] | None = None
    if color_type == PALETTE:
        drawn = rng.integers(0, 256, (top + 1, 3)).tolist()
        palette = tuple((red, green, blue) for red, green, blue in drawn)
        transparent = tuple(255 * i // top for i in range(top)) if trns else None
    elif trns:
        transparent = tuple(int(value) for value in samples[5, 5])
    return Png(samples, color_type, depth, palette, transparent, interlaced)


EXAMPLES = [
    (color_type, depth, trns, interlaced)
    for color_type, depths in (
        (GREY, (1, 2, 4, 8, 16)),
        (RGB, (8, 16)),
        (PALETTE, (1, 2, 4, 8)),
        (GREY_ALPHA, (8, 16)),
        (RGBA, (8, 16)),
    )
    for depth in depths
    for trns in ((False, True) if color_type in (GREY, RGB, PALETTE) else (False,))
    for interlaced in (False, True)
]
"""Arguments of `example`: every kind of PNG."""


def example_id(arguments: tuple[int, int, bool, bool]) -> str:
    """Return the name of an example, as PngSuite has them."""
    color_type, depth, trns, interlaced = arguments
    return f"{'i' if interlaced else 'n'}{color_type}-{depth:02}{'-trns' if trns else ''}"
