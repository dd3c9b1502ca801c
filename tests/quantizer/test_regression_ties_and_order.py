"""Entries were checked for use in another order than the final one, in which ties fall otherwise.

An entry that has only pixels as near to another one is used if it comes first, else it is not.
"""

from __future__ import annotations

import numpy as np

from kqformat.quantizer.counting import count_colors
from kqformat.quantizer.palette import round_centroids
from kqformat.quantizer.space import embed
from kqformat.quantizer.tree import ColorTree


def test_entry_used_by_a_tie_alone_is_replaced() -> None:
    """(0, 5, 30) lies between two entries, of which the one with pixels of its own is darker."""
    histogram = count_colors(np.array([[0, 10, 0], [0, 5, 30]], np.uint8))
    tree = ColorTree(histogram)
    entries = np.array([[0, 10, 0, 255], [0, 0, 60, 255]], np.uint8)
    palette, _ = round_centroids(tree, embed(entries), 2)
    assert (tree.assign(embed(palette)).weights > 0).all()
    assert palette[:, :3].tolist() == [[0, 10, 0], [0, 5, 30]]
