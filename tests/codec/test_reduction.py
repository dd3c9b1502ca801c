"""Small pictures of large ones: every pixel counts by its area, and every byte is checked."""

from __future__ import annotations

import tracemalloc
from fractions import Fraction
from math import ceil, floor
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import BAND_SHIFTS, CODINGS, indexed_images, mixed_images
from suite import INVALID, name, read_vector

import kqformat
from kqformat import FormatError, IndexedImage, KqError, KqFile, Limits, ParameterError
from kqformat.codec import reduction_kernel
from kqformat.codec.grid import Axis, Grid
from kqformat.codec.reduction import Averaging
from kqformat.threads import at_most


def shares(axis: Axis) -> npt.NDArray[np.float64]:
    """Return how much of each sample each pixel is: shape (samples, pixels)."""
    matrix = np.zeros((axis.samples, axis.pixels))
    side = Fraction(axis.span, axis.unit)
    for sample in range(axis.samples):
        start, end = sample * side, min((sample + 1) * side, Fraction(axis.pixels))
        for pixel in range(floor(start), ceil(end)):
            part = min(end, Fraction(pixel + 1)) - max(start, Fraction(pixel))
            matrix[sample, pixel] = part / (end - start)
    return matrix


def means(image: IndexedImage, grid: Grid) -> npt.NDArray[np.float64]:
    """Return what the samples are by definition, NaN where there is no colour."""
    colors = np.full((*image.indices.shape, 4), 255.0)
    colors[..., : image.channels] = image.to_rgb()
    colors[..., :3] *= colors[..., 3:]
    down, across = shares(grid.down), shares(grid.across)
    found = np.einsum("yh,hwc,xw->yxc", down, colors, across)
    alpha = found[..., 3:].copy()
    with np.errstate(invalid="ignore"):
        straight = found[..., :3] / np.where(alpha > 1e-9, alpha, np.nan)
    return np.concatenate([straight, alpha], axis=2)[..., : image.channels]


def assert_means(found: npt.NDArray[np.uint8], image: IndexedImage, grid: Grid) -> None:
    wanted = means(image, grid)
    assert found.shape == wanted.shape
    error = np.abs(found - np.nan_to_num(wanted))
    assert error.max() <= 0.5 + 1e-6


@given(
    image=indexed_images(),
    coding=CODINGS,
    band_shift=BAND_SHIFTS,
    size=st.integers(1, 45) | st.tuples(st.integers(1, 45), st.integers(1, 45)),
)
def test_samples_are_means(
    image: IndexedImage, coding: str, band_shift: int | None, size: int | tuple[int, int]
) -> None:
    """Each sample of a thumbnail is the mean of its area, weighted by alpha."""
    with KqFile(kqformat.encode(image, coding=coding, band_shift=band_shift)) as file:
        found = file.thumbnail(size)
    most = size if isinstance(size, tuple) else (size, size)
    assert found.shape[0] <= most[1]
    assert found.shape[1] <= most[0]
    assert_means(found, image, Grid.within(image.size, size))


@given(image=mixed_images(), coding=CODINGS, factor=st.integers(1, 50))
def test_factor(image: IndexedImage, coding: str, factor: int) -> None:
    """With a factor, a sample is the mean of a square of whole pixels, or of what is in it."""
    with KqFile(kqformat.encode(image, coding=coding, band_shift=2)) as file:
        found = file.reduced(factor)
    assert found.shape[:2] == (-(-image.height // factor), -(-image.width // factor))
    assert_means(found.astype(np.uint8), image, Grid.by(image.size, factor))


@given(image=indexed_images(), coding=CODINGS, factor=st.integers(1, 50))
def test_labels_are_the_middles_of_squares(image: IndexedImage, coding: str, factor: int) -> None:
    """Labels are never mixed: each is that of one pixel, the middle of its square."""
    with KqFile(kqformat.encode(image, coding=coding, band_shift=3)) as file:
        found = file.reduced(factor, labels=True)
    assert found.shape == (-(-image.height // factor), -(-image.width // factor))
    for y, x in np.ndindex(found.shape):
        bottom = min((y + 1) * factor, image.height)
        right = min((x + 1) * factor, image.width)
        middle = (y * factor + bottom - 1) // 2, (x * factor + right - 1) // 2
        assert found[y, x] == image.indices[middle]


@given(image=mixed_images(), coding=CODINGS, band_shift=BAND_SHIFTS)
def test_full_size_is_the_picture(image: IndexedImage, coding: str, band_shift: int | None) -> None:
    """Not scaled, a thumbnail has the file's own colours, where anything is to be seen."""
    with KqFile(kqformat.encode(image, coding=coding, band_shift=band_shift)) as file:
        found, wanted = file.thumbnail(40), image.to_rgb()
    if image.channels == 4:
        assert np.array_equal(found[..., 3], wanted[..., 3])
        is_seen = wanted[..., 3] > 0
        found, wanted = found[is_seen], wanted[is_seen]
    assert np.array_equal(found, wanted)


def test_fine_stripes_are_grey() -> None:
    """Stripes finer than a sample are their mean everywhere: nothing aliases."""
    stripes = IndexedImage(
        np.tile(np.array([[0], [1], [0], [1]], np.uint8), (500, 900)),
        np.array([[0, 0, 0], [254, 254, 254]], np.uint8),
    )
    with KqFile(kqformat.encode(stripes)) as file:
        assert (file.thumbnail(250) == 127).all()


@pytest.mark.parametrize("width", [70_000, 200_001])
def test_long_runs(width: int) -> None:
    """A sample of more white pixels than 32 bits have room for is white."""
    white = IndexedImage(np.ones((1, width), np.uint8), np.array([[0] * 4, [255] * 4], np.uint8))
    assert KqFile(kqformat.encode(white)).thumbnail(1).tolist() == [[[255] * 4]]


@pytest.mark.parametrize("shift", [0, 14, 27])
def test_sums_of_the_largest_pictures_have_room(shift: int) -> None:
    """Where sums have fewer bits, so that those of 2^31 x 2^31 have room, means stay right."""
    palette = np.array([[10, 20, 30, 255], [250, 200, 100, 128]], np.uint8)
    image = IndexedImage(np.random.default_rng(1).integers(0, 2, (9, 11), np.uint8), palette)
    scale = 1 << shift
    grid = Grid(*(Axis(side, 4, 4 * scale, side * scale) for side in image.size))
    averaging = Averaging(grid, palette)
    averaging.add(image.indices)
    assert_means(averaging.samples, image, Grid(Axis.into(11, 4), Axis.into(9, 4)))


@pytest.mark.parametrize("coding", ["packed", "entropy"])
def test_every_flipped_bit_is_noticed(coding: str) -> None:
    """All bytes of the bands are read, and checked as a whole decoder checks them."""
    rng = np.random.default_rng(3)
    indices = np.sort(rng.integers(0, 5, (20, 9), np.uint8))
    palette = rng.integers(0, 256, (5, 3), np.uint8)
    data = kqformat.encode(IndexedImage(indices, palette), coding=coding, band_shift=3)
    with KqFile(data) as file:
        first = file.layout.bands[0].payload_offset
    for bit in range(8 * first, 8 * len(data)):
        broken = bytearray(data)
        broken[bit // 8] ^= 1 << bit % 8
        with pytest.raises(FormatError) as wanted:
            kqformat.decode(bytes(broken))
        with pytest.raises(FormatError) as found:
            KqFile(bytes(broken)).thumbnail(4)
        assert str(found.value) == str(wanted.value)


@pytest.mark.parametrize("entry", INVALID, ids=name)
def test_invalid_vector_gives_the_same_error(entry: dict[str, Any]) -> None:
    """What a whole decoder says of a wrong file, a thumbnail says, too."""
    data = read_vector(entry)
    with pytest.raises(KqError) as wanted:
        kqformat.decode(data)
    with pytest.raises(KqError) as found:
        KqFile(data).thumbnail(4)
    assert (type(found.value), str(found.value)) == (type(wanted.value), str(wanted.value))


def peak_of_thumbnail(rows: int, coding: str) -> int:
    """Return the most memory that a thumbnail of so many rows takes, in bands of 256."""
    row = np.random.default_rng(1).integers(0, 2, (1, 1000), np.uint8)
    image = IndexedImage(np.tile(row, (rows, 1)), np.array([[0] * 3, [9] * 3], np.uint8))
    with KqFile(kqformat.encode(image, coding=coding, band_shift=8)) as file:
        file.thumbnail(20)
        tracemalloc.start()
        file.thumbnail(20)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak


@pytest.mark.parametrize("coding", ["packed", "entropy"])
def test_memory_is_that_of_a_band_for_each_core(coding: str) -> None:
    """However many bands there are, as many as there are cores are in memory."""
    with at_most(2):
        one = peak_of_thumbnail(256, coding)
        assert peak_of_thumbnail(16 * 256, coding) < 2.5 * one


def test_packed_bands_are_read_in_pieces() -> None:
    """A large packed band is not in memory either."""
    zeros = IndexedImage(np.zeros((4000, 2000), np.uint8), np.array([[0] * 3, [9] * 3], np.uint8))
    with KqFile(kqformat.encode(zeros)) as file:
        tracemalloc.start()
        file.thumbnail(100)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 0.2 * zeros.indices.size


def test_number_of_cores_changes_nothing() -> None:
    """Bands decoded ahead are added in their order."""
    image = IndexedImage(
        np.random.default_rng(5).integers(0, 3, (64, 33), np.uint8).cumsum(0, np.uint8) % 7,
        np.random.default_rng(6).integers(0, 256, (7, 3), np.uint8),
    )
    data = kqformat.encode(image, coding="entropy", band_shift=1)
    results = []
    for cores in (1, 2, 7):
        with at_most(cores):
            results.append(KqFile(data).thumbnail(20).tobytes())
    assert len(set(results)) == 1


@pytest.mark.parametrize(
    ("size", "message"),
    [
        (0, "size is 0, expected at least 1"),
        (-1, "size is -1, expected at least 1"),
        (1.5, "size is 1.5, expected an integer"),
        ("9", "size is '9', expected a number or width and height"),
        ((4,), r"size is \(4,\), expected a number or width and height"),
        ((4, 0), r"size is \(4, 0\), expected at least 1"),
        ((1, 2, 3), r"size is \(1, 2, 3\), expected a number or width and height"),
    ],
)
def test_wrong_sizes(size: Any, message: str) -> None:
    """What is no size is the caller's error, and told."""
    file = KqFile(kqformat.encode(np.zeros((4, 4), np.uint8)))
    with pytest.raises(ParameterError, match=message):
        file.thumbnail(size)
    with pytest.raises(ParameterError, match="factor is"):
        file.reduced(size)


def test_closed_file_and_limits() -> None:
    """A closed file has no thumbnail, and limits are those of the file."""
    data = kqformat.encode(np.zeros((40, 40), np.uint8))
    file = KqFile(data)
    file.close()
    with pytest.raises(ValueError, match="closed"):
        file.thumbnail(4)
    with pytest.raises(kqformat.LimitError):
        KqFile(data, Limits(pixels=100))


@pytest.mark.parametrize(
    "change",
    [
        {"indices": np.full((2, 4), 2, np.uint8)},
        {"indices": np.zeros((3, 4), np.uint8)},
        {"indices": np.zeros((2, 3), np.uint8)},
        {"table": np.zeros((2, 1), np.uint64)},
        {"line": np.zeros((1, 4), np.uint64)},
        {"sums": np.zeros((2, 3), np.uint64)},
        {"samples": np.zeros((0, 2, 3), np.uint8)},
        {"samples": np.zeros((1, 2, 2), np.uint8)},
        {"spans": np.array([[0, 2, 0, 0], [2, 5, 0, 0]])},
        {"spans": np.array([[0, 2, 1, 0], [2, 4, 0, 0]])},
        {"spans": np.array([[0, 2, 0, 0], [2, 4, 0, 1]])},
        {"state": np.array([0, 2, 1, 3, 2, 0])},
    ],
    ids=str,
)
def test_kernel_refuses_arrays_that_do_not_fit(change: dict[str, Any]) -> None:
    """The loops leave no array, whatever they are given."""
    arguments: dict[str, Any] = {
        "indices": np.zeros((2, 4), np.uint8),
        "table": np.zeros((2, 2), np.uint64),
        "spans": np.array([[0, 2, 0, 0], [2, 4, 0, 0]]),
        "state": np.array([0, 2, 1, 1, 2, 0]),
        "line": np.zeros((2, 4), np.uint64),
        "sums": np.zeros((2, 4), np.uint64),
        "samples": np.zeros((1, 2, 3), np.uint8),
    }
    reduction_kernel.add_rows(*(value.copy() for value in arguments.values()))
    with pytest.raises(ValueError, match="do not belong together"):
        reduction_kernel.add_rows(*(arguments | change).values())
