"""A comparison: its bytes are the files', its pixels are checked, its peers are fair."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

import kqformat
from kqformat.errors import ParameterError, RasterError
from kqformat.measure import Comparison, PeerRow, Row, compare, comparing, lossless
from kqformat.measure.disk import Folder
from kqformat.measure.lossless import LosslessPeer, lossless_peers
from kqformat.measure.pictures import saved
from kqformat.model import IndexedImage

Pixels = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def part(photo: Pixels) -> Pixels:
    """A part of a photograph, 128 x 96."""
    return np.ascontiguousarray(photo[60:156, 100:228])


@contextmanager
def kept_folder(path: Path) -> Iterator[Folder]:
    path.mkdir()
    yield Folder(str(path))


def kept(part: Pixels, path: Path, **arguments: object) -> Comparison:
    """Compare, and leave the files in a folder."""
    with mock.patch.object(comparing, "temporary_folder", return_value=kept_folder(path)):
        return compare(part, ssimulacra2=False, **arguments)  # type: ignore[arg-type]


def test_bytes_are_those_of_files_on_disk(part: Pixels, tmp_path: Path) -> None:
    """Every row has a file of its size, and each `.kq` file is what the library writes."""
    found = kept(part, tmp_path / "files", colors=(4, 16))
    files: list[Row | PeerRow] = [*found.rows, *found.peers]
    sizes = sorted(os.path.getsize(path) for path in (tmp_path / "files").iterdir())
    assert sizes == sorted(row.file_bytes for row in files)
    for row in found.rows:
        path = tmp_path / f"{row.colors}.kq"
        kqformat.write(path, part, colors=row.colors, coding=row.coding)
        assert row.file_bytes == os.path.getsize(path)
        assert row.ratio == found.baseline_bytes / row.file_bytes


def test_files_are_gone_afterwards(
    part: Pixels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing stays in the folder for temporary files, with an error or without."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    compare(part, colors=[2], ssimulacra2=False, lossy=False)
    with pytest.raises(ParameterError):
        compare(part, colors=[2], ssimulacra2=False, lossy=False, codings=["zip"])
    assert list(tmp_path.iterdir()) == []


def test_rows_say_what_the_quantizer_did(part: Pixels) -> None:
    """Bits, factors, PSNR and pictures of each k are those of `quantization`."""
    found = compare(part, colors=(16, 2, 3), codings=("packed",), peers=False, lossy=False)
    assert [row.colors for row in found.rows] == [2, 3, 16]
    assert [row.index_bits for row in found.rows] == [1, 2, 4]
    assert [row.theoretical_ratio for row in found.rows] == [24, 12, 6]
    assert (found.width, found.height, found.baseline_bytes) == (128, 96, 3 * 128 * 96)
    for row in found.rows:
        result = kqformat.quantization(part, row.colors)
        assert found.quantizations[row.colors].image == result.image
        assert row.psnr == pytest.approx(result.psnr, abs=1e-9)
        assert row.ssimulacra2 is not None
        assert row.seconds > 0


def test_picture_of_few_colours_is_lossless(part: Pixels) -> None:
    """Where nothing is lost, PSNR is infinite and no lossy peer is a match, which is said."""
    few = kqformat.quantize(part, 5).to_rgb()
    found = compare(few, colors=(4, 8, 256), codings=("packed",), ssimulacra2=False)
    assert [row.psnr == math.inf for row in found.rows] == [False, True, True]
    assert [row.palette_size for row in found.rows] == [4, 5, 5]
    assert [row.index_bits for row in found.rows] == [2, 3, 3]
    left = {(one.name, one.colors) for one in found.left_out if "nothing is lost" in one.reason}
    assert left == {(name, k) for name in ("JPEG", "WebP", "AVIF") for k in (8, 256)}


def test_one_colour_needs_no_bits() -> None:
    """A picture of one colour has indices of no bits, and an infinite factor in theory."""
    found = compare(np.zeros((9, 9, 3), np.uint8), colors=[2], ssimulacra2=False, lossy=False)
    assert {row.index_bits for row in found.rows} == {0}
    assert {row.theoretical_ratio for row in found.rows} == {math.inf}


def test_lossy_peers_reach_the_psnr(part: Pixels) -> None:
    """Each is at least as near as the palette, or left out with what it reaches at most."""
    found = compare(part, colors=(4, 16, 256), codings=("packed",), peers=False, ssimulacra2=False)
    psnr = {row.colors: row.psnr for row in found.rows}
    for peer in found.peers:
        assert peer.psnr >= psnr[peer.colors]
        assert not peer.lossless_of_palette
        assert peer.quality is not None
    pairs = {(one.name, one.colors) for one in found.peers}
    pairs |= {(one.name, one.colors or 0) for one in found.left_out}
    assert pairs == {(name, k) for name in ("JPEG", "WebP", "AVIF") for k in (4, 16, 256)}
    assert all("dB at most, not" in one.reason for one in found.left_out)


def test_peers_of_the_same_pixels_are_marked(part: Pixels) -> None:
    """PNG-8 and WebP lossless stand beside each k, with its PSNR."""
    found = compare(part, colors=(4, 16), lossy=False, ssimulacra2=False)
    psnr = {row.colors: row.psnr for row in found.rows}
    for peer in found.peers:
        assert peer.psnr == psnr[peer.colors]
        assert peer.lossless_of_palette
        assert peer.quality is None
    pairs = [(one.name, one.colors) for one in found.peers]
    assert {("PNG-8", 4), ("PNG-8", 16), ("WebP lossless", 4), ("WebP lossless", 16)} <= set(pairs)
    assert [colors for _, colors in pairs] == sorted(colors for _, colors in pairs)


@pytest.mark.parametrize("package", ["oxipng", "pillow_jxl"])
def test_peers_that_are_not_installed_are_named(package: str) -> None:
    """What is missing is left out, with the command that brings it."""
    with mock.patch.object(lossless, "find_spec", lambda name: name != package):
        left_out = lossless_peers()[1]
    assert any("pip install 'kqformat[peers]'" in one.reason for one in left_out)


@pytest.mark.parametrize("name", ["PNG-8 (oxipng)", "JPEG XL lossless"])
def test_peers_of_other_packages_are_measured(name: str, part: Pixels) -> None:
    """Where they are installed, they have rows."""
    if name not in {peer.name for peer in lossless_peers()[0]}:
        pytest.skip(f"{name} is not installed")
    found = compare(part, colors=[16], codings=[], lossy=False, ssimulacra2=False)
    assert name in {peer.name for peer in found.peers}


def test_more_colours_than_png_has(photo: Pixels) -> None:
    """At 300 colours PNG-8 is left out, which is said, and WebP lossless is not."""
    found = compare(photo[:64, :64], colors=[300], codings=[], lossy=False, ssimulacra2=False)
    reasons = {one.name: one.reason for one in found.left_out}
    assert reasons["PNG-8"] == "has 256 colours at most, not 300"
    assert "WebP lossless" in {peer.name for peer in found.peers}


def test_peer_that_changes_pixels_is_an_error(part: Pixels) -> None:
    """An encoder that claims to keep the pixels and does not ends the comparison."""

    def careless(image: IndexedImage) -> bytes:
        changed = image.to_rgb().copy()
        changed[5, 5] ^= 1
        return saved(Image.fromarray(changed), "PNG")

    liar = LosslessPeer("Careless", ".png", "", careless)
    with (
        mock.patch.object(comparing, "lossless_peers", return_value=([liar], [])),
        pytest.raises(RasterError, match="Careless changed pixels at 4 colours"),
    ):
        compare(part, colors=[4], lossy=False, ssimulacra2=False)


def test_alpha_is_kept_or_the_format_left_out(data_folder: Path) -> None:
    """With transparency there is no JPEG, and all that has the same pixels has the alpha, too."""
    with Image.open(data_folder / "clipart_soccer_alpha.png") as image:
        pixels = np.asarray(image.convert("RGBA").resize((80, 84)))
    found = compare(pixels, colors=[16])
    assert ("JPEG", "has no transparency") in {(one.name, one.reason) for one in found.left_out}
    assert {"PNG-8", "WebP lossless", "WebP", "AVIF"} <= {peer.name for peer in found.peers}
    assert all(peer.psnr >= found.rows[0].psnr for peer in found.peers)


def test_opaque_alpha_is_left_away(part: Pixels) -> None:
    """RGBA without transparency is the same as RGB."""
    opaque = np.dstack([part, np.full(part.shape[:2], 255, np.uint8)])
    pairs = [compare(pixels, colors=[8], ssimulacra2=False).rows for pixels in (part, opaque)]
    assert [row.file_bytes for row in pairs[0]] == [row.file_bytes for row in pairs[1]]


def test_grey_is_taken() -> None:
    """A grey picture needs no third axis."""
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    found = compare(ramp, colors=[16], ssimulacra2=False, lossy=False)
    assert found.baseline_bytes == 768


def test_grey_picture_is_no_colour_for_others(part: Pixels) -> None:
    """A grey picture is a grey JPEG, which is smaller: the peer is not made to look worse."""
    grey = np.repeat(part[..., :1], 3, axis=2)
    found = compare(grey, colors=[16], codings=["packed"], peers=False, ssimulacra2=False)
    [jpeg] = [peer for peer in found.peers if peer.name == "JPEG"]
    options = {"quality": jpeg.quality, "optimize": True, "progressive": True}
    assert jpeg.file_bytes == len(saved(Image.fromarray(grey[..., 0]), "JPEG", **options))


def test_size_that_no_score_is_for_is_said() -> None:
    """SSIMULACRA2 of a picture of 7 rows is left out, and why."""
    found = compare(np.zeros((7, 40, 3), np.uint8), colors=[2], peers=False, lossy=False)
    assert found.rows[0].ssimulacra2 is None
    assert [one.name for one in found.left_out] == ["SSIMULACRA2"]
    assert "not of 40 x 7" in found.left_out[0].reason


def test_progress_ends_when_all_is_done(part: Pixels) -> None:
    """Steps are counted from one to their total, which does not change."""
    told: list[tuple[int, int]] = []
    compare(part, colors=(2, 4), progress=lambda *step: told.append(step), ssimulacra2=False)
    assert [done for done, _ in told] == list(range(1, told[-1][1] + 1))
    assert len({total for _, total in told}) == 1


@pytest.mark.parametrize("colors", [0, 65537, 2.5, True])
def test_numbers_of_colours_are_checked(colors: int, part: Pixels) -> None:
    """What cannot be a k is refused before any work."""
    with pytest.raises(ParameterError, match="colors"):
        compare(part, colors=[2, colors])


def test_options_reach_the_quantizer(part: Pixels) -> None:
    """Dithering changes the pixels; an unknown effort is refused."""
    plain, dithered = (
        compare(part, colors=[4], peers=False, lossy=False, ssimulacra2=False, dither=dither)
        for dither in ("none", "blue-noise")
    )
    assert plain.rows[0].psnr > dithered.rows[0].psnr
    with pytest.raises(ParameterError, match="effort"):
        compare(part, colors=[4], effort="utmost")
