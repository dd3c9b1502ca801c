"""From counted colours to a palette: what one image and several have in common."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from kqformat.model import MAX_COLORS
from kqformat.quantizer.choose import Choice, Chooser, Observer
from kqformat.quantizer.colors import color_array
from kqformat.quantizer.effort import effort_named
from kqformat.quantizer.histogram import Histogram
from kqformat.quantizer.options import Options, check_integer
from kqformat.quantizer.palette import ranking, round_centroids
from kqformat.quantizer.pinning import Pinning
from kqformat.quantizer.pixels import Pictures
from kqformat.quantizer.points import WeightedPoints
from kqformat.quantizer.spaces import SRGB, space_named
from kqformat.quantizer.starts import start_named
from kqformat.quantizer.tree import Clusters, ColorTree


class Selector:
    """Selects palettes for the same colours, any number of times.

    Parameters
    ----------
    counted : Histogram
        The colours.
    options : Options
        All but the importance are heeded.
    pictures : Pictures
        Where the colours were counted.
    extra_weights : ndarray, int64, shape (n,), or None
        What each colour weighs in the choice besides its pixels.
    observer : Observer or None
        Watches the choice.
    """

    def __init__(
        self,
        counted: Histogram,
        options: Options,
        pictures: Pictures,
        extra_weights: npt.NDArray[np.int64] | None = None,
        observer: Observer | None = None,
    ) -> None:
        self._counted = counted
        self._options = options
        self._pictures = pictures
        self._extra_weights = extra_weights
        self._observer = observer
        self._space = space_named(options.space)
        self._kept = color_array(options.keep_colors)
        if len(self._kept):
            self._kept = np.unique(self._kept, axis=0)

    def keeps_all(self, colors: int) -> bool:
        """Whether all colours, and those to be kept, find room in a palette of so many.

        Raises
        ------
        ParameterError
            If `colors` is not from 1 to 65,536, or fewer than the colours to be kept.
        """
        check_integer("colors", colors, max(1, len(self._kept)), MAX_COLORS)
        return self._counted.exact and self._distinct_with_kept <= colors

    def all_colors(self) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.intp]]:
        """Return a palette of all colours, and those to be kept.

        Returns
        -------
        palette : ndarray, uint8, shape (k, 4)
            Sorted as `in_order` does.
        positions : ndarray, intp, shape (n,)
            Where in it each of the counted colours is.
        """
        colors = self._counted.colors
        if len(self._kept):
            colors = np.concatenate([colors, self._kept])
            # Each colour once, the counted ones first, so that these keep their places.
            _, first = np.unique(colors, axis=0, return_index=True)
            colors = colors[np.sort(first)]
        ranks = ranking(colors)
        positions = np.empty(len(ranks), np.intp)
        positions[ranks] = np.arange(len(ranks))
        return colors[ranks], positions[: len(self._counted)]

    def choose(self, colors: int) -> tuple[npt.NDArray[np.uint8], Clusters, Choice]:
        """Return a palette of at most so many colours, and how it came about.

        Returns
        -------
        palette : ndarray, uint8, shape (k, 4)
        clusters : Clusters
            With the label of every counted colour.
        choice : Choice
        """
        fixed = self._space.embed(self._kept)
        if self._options.max_iterations is not None:
            choice = self._chooser.plain(colors, self._options.max_iterations, fixed)
        else:
            choice = self._chooser.by_effort(colors, effort_named(self._options.effort), fixed)
        palette, clusters = round_centroids(
            self.tree, choice.centroids, colors, self._space, self._kept, grey=self._is_grey
        )
        return palette, clusters, choice

    @cached_property
    def tree(self) -> ColorTree:
        """A tree over the colours in the space of the options."""
        return ColorTree(self._points)

    @cached_property
    def _is_grey(self) -> bool:
        keys = self._counted.keys
        return bool((keys >> 16 == (keys >> 8 & 0xFFFF)).all())

    @cached_property
    def _distinct_with_kept(self) -> int:
        """How many colours there are, with those to be kept that are not among them."""
        if not len(self._kept):
            return len(self._counted)
        both = np.concatenate([self._counted.colors, self._kept])
        return len(np.unique(both, axis=0))

    @cached_property
    def _points(self) -> WeightedPoints:
        counted = self._counted
        if self._space is SRGB:
            return counted
        points = self._space.from_srgb(counted.points)
        return WeightedPoints(counted.codes, points, counted.counts)

    @cached_property
    def _chooser(self) -> Chooser:
        options = self._options
        pinning = Pinning(options.outliers, options.gamma, options.n0, self._pictures, self._space)
        points, tree = self._points, self.tree
        if self._extra_weights is not None:
            weights = points.counts + self._extra_weights
            points = WeightedPoints(points.codes, points.points, weights)
            tree = ColorTree(points)
        start = start_named(options.init)
        return Chooser(points, tree, start, options.seed, pinning, self._observer)
