"""The palette for rows of pixels, and how each pixel is mapped to it.

Rows are gone through once to count their colours, and again each time when small bright regions may
get entries of their own. What comes of it is what `Quantizer` finds in the whole picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from kqformat.codec import coded_palette
from kqformat.errors import ParameterError
from kqformat.model import MAX_COLORS, IndexedImage, Indices, index_dtype
from kqformat.quantizer.census import Census
from kqformat.quantizer.choose import Stage
from kqformat.quantizer.colors import color_array
from kqformat.quantizer.mapper import Mapper, mapper_of_counted
from kqformat.quantizer.nearest import distortion_in_srgb
from kqformat.quantizer.neighbours import count_neighbours_in_rows
from kqformat.quantizer.options import Options, check_integer
from kqformat.quantizer.pixels import Pictures
from kqformat.quantizer.selection import Selector
from kqformat.quantizer.spaces import space_named
from kqformat.streaming.sources import Rows
from kqformat.threads import in_order


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A palette and how it came about.

    Attributes
    ----------
    palette : ndarray, uint8, shape (k, 3) or (k, 4)
        As it goes into the file.
    mapper : Mapper
        To it.
    distinct_colors : int or None
        Different colours among the pixels (cells of colours, where there are over a million); None
        where they were not counted.
    converged : bool
        Whether k-means ended because another pass would have changed nothing.
    stages : tuple of Stage
        What was done to choose the palette.
    lossless : bool
        Whether it is known that every pixel keeps its colour.
    """

    palette: npt.NDArray[np.uint8]
    mapper: Mapper
    distinct_colors: int | None
    converged: bool
    stages: tuple[Stage, ...] = ()
    lossless: bool = False


def chosen(rows: Rows, colors: int, options: Options) -> Plan:
    """Choose a palette of at most `colors` entries."""
    space = space_named(options.space)
    census = _census(rows)
    counted = census.merger().merged()
    selector = Selector(counted, options, _pictures(rows))
    if selector.keeps_all(colors):
        palette, positions = selector.all_colors()
        mapper = mapper_of_counted(palette, space, census, counted, positions, 0.0)
        return Plan(_stored(palette), mapper, len(counted), True, lossless=True)
    palette, clusters, choice = selector.choose(colors)
    distortion = distortion_in_srgb(counted, clusters, palette, space) if counted.exact else 0.0
    mapper = mapper_of_counted(palette, space, census, counted, clusters.labels, distortion)
    return Plan(_stored(palette), mapper, len(counted), choice.converged, choice.stages)


def given(rows: Rows, palette: npt.NDArray[np.uint8], options: Options) -> Plan:
    """Take a palette as it is; rows that can be had once only are not counted."""
    space = space_named(options.space)
    rgba = color_array(palette)
    check_integer("palette entries", len(rgba), 1, MAX_COLORS)
    stored = np.ascontiguousarray(palette)
    if not rows.is_lasting:
        return Plan(stored, Mapper(rgba, space), None, True)
    census = _census(rows)
    counted = census.merger().merged()
    selector = Selector(counted, options, _pictures(rows))
    clusters = selector.tree.assign(space.embed(rgba), labels=True)
    if not counted.exact:
        mapper = mapper_of_counted(rgba, space, census, counted, clusters.labels, 0.0)
        return Plan(stored, mapper, len(counted), True)
    distortion = distortion_in_srgb(counted, clusters, rgba, space)
    mapper = mapper_of_counted(rgba, space, census, counted, clusters.labels, distortion)
    shown = rgba[clusters.labels]
    shown[shown[:, 3] == 0] = 0  # as all that is fully transparent is counted
    is_lossless = distortion == 0 and bool((shown == counted.colors).all())
    return Plan(stored, mapper, len(counted), True, lossless=is_lossless)


def suited(plan: Plan) -> Plan:
    """Return a plan with the entries in the order that suits entropy coding."""
    k = len(plan.palette)
    numbers: Indices = np.arange(k).reshape(1, k).astype(index_dtype(k))
    ordered = coded_palette.sort(IndexedImage(numbers, plan.palette))
    place = ordered.indices[0]
    mapper = plan.mapper
    rgba = np.empty_like(mapper.palette)
    rgba[place] = mapper.palette
    mapper = replace(
        mapper,
        palette=rgba,
        entries=None if mapper.entries is None else mapper.entries.moved(place),
    )
    return replace(plan, palette=ordered.palette, mapper=mapper)


def _census(rows: Rows) -> Census:
    census = Census()

    def count(block: npt.NDArray[np.uint8]) -> None:
        census.add(flattened(block))
        rows.release(block)

    for _ in in_order(count, rows.blocks()):
        pass
    return census


def flattened(block: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return a block of rows as one column of pixels, shape (N, c)."""
    return np.ascontiguousarray(block).reshape(block.shape[0] * block.shape[1], -1)


def _pictures(rows: Rows) -> Pictures:
    if rows.size is None:
        raise ParameterError("there are no rows")
    width, height = rows.size

    def neighbours(part_of_place: npt.NDArray[np.uint8], blobs: int) -> npt.NDArray[np.int64]:
        return count_neighbours_in_rows(_flat_blocks(rows), width, part_of_place, blobs)

    return Pictures(width * height, (), neighbours)


def _flat_blocks(rows: Rows) -> Iterator[npt.NDArray[np.uint8]]:
    for block in rows.blocks():
        yield flattened(block)
        rows.release(block)


def _stored(palette: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return a palette as it is stored: RGB where all of it is opaque."""
    channels = 3 if (palette[:, 3] == 255).all() else 4
    return np.ascontiguousarray(palette[:, :channels])
