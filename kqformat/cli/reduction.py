"""A small picture of a large file, of which only some rows are read.

The file is never decoded as a whole: at most a few rows for each of the result's, and of an
entropy-coded file a band at a time. The CRC-32 of packed bands is not checked.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kqformat.kqfile import KqFile

_ROWS_TO_ONE = 4
"""The most rows of the file that make one of the result."""


def reduced(file: KqFile, size: int) -> npt.NDArray[np.uint8]:
    """Return a picture scaled down by means, so that no side is longer than `size`.

    Parameters
    ----------
    file : KqFile
        Of any size.
    size : int
        The most pixels of the longer side, 1 or more; a smaller picture stays as it is.

    Returns
    -------
    ndarray, uint8, shape (h, w, 3), or (h, w, 4) where the palette has alpha
        With straight alpha.

    Raises
    ------
    FormatError
        If what is read is wrong.

    Examples
    --------
    >>> from kqformat.codec.stream import encode_indexed
    >>> from kqformat.model import IndexedImage
    >>> palette = np.array([[0, 0, 0], [200, 100, 50]], np.uint8)
    >>> image = IndexedImage(np.array([[0, 1], [1, 0]] * 3, np.uint8), palette)
    >>> reduced(KqFile(encode_indexed(image)), 3).tolist()
    [[[100, 50, 25]], [[100, 50, 25]], [[100, 50, 25]]]
    """
    width, height = file.size
    scale = min(1.0, size / max(width, height))
    columns, rows = (max(1, round(side * scale)) for side in (width, height))
    weighted = _premultiplied(file.palette)
    edges = np.arange(columns) * width // columns
    counts = np.diff(np.append(edges, width))[:, None]
    channels = file.palette.shape[1]
    samples = np.empty((rows, columns, channels), np.uint8)
    for row in range(rows):
        chosen = _rows_of(row * height // rows, (row + 1) * height // rows)
        total = sum(np.add.reduceat(_row(file, y, weighted), edges, axis=0) for y in chosen)
        samples[row] = _straight(total / (counts * len(chosen)))[:, :channels]
    return samples


def _rows_of(first: int, end: int) -> list[int]:
    """Return some rows, evenly spaced, of those that make one."""
    count = min(_ROWS_TO_ONE, end - first)
    return [first + (2 * n + 1) * (end - first) // (2 * count) for n in range(count)]


def _row(file: KqFile, y: int, colors: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    indices = file.region(0, y, file.size[0], y + 1).indices[0]
    row: npt.NDArray[np.uint64] = colors[indices]
    return row


def _premultiplied(palette: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """Return colours times their alpha, and alpha times 255, so that means are true."""
    colors = np.full((len(palette), 4), 255, np.uint64)
    colors[:, : palette.shape[1]] = palette
    alpha = colors[:, 3:].copy()
    weights = np.concatenate([alpha, alpha, alpha, np.full_like(alpha, 255)], axis=1)
    premultiplied: npt.NDArray[np.uint64] = np.multiply(colors, weights, dtype=np.uint64)
    return premultiplied


def _straight(means: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    alpha = means[..., 3:] / 255
    color = np.divide(means[..., :3], alpha, out=np.zeros(means[..., :3].shape), where=alpha > 0)
    samples: npt.NDArray[np.uint8] = np.rint(np.concatenate([color, alpha], -1)).astype(np.uint8)
    return samples
