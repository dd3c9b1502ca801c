"""Blocks of pixels to the indices of palette entries.

Where the colours were counted before (see `census`), those that are opaque have their entries in
a table of all 2^24, and the others, if there are few enough, in a sorted list. All others are
compared block by block.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kqformat.model import Indices, index_dtype
from kqformat.quantizer import opaque_kernel
from kqformat.quantizer.census import Census
from kqformat.quantizer.entries import Entries
from kqformat.quantizer.histogram import Histogram, unpack_keys
from kqformat.quantizer.nearest import distortion_in_srgb, labelled, nearest
from kqformat.quantizer.opaque_counts import CUBE, OPAQUE_COLORS
from kqformat.quantizer.points import WeightedPoints
from kqformat.quantizer.space import embed
from kqformat.quantizer.spaces import Space
from kqformat.threads import for_each_slice


@dataclass(frozen=True, slots=True, eq=False)
class Mapper:
    """Maps pixels to a palette; threads may do so at once.

    Attributes
    ----------
    palette : ndarray, uint8, shape (k, 4)
        What they are mapped to.
    space : Space
        Where distances are measured.
    entries : Entries or None
        Those of the colours that were counted.
    counted_distortion : float
        The distortion of all pixels of the colours that have entries.
    """

    palette: npt.NDArray[np.uint8]
    space: Space
    entries: Entries | None = None
    counted_distortion: float = 0.0

    def map(self, pixels: npt.NDArray[np.uint8]) -> tuple[Indices, float]:
        """Map a block.

        Parameters
        ----------
        pixels : ndarray, uint8, shape (N, 1), (N, 3) or (N, 4)

        Returns
        -------
        indices : ndarray, uint8 or uint16, shape (N,)
        distortion : float
            That of the pixels that `counted_distortion` has not.

        Raises
        ------
        ParameterError
            If there is a colour that was not counted.
        """
        out: Indices = np.empty(len(pixels), index_dtype(len(self.palette)))
        return out, self.write(pixels, out)

    def write(self, pixels: npt.NDArray[np.uint8], out: Indices) -> float:
        """Map a block, as `map` does, to an array that there is; return the distortion."""
        if self.entries is None:
            return nearest(pixels, self.palette, self.space, out)
        places = self.entries.write(pixels, out)
        if not len(places):
            return 0.0
        found: Indices = np.empty(len(places), out.dtype)
        translucent = np.ascontiguousarray(pixels[places])
        distortion = nearest(translucent, self.palette, self.space, found)
        out[places] = found
        return distortion


def mapper_of_counted(
    palette: npt.NDArray[np.uint8],
    space: Space,
    census: Census,
    counted: Histogram,
    labels: npt.NDArray[np.intp] | npt.NDArray[np.int32],
    distortion: float,
) -> Mapper:
    """Return what maps the pixels of a census.

    Parameters
    ----------
    palette : ndarray, uint8, shape (k, 4)
    space : Space
    census : Census
    counted : Histogram
        What that has counted.
    labels : ndarray of int, shape (n,)
        The entry of each of these; not used where they are cells.
    distortion : float
        That of the pixels so mapped; likewise.
    """
    if not counted.exact:
        return mapper_of_census(palette, space, census)
    entries = Entries.of_labels(counted.keys, labels.astype(index_dtype(len(palette))))
    return Mapper(palette, space, entries, distortion)


def mapper_of_census(palette: npt.NDArray[np.uint8], space: Space, census: Census) -> Mapper:
    """Return what maps each colour of a census to the nearest entry, however many there are."""
    census.opaque.gather()
    opaque = census.opaque.room(index_dtype(len(palette)))
    known = np.zeros(OPAQUE_COLORS // 8, np.uint8)
    points, shown = space.embed(palette), embed(palette)

    def write(cube: slice) -> float:
        if space.units is not None:
            return census.opaque.label(cube, points, shown, space.units, opaque, known)
        keys, codes, counts = census.opaque.colors_of(cube)
        if not len(keys):
            return 0.0
        colors = WeightedPoints(codes, embed(unpack_keys(keys)), counts)
        clusters = labelled(colors, points, space)
        labels = clusters.labels.astype(opaque.dtype)
        opaque_kernel.write_labels(keys, labels, cube.start, cube.stop, opaque, known)
        return distortion_in_srgb(colors, clusters, palette, space)

    distortion = sum(for_each_slice(write, OPAQUE_COLORS, CUBE))
    return Mapper(palette, space, Entries(opaque, known), distortion)
