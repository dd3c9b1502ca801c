"""Pixels to the indices of their nearest palette entries, exactly, and what that costs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kqformat import pages
from kqformat.model import Indices, index_dtype
from kqformat.quantizer.census import Census
from kqformat.quantizer.counting import BLOCK_PIXELS, CountedPixels, SurveyedPixels
from kqformat.quantizer.mapper import mapper_of_census
from kqformat.quantizer.nearest import distortion_in_srgb
from kqformat.quantizer.space import UNIT
from kqformat.quantizer.spaces import SRGB, Space
from kqformat.quantizer.tree import Clusters
from kqformat.threads import for_each_slice

_BLOCK_PIXELS = 1 << 18


def remap(
    counted: CountedPixels,
    palette: npt.NDArray[np.uint8],
    clusters: Clusters,
    space: Space = SRGB,
) -> tuple[Indices, float]:
    """Map every pixel to its nearest entry; of equally near ones to the first.

    Parameters
    ----------
    counted : CountedPixels
        The pixels.
    palette : ndarray, uint8, shape (k, 4)
    clusters : Clusters
        The histogram's points, labelled with their nearest entries.
    space : Space
        In which they were found.

    Returns
    -------
    indices : ndarray, uint8 or uint16, shape (N,)
        uint8 for up to 256 entries.
    distortion : float
        Sum over the pixels of the squared distance to their entry, in squared sample values.
    """
    if isinstance(counted, SurveyedPixels) and counted.census is not None:
        return _compared(counted.pixels, counted.census, palette, space)
    indices = _looked_up(counted, clusters.labels, len(palette))
    return indices, distortion_in_srgb(counted.histogram, clusters, palette, space)


def distortion_of(
    pixels: npt.NDArray[np.uint8], indices: Indices, palette: npt.NDArray[np.uint8]
) -> float:
    """Return the distortion of pixels, shape (N, c), that were mapped in any way."""
    points = SRGB.embed(palette).astype(np.int32)

    def squares(block: slice) -> int:
        own = pixels[block]
        rgba = np.full((len(own), 4), 255, np.uint8)
        rgba[:, : max(3, own.shape[1])] = own
        differences = SRGB.embed(rgba) - points[indices[block]]
        return int(np.einsum("ij,ij->", differences, differences, dtype=np.int64))

    return sum(for_each_slice(squares, len(pixels), _BLOCK_PIXELS)) / UNIT**2


def keep(counted: CountedPixels, positions: npt.NDArray[np.intp], colors: int) -> Indices:
    """Map every pixel to the position of its own colour among `colors`.

    Not by distance: the faintest colours (alpha 1 to 4) may share points.
    """
    return _looked_up(counted, positions, colors)


def _looked_up(
    counted: CountedPixels, labels: npt.NDArray[np.intp] | npt.NDArray[np.int32], colors: int
) -> Indices:
    indices: Indices = pages.empty(counted.pixel_count, index_dtype(colors))
    counted.look_up(labels.astype(indices.dtype), indices)
    return indices


def _compared(
    pixels: npt.NDArray[np.uint8], census: Census, palette: npt.NDArray[np.uint8], space: Space
) -> tuple[Indices, float]:
    mapper = mapper_of_census(palette, space, census)
    indices: Indices = pages.empty(len(pixels), index_dtype(len(palette)))

    def write(block: slice) -> float:
        return mapper.write(pixels[block], indices[block])

    distortions = for_each_slice(write, len(pixels), BLOCK_PIXELS)
    return indices, mapper.counted_distortion + sum(distortions)
