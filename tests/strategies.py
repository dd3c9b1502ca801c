"""Hypothesis strategies for the values of the model, shared by the test modules."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from kqformat import IndexedImage, Metadata

SIZES = st.tuples(st.integers(1, 40), st.integers(1, 40))
"""Heights and widths."""

PALETTE_SIZES = st.one_of(
    st.integers(1, 20),
    st.sampled_from([31, 32, 33, 64, 127, 129, 255, 256, 257, 1000, 2048, 4097, 16_385, 65_536]),
)

BAND_SHIFTS = st.none() | st.integers(0, 31)
"""What `encode_indexed` takes as `band_shift`."""


CODINGS = st.sampled_from(["packed", "entropy", "auto"])
"""What `encode_indexed` takes as `coding`."""


def arrays(shape: tuple[int, ...], most: int = 255) -> st.SearchStrategy[npt.NDArray[np.uint8]]:
    """Arrays of uint8 up to `most`."""
    return hnp.arrays(np.uint8, shape, elements=st.integers(0, most))


@st.composite
def metadata(draw: st.DrawFn) -> Metadata:
    """Metadata with any of its parts."""
    payload = st.none() | st.binary(min_size=1, max_size=40)
    dpi = st.none() | st.tuples(st.floats(0, 65_535), st.floats(0, 65_535))
    tag = st.sampled_from("abcdfghjklmnopqstuvwyz")
    unknown = st.lists(st.tuples(tag, st.binary(max_size=20)), max_size=3)
    return Metadata(draw(payload), draw(payload), draw(payload), draw(dpi), tuple(draw(unknown)))


@st.composite
def indexed_images(draw: st.DrawFn) -> IndexedImage:
    """Indexed images of all index widths, unused entries included."""
    k = draw(PALETTE_SIZES)
    dtype = np.uint8 if k <= 256 else np.uint16
    indices = draw(hnp.arrays(dtype, draw(SIZES), elements=st.integers(0, k - 1)))
    palette = np.random.default_rng(draw(st.integers(0, 99))).integers(
        0, 256, (k, draw(st.sampled_from([3, 4]))), dtype=np.uint8
    )
    return IndexedImage(indices, palette, draw(st.just(Metadata()) | metadata()))


@st.composite
def mixed_images(draw: st.DrawFn) -> IndexedImage:
    """Indexed images with flat rows, which entropy coding makes small, and noise, which it cannot.

    Of 2 to 256 colours; with bands of a few rows each, some of both kinds.
    """
    k = draw(st.sampled_from([2, 3, 16, 200, 256]))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    height, width = draw(st.integers(8, 40)), draw(st.integers(16, 40))
    indices = rng.integers(0, k, (height, width), dtype=np.uint8)
    for start in range(0, height, 8):
        if draw(st.booleans()):
            indices[start : start + 8] = draw(st.integers(0, k - 1))
    palette = rng.integers(0, 256, (k, draw(st.sampled_from([3, 4]))), dtype=np.uint8)
    return IndexedImage(indices, palette)


@st.composite
def pictures(draw: st.DrawFn, channels: int | None = None) -> npt.NDArray[np.uint8]:
    """Pixels of RGB or RGBA, from a few colours or from all."""
    depth = channels if channels is not None else draw(st.sampled_from([3, 4]))
    shape = (*draw(SIZES), depth)
    return draw(arrays(shape) | arrays(shape, most=2))
