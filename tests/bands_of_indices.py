"""Bands of indices for the entropy coder, and what it must do with any of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kqformat.codec import entropy

Indices = npt.NDArray[np.uint8 | np.uint16]


def palette_of(colors: int, channels: int = 3, seed: int = 1) -> npt.NDArray[np.uint8]:
    """Return colours at random."""
    return np.random.default_rng(seed).integers(0, 256, (colors, channels)).astype(np.uint8)


def as_indices(numbers: npt.NDArray[np.generic], colors: int) -> Indices:
    """Return numbers as indices of so many entries."""
    return numbers.astype(np.uint8) if colors <= 256 else numbers.astype(np.uint16)


def round_trip(
    indices: Indices, palette: npt.NDArray[np.uint8], *, local: bool | None = None
) -> bytes:
    """Encode a band, see that it is decoded to the same, and return its payload."""
    payload = entropy.encode(indices, palette, 4 * indices.nbytes + 64, local=local)
    assert payload is not None
    decoded = np.empty_like(indices)
    entropy.decode(memoryview(payload), palette, decoded)
    assert np.array_equal(decoded, indices)
    return payload
