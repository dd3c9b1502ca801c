"""`IndexedImage`: what it accepts, and what it promises to those who take it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import indexed_images

from kqformat.errors import ParameterError
from kqformat.metadata import Metadata
from kqformat.model import IndexedImage, index_dtype, index_width

RGB = np.arange(15, dtype=np.uint8).reshape(5, 3)
PIXELS = np.array([[0, 1, 4], [2, 3, 4]], np.uint8)
IMAGE = IndexedImage(PIXELS, RGB)


@given(image=indexed_images())
def test_properties_are_those_of_the_arrays(image: IndexedImage) -> None:
    """Size, colours and channels are the arrays' shapes, and the lookup is NumPy's."""
    assert image.size == (image.width, image.height) == image.indices.shape[::-1]
    assert (image.colors, image.channels) == image.palette.shape
    assert image.index_width == index_width(image.colors)
    rows = [[image.palette[index].tolist() for index in row] for row in image.indices]
    assert image.to_rgb().tolist() == rows


@pytest.mark.parametrize(
    ("colors", "dtype"), [(1, np.uint8), (256, np.uint8), (257, np.uint16), (65_536, np.uint16)]
)
def test_index_dtype_is_the_narrowest(colors: int, dtype: type[np.generic]) -> None:
    """Indices are of one byte where all of the entries fit it."""
    assert index_dtype(colors) is dtype


@given(colors=st.integers(1, 65_536))
def test_index_width_is_the_least_that_suffices(colors: int) -> None:
    """b bits tell k entries apart, and b - 1 do not."""
    width = index_width(colors)
    assert 2**width >= colors
    assert width == 0 or 2 ** (width - 1) < colors


@pytest.mark.parametrize(
    ("palette", "problem"),
    [
        (RGB.tolist(), "palette is a list, expected a uint8 array"),
        (RGB.astype(np.int64), "palette is a int64 array, expected a uint8 array"),
        (RGB[0], r"palette has shape \(3,\), expected"),
        (RGB[:, :2], r"palette has shape \(5, 2\), expected"),
        (np.zeros((2, 5), np.uint8), r"palette has shape \(2, 5\), expected"),
        (np.zeros((2, 3, 1), np.uint8), r"palette has shape \(2, 3, 1\), expected"),
        (RGB[:0], "palette has 0 entries, expected 1 to 65,536"),
        (np.zeros((65_537, 3), np.uint8), "palette has 65537 entries"),
    ],
)
def test_impossible_palette_is_refused(palette: Any, problem: str) -> None:
    """A palette of another type or shape is the caller's error."""
    with pytest.raises(ParameterError, match=f"^{problem}"):
        IndexedImage(PIXELS, palette)


@pytest.mark.parametrize(
    ("indices", "problem"),
    [
        (PIXELS.tolist(), "indices are a list, expected a uint8 or uint16 array"),
        (PIXELS.astype(np.int64), "indices are a int64 array, expected"),
        (PIXELS.astype(">u2"), "indices are a >u2 array, expected"),
        (PIXELS.astype(bool), "indices are a bool array, expected"),
        (PIXELS[0], r"indices have shape \(3,\), expected \(H, W\)"),
        (PIXELS[..., None], r"indices have shape \(2, 3, 1\), expected \(H, W\)"),
        (PIXELS[:0], r"indices have shape \(0, 3\), expected at least one pixel"),
        (PIXELS[:, :0], r"indices have shape \(2, 0\), expected at least one pixel"),
        (PIXELS + np.uint8(1), "index 5 is not in a palette of 5 entries"),
        (PIXELS.astype(np.uint16) + np.uint16(1), "index 5 is not in a palette of 5 entries"),
    ],
)
def test_impossible_indices_are_refused(indices: Any, problem: str) -> None:
    """Indices of another type or shape, or without an entry, are the caller's error."""
    with pytest.raises(ParameterError, match=f"^{problem}"):
        IndexedImage(indices, RGB)


def test_side_over_31_bits_is_refused() -> None:
    """A side that the format cannot store is the caller's error."""
    wide = np.broadcast_to(np.uint8(0), (1, 2**31))
    with pytest.raises(ParameterError, match="indices have shape"):
        IndexedImage(wide, np.zeros((256, 3), np.uint8))


def test_metadata_has_its_type() -> None:
    """Metadata of another type are the caller's error."""
    other: Any = {"icc_profile": b"1"}
    with pytest.raises(ParameterError, match=r"^metadata is dict, expected Metadata$"):
        IndexedImage(PIXELS, RGB, other)


@pytest.mark.parametrize(("colors", "dtype"), [(256, np.uint8), (65_536, np.uint16)])
def test_every_index_of_a_full_palette_is_accepted(colors: int, dtype: Any) -> None:
    """Where all values of the type have entries, all are indices."""
    indices = np.arange(colors).astype(dtype).reshape(16, -1)
    image = IndexedImage(indices, np.zeros((colors, 3), np.uint8))
    assert int(image.indices.max()) == colors - 1


@pytest.mark.parametrize(("colors", "dtype"), [(255, np.uint8), (65_535, np.uint16)])
def test_palette_of_one_entry_less_is_not_full(colors: int, dtype: Any) -> None:
    """Where only the largest value of the type has no entry, it is found out."""
    indices = np.array([[colors]], dtype)
    with pytest.raises(ParameterError, match=f"^index {colors} is not in a palette of {colors} "):
        IndexedImage(indices, np.zeros((colors, 3), np.uint8))


def test_narrow_indices_into_a_large_palette_are_accepted() -> None:
    """A picture that uses the first 256 of more entries may have uint8 indices."""
    image = IndexedImage(np.array([[255]], np.uint8), np.zeros((300, 3), np.uint8))
    assert image.index_width == 9


def test_arrays_are_read_only_views() -> None:
    """The image cannot be changed, is no copy, and leaves the caller's arrays as they were."""
    indices, palette = PIXELS.copy(), RGB.copy()
    image = IndexedImage(indices, palette)
    for view, original in ((image.indices, indices), (image.palette, palette)):
        assert np.shares_memory(view, original)
        assert original.flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            view[0, 0] = 1


def test_equal_images_are_equal_whatever_the_type() -> None:
    """Equality is of values: the type of the indices is no part of the picture."""
    assert IndexedImage(PIXELS.astype(np.uint16), RGB.copy()) == IMAGE


@pytest.mark.parametrize(
    "other",
    [
        replace(IMAGE, indices=PIXELS[::-1]),
        replace(IMAGE, indices=PIXELS[:1]),
        replace(IMAGE, palette=RGB[::-1]),
        replace(IMAGE, palette=np.vstack([RGB, RGB])),
        replace(IMAGE, metadata=Metadata(b"1")),
        "IndexedImage",
        None,
    ],
)
def test_different_images_are_not_equal(other: object) -> None:
    """Any difference in pixels, palette or metadata counts; other types are never equal."""
    assert other != IMAGE


def test_image_is_no_key() -> None:
    """Its arrays may be anyone's, so an image has no hash."""
    with pytest.raises(TypeError, match="unhashable"):
        hash(IMAGE)
