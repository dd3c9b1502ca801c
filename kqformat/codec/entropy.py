"""Entropy coding of one band (spec §7): the calls.

A model lives as long as its band. Nothing here depends on another band, so that bands may be
coded at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from kqformat.codec import entropy_kernel, entropy_memory, palette_tree_kernel
from kqformat.codec.entropy_tables import (
    ACTIVITIES,
    COSTS,
    DISTANCES,
    ERRORS,
    FIRST_WEIGHTS,
    LENGTHS,
)
from kqformat.codec.model_choice import is_for_local_model
from kqformat.errors import FormatError, ParameterError
from kqformat.model import Indices, check_range, look_up

entropy_kernel.fill_tables(
    list(DISTANCES),
    list(ACTIVITIES),
    list(ERRORS),
    list(LENGTHS),
    list(FIRST_WEIGHTS),
    list(COSTS),
)

_NOTHING = np.empty(0, np.uint8)

_OPTIONS = 24
"""Entries that a pixel may take besides its neighbours' when bits are spared."""

_MOST_COMPARED = 4096
"""Palettes with more entries offer a pixel those of its neighbours only."""

_MOST_RECALLED = 64
"""Palettes with more entries have a choice of models, which their bands' first bits tell."""


def encode(
    indices: Indices, palette: npt.NDArray[np.uint8], room: int, *, local: bool | None = None
) -> bytes | None:
    """Return a band's payload, or None where it would be longer than `room` bytes.

    Parameters
    ----------
    indices : ndarray, uint8 or uint16, shape (rows, width)
    palette : ndarray, uint8, shape (k, 3) or (k, 4)
        With k ≥ 2.
    room : int
        Bytes.
    local : bool or None
        Which model codes it; None for the one that suits it. With k ≤ 64 it is never the local one.

    Returns
    -------
    bytes or None

    Raises
    ------
    ParameterError
        If an index has no palette entry, or the local model is asked for with k ≤ 64.
    """
    k = len(palette)
    check_range(indices, k)
    if local is None:
        local = is_for_local_model(indices, k)
    if local and k <= _MOST_RECALLED:
        raise ParameterError(f"the local model codes more than {_MOST_RECALLED} colours, not {k}")
    tree = _tree_of(palette)
    payload = np.empty(room, np.uint8)
    length = _code(look_up(tree.rank_of, indices), tree, local=local, target=payload)
    return None if length < 0 else payload[:length].tobytes()


def decode(
    payload: memoryview,
    palette: npt.NDArray[np.uint8],
    indices: Indices,
    offset: int = 0,
    *,
    band_rows: int | None = None,
) -> None:
    """Read a band's indices, or those of its first rows, from its payload.

    The time it takes is bounded by the number of pixels and by the payload's length, whatever it
    holds.

    Parameters
    ----------
    payload : memoryview
    palette : ndarray, uint8, shape (k, 3) or (k, 4)
        With k ≥ 2.
    indices : ndarray, uint8 or uint16, shape (rows, width)
        Where they go.
    offset : int
        The payload's place in the file, for what errors say.
    band_rows : int or None
        Rows of the band, if `indices` are only the first of them.

    Raises
    ------
    FormatError
        If the payload is longer or shorter than its pixels, or ends otherwise than it must; of
        first rows, if it ends before them.
    """
    tree = _tree_of(palette)
    ranks = np.zeros(indices.shape, np.uint16)
    local = len(palette) > _MOST_RECALLED and len(payload) > 0 and payload[0] >= 128
    length = _code(  # names no view of the payload: a name outlives an error
        ranks,
        tree,
        local=local,
        band_rows=band_rows,
        decoding=True,
        source=np.frombuffer(payload, np.uint8),
    )
    if length < 0:
        raise FormatError(
            "an entropy-coded band does not end with its last pixel",
            field="payload",
            offset=offset,
            found=f"{len(payload):,} bytes",
            expected="the bytes that its pixels take",
        )
    look_up(tree.order.astype(indices.dtype), ranks, indices)


def choose(
    indices: Indices,
    palette: npt.NDArray[np.uint8],
    points: npt.NDArray[np.int16],
    entry_points: npt.NDArray[np.int16],
    *,
    bit_price: float,
    farthest: float,
) -> Indices:
    """Return indices that cost less error and bits together, by the model as it would go.

    Parameters
    ----------
    indices : ndarray, uint8 or uint16, shape (rows, width)
        Each pixel's nearest entry.
    palette : ndarray, uint8, shape (k, 3) or (k, 4)
        With k ≥ 2.
    points : ndarray, int16, shape (rows, width, 4)
        The pixels' own colours, where squared distances are errors, in 1/64 of a sample.
    entry_points : ndarray, int16, shape (k, 4)
        The entries' colours likewise.
    bit_price : float
        What a bit may cost, in squared samples.
    farthest : float
        The greatest distance of an entry from the pixel's colour, in samples, unless it is the
        pixel's nearest.

    Returns
    -------
    ndarray of the dtype and shape of `indices`
    """
    check_range(indices, len(palette))
    tree = _tree_of(palette)
    ranks = look_up(tree.rank_of, indices)
    rows, width = ranks.shape
    entries = np.ascontiguousarray(entry_points[tree.order])
    inner = len(palette) - 1
    local = is_for_local_model(indices, len(palette))
    entropy_kernel.choose_band(
        ranks,
        tree.colors,
        tree.nodes,
        tree.groups,
        np.ascontiguousarray(points),
        entries,
        _nearest_ranks(entries),
        round(min(farthest, 1024.0) ** 2 * 4096),
        round(bit_price * 256),
        np.zeros(inner, np.uint32),
        np.zeros((inner, 2), np.int32),
        np.empty(0, np.uint8),
        local,
        *_memory(rows, width, tree, local=local),
    )
    return look_up(tree.order.astype(indices.dtype), ranks)


def _nearest_ranks(entries: npt.NDArray[np.int16]) -> npt.NDArray[np.uint16]:
    """Return the entries nearest to each, itself first, ties by their order: shape (k, n)."""
    k = len(entries)
    if k > _MOST_COMPARED:
        return np.arange(k, dtype=np.uint16)[:, None]
    wide = entries.astype(np.int64)
    squares = (wide**2).sum(axis=1)
    distances = squares[:, None] + squares - 2 * (wide @ wide.T)
    np.fill_diagonal(distances, -1)
    nearest = np.argsort(distances, axis=1, kind="stable")[:, :_OPTIONS]
    return np.ascontiguousarray(nearest.astype(np.uint16))


@dataclass(frozen=True, slots=True)
class _Tree:
    """The palette's tree: its nodes, and the entries in the order of its leaves."""

    nodes: npt.NDArray[np.int32]
    colors: npt.NDArray[np.int32]
    order: npt.NDArray[np.int32]
    rank_of: npt.NDArray[np.uint16]
    groups: int


def _tree_of(palette: npt.NDArray[np.uint8]) -> _Tree:
    """Return the palette's tree, which bands share; it is never written to."""
    return _grown(palette.tobytes(), palette.shape[1])


@lru_cache(maxsize=4)
def _grown(entries: bytes, channels: int) -> _Tree:
    palette = np.frombuffer(entries, np.uint8).reshape(-1, channels)
    k = len(palette)
    colors = np.full((k, 4), 255, np.int32)
    colors[:, :channels] = palette
    order = np.empty(k, np.int32)
    nodes = np.zeros((k - 1, palette_tree_kernel.NODE_FIELDS), np.int32)
    groups = palette_tree_kernel.build_tree(colors, order, np.empty(k, np.int32), nodes)
    rank_of = np.empty(k, np.uint16)
    rank_of[order] = np.arange(k, dtype=np.uint16)
    return _Tree(nodes, np.ascontiguousarray(colors[order]), order, rank_of, groups)


def _code(
    ranks: npt.NDArray[np.uint16],
    tree: _Tree,
    *,
    local: bool,
    band_rows: int | None = None,
    decoding: bool = False,
    source: npt.NDArray[np.uint8] = _NOTHING,
    target: npt.NDArray[np.uint8] = _NOTHING,
) -> int:
    """Go through the pixels."""
    rows, width = ranks.shape
    height = rows if band_rows is None else band_rows
    return entropy_kernel.code_band(
        np.ascontiguousarray(ranks),
        height,
        tree.colors,
        tree.nodes,
        tree.groups,
        source,
        target,
        decoding,
        local,
        *_memory(height, width, tree, local=local),
    )


def _memory(rows: int, width: int, tree: _Tree, *, local: bool) -> entropy_memory.Memory:
    if local:
        return entropy_memory.local(rows, width, len(tree.order), tree.groups)
    return entropy_memory.recalling(rows, width)
