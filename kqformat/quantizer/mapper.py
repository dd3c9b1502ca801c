"""Blocks of pixels to the indices of palette entries, as `remap` and `keep` map a whole picture.

Where the colours were counted before (see `census`), those that are opaque have their entries in
a table of all 2^24, and the others, if there are few enough, in a sorted list. All others are
compared block by block.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kqformat.errors import ParameterError
from kqformat.model import Indices, index_dtype
from kqformat.quantizer import histogram_kernel
from kqformat.quantizer.census import OPAQUE_COLORS, SLAB, Census
from kqformat.quantizer.histogram import count_colors, in_morton_order, unpack_keys
from kqformat.quantizer.merging import MergedHistogram
from kqformat.quantizer.points import WeightedPoints
from kqformat.quantizer.remap import distortion_in_srgb, nearest
from kqformat.quantizer.space import embed
from kqformat.quantizer.spaces import SRGB, Space
from kqformat.quantizer.tree import ColorTree
from kqformat.threads import for_each

_BLOCK_PIXELS = 1 << 18


@dataclass(frozen=True, slots=True, eq=False)
class Mapper:
    """Maps pixels to a palette; threads may do so at once.

    Attributes
    ----------
    palette : ndarray, uint8, shape (k, 4)
        What they are mapped to.
    space : Space
        Where distances are measured.
    opaque : ndarray, uint8 or uint16, shape (2^24,), or None
        The entry of each opaque colour, at ``R << 16 | G << 8 | B``.
    known : ndarray, uint8, shape (2^21,), or None
        A bit for each opaque colour: whether it was counted.
    keys : ndarray, uint32, shape (n,), or None
        The other colours, ascending.
    labels : ndarray, uint8 or uint16, shape (n,), or None
        Their entries.
    counted_distortion : float
        The distortion of all pixels of the colours in `opaque` and `keys`.
    """

    palette: npt.NDArray[np.uint8]
    space: Space
    opaque: Indices | None = None
    known: npt.NDArray[np.uint8] | None = None
    keys: npt.NDArray[np.uint32] | None = None
    labels: Indices | None = None
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
        if self.opaque is None or self.known is None:
            return out, nearest(pixels, self.palette, self.space, out)
        seen, others = histogram_kernel.look_up_opaque(pixels, self.known, self.opaque, out)
        if seen < len(pixels):
            raise _changed()
        if not others:
            return out, 0.0
        places = np.flatnonzero(pixels[:, 3] < 255)
        translucent = np.ascontiguousarray(pixels[places])
        found: Indices = np.empty(len(places), out.dtype)
        distortion = self._map_translucent(translucent, found)
        out[places] = found
        return out, distortion

    def _map_translucent(self, pixels: npt.NDArray[np.uint8], out: Indices) -> float:
        if self.keys is None or self.labels is None:
            return nearest(pixels, self.palette, self.space, out)
        for first in range(0, len(pixels), _BLOCK_PIXELS):
            block = count_colors(pixels[first : first + _BLOCK_PIXELS])
            places = np.searchsorted(self.keys, block.keys)
            if len(self.keys) == 0 or (self.keys.take(places, mode="clip") != block.keys).any():
                raise _changed()
            block.table.look_up(self.labels[places], out[first : first + _BLOCK_PIXELS])
        return 0.0


def mapper_of_counted(
    palette: npt.NDArray[np.uint8],
    space: Space,
    census: Census,
    counted: MergedHistogram,
    labels: npt.NDArray[np.intp] | npt.NDArray[np.int32],
    distortion: float,
) -> Mapper:
    """Return what maps the pixels of a census.

    Parameters
    ----------
    palette : ndarray, uint8, shape (k, 4)
    space : Space
    census : Census
    counted : MergedHistogram
        What that has counted.
    labels : ndarray of int, shape (n,)
        The entry of each of these; not used where they are cells.
    distortion : float
        That of the pixels so mapped; likewise.
    """
    dtype = index_dtype(len(palette))
    known = np.packbits(census.opaque > 0)
    if not counted.exact:
        opaque, distortion = _nearest_opaque(palette, space, census)
        return Mapper(palette, space, opaque, known, counted_distortion=distortion)
    is_opaque = counted.keys & 255 == 255
    opaque = np.zeros(OPAQUE_COLORS, dtype)
    opaque[counted.keys[is_opaque] >> 8] = labels[is_opaque]
    keys = counted.keys[~is_opaque]
    order = np.argsort(keys)
    own: Indices = labels[~is_opaque][order].astype(dtype)
    return Mapper(palette, space, opaque, known, keys[order], own, distortion)


def _nearest_opaque(
    palette: npt.NDArray[np.uint8], space: Space, census: Census
) -> tuple[Indices, float]:
    """Return the nearest entry of all opaque colours that occur, and the distortion of these."""
    opaque: Indices = np.zeros(OPAQUE_COLORS, index_dtype(len(palette)))
    points = space.embed(palette)

    def write(first: int) -> float:
        counts = census.opaque[first : first + SLAB]
        found = np.flatnonzero(counts)
        if not len(found):
            return 0.0
        keys = (first + found).astype(np.uint32) << np.uint32(8) | np.uint32(255)
        codes, order = in_morton_order(keys)
        weights = counts[found][order].astype(np.int64)
        colors = WeightedPoints(codes, embed(unpack_keys(keys[order])), weights)
        placed = colors
        if space is not SRGB:
            placed = WeightedPoints(codes, space.from_srgb(colors.points), weights)
        clusters = ColorTree(placed).assign(points, labels=True)
        opaque[first + found[order]] = clusters.labels
        return distortion_in_srgb(colors, clusters, palette, space)

    firsts = range(0, OPAQUE_COLORS, SLAB)
    return opaque, sum(for_each(write, firsts, len(firsts)))


def _changed() -> ParameterError:
    return ParameterError("the rows are not the same as when their colours were counted")
