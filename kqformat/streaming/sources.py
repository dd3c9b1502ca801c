"""What rows come from: anything that is sliced by rows, or gone through in blocks of rows.

Every block is checked when it comes. Nothing here knows whether rows are pixels or indices but by
the shape and the types that are allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from kqformat.errors import ParameterError
from kqformat.fields import MAX_DIMENSION
from kqformat.memory_maps import releaser

Block = npt.NDArray[Any]
Span = tuple[int, int]

BLOCK_PIXELS = 1 << 20
"""About how many pixels are looked at together."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What rows are.

    Attributes
    ----------
    name : str
        For what errors say.
    dtypes : tuple of type
        Allowed ones.
    channels : tuple of int
        Allowed samples of a pixel; 0 for no axis of its own.
    """

    name: str
    dtypes: tuple[type[np.generic], ...]
    channels: tuple[int, ...]

    def expected(self) -> str:
        """Return what the shape and dtype of a block should be, in words."""
        shapes = ["(rows, width)" if c == 0 else f"(rows, width, {c})" for c in self.channels]
        return f"{' or '.join(np.dtype(t).name for t in self.dtypes)}, {' or '.join(shapes)}"


PIXELS = Kind("pixels", (np.uint8,), (0, 3, 4))
INDICES = Kind("indices", (np.uint8, np.uint16), (0,))


class Rows(Protocol):
    """Rows of a picture."""

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height; None before it is known."""

    @property
    def is_lasting(self) -> bool:
        """Whether they can be gone through more than once."""

    def blocks(self) -> Iterator[Block]:
        """Go through all rows, in blocks of any height."""

    def spans(self, spans: Iterable[Span]) -> Iterator[Block]:
        """Go through all rows in blocks as given: first row, row after the last."""

    def release(self, block: Block) -> None:
        """Say that a block is not needed any more."""


def rows_of(source: object, kind: Kind, shape: tuple[int, int] | None = None) -> Rows:
    """Return the rows of whatever has some.

    Parameters
    ----------
    source : array-like, iterable or callable
        What has a `shape` and is sliced by rows (`ndarray`, `memmap`, Zarr, Dask, HDF5 …); or an
        iterable of blocks of rows, from the top; or a callable that returns a new one each time.
    kind : Kind
    shape : (int, int) or None
        Height and width, where they are known of an iterable.

    Raises
    ------
    ParameterError
        If it is something else.
    """
    if shape is not None:
        shape = _checked_shape(shape)
    if hasattr(source, "shape") and hasattr(source, "__getitem__"):
        sliced = SlicedRows(source, kind)
        if shape not in (None, sliced.size[::-1]):
            raise ParameterError(f"shape is {shape}, but the rows have {sliced.size[::-1]}")
        return sliced
    if callable(source):
        return IteratedRows(source, kind, shape, is_lasting=True)
    if not isinstance(source, Iterable):
        raise ParameterError(
            f"rows are {type(source).__name__}, expected an array or an iterable of blocks of rows"
        )
    iterable: Iterable[Block] = source
    return IteratedRows(iterable.__iter__, kind, shape, is_lasting=not isinstance(source, Iterator))


class SlicedRows:
    """Rows of something that is sliced."""

    is_lasting = True

    def __init__(self, array: Any, kind: Kind) -> None:
        shape, dtype = tuple(array.shape), getattr(array, "dtype", None)
        is_right = len(shape) in (2, 3) and (shape[2] if len(shape) == 3 else 0) in kind.channels
        if not is_right or dtype not in kind.dtypes:
            raise ParameterError(
                f"{kind.name} are {dtype} of shape {shape}, expected {kind.expected()}"
            )
        height, width = _checked_shape(shape[:2])
        self.size = width, height
        self._array = array
        self._kind = kind
        self.release = releaser(array)

    def blocks(self) -> Iterator[Block]:
        """Go through all rows."""
        width, height = self.size
        step = max(1, BLOCK_PIXELS // width)
        return self.spans((top, min(height, top + step)) for top in range(0, height, step))

    def spans(self, spans: Iterable[Span]) -> Iterator[Block]:
        """Go through all rows in blocks as given."""
        tail = tuple(self._array.shape[2:])
        for top, bottom in spans:
            block = np.asarray(self._array[top:bottom])
            expected = (bottom - top, self.size[0], *tail)
            if block.shape != expected or block.dtype not in self._kind.dtypes:
                raise ParameterError(
                    f"rows {top} to {bottom} are {block.dtype} of shape {block.shape}, "
                    f"expected shape {expected}"
                )
            yield block


class IteratedRows:
    """Rows that come in blocks."""

    def __init__(
        self,
        begin: Callable[[], Iterable[Block]],
        kind: Kind,
        shape: tuple[int, int] | None,
        *,
        is_lasting: bool,
    ) -> None:
        self.is_lasting = is_lasting
        self.size = None if shape is None else (shape[1], shape[0])
        self._begin = begin
        self._kind = kind
        self._channels: int | None = None

    def release(self, block: Block) -> None:
        """Do nothing."""

    def blocks(self) -> Iterator[Block]:
        """Go through all rows; their number is known afterwards."""
        height = width = 0
        for block in self._begin():
            width = self._checked(block, height, width or (self.size or (0, 0))[0])
            step = max(1, BLOCK_PIXELS // width)
            for top in range(0, len(block), step):
                yield block[top : top + step].copy()  # the source may fill its own anew meanwhile
            height += len(block)
        if self.size is None:
            self.size = _checked_shape((height, width))[::-1]
        elif self.size != (width, height):
            raise _wrong_height(height, self.size[1])

    def spans(self, spans: Iterable[Span]) -> Iterator[Block]:
        """Go through all rows in blocks as given, put together from those that come."""
        if self.size is None:
            raise ParameterError("the number of rows is not known: give the shape, (H, W)")
        width, height = self.size
        waiting: list[Block] = []
        came = given = 0
        source = iter(self._begin())
        for top, bottom in spans:
            while came < bottom:
                block = next(source, None)
                if block is None:
                    raise _wrong_height(came, height)
                self._checked(block, came, width)
                waiting.append(block.copy())
                came += len(block)
            taken, rest = _split(waiting, bottom - top)
            given = bottom
            waiting = rest
            yield taken
        if waiting or next(source, None) is not None:
            raise _wrong_height(f"more than {given}", height)

    def _checked(self, block: object, top: int, width: int) -> int:
        """Return the width of a block, which is to be as that of those before it."""
        if not isinstance(block, np.ndarray):
            raise ParameterError(
                f"the block of rows from {top} on is {type(block).__name__}, expected an array"
            )
        channels = block.shape[2] if block.ndim == 3 else 0
        wanted = self._kind.channels if self._channels is None else (self._channels,)
        is_right = block.ndim in (2, 3) and len(block) and channels in wanted
        if not is_right or block.dtype not in self._kind.dtypes or block.shape[1] == 0:
            raise ParameterError(
                f"the block of rows from {top} on is {block.dtype} of shape {block.shape}, "
                f"expected {self._kind.expected()}, as the first"
            )
        if width and block.shape[1] != width:
            raise ParameterError(
                f"the block of rows from {top} on is {block.shape[1]} pixels wide, expected {width}"
            )
        self._channels = channels
        return int(block.shape[1])


def _split(blocks: list[Block], rows: int) -> tuple[Block, list[Block]]:
    """Return the first rows as one block, and what is left."""
    taken: list[Block] = []
    for number, block in enumerate(blocks):
        taken.append(block[:rows])
        rows -= len(taken[-1])
        if rows == 0:
            rest = [block[len(taken[-1]) :]] if len(taken[-1]) < len(block) else []
            rest += blocks[number + 1 :]
            return (taken[0] if len(taken) == 1 else np.concatenate(taken)), rest
    raise ParameterError("there are fewer rows than asked for")


def _checked_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    if len(shape) != 2 or not all(
        isinstance(side, int | np.integer) and 1 <= side <= MAX_DIMENSION for side in shape
    ):
        raise ParameterError(
            f"the picture's shape is {shape}, expected (H, W) of at least one pixel"
        )
    return int(shape[0]), int(shape[1])


def _wrong_height(found: object, expected: int) -> ParameterError:
    return ParameterError(f"there are {found} rows, expected {expected}")
