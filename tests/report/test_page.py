"""The page as a file: whole, escaped, bound to nothing outside, the same each time."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from command import kq, names
from PIL import Image

from kqformat.measure import Comparison, PeerRow, Row, compare
from kqformat.report.answers import answer
from kqformat.report.charts import Scale, rates_chart
from kqformat.report.embedding import MAX_SIDE
from kqformat.report.page import report_page

Pixels = npt.NDArray[np.uint8]
HOSTILE = '"><script>alert(1)</script>.png'


@pytest.fixture(scope="module")
def small(photo: Pixels) -> Pixels:
    """A part of a photograph, 96 × 64."""
    return np.ascontiguousarray(photo[100:164, 100:196])


@pytest.fixture(scope="module")
def comparison(small: Pixels) -> Comparison:
    """Of that, at a few numbers of colours."""
    return compare(small, colors=(2, 8, 64), name="photo.png", source_bytes=12_345)


@pytest.fixture(scope="module")
def page(comparison: Comparison, small: Pixels) -> str:
    """The page of that."""
    return report_page(comparison, small).decode("utf-8")


def pictures(page: str) -> list[Pixels]:
    """Return the pictures of a page, in its order."""
    found = re.findall(r'<img [^>]*src="data:image/\w+;base64,([^"]+)"', page)
    files = [io.BytesIO(base64.b64decode(text)) for text in found]
    return [np.asarray(Image.open(file).convert("RGB")) for file in files]


def test_pictures_are_exact(page: str, comparison: Comparison, small: Pixels) -> None:
    """The original and every result are in the page, pixel by pixel."""
    results = [chosen.image.to_rgb() for chosen in comparison.quantizations.values()]
    for found, expected in zip(pictures(page), [small, *results], strict=True):
        assert np.array_equal(found, expected)


def test_every_number_of_bytes_is_there(page: str, comparison: Comparison) -> None:
    """The page has the bytes of every file that was compared, as they are on the disk."""
    rows: list[Row | PeerRow] = [*comparison.rows, *comparison.peers]
    for row in rows:
        assert f">{row.file_bytes:,}<" in page
    assert "12,345 in the source file" in page


def test_nothing_is_loaded_from_elsewhere(page: str) -> None:
    """No reference leads out of the file, and the policy would not let one."""
    references = re.findall(r'(?:src|href|action|data)="([^"]*)"', page)
    assert references
    assert all(reference.startswith(("data:image/", "#")) for reference in references)
    assert not re.findall(r"@import|url\(|https?://", page)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src &#39;none&#39;; img-src data:;")
    assert "unsafe" not in policy[1]


def test_the_policy_names_the_script_and_the_style(page: str) -> None:
    """The hashes in the policy are those of the one script and the one style."""
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    styles = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert (len(scripts), len(styles)) == (1, 1)
    for text in (*scripts, *styles):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"sha256-{digest}".replace("+", "&#43;") in page or f"sha256-{digest}" in page
    assert not re.findall(r'\son\w+="|\sstyle="', page)


@pytest.mark.parametrize("name", [HOSTILE, "a'b\"c&d<e>.png", "x\u202egnp.exe", "\udc80.png"])
def test_names_are_escaped(name: str, small: Pixels) -> None:
    """A file name adds no markup, whatever it is, and no character that cannot be seen."""
    compared = compare(small, colors=(2,), peers=False, lossy=False, ssimulacra2=False, name=name)
    page = report_page(compared, small).decode("utf-8")
    plain = report_page(
        compare(small, colors=(2,), peers=False, lossy=False, ssimulacra2=False), small
    ).decode("utf-8")
    tags = re.compile(r"<[a-z!/][^>]*>")
    assert [tag.split()[0] for tag in tags.findall(page)] == [
        tag.split()[0] for tag in tags.findall(plain)
    ]
    assert "\u202e" not in page


def test_the_same_bytes_each_time(comparison: Comparison, small: Pixels) -> None:
    """Nothing of a page depends on when it is made."""
    assert report_page(comparison, small) == report_page(comparison, small)


@pytest.mark.parametrize("kind", ["alpha", "grey", "one colour", "two pixels"])
def test_odd_pictures(kind: str, data_folder: Path) -> None:
    """Pictures with alpha, of greys, of one colour and of two pixels have pages, too."""
    icon = Image.open(data_folder / "tango32_document-save.png").convert("RGBA")
    pixels = {
        "alpha": np.asarray(icon),
        "grey": np.arange(256, dtype=np.uint8).reshape(16, 16),
        "one colour": np.full((9, 9, 3), 77, np.uint8),
        "two pixels": np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8),
    }[kind]
    page = report_page(compare(pixels, colors=(1, 4)), pixels).decode("utf-8")
    assert page.count('<img class="result"') == 2
    assert not re.findall(r"[>\" ](?:nan|inf)\b", page)


def test_large_pictures_are_shown_smaller() -> None:
    """A picture too large for a page is shown smaller, in the same palette, and this is said."""
    ramp = np.linspace(0, 255, MAX_SIDE + 500).astype(np.uint8)
    pixels = np.tile(ramp, (40, 1))
    compared = compare(pixels, colors=(4,), peers=False, lossy=False, ssimulacra2=False)
    page = report_page(compared, pixels).decode("utf-8")
    original, result = pictures(page)
    assert original.shape == result.shape == (30, MAX_SIDE, 3)
    palette = {tuple(color) for color in compared.quantizations[4].image.palette.tolist()}
    assert {tuple(color) for color in result.reshape(-1, 3).tolist()} == palette
    assert f"shown at {MAX_SIDE} × 30 pixels" in page


def test_answers(small: Pixels, comparison: Comparison) -> None:
    """The answer names the first k that is good, or says that none is, or that nothing is lost."""
    assert "colours" in answer(comparison)
    flat = np.full((16, 16, 3), 9, np.uint8)
    assert "nothing is lost" in answer(compare(flat, colors=(2, 4)))
    few = compare(small, colors=(2,), peers=False, lossy=False)
    assert "is still seen to differ" in answer(few)
    unscored = compare(small, colors=(2, 256), peers=False, lossy=False, ssimulacra2=False)
    assert "PSNR" in answer(unscored)


def test_charts_have_all_points_inside(comparison: Comparison) -> None:
    """Every mark and every tick is within the frame, and larger files are farther right."""
    chart = rates_chart(comparison)
    assert chart is not None
    for line in chart.lines:
        for mark in line.marks:
            assert chart.left <= mark.x <= chart.right
            assert chart.top <= mark.y <= chart.bottom
    own = [mark.x for mark in chart.lines[0].marks]
    assert own == sorted(own)
    assert all(chart.left <= tick.place <= chart.right for tick in chart.x_ticks)
    assert len(chart.x_ticks) >= 2


@pytest.mark.parametrize("values", [[5.0], [3, 3], [0.2, 0.25], [1, 1e7], [95, 101, 110]])
@pytest.mark.parametrize("is_log", [False, True])
def test_scales(values: list[float], is_log: bool) -> None:
    """Whatever the values, a scale puts them in their order between its ends."""
    scale = Scale(values, 100, 500, is_log=is_log)
    places = [scale.place(value) for value in sorted(values)]
    assert places == sorted(places)
    assert all(100 <= place <= 500 for place in places)
    assert all(100 <= tick.place <= 500.05 for tick in scale.ticks(6))


def test_the_command(small: Pixels, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`kq report` writes the page and a line about it; a picture by a hostile name, too."""
    source = tmp_path / '"><img src=x onerror=alert(1)>.png'
    Image.fromarray(small).save(source)
    output = tmp_path / "report.html"
    assert kq("report", source, "-k", "2,4", "--no-peers", "-o", output) == 0
    page = output.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "onerror=alert(1)&gt;.png" in page
    assert f"{output.stat().st_size:,} bytes" in capsys.readouterr().out
    assert kq("report", source, "-k", "2", "--no-peers", "-o", output) == 1
    assert "-f overwrites it" in capsys.readouterr().err
    assert output.read_text(encoding="utf-8") == page


@pytest.mark.parametrize("arguments", [["-o", "a.pdf"], [], ["-k", "0", "-o", "a.html"]])
def test_wrong_usage(arguments: list[str], tmp_path: Path) -> None:
    """Another ending, no output, or senseless numbers are refused with status 2."""
    given = [str(tmp_path / word) if word.startswith("a.") else word for word in arguments]
    assert kq("report", tmp_path / "in.png", *given) == 2
    assert names(tmp_path) == []
