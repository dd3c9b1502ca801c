"""`Image.draft` and `Image.thumbnail` of `.kq` files: sizes, modes, what is read and refused."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

import kqformat
import kqformat.pillow_plugin
from kqformat import IndexedImage, KqFile


def picture(colors: int = 16, channels: int = 3) -> IndexedImage:
    """Return a picture of 101 x 75 with smooth areas."""
    y, x = np.mgrid[:75, :101]
    indices = (x * y // 7) % colors
    palette = np.random.default_rng(colors).integers(0, 256, (colors, channels), np.uint8)
    return IndexedImage(indices.astype(np.uint8 if colors <= 256 else np.uint16), palette)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("coding", ["packed", "entropy"])
@pytest.mark.parametrize(("colors", "channels"), [(16, 3), (16, 4), (300, 3), (300, 4)])
def test_means_in_true_colour(colors: int, channels: int, coding: str) -> None:
    """A draft is what `KqFile.reduced` gives, of the mode that it says, in the box that it says."""
    data = kqformat.encode(picture(colors, channels), coding=coding)
    image = opened(data)
    mode = "RGB" if channels == 3 else "RGBA"
    assert image.draft(None, (25, 20)) == (mode, (0, 0, 101 / 3, 75 / 3))
    assert (image.mode, image.size) == (mode, (34, 25))
    assert "transparency" not in image.info
    assert np.array_equal(np.asarray(image), KqFile(data).reduced(3))
    assert image.convert("RGB").size == image.size


def test_labels_are_kept_where_asked_for() -> None:
    """With mode P, indices are picked, not mixed, and the palette stays."""
    made = picture(21, 4)
    image = opened(kqformat.encode(made))
    assert image.draft("P", (20, 20)) == ("P", (0, 0, 101 / 3, 75 / 3))
    assert np.array_equal(np.asarray(image), KqFile(kqformat.encode(made)).reduced(3, labels=True))
    assert image.getpalette() == made.palette[:, :3].reshape(-1).tolist()
    image = opened(kqformat.encode(made))
    image.draft("P", (40, 40))
    image.thumbnail((20, 20))
    assert image.mode == "P"


def test_labels_of_more_colours_than_a_palette_has_are_means() -> None:
    """Mode P has at most 256 colours; the nearest to it is RGB."""
    image = opened(kqformat.encode(picture(300)))
    assert image.draft("P", (50, 30)) == ("RGB", (0, 0, 50.5, 37.5))
    image.load()


def test_only_the_first_draft_counts_and_none_after_loading() -> None:
    """As with JPEG, a file is configured once, and before its pixels are there."""
    image = opened(kqformat.encode(picture()))
    assert image.draft(None, None) is None
    assert image.draft("RGB", None) == ("RGB", (0, 0, 101, 75))
    assert image.draft(None, (10, 10)) is None
    image.load()
    assert (image.mode, image.size) == ("RGB", (101, 75))
    image = opened(kqformat.encode(picture()))
    image.load()
    assert image.draft(None, (10, 10)) is None
    assert image.mode == "P"


@pytest.mark.parametrize("size", [(50, 50), (90, 90), (13, 13), (1, 1), (101, 10)])
def test_thumbnail_is_near_to_that_of_the_true_colours(size: tuple[int, int]) -> None:
    """`thumbnail` averages, and is of the size that Pillow gives the same picture in RGB."""
    made = picture(256)
    wanted = Image.fromarray(made.to_rgb())
    wanted.thumbnail(size)
    image = opened(kqformat.encode(made))
    image.thumbnail(size)
    assert (image.mode, image.size) == ("RGB", wanted.size)
    difference = np.asarray(image).astype(int) - np.asarray(wanted)
    assert np.abs(difference).mean() < 5


def test_smaller_picture_stays_as_it_is() -> None:
    """Where nothing is made smaller, a thumbnail is the picture itself, indices and all."""
    image = opened(kqformat.encode(picture()))
    image.thumbnail((200, 200))
    assert (image.mode, image.size) == ("P", (101, 75))
    assert np.array_equal(np.asarray(image), picture().indices)


def test_file_on_disk_is_read_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file that Pillow opened, never all bytes are read at once."""
    kqformat.write(tmp_path / "a.kq", picture(256), band_shift=4)

    def refuse(image: ImageFile.ImageFile) -> bytes:
        raise AssertionError("the whole file is read")

    monkeypatch.setattr(kqformat.pillow_plugin.KqImageFile, "_whole_file", refuse)
    with Image.open(tmp_path / "a.kq") as image:
        image.thumbnail((20, 20))
        assert image.size == (20, 15)


@pytest.mark.parametrize("coding", ["packed", "entropy"])
def test_damage_is_an_error(coding: str, tmp_path: Path) -> None:
    """A draft of a damaged or cut file is an `OSError`, as its full size is."""
    data = kqformat.encode(picture(256), coding=coding)
    for broken in (data[:-1], data[:-100] + bytes(96) + data[-4:]):
        (tmp_path / "a.kq").write_bytes(broken)
        for source in (io.BytesIO(broken), tmp_path / "a.kq"):
            with Image.open(source) as image, pytest.raises(OSError, match=r"crc|too early"):
                image.thumbnail((20, 20))


def test_truncated_file_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """With `LOAD_TRUNCATED_IMAGES`, what is there of a cut file is made smaller, too."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    data = kqformat.encode(picture(256))[:-3000]
    whole = opened(kqformat.encode(picture(256)))
    cut = opened(data)
    for image in (whole, cut):
        image.draft("RGB", (50, 37))
    assert np.array_equal(np.asarray(cut)[:20], np.asarray(whole)[:20])
    assert not np.array_equal(np.asarray(cut), np.asarray(whole))
