"""The palette, coded (spec §7.7): entries in one canonical order, bit plane by bit plane.

The order of the entries says nothing then, so that about log2(k!) bits are saved; that of a palette
which came in another order is data, and such a palette is stored as it is.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from kqformat.codec import coded_palette_kernel
from kqformat.codec.entropy_tables import BLANK, fill_kernel, refinement_row, starts
from kqformat.errors import FormatError
from kqformat.fields import length_field_bytes
from kqformat.model import IndexedImage

_NOTHING = np.empty(0, np.uint8)


def encode(palette: npt.NDArray[np.uint8]) -> bytes | None:
    """Return the coded entries, or None where the palette is to be stored as it is.

    That is where its entries are not in the canonical order, or their code is not shorter.

    Parameters
    ----------
    palette : ndarray, uint8, shape (k, 3) or (k, 4)

    Returns
    -------
    bytes or None
    """
    entries = _entries(palette)
    keys = _keys(entries)
    room = palette.size - length_field_bytes(palette.size) - 1
    if room < 0 or (keys[1:] < keys[:-1]).any():
        return None
    target = np.empty(room, np.uint8)
    length = _code(entries, palette.shape[1], target=target)
    return None if length < 0 else target[:length].tobytes()


def decode(payload: bytes | memoryview, palette_size: int, channels: int, offset: int = 0) -> bytes:
    """Return a palette's entries as they are stored uncoded.

    Parameters
    ----------
    payload : bytes-like
    palette_size : int
        k, 1 to 65,536.
    channels : {3, 4}
    offset : int
        The payload's place in the file, for what errors say.

    Returns
    -------
    bytes
        `palette_size` times `channels` of them.

    Raises
    ------
    FormatError
        If the payload is longer or shorter than its entries, or ends otherwise than it must.
    """
    entries = np.zeros((palette_size, 4), np.uint8)
    source = np.frombuffer(payload, np.uint8)
    if _code(entries, channels, decoding=True, source=source) < 0:
        raise FormatError(
            "a coded palette does not end with its last entry",
            field="palette",
            offset=offset,
            found=f"{len(payload):,} bytes",
            expected="the bytes that its entries take",
        )
    return entries[:, [2, 1, 3, 0][:channels]].tobytes()


def sort(image: IndexedImage) -> IndexedImage:
    """Return the same picture with its palette in the canonical order.

    Examples
    --------
    >>> palette = np.array([[9, 9, 9], [0, 0, 0]], np.uint8)
    >>> image = IndexedImage(np.array([[0, 1]], np.uint8), palette)
    >>> sort(image).palette.tolist(), sort(image).indices.tolist()
    ([[0, 0, 0], [9, 9, 9]], [[1, 0]])
    """
    order = np.argsort(_keys(_entries(image.palette)), kind="stable")
    place = np.empty(len(order), image.indices.dtype)
    place[order] = np.arange(len(order), dtype=image.indices.dtype)
    return IndexedImage(place[image.indices], image.palette[order], image.metadata)


def _entries(palette: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return alpha, green, red and blue, in this order."""
    entries = np.full((len(palette), 4), 255, np.uint8)
    entries[:, 1], entries[:, 2], entries[:, 3] = palette[:, 1], palette[:, 0], palette[:, 2]
    if palette.shape[1] == 4:
        entries[:, 0] = palette[:, 3]
    return entries


def _keys(entries: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint32]:
    """Return the entries' bits, interleaved from the first plane to the last."""
    keys = np.zeros(len(entries), np.uint32)
    for plane in range(7, -1, -1):
        for role in range(4):
            bits = np.bitwise_and(entries[:, role] >> plane, np.uint8(1)).astype(np.uint32)
            keys = np.bitwise_or(np.left_shift(keys, np.uint32(1)), bits)
    return keys


def _code(
    entries: npt.NDArray[np.uint8],
    channels: int,
    *,
    decoding: bool = False,
    source: npt.NDArray[np.uint8] = _NOTHING,
    target: npt.NDArray[np.uint8] = _NOTHING,
) -> int:
    return coded_palette_kernel.code_palette(
        entries, channels, source, target, decoding, *_memory()
    )


def _memory() -> tuple[
    npt.NDArray[np.uint16],
    npt.NDArray[np.int16],
    npt.NDArray[np.int16],
    npt.NDArray[np.uint16],
    npt.NDArray[np.uint16],
]:
    """Return the model's memory as it starts, in the order the kernel takes it."""
    fill_kernel()
    weights_a, weights_b = _weights()
    return (
        np.full((16, coded_palette_kernel.PALETTE_SLOTS), BLANK, np.uint16),
        weights_a.copy(),
        weights_b.copy(),
        np.tile(refinement_row(), (4, 1)),
        np.tile(refinement_row(), (32, 1)),
    )


@cache
def _weights() -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int16]]:
    trained = starts()
    return (
        trained["palette_weights_a"].astype(np.int16),
        trained["palette_weights_b"].astype(np.int16),
    )
