"""`IndexedImage`: the one value that the quantizer and the codec both know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from kqformat.errors import ParameterError
from kqformat.fields import MAX_COLORS, MAX_DIMENSION, index_width
from kqformat.metadata import Metadata

__all__ = ["MAX_COLORS", "IndexedImage", "Indices", "index_dtype", "index_width"]

Indices: TypeAlias = npt.NDArray[np.uint8 | np.uint16]

_Value = TypeVar("_Value", np.uint8, np.uint16, np.uint8 | np.uint16)

_BLOCK_PIXELS = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class IndexedImage:
    """A picture as palette indices.

    Validated once, here. The arrays are kept as read-only views, not copied: whoever made them
    must not change them afterwards. If it is done all the same, encoding raises `ParameterError`
    for an index that has lost its entry, and `to_rgb` an `IndexError`.

    Parameters
    ----------
    indices : ndarray, uint8 or uint16, shape (H, W)
        A palette index for every pixel.
    palette : ndarray, uint8, shape (k, 3) or (k, 4)
        RGB or straight-alpha RGBA, 1 to 65,536 entries.
    metadata : Metadata
        What else travels.

    Raises
    ------
    ParameterError
        If a shape or dtype is another, or an index has no palette entry.

    Examples
    --------
    >>> palette = np.array([[0, 0, 0], [255, 255, 255]], np.uint8)
    >>> image = IndexedImage(np.array([[0, 1]], np.uint8), palette)
    >>> image.size, image.colors, image.index_width
    ((2, 1), 2, 1)
    >>> image.to_rgb().tolist()
    [[[0, 0, 0], [255, 255, 255]]]
    """

    indices: Indices
    palette: npt.NDArray[np.uint8]
    metadata: Metadata = field(default_factory=Metadata)

    def __post_init__(self) -> None:
        """Check shapes, dtypes and ranges; make the arrays read-only."""
        palette = checked_palette(self.palette)
        object.__setattr__(self, "palette", _read_only(palette))
        object.__setattr__(
            self, "indices", _read_only(_checked_indices(self.indices, len(palette)))
        )
        if not isinstance(self.metadata, Metadata):
            raise ParameterError(f"metadata is {type(self.metadata).__name__}, expected Metadata")

    def __eq__(self, other: object) -> bool:
        """Whether the indices, palette and metadata are all equal (dtypes of indices aside)."""
        if not isinstance(other, IndexedImage):
            return NotImplemented
        return (
            np.array_equal(self.indices, other.indices)
            and np.array_equal(self.palette, other.palette)
            and self.metadata == other.metadata
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def width(self) -> int:
        """Pixels in a row."""
        return int(self.indices.shape[1])

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.indices.shape[0])

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, as Pillow has them."""
        return self.width, self.height

    @property
    def colors(self) -> int:
        """Entries of the palette, k."""
        return len(self.palette)

    @property
    def channels(self) -> int:
        """3 where the palette is RGB, 4 where it is RGBA."""
        return int(self.palette.shape[1])

    @property
    def index_width(self) -> int:
        """Bits that an index takes when packed: ceil(log2 k)."""
        return index_width(self.colors)

    def to_rgb(self) -> npt.NDArray[np.uint8]:
        """Look every pixel up in the palette.

        Returns
        -------
        ndarray, uint8, shape (H, W, 3) or (H, W, 4)
        """
        return self.palette[self.indices]


def index_dtype(colors: int) -> type[np.uint8] | type[np.uint16]:
    """Return the type of indices into a palette of `colors` entries, where it can be chosen.

    Examples
    --------
    >>> index_dtype(256).__name__, index_dtype(257).__name__
    ('uint8', 'uint16')
    """
    return np.uint8 if colors <= 256 else np.uint16


def look_up(
    table: npt.NDArray[_Value], numbers: Indices, out: npt.NDArray[_Value] | None = None
) -> npt.NDArray[_Value]:
    """Return a table's rows for numbers that it is known to have, with little memory besides.

    Parameters
    ----------
    table : ndarray, shape (n,) or (n, c)
    numbers : ndarray, uint8 or uint16, shape (H, W)
        All below n: this is not checked.
    out : ndarray or None
        Where they go, of the shape and dtype returned.

    Returns
    -------
    ndarray, shape (H, W) or (H, W, c)

    Examples
    --------
    >>> look_up(np.array([7, 9], np.uint8), np.array([[0, 1, 1]], np.uint8)).tolist()
    [[7, 9, 9]]
    """
    values = np.empty(numbers.shape + table.shape[1:], table.dtype) if out is None else out
    step = max(1, _BLOCK_PIXELS // numbers.shape[1])
    for top in range(0, len(numbers), step):  # NumPy makes eight bytes of each number
        rows = slice(top, top + step)
        table.take(numbers[rows], axis=0, out=values[rows], mode="clip")
    return values


def check_range(indices: Indices, colors: int) -> None:
    """Raise `ParameterError` if an index has no entry in a palette of `colors`."""
    if colors >= 256**indices.dtype.itemsize:
        return
    largest = int(indices.max())
    if largest >= colors:
        raise ParameterError(f"index {largest} is not in a palette of {colors} entries")


def checked_palette(palette: object) -> npt.NDArray[np.uint8]:
    """Return a palette, or raise `ParameterError` if it is something else."""
    if not isinstance(palette, np.ndarray) or palette.dtype != np.uint8:
        raise ParameterError(f"palette is {_description(palette)}, expected a uint8 array")
    if palette.ndim != 2 or palette.shape[1] not in (3, 4):
        raise ParameterError(f"palette has shape {palette.shape}, expected (k, 3) or (k, 4)")
    if not 1 <= len(palette) <= MAX_COLORS:
        raise ParameterError(f"palette has {len(palette)} entries, expected 1 to {MAX_COLORS:,}")
    return palette


def _checked_indices(indices: object, colors: int) -> Indices:
    if not isinstance(indices, np.ndarray) or indices.dtype not in (np.uint8, np.uint16):
        raise ParameterError(
            f"indices are {_description(indices)}, expected a uint8 or uint16 array"
        )
    if indices.ndim != 2:
        raise ParameterError(f"indices have shape {indices.shape}, expected (H, W)")
    if not all(1 <= side <= MAX_DIMENSION for side in indices.shape):
        raise ParameterError(f"indices have shape {indices.shape}, expected at least one pixel")
    check_range(indices, colors)
    return indices


def _read_only(array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    view = array.view()
    view.flags.writeable = False
    return view


def _description(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"a {value.dtype} array"
    return f"a {type(value).__name__}"
