"""Arrays of Zarr and Dask, and TIFF files, are as good as arrays in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dask.array
import numpy as np
import numpy.typing as npt
import pytest
import tifffile
import zarr
from PIL import Image

import kqformat
from kqformat.cli.main import main
from kqformat.errors import LimitError, RasterError
from kqformat.limits import Limits
from kqformat.rasters import large, open_large, read_raster

Pixels = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def pixels() -> Pixels:
    with Image.open(Path(__file__).parent.parent / "data" / "coffee.png") as image:
        return np.asarray(image.convert("RGB"))


@pytest.fixture
def large_from_the_first_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take any TIFF file for a large one."""
    monkeypatch.setattr(large, "LARGE_PIXELS", 1)


def test_zarr_and_dask(pixels: Pixels, tmp_path: Path) -> None:
    """Rows out of either, and into Zarr, by which the picture comes back."""
    stored = zarr.create_array(
        tmp_path / "a.zarr", shape=pixels.shape, chunks=(64, 100, 3), dtype=np.uint8
    )
    stored[:] = pixels
    lazy = dask.array.from_array(pixels, chunks=(50, 300, 3))  # type: ignore[no-untyped-call]
    whole = kqformat.encode(pixels, colors=40)
    for source in (stored, lazy):
        kqformat.write_rows(tmp_path / "a.kq", source, colors=40)
        assert (tmp_path / "a.kq").read_bytes() == whole
    back = zarr.create_array(
        tmp_path / "b.zarr", shape=pixels.shape, chunks=(64, 100, 3), dtype=np.uint8
    )
    with kqformat.open(tmp_path / "a.kq") as file:
        file.read_into(back)
    assert np.array_equal(np.asarray(back[:]), kqformat.decode(whole))


LAYOUTS: list[dict[str, Any]] = [
    {},
    {"bigtiff": True, "rowsperstrip": 7, "compression": "lzw"},
    {"tile": (64, 48), "compression": "zlib", "predictor": True},
    {"rowsperstrip": 16, "byteorder": ">"},
]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", ["grey", "rgb", "rgba"])
def test_tiff_by_rows_is_what_it_is_at_once(
    layout: dict[str, Any],
    kind: str,
    pixels: Pixels,
    tmp_path: Path,
    large_from_the_first_pixel: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """kq encode writes the same bytes whether a TIFF file is taken for large or not."""
    samples: dict[str, Pixels] = {
        "grey": pixels[..., 1],
        "rgb": pixels,
        "rgba": np.concatenate([pixels, pixels[..., :1]], axis=2),
    }
    extra: dict[str, Any] = {"extrasamples": ["unassalpha"]} if kind == "rgba" else {}
    photometric = "minisblack" if kind == "grey" else "rgb"
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, samples[kind], photometric=photometric, resolution=(300, 300), **layout, **extra
    )
    assert open_large(str(path), max_pixels=1 << 28, least_pixels=1 << 27) is None
    assert main(["encode", str(path), "-k", "30", "--small"]) == 0
    raster = read_raster(str(path), max_pixels=1 << 28)
    whole = kqformat.encode(raster.content, colors=30, coding="entropy", metadata=raster.metadata)
    assert (tmp_path / "a.kq").read_bytes() == whole
    assert "30 colours, 5 bits, entropy" in capsys.readouterr().out


def test_palette_tiff_keeps_its_indices(tmp_path: Path, large_from_the_first_pixel: None) -> None:
    """A palette image keeps indices and palette."""
    labels = np.random.default_rng(0).integers(0, 200, (80, 90), np.uint8)
    palette = np.random.default_rng(1).integers(0, 256, (256, 3), np.uint8)
    path = tmp_path / "a.tif"
    colormap = palette.T.astype(np.uint16) * 257
    tifffile.imwrite(path, labels, photometric="palette", colormap=colormap)
    assert main(["encode", "-q", str(path)]) == 0
    image = kqformat.read_indexed(tmp_path / "a.kq")
    assert np.array_equal(image.indices, labels)
    assert np.array_equal(image.palette, palette)
    assert main(["encode", "-qf", "-k", "16", str(path)]) == 0  # read at once, as it is small
    assert kqformat.read_indexed(tmp_path / "a.kq").colors == 16


def test_numpy_array_by_rows(
    pixels: Pixels, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """kq encode takes a .npy file; what it cannot do with it, it says in a line."""
    path = tmp_path / "a.npy"
    np.save(path, pixels)
    target = tmp_path / "b.kq"
    assert main(["encode", str(path), "-o", str(target)]) == 0
    assert target.read_bytes() == kqformat.encode(pixels)
    assert main(["encode", str(path), "-o", str(target)]) == 1
    assert "exists already" in capsys.readouterr().err
    assert main(["encode", str(path), "-o", str(target), "--skip-existing"]) == 0
    assert "skipped, its target exists" in capsys.readouterr().out
    assert main(["encode", "-f", str(path), "-o", str(target), "--dither", "blue-noise"]) == 1
    assert "read by rows, not for --dither" in capsys.readouterr().err
    assert main(["encode", "-f", str(path), "-o", str(target), "--max-pixels", "9"]) == 1
    assert "240,000 pixels are more than the limit of 9" in capsys.readouterr().err
    assert target.read_bytes() == kqformat.encode(pixels)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((4, 4), np.uint16), "array of uint16 of shape"),
        (np.zeros((4, 4, 2), np.uint8), r"array of uint8 of shape \(4, 4, 2\)"),
        (np.zeros(4, np.uint8), r"array of uint8 of shape \(4,\)"),
    ],
)
def test_arrays_that_are_no_pictures(array: npt.NDArray[Any], message: str, tmp_path: Path) -> None:
    """Another type or shape is the file's fault."""
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(RasterError, match=message):
        open_large(str(tmp_path / "a.npy"), max_pixels=100)


@pytest.mark.parametrize("cut", [7, 60, 200])
def test_array_that_is_cut_short(cut: int, tmp_path: Path) -> None:
    """A file that ends too early is an error before anything is written."""
    np.save(tmp_path / "a.npy", np.zeros((40, 40), np.uint8))
    (tmp_path / "b.npy").write_bytes((tmp_path / "a.npy").read_bytes()[:cut])
    with pytest.raises(RasterError, match="not an array that can be read"):
        open_large(str(tmp_path / "b.npy"), max_pixels=10_000)


def test_deep_and_damaged_tiff(
    tmp_path: Path,
    large_from_the_first_pixel: None,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of another depth, it is read at once if it is not too large; damaged, an error in a line."""
    path, target = tmp_path / "a.tif", tmp_path / "a.kq"
    tifffile.imwrite(path, np.zeros((40, 40), np.uint16))
    assert main(["encode", str(path)]) == 0
    target.unlink()
    monkeypatch.setattr(large, "DEFAULT_LIMITS", Limits(pixels=1000))
    assert main(["encode", str(path)]) == 1
    assert "has samples of 16 bits" in capsys.readouterr().err
    monkeypatch.undo()
    monkeypatch.setattr(large, "LARGE_PIXELS", 1)
    noise = np.random.default_rng(0).integers(0, 256, (300, 300), np.uint8)
    tifffile.imwrite(path, noise, compression="zlib", rowsperstrip=10)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 2000] = bytes(2000)
    path.write_bytes(data)
    assert main(["encode", str(path)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert not target.exists()


def test_too_many_pixels(tmp_path: Path, large_from_the_first_pixel: None) -> None:
    """The limit holds for files read by rows, too."""
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((40, 40), np.uint8))
    with pytest.raises(LimitError):
        open_large(str(tmp_path / "a.tif"), max_pixels=1599)


@pytest.mark.parametrize(
    "options", [["--labels"], ["--manifest", "done.jsonl"], ["-o", "/dev/stdout"]]
)
def test_arrays_refuse_what_rows_cannot_do(
    options: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An array with an option that would have no effect is an error in a line; nothing appears."""
    monkeypatch.chdir(tmp_path)
    np.save("a.npy", np.zeros((40, 40), np.uint8))
    assert main(["encode", "a.npy", *options]) == 1
    assert "which is read by rows, not for" in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} <= {"a.npy", "done.jsonl"}


def test_damaged_array_stops_no_other_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An array whose head is no Python is an error in a line, and the other is done."""
    good, bad = tmp_path / "good.npy", tmp_path / "bad.npy"
    np.save(good, np.zeros((40, 40), np.uint8))
    head = good.read_bytes()[:128]
    bad.write_bytes(head[:10] + b"{(".ljust(117) + b"\n" + bytes(1600))
    assert main(["encode", str(bad), str(good)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert good.with_suffix(".kq").exists()


def test_summary_counts_what_is_done_by_rows(
    pixels: Pixels, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line after several files is of all of them, however they are read; .npy is replaced."""
    for name in ("a", "b"):
        np.save(tmp_path / f"{name}.npy", pixels)
    Image.fromarray(pixels).save(tmp_path / "c.png")
    names = [str(tmp_path / name) for name in ("a.npy", "b.npy", "c.png")]
    assert main(["encode", *names]) == 0
    lines = capsys.readouterr().out.splitlines()
    before = sum(Path(name).stat().st_size for name in names)
    after = sum((tmp_path / f"{name}.kq").stat().st_size for name in "abc")
    assert lines[-1].startswith(f"3 files: {before:,} -> {after:,} bytes")
    assert len(lines) == 4

    assert main(["encode", *names[:2], "--skip-existing"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("2 skipped")
    assert main(["encode", *names[:2]]) == 1
    assert capsys.readouterr().out.splitlines()[-1].endswith("2 failed")

    kq = [str(tmp_path / f"{name}.kq") for name in "ab"]
    assert main(["decode", *kq, "--format", "npy", "-d", str(tmp_path / "back")]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("2 files: ")
    assert main(["encode", "-r", str(tmp_path / "back"), "-d", str(tmp_path / "out")]) == 0
    assert "has no files to encode" in capsys.readouterr().err
