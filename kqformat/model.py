"""`IndexedImage`: the one value that the quantizer and the codec both know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from kqformat.errors import ParameterError
from kqformat.metadata import Metadata

MAX_COLORS = 65_536
"""The most entries that a palette can have (spec §3)."""

MAX_DIMENSION = 2**31 - 1
"""The greatest width and height (spec §3)."""

Indices: TypeAlias = npt.NDArray[np.uint8 | np.uint16]


@dataclass(frozen=True, slots=True, eq=False)
class IndexedImage:
    """A picture as palette indices.

    The arrays are kept as read-only views, not copied: whoever made them must not change them
    afterwards. Validated once, here; everything that takes an `IndexedImage` relies on it.

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
        palette = _checked_palette(self.palette)
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


def index_width(colors: int) -> int:
    """Return the bits that tell `colors` palette entries apart (spec §3: b = ceil(log2 k)).

    Examples
    --------
    >>> [index_width(k) for k in (1, 2, 3, 16, 17, 65_536)]
    [0, 1, 2, 4, 5, 16]
    """
    return (colors - 1).bit_length()


def _checked_palette(palette: object) -> npt.NDArray[np.uint8]:
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
    if colors <= np.iinfo(indices.dtype).max:
        largest = int(indices.max())
        if largest >= colors:
            raise ParameterError(f"index {largest} is not in a palette of {colors} entries")
    return indices


def _read_only(array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    view = array.view()
    view.flags.writeable = False
    return view


def _description(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"a {value.dtype} array"
    return f"a {type(value).__name__}"
