"""Files written from rows are those of whole images, and it is known how they are coded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from kqformat.codec import stream
from kqformat.codec.band_writer import RowImage, Span, write_rows
from kqformat.codec.stream import encode_indexed
from kqformat.model import IndexedImage, Indices

NOISE = np.random.default_rng(2).integers(0, 251, (64, 8), np.uint8)
NOISE[:16] = 7
IMAGE = IndexedImage(NOISE, np.random.default_rng(3).integers(0, 256, (251, 3), np.uint8))
FLAT = IndexedImage(np.zeros((64, 8), np.uint8), IMAGE.palette)
ALL_NOISE = IndexedImage(NOISE[16:], IMAGE.palette)


def rows_of(image: IndexedImage) -> RowImage:
    def rows(spans: Iterable[Span]) -> Iterator[Callable[[], Indices]]:
        return (partial(image.indices.__getitem__, slice(*span)) for span in spans)

    return RowImage(image.width, image.height, image.palette, image.metadata, rows)


@pytest.mark.parametrize(
    ("image", "rows", "coding", "expected"),
    [
        (IMAGE, 2, "packed", "packed"),
        (IMAGE, 2, "entropy", "entropy"),  # though it is larger
        (IMAGE, 2, "auto", "packed"),
        (IMAGE, 16, "entropy", "entropy"),
        (IMAGE, 16, "auto", "entropy"),
        (ALL_NOISE, 16, "entropy", "packed"),  # no band is shorter
        (ALL_NOISE, 16, "auto", "packed"),
        (FLAT, 64, "auto", "entropy"),
    ],
)
@pytest.mark.parametrize("band_shift", [None, 1, 4])
def test_coding_is_that_of_the_whole_image(
    image: IndexedImage,
    rows: int,
    coding: str,
    expected: str,
    band_shift: int | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The bytes, their number, and the name of the coding that was taken."""
    monkeypatch.setattr(stream, "entropy_band_pixels", lambda width: rows * width)
    whole = encode_indexed(image, coding=coding, band_shift=band_shift)
    with (tmp_path / "a.kq").open("w+b") as file:
        taken, size = write_rows(file, rows_of(image), coding=coding, band_shift=band_shift)
    assert (tmp_path / "a.kq").read_bytes() == whole
    assert size == len(whole)
    assert taken == ("entropy" if whole[15] >> 4 else "packed")
    if band_shift is None:
        assert taken == expected
