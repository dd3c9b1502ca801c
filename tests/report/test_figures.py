"""Figures: the same bytes each time, on the Axes given, and true to what they are of."""

from __future__ import annotations

import io
import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.figure import Figure
from PIL import Image

import kqformat
from kqformat import report
from kqformat.errors import ParameterError
from kqformat.measure import PeerRow, Row, compare
from kqformat.report.differences import delta_e, strongest, worst_pixel
from kqformat.report.palettes import by_hue, by_population, shares
from kqformat.report.plotting import FORMATS, KINDS, Subject, plot
from kqformat.report.rates import curves
from kqformat.report.style import RC

Pixels = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def small(photo: Pixels) -> Pixels:
    """A part of a photograph, 96 × 64."""
    return np.ascontiguousarray(photo[100:164, 100:196])


@pytest.fixture(scope="module")
def clear(data_folder: Path) -> Pixels:
    """An icon with alpha, 32 × 32."""
    return np.asarray(Image.open(data_folder / "tango32_internet-web-browser.png").convert("RGBA"))


def subject(kind: str, pixels: Pixels) -> Subject:
    """Return what a figure of a kind is drawn of."""
    return Subject(pixels, (2, 5) if kind in ("k-grid", "rate-distortion") else (5,), starts=2)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_same_bytes_each_time(kind: str, form: str, small: Pixels) -> None:
    """Nothing of a file depends on when it is drawn, nor on what was drawn before."""
    first = plot(kind, subject(kind, small), form)
    plot("palette", subject("palette", small), form)
    assert plot(kind, subject(kind, small), form) == first
    start = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}[form]
    assert first.startswith(start)


@pytest.mark.parametrize("kind", KINDS)
def test_alpha_grey_and_tiny(kind: str, clear: Pixels) -> None:
    """Pictures with alpha, of grey, and of a pixel can be drawn, too."""
    for pixels in (clear, clear[..., 0].copy(), np.full((1, 1, 3), 7, np.uint8)):
        data = plot(kind, subject(kind, pixels), "png")
        assert min(Image.open(io.BytesIO(data)).size) > 100


@pytest.mark.parametrize(("kind", "form"), [("pie", "svg"), ("cube", "bmp")])
def test_unknown_figures(kind: str, form: str, small: Pixels) -> None:
    """A kind or form that there is not is refused, with those there are."""
    with pytest.raises(ParameterError, match="expected one of"):
        plot(kind, Subject(small), form)


def test_functions_return_their_axes(small: Pixels) -> None:
    """Each function of one Axes draws on the one given, and returns it."""
    image = kqformat.quantize(small, 5)
    ax = Figure().subplots()
    assert report.palette(ax, image) is ax
    assert report.error(ax, small, image) is ax
    assert report.convergence(ax, {"kq": report.trace(small, 5)}) is ax
    comparison = compare(small, colors=(4, 8), peers=False, lossy=False, ssimulacra2=False)
    assert report.rate_distortion(ax, comparison) is ax
    solid = Figure().add_subplot(projection="3d")
    assert report.cube(solid, small, image) is solid


def test_grids_use_as_many_axes_as_they_say(small: Pixels) -> None:
    """Each function of several Axes returns those it used, and refuses too few."""
    axes = list(Figure().subplots(4, 4).flat)
    results = [kqformat.quantization(small, k) for k in (2, 4)]
    assert report.k_grid(axes, small, results) == axes[:3]
    runs = report.random_starts(small, 4, 5)
    assert report.starts(axes, small, runs) == axes[:5]
    named = {name: kqformat.quantization(small, 8, outliers=name) for name in ("off", "auto")}
    assert report.outliers(axes, small, named) == axes[:6]
    with pytest.raises(ParameterError, match="found 2 axes, expected 3"):
        report.k_grid(axes[:2], small, results)


def test_factors_are_those_of_files(small: Pixels, tmp_path: Path) -> None:
    """The factors in the titles of a k-grid are those of files on the disk."""
    axes = list(Figure().subplots(1, 2).flat)
    report.k_grid(axes, small, [kqformat.quantization(small, 16)])
    factors = re.findall(r"([\d.]+) : 1", axes[1].get_title(loc="left") or axes[1].get_title())
    packed = kqformat.write(tmp_path / "a.kq", small, colors=16)
    entropy = kqformat.write(tmp_path / "b.kq", small, colors=16, coding="entropy")
    assert packed == (tmp_path / "a.kq").stat().st_size
    expected = [6.0, small.size / packed, small.size / entropy]
    assert [float(factor) for factor in factors] == [round(value, 2) for value in expected]


def test_starts_are_sorted_and_their_distortions_named(small: Pixels) -> None:
    """The best start comes first, and each title has the final distortion."""
    axes = list(Figure().subplots(1, 4).flat)
    with mpl.rc_context(RC):
        report.starts(axes, small, report.random_starts(small, 6, 4))
    titles = [ax.get_title(loc="center") or ax.get_title(loc="left") for ax in axes]
    found = [float(re.findall(r": ([\d.]+), ", title)[0]) for title in titles]
    finals = [run.distortions[-1] for run in report.random_starts(small, 6, 4)]
    assert found == sorted(round(final, 1) for final in finals)


def test_the_worst_pixel_is_named(small: Pixels) -> None:
    """The error figure's title has the place, the colours and the ΔE of the worst pixel."""
    pixels = small.copy()
    pixels[9, 5] = 0, 0, 255
    image = kqformat.quantize(pixels, 2)
    ax = Figure().subplots()
    report.error(ax, pixels, image)
    shown = image.to_rgb()
    worst = worst_pixel(pixels, shown, delta_e(pixels, shown))
    assert (worst.x, worst.y) == (5, 9)
    assert "(5, 9): #0000ff shown as #" in ax.get_title()


def test_curves_have_every_file(small: Pixels) -> None:
    """A rate-distortion figure has each row of the comparison that is not lossless."""
    comparison = compare(small, colors=(2, 16), ssimulacra2=False)
    points = {(size, psnr) for curve in curves(comparison) for size, psnr, _ in curve.points}
    rows: list[Row | PeerRow] = [*comparison.rows, *comparison.peers]
    assert points == {(row.file_bytes, row.psnr) for row in rows if np.isfinite(row.psnr)}
    assert [curve.name for curve in curves(comparison)][:2] == ["packed", "entropy"]


def test_orders_of_the_palette(small: Pixels) -> None:
    """By hue and by population, every entry comes once; shares fall and add up to 1."""
    image = kqformat.quantize(small, 12)
    assert sorted(by_hue(image.palette)) == list(range(12))
    falling = shares(image)[by_population(image)]
    assert (np.diff(falling) <= 0).all()
    assert falling.sum() == pytest.approx(1)


def test_the_strongest_box_is_found() -> None:
    """The box of the greatest sum is that which trying all of them gives."""
    values = np.random.default_rng(1).random((12, 17))
    box = strongest(values, 5, 3)
    sums = {(values[y : y + 3, x : x + 5].sum(), -y, -x) for y in range(10) for x in range(13)}
    assert (-max(sums)[1], -max(sums)[2]) == (box.top, box.left)


def test_unknown_names() -> None:
    """The package hands out only the names that it has, and lists them."""
    with pytest.raises(AttributeError, match="no attribute 'pie'"):
        report.pie  # noqa: B018
    assert set(report.__all__) <= set(dir(report))
