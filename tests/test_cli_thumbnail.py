"""``kq thumbnail``: small pictures, what is read for them, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from command import kq, names, run_kq
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from strategies import BAND_SHIFTS, CODINGS, mixed_images

import kqformat
from kqformat import IndexedImage, KqFile
from kqformat.cli.reduction import reduced

GREYS = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)


def gradient(height: int, width: int) -> IndexedImage:
    """Return a picture that is darker at the left than at the right."""
    ramp = np.arange(width) * 256 // width
    return IndexedImage(np.tile(ramp.astype(np.uint8), (height, 1)), GREYS)


@pytest.mark.parametrize(
    ("size", "shape"), [(100, (100, 50)), (7, (7, 4)), (1, (1, 1)), (5000, (400, 200))]
)
def test_longer_side_has_the_size(size: int, shape: tuple[int, int], tmp_path: Path) -> None:
    """The proportions are kept, and a picture that is smaller is not enlarged."""
    kqformat.write(tmp_path / "a.kq", gradient(400, 200))
    assert kq("thumbnail", tmp_path / "a.kq", tmp_path / "a.png", "--size", str(size)) == 0
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == shape[::-1]


@given(image=mixed_images(), coding=CODINGS, band_shift=BAND_SHIFTS)
def test_full_size_is_the_picture(image: IndexedImage, coding: str, band_shift: int | None) -> None:
    """Not scaled, a thumbnail has the file's own colours, where anything is to be seen."""
    with KqFile(kqformat.encode(image, coding=coding, band_shift=band_shift)) as file:
        found, wanted = reduced(file, 40), image.to_rgb()
    if image.channels == 4:
        assert np.array_equal(found[..., 3], wanted[..., 3])
        is_seen = wanted[..., 3] > 0
        found, wanted = found[is_seen], wanted[is_seen]
    assert np.array_equal(found, wanted)


@given(image=mixed_images(), size=st.integers(1, 8))
def test_samples_are_means(image: IndexedImage, size: int) -> None:
    """Where all rows are read, each sample is the mean of its pixels, weighted by their alpha."""
    found = reduced(KqFile(kqformat.encode(image)), size)
    rows, columns = found.shape[:2]
    pixels = image.to_rgb().astype(float)
    for y, x in np.ndindex(rows, columns):
        top, bottom = y * image.height // rows, (y + 1) * image.height // rows
        if bottom - top > 4:
            continue
        left, right = x * image.width // columns, (x + 1) * image.width // columns
        part = pixels[top:bottom, left:right].reshape(-1, image.channels)
        weights = part[:, 3] if image.channels == 4 else np.ones(len(part))
        if weights.any():
            wanted = np.average(part[:, :3], axis=0, weights=weights)
            assert np.abs(found[y, x, :3] - wanted).max() <= 0.5 + 1e-9


def test_few_rows_of_a_large_file_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """For each row of the thumbnail at most four of the file are read."""
    read: list[int] = []
    region = KqFile.region

    def noted(file: KqFile, left: int, top: int, right: int, bottom: int) -> IndexedImage:
        read.append(bottom - top)
        return region(file, left, top, right, bottom)

    monkeypatch.setattr(KqFile, "region", noted)
    with KqFile(kqformat.encode(gradient(5000, 40))) as file:
        assert reduced(file, 64).shape[0] == 64
    assert sum(read) <= 4 * 64


def test_output_is_overwritten_but_never_the_input(tmp_path: Path) -> None:
    """File managers make the output first; the input as output is wrong usage."""
    kqformat.write(tmp_path / "a.kq", gradient(9, 9))
    (tmp_path / "a.png").write_bytes(b"")
    assert kq("thumbnail", tmp_path / "a.kq", tmp_path / "a.png") == 0
    assert (tmp_path / "a.png").stat().st_size > 0
    before = (tmp_path / "a.kq").read_bytes()
    assert kq("thumbnail", tmp_path / "a.kq", tmp_path / "a.kq") == 2
    assert (tmp_path / "a.kq").read_bytes() == before


def test_standard_input(tmp_path: Path) -> None:
    """A file can come from a pipe."""
    data = kqformat.encode(gradient(9, 9), coding="entropy")
    assert run_kq("thumbnail", "-", tmp_path / "a.png", data=data).returncode == 0
    assert names(tmp_path) == ["a.png"]


@pytest.mark.parametrize("cut", [1, 30, 700])
def test_damaged_file_has_no_thumbnail(
    cut: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is no whole .kq file is one line of error, and nothing is written."""
    (tmp_path / "a.kq").write_bytes(kqformat.encode(gradient(9, 9))[:-cut])
    assert kq("thumbnail", tmp_path / "a.kq", tmp_path / "a.png") == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert names(tmp_path) == ["a.kq"]


def test_limit_holds(tmp_path: Path) -> None:
    """A picture of more pixels than are allowed is refused."""
    kqformat.write(tmp_path / "a.kq", gradient(9, 9))
    command = ("thumbnail", tmp_path / "a.kq", tmp_path / "a.png", "--max-pixels", "80")
    assert kq(*command) == 1
    assert names(tmp_path) == ["a.kq"]
