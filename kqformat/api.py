"""All public functions; those that write are defined here, those that read in `decoding`."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Unpack

import numpy as np
import numpy.typing as npt

from kqformat.codec import stream
from kqformat.decoding import decode, decode_indexed, open, read, read_indexed  # noqa: A004
from kqformat.files import write_file
from kqformat.metadata import Metadata
from kqformat.model import MAX_COLORS, IndexedImage
from kqformat.quantizer import pipeline
from kqformat.quantizer.options import Options, QuantizeOptions, check_integer
from kqformat.quantizer.pipeline import DEFAULT_COLORS, Quantization

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
    **options: Unpack[QuantizeOptions],
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
    effort : {"fast", "balanced", "best"}
        How much work is put into the palette; "balanced" if not given.
    init : {"wu", "kmeans++", "random", "random-space"}
        The first centroids: Wu's splitting (the default, deterministic), k-means++, k pixels of
        the image, or k points of the colour cube.
    max_iterations : int or None
        If given, plain k-means and nothing else: from the start, passes on all the colours until
        nothing changes, but at most so many.
    seed : int
        For the starts that draw at random; 0 if not given.
    space : {"srgb", "oklab"}
        Where distances are measured; sRGB if not given.
    keep_colors : iterable of str or sequence of int
        Colours that are in the palette whatever else is: ``"#rrggbb"`` or numbers.
    importance : ndarray, uint8, shape (H, W), or None
        How much pixels count in the choice of the palette: from 1 (0) to 256 (255).
    outliers : {"auto", "off", "strong", "kmor"}
        Whether small, bright, coherent regions get entries of their own ("auto" if not given), or
        k-means is run without its outliers (Gan and Ng 2017).
    gamma, n0 : float
        Of "kmor": how many times the average squared distance makes an outlier, and the greatest
        share of them; 9 and 0.1 if not given.

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
    return pipeline.quantize(pixels, colors, **options).image


def quantization(
    image: IndexedImage | npt.NDArray[np.uint8],
    colors: int = DEFAULT_COLORS,
    **options: Unpack[QuantizeOptions],
) -> Quantization:
    """Quantize as `quantize` does, and tell how it went.

    Parameters
    ----------
    image : IndexedImage or ndarray
        Pixels as in `quantize`, or an indexed image, which is kept exactly if its palette has no
        more than `colors` entries.
    colors, **options
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
    if not isinstance(image, IndexedImage):
        return pipeline.quantize(image, colors, **options)
    check_integer("colors", colors, 1, MAX_COLORS)
    Options(**options)
    if image.colors <= colors:
        return Quantization(image, image.colors, True, 0.0, lossless=True)
    return pipeline.quantize(image.to_rgb(), colors, metadata=image.metadata, **options)


def encode(
    image: IndexedImage | npt.NDArray[np.uint8],
    *,
    colors: int = DEFAULT_COLORS,
    coding: str = "packed",
    metadata: Metadata | None = None,
    band_shift: int | None = None,
    **options: Unpack[QuantizeOptions],
) -> bytes:
    """Return the bytes of a `.kq` file.

    Parameters
    ----------
    image : IndexedImage or ndarray, uint8, shape (H, W), (H, W, 3) or (H, W, 4)
        An `IndexedImage` is kept exactly; an array goes through `quantize` first.
    colors, **options
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
    LimitError
        If there were more bands or metadata than a decoder accepts by default (spec §8).

    Examples
    --------
    >>> data = encode(np.zeros((64, 64, 3), np.uint8))
    >>> len(data), decode(data).shape
    (32, (64, 64, 3))
    """
    if not isinstance(image, IndexedImage):
        image = quantize(image, colors, **options)
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
    metadata: Metadata | None = None,
    band_shift: int | None = None,
    **options: Unpack[QuantizeOptions],
) -> int:
    """Write a `.kq` file, whole or not at all, and return its size in bytes.

    Parameters
    ----------
    path : path-like
        The file's name.
    overwrite : bool
        Whether an existing file may be replaced; `FileExistsError` if not.
    image, colors, coding, metadata, band_shift, **options
        As in `encode`.

    Returns
    -------
    int
    """
    data = encode(
        image,
        colors=colors,
        coding=coding,
        metadata=metadata,
        band_shift=band_shift,
        **options,
    )
    write_file(path, data, overwrite=overwrite)
    return len(data)
