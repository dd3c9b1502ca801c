"""A JPEG on its side, saved through Pillow, kept its orientation and was not turned."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

import kqformat
import kqformat.pillow_plugin


def on_its_side(orientation: int, kind: str = "PNG", **more: Any) -> Image.Image:
    exif = Image.Exif()
    exif[274] = orientation
    exif[315] = "someone"
    pixels = np.random.default_rng(1).integers(0, 256, (6, 10, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind, exif=exif, dpi=(300, 150), **more)
    return Image.open(stream)


def saved(image: Image.Image, **options: Any) -> kqformat.IndexedImage:
    stream = io.BytesIO()
    image.save(stream, "KQ", **options)
    return kqformat.decode_indexed(stream.getvalue())


def tags(indexed: kqformat.IndexedImage) -> dict[int, Any]:
    exif = Image.Exif()
    if indexed.metadata.exif is not None:
        exif.load(indexed.metadata.exif)
    return dict(exif)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("mode", ["RGB", "P"])
def test_inherited_orientation_is_applied(orientation: int, mode: str) -> None:
    """What the image carries is applied to the pixels and the resolution, and then is gone."""
    image = on_its_side(orientation)
    if mode == "P":
        image = image.convert("P", palette=Image.Palette.ADAPTIVE)
    expected = ImageOps.exif_transpose(image).convert("RGB")
    found = saved(image)
    np.testing.assert_array_equal(found.to_rgb(), np.asarray(expected))
    assert tags(found) == {315: "someone"} | ({274: 1} if orientation == 1 else {})
    dpi = (150, 300) if orientation >= 5 else (300, 150)
    assert found.metadata.dpi == pytest.approx(dpi, abs=0.02)


def test_the_image_is_left_as_it_is() -> None:
    """Saving turns a copy: the image keeps its size and its EXIF."""
    image = on_its_side(6)
    saved(image)
    assert image.size == (10, 6)
    assert image.getexif()[274] == 6


@pytest.mark.parametrize("as_bytes", [True, False])
def test_given_orientation_is_kept(as_bytes: bool) -> None:
    """EXIF that `save` is given is written as it is, and the pixels are too."""
    image = on_its_side(6)
    exif = image.getexif()
    found = saved(image, exif=exif.tobytes() if as_bytes else exif)
    assert found.size == (10, 6)
    assert tags(found) == {274: 6, 315: "someone"}


def test_no_exif_is_no_turn() -> None:
    """None given to `save` leaves the EXIF out, and with it the turn."""
    found = saved(on_its_side(6), exif=None)
    assert (found.size, found.metadata.exif) == ((10, 6), None)


def test_orientation_of_xmp_is_applied() -> None:
    """XMP can say it, too, and says so no more."""
    image = Image.new("RGB", (10, 6), "teal")
    image.info["xmp"] = b'<x tiff:Orientation="8"/>'
    found = saved(image)
    assert found.size == (6, 10)
    assert found.metadata.xmp == b"<x />"


@pytest.mark.parametrize("exif", [b"nonsense", b"Exif\0\0II*\0", b"Exif\0\0MM\0*\0\0\0\x08\0\x01"])
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data:UserWarning")
def test_exif_that_cannot_be_read_is_written_as_it_is(exif: bytes) -> None:
    """EXIF that makes no sense turns nothing."""
    image = Image.new("RGB", (10, 6), "teal")
    image.info["exif"] = exif
    found = saved(image)
    assert found.size == (10, 6)
    assert found.metadata.exif == exif.removeprefix(b"Exif\0\0")
