"""All public functions; those that write are defined here, those that read in `decoding`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt

from kqformat.codec import stream
from kqformat.decoding import decode, decode_indexed, open, read, read_indexed  # noqa: A004
from kqformat.errors import ParameterError
from kqformat.files import write_file
from kqformat.metadata import Metadata
from kqformat.model import MAX_COLORS, IndexedImage
from kqformat.quantizer import pipeline
from kqformat.quantizer.colors import color_array
from kqformat.quantizer.options import Options, QuantizeOptions, check_integer
from kqformat.quantizer.pipeline import DEFAULT_COLORS, Quantization, Quantizer
from kqformat.quantizer.pixels import flat_pixels
from kqformat.quantizer.spaces import DEFAULT_SPACE
from kqformat.search import elbow
from kqformat.search import reach as search
from kqformat.search.elbow import Elbow
from kqformat.search.reach import Reached
from kqformat.search.target import Target
from kqformat.search.trials import Storage, file_bytes
from kqformat.threads import kept_threads

__all__ = [
    "auto_colors",
    "decode",
    "decode_indexed",
    "encode",
    "open",
    "quantization",
    "quantize",
    "reach",
    "read",
    "read_indexed",
    "write",
]

_NO_OPTIONS: Mapping[str, Any] = MappingProxyType({})


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
    space : {"weighted", "srgb", "oklab"}
        Where distances are measured: in sRGB with green counting a little more (the default), in
        sRGB as it is, for the least squared error, or in Oklab, for looking at.
    keep_colors : iterable of str or sequence of int
        Colours that are in the palette whatever else is: ``"#rrggbb"`` or numbers.
    importance : ndarray, uint8, shape (H, W), or None
        How much pixels count in the choice of the palette: from 1 (0) to 256 (255).
    outliers : {"auto", "off", "strong", "kmor"}
        Whether small, bright, coherent regions get entries of their own ("auto" if not given; with
        "strong" shaded and less striking ones, too), or k-means is run without its outliers (Gan
        and Ng 2017).
    gamma, n0 : float
        Of "kmor": how many times the average squared distance makes an outlier, and the greatest
        share of them; 9 and 0.1 if not given.
    dither : {"none", "floyd-steinberg", "blue-noise"}
        Whether pixels are mixed from entries so that gradients have no bands; "none" if not given.
    dither_strength : float
        From 0 to 1, which it is if not given.

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


@kept_threads()
def encode(
    image: IndexedImage | npt.NDArray[np.uint8],
    *,
    colors: int = DEFAULT_COLORS,
    coding: str = "packed",
    rdo: float = 0.0,
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
    coding : {"packed", "entropy", "auto"}
        How the indices are stored: so that each can be read by itself, in as few bytes as can be,
        or in whichever way the file is the smaller. Where the palette was chosen here, its order
        is what suits entropy coding; that of an `IndexedImage` is kept.
    rdo : float
        What a bit may cost, in squared samples summed over the channels: with entropy coding,
        pixels of an array take other entries than their nearest where that makes the file
        smaller for less. 5 to 20 suit photographs; 0 leaves all as it is.
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
        If there were more bands or metadata than a decoder accepts by default (spec §9).

    Examples
    --------
    >>> data = encode(np.zeros((64, 64, 3), np.uint8))
    >>> len(data), decode(data).shape
    (32, (64, 64, 3))
    """
    options = _settled(options)
    storage = _storage(coding, rdo, options)
    if not isinstance(image, IndexedImage):
        pixels = image
        chosen = quantization(pixels, colors, **options)
        image = storage.suited(chosen, lambda: flat_pixels(pixels)[0]).image
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
    rdo: float = 0.0,
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
    image, colors, coding, rdo, metadata, band_shift, **options
        As in `encode`.

    Returns
    -------
    int
    """
    data = encode(
        image,
        colors=colors,
        coding=coding,
        rdo=rdo,
        metadata=metadata,
        band_shift=band_shift,
        **options,
    )
    write_file(path, data, overwrite=overwrite)
    return len(data)


def reach(
    image: IndexedImage | npt.NDArray[np.uint8],
    target: Target,
    *,
    max_colors: int | None = None,
    coding: str = "packed",
    rdo: float = 0.0,
    metadata: Metadata | None = None,
    exact_metadata: Metadata | None = None,
    **options: Unpack[QuantizeOptions],
) -> Reached:
    """Find the smallest file that meets a target, or the best one of a limited size.

    Parameters
    ----------
    image : IndexedImage or ndarray
        As in `quantization`. An indexed image that the search would keep lossless is kept as it
        is, unless its palette has entries to spare; another order of them, which can take fewer
        bytes with entropy coding, is taken only where `target` limits these.
    target : Target
        What is wanted: a PSNR, a worst pixel, a quality of 0 to 100, a size; all that is given.
    max_colors : int or None
        The most that are tried; None for 256 where a quality is wanted, else 65,536.
    coding : {"packed", "entropy", "auto"}
        How the file will be stored.
    rdo : float
        As in `encode`; each number of colours is tried with it.
    metadata : Metadata or None
        Goes into the file, and counts; None for that of the image.
    exact_metadata : Metadata or None
        Takes its place where no pixel changes, if given.
    **options
        As in `quantize`.

    Returns
    -------
    Reached
        The image, the size of its file, and what was tried.

    Raises
    ------
    TargetError
        If the target cannot be met.
    ParameterError
        If an argument is not as described.

    Examples
    --------
    >>> ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    >>> reached = reach(ramp, Target(psnr=30))
    >>> reached.quantization.image.colors, reached.file_bytes
    (10, 187)
    """
    options = _settled(options)
    reached = search.reach(
        Quantizer(_pixels(image), Options(**options), _metadata(image)),
        target,
        _storage(coding, rdo, options, metadata, exact_metadata),
        min_colors=_least_colors(options),
        max_colors=max_colors,
    )
    kept = _kept_as_it_is(image, reached.quantization)
    if kept is reached.quantization:
        return reached
    kept_bytes = file_bytes(kept.image, coding)
    if target.max_bytes is not None and kept_bytes > target.max_bytes:
        return reached
    return replace(reached, quantization=kept, file_bytes=kept_bytes)


def auto_colors(
    image: IndexedImage | npt.NDArray[np.uint8],
    *,
    max_colors: int = elbow.MAX_ELBOW_COLORS,
    coding: str = "packed",
    rdo: float = 0.0,
    metadata: Metadata | None = None,
    exact_metadata: Metadata | None = None,
    **options: Unpack[QuantizeOptions],
) -> Elbow:
    """Choose the number of colours at the elbow of error against file size.

    Parameters
    ----------
    image : IndexedImage or ndarray
        As in `reach`.
    max_colors : int
        The most that are tried, up to 256.
    coding, rdo, metadata, exact_metadata, **options
        As in `reach`.

    Returns
    -------
    Elbow
        The image, the size of its file, the curve, and the reason in words.

    Raises
    ------
    ParameterError
        If an argument is not as described.

    Examples
    --------
    >>> auto_colors(np.array([[9, 9, 200, 201]], np.uint8)).reason
    '2 colours in 36 bytes, 54.2 dB: 3 would be lossless, not worth 3 bytes more'
    """
    options = _settled(options)
    chosen = elbow.auto_colors(
        Quantizer(_pixels(image), Options(**options), _metadata(image)),
        _storage(coding, rdo, options, metadata, exact_metadata),
        min_colors=_least_colors(options),
        max_colors=max_colors,
    )
    kept = _kept_as_it_is(image, chosen.quantization)
    if kept is chosen.quantization:
        return chosen
    return replace(chosen, quantization=kept, file_bytes=file_bytes(kept.image, coding))


def suited(
    chosen: Quantization,
    given: IndexedImage | npt.NDArray[np.uint8],
    coding: str,
    rdo: float = 0.0,
    options: Mapping[str, Any] = _NO_OPTIONS,
) -> Quantization:
    """Return a result as it suits the coding: another order of the palette, other entries.

    Parameters
    ----------
    chosen : Quantization
        What was made of a picture.
    given : IndexedImage or ndarray
        The picture. Where it has a palette, and that is the result's, all is kept.
    coding, rdo, options
        As in `encode`.

    Returns
    -------
    Quantization
    """
    storage = _storage(coding, rdo, options)
    if isinstance(given, IndexedImage) and np.array_equal(chosen.image.palette, given.palette):
        return chosen
    return storage.suited(chosen, lambda: flat_pixels(_pixels(given))[0])


def _storage(
    coding: str,
    rdo: float,
    options: Mapping[str, Any],
    metadata: Metadata | None = None,
    exact_metadata: Metadata | None = None,
) -> Storage:
    if rdo and options.get("dither", "none") != "none":
        raise ParameterError("rdo would undo the dithering: give one of them")
    fixed = color_array(tuple(options.get("keep_colors", ())))
    space = options.get("space", DEFAULT_SPACE)
    return Storage(coding, metadata, exact_metadata, rdo, fixed, space)


def _settled(options: QuantizeOptions) -> QuantizeOptions:
    """Return options that can be gone through any number of times."""
    if "keep_colors" in options:
        options["keep_colors"] = tuple(options["keep_colors"])
    return options


def _pixels(image: IndexedImage | npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return image.to_rgb() if isinstance(image, IndexedImage) else image


def _metadata(image: IndexedImage | npt.NDArray[np.uint8]) -> Metadata | None:
    return image.metadata if isinstance(image, IndexedImage) else None


def _least_colors(options: QuantizeOptions) -> int:
    kept = color_array(tuple(options.get("keep_colors", ())))
    return max(1, len(np.unique(kept, axis=0)))


def _kept_as_it_is(
    image: IndexedImage | npt.NDArray[np.uint8], chosen: Quantization
) -> Quantization:
    """Give an indexed image its own order back where no pixel and no number of colours changed."""
    if not isinstance(image, IndexedImage) or not chosen.lossless:
        return chosen
    if image.palette.nbytes != chosen.image.palette.nbytes:
        return chosen
    own = replace(image, metadata=chosen.image.metadata)
    return replace(chosen, image=own)
