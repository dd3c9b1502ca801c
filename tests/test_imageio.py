"""imageio reads and writes `.kq` files through Pillow."""

from __future__ import annotations

from pathlib import Path

import imageio.v3 as iio
import numpy as np
import numpy.typing as npt
import pytest

import kqformat
import kqformat.pillow_plugin

Pixels = npt.NDArray[np.uint8]


@pytest.mark.parametrize("shape", [(9, 14), (9, 14, 3), (9, 14, 4)])
def test_what_is_written_is_read(shape: tuple[int, ...], tmp_path: Path) -> None:
    """Grey, RGB and RGBA of few colours go through a file unchanged, without a warning."""
    pixels = np.random.default_rng(0).integers(1, 256, shape, np.uint8)
    iio.imwrite(tmp_path / "a.kq", pixels)
    found = iio.imread(tmp_path / "a.kq")
    expected = pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("colors", [16, 256, 1000])
def test_options_are_passed_on(colors: int, photo: Pixels, tmp_path: Path) -> None:
    """Options of `imwrite` reach the quantizer; `imread` gives the pixels of `decode`."""
    iio.imwrite(tmp_path / "a.kq", photo, colors=colors, max_iterations=1)
    data = (tmp_path / "a.kq").read_bytes()
    assert data == kqformat.encode(photo, colors=colors, max_iterations=1)
    np.testing.assert_array_equal(iio.imread(tmp_path / "a.kq"), kqformat.decode(data))


@pytest.mark.filterwarnings("ignore:Can't determine file format:UserWarning")  # it is given
def test_properties_and_bytes(photo: Pixels) -> None:
    """Bytes are written and read by the name of the format, and their properties told."""
    data = iio.imwrite("<bytes>", photo, plugin="pillow", format="KQ", colors=300)
    assert isinstance(data, bytes)
    np.testing.assert_array_equal(iio.imread(data), kqformat.decode(data))
    properties = iio.improps(data)
    assert (properties.shape, properties.dtype) == (photo.shape, np.dtype(np.uint8))
