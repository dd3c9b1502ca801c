"""Several images, one palette: chosen for all of their pixels as for those of one image."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from kqformat.errors import ParameterError
from kqformat.quantizer.counting import add_colors_of
from kqformat.quantizer.merging import Merger
from kqformat.quantizer.options import Options
from kqformat.quantizer.pixels import Pictures, flat_pixels
from kqformat.quantizer.selection import Selector


def shared_palette(
    images: Iterable[npt.NDArray[np.uint8]], colors: int, options: Options | None = None
) -> npt.NDArray[np.uint8]:
    """Choose one palette for several images; the larger an image, the more it counts.

    `Quantizer.with_palette` maps each of them to it.

    Parameters
    ----------
    images : iterable of ndarray, uint8, shape (H, W), (H, W, 3) or (H, W, 4)
        Gone through one after the other, and not kept unless they come from an iterator: where
        there may be outliers, they are looked at again. Their order makes no difference.
    colors : int
        The most palette entries, 1 to 65,536.
    options : Options or None
        See there; all but `importance`.

    Returns
    -------
    ndarray, uint8, shape (k, 3), or (k, 4) where there is transparency
        For one image, what `Quantizer.at` gives.

    Raises
    ------
    ParameterError
        If an image or `colors` is not as described, there is no image, or there is an importance.
    LimitError
        If there are more than 2³² - 1 pixels.

    Examples
    --------
    >>> dark, light = np.full((2, 8, 8), [[[9]], [[240]]], np.uint8)
    >>> shared_palette([dark, light, light + 2], 2).tolist()
    [[9, 9, 9], [241, 241, 241]]
    """
    again = list(images) if iter(images) is images else images
    merger = counted(again)
    pictures = Pictures(merger.pixel_count, flattened(again))
    return chosen_palette(merger, pictures, colors, options)


def counted(images: Iterable[npt.NDArray[np.uint8]]) -> Merger:
    """Count the colours of images; what is counted apart can be joined."""
    merger = Merger()
    for flat, _ in flattened(images):
        add_colors_of(flat, merger)
    return merger


def flattened(
    images: Iterable[npt.NDArray[np.uint8]],
) -> Iterable[tuple[npt.NDArray[np.uint8], int]]:
    """Return the pixels and the width of each image, as `Pictures` has them."""
    return _Flattened(images)


def chosen_palette(
    merger: Merger, pictures: Pictures, colors: int, options: Options | None = None
) -> npt.NDArray[np.uint8]:
    """Choose a palette for colours that are counted; see `shared_palette`."""
    chosen = options if options is not None else Options()
    if chosen.importance is not None:
        raise ParameterError("importance is of one image, and cannot be shared by several")
    merged = merger.merged()
    if not len(merged):
        raise ParameterError("there are no images to share a palette")
    selector = Selector(merged, chosen, pictures)
    if selector.keeps_all(colors):
        palette, _ = selector.all_colors()
    else:
        palette, _, _ = selector.choose(colors)
    channels = 3 if (palette[:, 3] == 255).all() else 4
    return np.ascontiguousarray(palette[:, :channels])


class _Flattened:
    """The pixels and the width of each image, as `Pictures` has them."""

    def __init__(self, images: Iterable[npt.NDArray[np.uint8]]) -> None:
        self._images = images

    def __iter__(self) -> Iterator[tuple[npt.NDArray[np.uint8], int]]:
        for pixels in self._images:
            flat, (_, width) = flat_pixels(pixels)
            yield flat, width
