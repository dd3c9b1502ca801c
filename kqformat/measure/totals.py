"""Many pictures: the sums of their files, and the geometric means of their factors."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from dataclasses import dataclass

from kqformat.measure.comparison import Comparison

ALL = "all"
"""The kind that every picture is of."""

_OTHER_NAMES = {"jpg": "jpeg", "jpe": "jpeg", "jfif": "jpeg", "tif": "tiff", "dib": "bmp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """What the pictures of a kind make in one format, at one k.

    Attributes
    ----------
    kind : str
        Of the files that they come from; `ALL` for those of every kind.
    name : str
        The coding, or the name of the peer.
    colors : int
        The k.
    is_lossy : bool
        Whether it has the PSNR of the palette and not its pixels.
    images : int
        How many there are: those in which a peer was left out are missing here.
    baseline_bytes, file_bytes : int
        Their sums.
    ratio : float
        Of the sums, so that large pictures count for more.
    mean_ratio : float
        The geometric mean of the pictures' factors, each counting the same.
    """

    kind: str
    name: str
    colors: int
    is_lossy: bool
    images: int
    baseline_bytes: int
    file_bytes: int
    ratio: float
    mean_ratio: float


def kind_of(name: str) -> str:
    """Return the kind of a file, by its ending.

    Examples
    --------
    >>> kind_of("a/b.JPG"), kind_of("c.png"), kind_of("-")
    ('jpeg', 'png', 'other')
    """
    ending = os.path.splitext(name)[1].lower().removeprefix(".")
    return _OTHER_NAMES.get(ending, ending) or "other"


def totals(comparisons: Iterable[Comparison]) -> list[Total]:
    """Sum up pictures: by kind of file, where there is more than one, then all of them.

    Returns
    -------
    list of Total
        For each kind: the codings and peers in the order in which they first come, at each k.

    Examples
    --------
    >>> import numpy as np
    >>> from kqformat.measure.comparing import compare
    >>> few = {"colors": (2,), "codings": ("packed",), "peers": False, "lossy": False}
    >>> pictures = [np.eye(side, dtype=np.uint8) for side in (30, 60)]
    >>> found = [compare(picture, name="x.png", **few) for picture in pictures]
    >>> [(total.kind, total.images, total.file_bytes) for total in totals(found)]
    [('all', 2, 633)]
    """
    gathered: dict[tuple[str, str, int, bool], list[tuple[int, int]]] = {}
    pictures = list(comparisons)
    kinds = list(dict.fromkeys(kind_of(picture.image) for picture in pictures))
    for picture in pictures:
        for kind in (kind_of(picture.image), ALL) if len(kinds) > 1 else (ALL,):
            for name, colors, is_lossy, file_bytes in _files(picture):
                pair = picture.baseline_bytes, file_bytes
                gathered.setdefault((kind, name, colors, is_lossy), []).append(pair)
    names = list(dict.fromkeys(name for _, name, _, _ in gathered))
    order = sorted(
        gathered,
        key=lambda key: ([*kinds, ALL].index(key[0]), key[2], names.index(key[1])),
    )
    return [_total(*key, gathered[key]) for key in order]


def _files(picture: Comparison) -> Iterable[tuple[str, int, bool, int]]:
    for row in picture.rows:
        yield row.coding, row.colors, False, row.file_bytes
    for peer in picture.peers:
        yield peer.name, peer.colors, not peer.lossless_of_palette, peer.file_bytes


def _total(
    kind: str, name: str, colors: int, is_lossy: bool, pairs: list[tuple[int, int]]
) -> Total:
    baseline, size = (sum(values) for values in zip(*pairs, strict=True))
    logarithms = [math.log(pixels / file) for pixels, file in pairs]
    return Total(
        kind=kind,
        name=name,
        colors=colors,
        is_lossy=is_lossy,
        images=len(pairs),
        baseline_bytes=baseline,
        file_bytes=size,
        ratio=baseline / size,
        mean_ratio=math.exp(math.fsum(logarithms) / len(pairs)),
    )
