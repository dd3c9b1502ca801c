"""All public functions; those that write are defined here, those that read in `decoding`."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from kqformat.codec import stream
from kqformat.decoding import decode, decode_indexed, open, read, read_indexed  # noqa: A004
from kqformat.files import write_file
from kqformat.metadata import Metadata
from kqformat.model import IndexedImage
from kqformat.quantizer import pipeline
from kqformat.quantizer.pipeline import (
    DEFAULT_COLORS,
    DEFAULT_INIT,
    DEFAULT_MAX_ITERATIONS,
    Quantization,
)

__all__ = [
    "decode",
    "decode_indexed",
    "encode",
    "open",
    "quantization",
    "quantize",
    "read",
    "read_indexed",
    "write",
]


def quantize(
    pixels: npt.NDArray[np.uint8],
    colors: int = DEFAULT_COLORS,
    *,
    init: str = DEFAULT_INIT,
    max_iterations: int = DEFAULT_MAX_ITERATIONS,
    seed: int = 0,
) -> IndexedImage:
    """Choose a palette by k-means and map every pixel to its nearest entry.

    `quantization` takes the same and also tells how it went.

    Parameters
    ----------
    pixels : ndarray, uint8, shape (H, W), (H, W, 3) or (H, W, 4)
        Grey, RGB or straight-alpha RGBA.
    colors : int
        The most palette entries, k, 1 to 65,536. An image with no more distinct colours is kept
        exactly, with exactly its colours.
    init : {"wu", "kmeans++", "random", "random-space"}
        The first centroids: Wu's splitting (deterministic), k-means++, k pixels of the image, or
        k points of the colour cube.
    max_iterations : int
        The most passes of k-means; fewer are run if nothing changes any more.
    seed : int
        For the starts that draw at random.

    Returns
    -------
    IndexedImage

    Raises
    ------
    ParameterError
        If an argument is not as described.

    Examples
    --------
    >>> pixels = np.array([[[9, 9, 9], [250, 0, 0], [254, 0, 0]]], np.uint8)
    >>> quantize(pixels, 2).palette.tolist()
    [[9, 9, 9], [252, 0, 0]]
    """
    return pipeline.quantize(
        pixels, colors, init=init, max_iterations=max_iterations, seed=seed
    ).image


def quantization(
    image: IndexedImage | npt.NDArray[np.uint8],
    colors: int = DEFAULT_COLORS,
    *,
    init: str = DEFAULT_INIT,
    max_iterations: int = DEFAULT_MAX_ITERATIONS,
    seed: int = 0,
) -> Quantization:
    """Quantize as `quantize` does, and tell how it went.

    Parameters
    ----------
    image : IndexedImage or ndarray
        Pixels as in `quantize`, or an indexed image, which is kept exactly if its palette has no
        more than `colors` entries.
    colors, init, max_iterations, seed
        As in `quantize`.

    Returns
    -------
    Quantization
        The image, iterations, convergence and distortions.

    Examples
    --------
    >>> ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    >>> result = quantization(ramp, 16)
    >>> result.converged, result.lossless, round(result.psnr, 2)
    (True, False, 34.81)
    """
    pipeline.check_options(colors, init, max_iterations, seed)
    if not isinstance(image, IndexedImage):
        pixels, metadata = image, Metadata()
    elif image.colors <= colors:
        return Quantization(image, image.colors, True, (), 0.0)
    else:
        pixels, metadata = image.to_rgb(), image.metadata
    return pipeline.quantize(
        pixels,
        colors,
        init=init,
        max_iterations=max_iterations,
        seed=seed,
        metadata=metadata,
    )


def encode(
    image: IndexedImage | npt.NDArray[np.uint8],
    *,
    colors: int = DEFAULT_COLORS,
    coding: str = "packed",
    init: str = DEFAULT_INIT,
    max_iterations: int = DEFAULT_MAX_ITERATIONS,
    seed: int = 0,
    metadata: Metadata | None = None,
    band_shift: int | None = None,
) -> bytes:
    """Return the bytes of a `.kq` file.

    Parameters
    ----------
    image : IndexedImage or ndarray, uint8, shape (H, W), (H, W, 3) or (H, W, 4)
        An `IndexedImage` is kept exactly; an array goes through `quantize` first.
    colors, init, max_iterations, seed
        As in `quantize`; they have no meaning for an `IndexedImage`.
    coding : {"packed"}
        How the indices are stored.
    metadata : Metadata or None
        Takes the place of what an `IndexedImage` has; None leaves it.
    band_shift : int or None
        Bands of 2^band_shift rows (spec §6); None for the canonical choice.

    Returns
    -------
    bytes

    Raises
    ------
    ParameterError
        If an argument is not as described.

    Examples
    --------
    >>> data = encode(np.zeros((64, 64, 3), np.uint8))
    >>> len(data), decode(data).shape
    (32, (64, 64, 3))
    """
    if not isinstance(image, IndexedImage):
        image = quantize(image, colors, init=init, max_iterations=max_iterations, seed=seed)
    if metadata is not None:
        image = replace(image, metadata=metadata)
    return stream.encode_indexed(image, coding=coding, band_shift=band_shift)


def write(
    path: str | os.PathLike[str],
    image: IndexedImage | npt.NDArray[np.uint8],
    *,
    overwrite: bool = True,
    colors: int = DEFAULT_COLORS,
    coding: str = "packed",
    init: str = DEFAULT_INIT,
    max_iterations: int = DEFAULT_MAX_ITERATIONS,
    seed: int = 0,
    metadata: Metadata | None = None,
    band_shift: int | None = None,
) -> int:
    """Write a `.kq` file, whole or not at all, and return its size in bytes.

    Parameters
    ----------
    path : path-like
        The file's name.
    overwrite : bool
        Whether an existing file may be replaced; `FileExistsError` if not.
    image, colors, coding, init, max_iterations, seed, metadata, band_shift
        As in `encode`.

    Returns
    -------
    int
    """
    data = encode(
        image,
        colors=colors,
        coding=coding,
        init=init,
        max_iterations=max_iterations,
        seed=seed,
        metadata=metadata,
        band_shift=band_shift,
    )
    write_file(path, data, overwrite=overwrite)
    return len(data)
