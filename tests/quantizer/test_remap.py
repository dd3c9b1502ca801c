"""`remap`: each pixel to its nearest palette entry, exactly."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import quantizer_oracle as oracle
from hypothesis import given
from hypothesis import strategies as st
from strategies import pictures

from kqformat.quantizer import counting as counting_module
from kqformat.quantizer import nearest as nearest_module
from kqformat.quantizer import remap as remap_module
from kqformat.quantizer.counting import CountedPixels, counted
from kqformat.quantizer.remap import remap
from kqformat.quantizer.space import embed
from kqformat.quantizer.tree import Clusters, ColorTree

Pixels = npt.NDArray[np.uint8]


def labelled(pixels: CountedPixels, palette: npt.NDArray[np.uint8]) -> Clusters:
    """Label the points of a histogram with their nearest entries."""
    return ColorTree(pixels.histogram).assign(embed(palette), labels=True)


def random_palette(seed: int, k: int, levels: int, channels: int) -> Pixels:
    """Entries on a coarse grid, some of them twice."""
    rng = np.random.default_rng(seed)
    palette = rng.integers(0, levels, (k, 4), dtype=np.uint8) * (255 // (levels - 1))
    if channels == 3:
        palette[:, 3] = 255
    return palette.astype(np.uint8)


@given(
    pictures(),
    st.integers(1, 40),
    st.sampled_from([2, 4, 16, 256]),
    st.integers(0, 2**32),
)
def test_remap_finds_the_nearest_entry(image: Pixels, k: int, levels: int, seed: int) -> None:
    """Every index is that of the nearest entry, of equally near ones the lowest; so the cost."""
    pixels = image.reshape(-1, image.shape[2])
    palette = random_palette(seed, k, levels, image.shape[2])
    found = counted(pixels)
    indices, distortion = remap(found, palette, labelled(found, palette))
    points, entries = embed(oracle.canonical(pixels)), embed(palette)
    np.testing.assert_array_equal(indices, oracle.nearest(points, entries))
    squares = (points.astype(np.int64) - entries[indices]) ** 2
    assert distortion == squares.sum() / oracle.UNIT**2


@given(pictures(channels=3), st.integers(1, 40), st.integers(0, 2**32))
def test_remap_of_rgb_is_nearest_in_rgb(image: Pixels, k: int, seed: int) -> None:
    """For opaque pixels nearest means nearest in RGB, and the cost is the squared error."""
    pixels = image.reshape(-1, 3)
    palette = random_palette(seed, k, 16, 3)
    found = counted(pixels)
    indices, distortion = remap(found, palette, labelled(found, palette))
    np.testing.assert_array_equal(indices, oracle.nearest(pixels, palette[:, :3]))
    assert distortion == ((pixels.astype(np.int64) - palette[indices, :3]) ** 2).sum()


@pytest.mark.parametrize(("k", "dtype"), [(1, "u1"), (256, "u1"), (257, "u2"), (5000, "u2")])
def test_indices_are_as_wide_as_needed(photo: Pixels, k: int, dtype: str) -> None:
    """Up to 256 entries an index is a byte, from 257 on two."""
    pixels = photo[::5].reshape(-1, 3)
    found = counted(pixels)
    palette = random_palette(k, k, 256, 3)
    indices, _ = remap(found, palette, labelled(found, palette))
    assert indices.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(indices, oracle.nearest(pixels, palette[:, :3]))


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("block_pixels", [1, 700, 2048, 1 << 20])
def test_remap_without_exact_histogram(
    monkeypatch: pytest.MonkeyPatch, channels: int, block_pixels: int
) -> None:
    """Where colours were gathered in cells, pixels are still mapped by their own colours."""
    monkeypatch.setattr(nearest_module, "_BLOCK_PIXELS", block_pixels)
    for module in (counting_module, remap_module):
        monkeypatch.setattr(module, "BLOCK_PIXELS", block_pixels)
    pixels = np.random.default_rng(8).integers(0, 256, (2048, channels), dtype=np.uint8)
    palette = random_palette(8, 50, 16, channels)
    exact, cells = counted(pixels), counted(pixels, 100)
    assert (exact.histogram.exact, cells.histogram.exact) == (True, False)
    expected, cost = remap(exact, palette, labelled(exact, palette))
    indices, distortion = remap(cells, palette, labelled(cells, palette))
    np.testing.assert_array_equal(indices, expected)
    assert distortion == pytest.approx(cost, rel=1e-12)
