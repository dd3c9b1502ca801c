"""The page in a real browser: what moves, what switches, what is read to those who listen.

Needs Chromium and the extra `browser`; without them these tests are skipped, or fail where
KQ_BROWSER_TESTS is 1.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from web_pages import PHONE, RULES, axe_script, chromium, every_look

from kqformat.measure import Comparison, compare
from kqformat.report.differences import delta_e
from kqformat.report.page import report_page

Pixels = npt.NDArray[np.uint8]

HOSTILE = 'folder"><script>alert(1)</script><img src=x onerror=alert(2)>.png'
DESKTOP = {"width": 1200, "height": 900}
COLORS = (2, 8, 64)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, as the system has it."""
    with chromium() as launched:
        yield launched


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core."""
    return axe_script()


@pytest.fixture(scope="module")
def picture(photo: Pixels) -> Pixels:
    """A part of a photograph, 240 × 160."""
    return np.ascontiguousarray(photo[80:240, 100:340])


@pytest.fixture(scope="module")
def comparison(picture: Pixels) -> Comparison:
    """Of that, under a hostile name."""
    return compare(picture, colors=COLORS, name=HOSTILE, source_bytes=9_999)


@pytest.fixture(scope="module")
def file(comparison: Comparison, picture: Pixels, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_bytes(report_page(comparison, picture))
    return path


@pytest.fixture
def page(browser: Any, file: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The page, open; nothing may be said on the console, asked for, or thrown."""
    options = {"viewport": DESKTOP} | getattr(request, "param", {})
    context = browser.new_context(**options)
    opened = context.new_page()
    said: list[str] = []

    def refuse(dialog: Any) -> None:
        said.append(dialog.message)
        dialog.dismiss()

    def note(asked: Any) -> None:
        if not asked.url.startswith(("file:", "data:")):
            said.append(asked.url)

    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("dialog", refuse)
    opened.on("request", note)
    opened.goto(file.as_uri())
    opened.wait_for_selector('#errors[data-k="8"], #errors[data-k="64"]')
    yield opened
    context.close()
    assert said == []


def seen(page: Any) -> tuple[Pixels, int]:
    """Return the part of the picture that is in view, as it is shown, and where in view it begins.

    Layout is in parts of pixels; what is painted is not.
    """
    page.locator("#viewer").scroll_into_view_if_needed()
    screen = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
    stack, view = (page.locator(name).bounding_box() for name in ("#stack", "#viewer"))
    left, top = (max(stack[side], view[side]) for side in ("x", "y"))
    right, bottom = (
        min(stack[side] + stack[length], view[side] + view[length])
        for side, length in (("x", "width"), ("y", "height"))
    )
    shown = screen[round(top) : round(bottom), round(left) : round(right)]
    return shown, round(left - view["x"])


def share(page: Any) -> int:
    """Return where the divider says it is, in percent."""
    return int(page.locator("#divider").get_attribute("aria-valuenow"))


def check_halves(page: Any, picture: Pixels, result: Pixels) -> None:
    """Check at 1 : 1 that the original is left of the divider and the result right of it."""
    shown, left = seen(page)
    width = page.locator("#viewer").bounding_box()["width"]
    cut = round(share(page) / 100 * width) - left
    rows = slice(5, 25)  # away from the grip
    assert np.array_equal(shown[rows, : cut - 4], picture[rows, : cut - 4])
    assert np.array_equal(shown[rows, cut + 4 :], result[rows, cut + 4 :])
    assert not np.array_equal(picture[rows], result[rows])


def test_the_divider_divides(page: Any, picture: Pixels, comparison: Comparison) -> None:
    """Left of the divider every pixel is the original's, right of it the result's."""
    page.click("[data-zoom='1']")
    page.check("input[name=k][value='8']", force=True)
    result = comparison.quantizations[8].image.to_rgb()
    check_halves(page, picture, result)
    page.focus("#divider")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert share(page) == 54
    check_halves(page, picture, result)


def test_the_divider_moves_by_mouse(page: Any) -> None:
    """It follows the pointer from where it is taken, and stays within the picture."""
    box = page.locator("#viewer").bounding_box()
    y = box["y"] + 30
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.25, y, steps=4)
    assert share(page) == 25
    page.mouse.move(box["x"] - 300, y, steps=4)
    page.mouse.up()
    assert share(page) == 0
    page.mouse.move(box["x"] + 300, y)
    assert share(page) == 0


@pytest.mark.parametrize(
    "page", [{"viewport": PHONE, "has_touch": True, "is_mobile": True}], indirect=True
)
def test_the_divider_moves_by_touch(page: Any) -> None:
    """A finger moves it, and the page does not scroll meanwhile."""
    page.locator("#viewer").scroll_into_view_if_needed()
    box = page.locator("#viewer").bounding_box()
    y, scrolled = box["y"] + box["height"] / 2, page.evaluate("scrollY")
    touch = page.context.new_cdp_session(page)

    def send(kind: str, *at: float) -> None:
        points = [{"x": x, "y": y} for x in at]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", box["x"] + box["width"] / 2)
    for part in (0.55, 0.65, 0.8):
        send("touchMove", box["x"] + box["width"] * part)
    send("touchEnd")
    assert share(page) == pytest.approx(80, abs=1)
    assert page.evaluate("scrollY") == scrolled


def test_the_divider_moves_by_keyboard(page: Any) -> None:
    """Arrows, pages, Home and End move it, as those of a slider do."""
    page.focus("#divider")
    for key, at in (("ArrowLeft", 48), ("PageUp", 58), ("Home", 0), ("End", 100), ("PageDown", 90)):
        page.keyboard.press(key)
        assert share(page) == at
    assert page.locator("#divider").get_attribute("aria-valuetext") == "90 % original"


def test_numbers_of_colours_switch(page: Any, comparison: Comparison) -> None:
    """Choosing k, by mouse or by keyboard, changes the picture and all that is said of it."""
    for press, k in ((None, 2), ("ArrowRight", 8), ("ArrowRight", 64)):
        if press is None:
            page.check(f"input[name=k][value='{k}']", force=True)
        else:
            page.keyboard.press(press)
        page.wait_for_selector(f'#errors[data-k="{k}"]')
        assert page.locator(".result:visible").count() == 1
        assert page.locator(".result:visible").get_attribute("data-k") == str(k)
        size = comparison.quantizations[k].image.colors
        assert page.locator(f"[data-k='{k}'] .swatches li").count() == size
        assert page.locator(".population:visible rect").count() == size
        packed = next(row for row in comparison.rows if row.colors == k)
        assert f"{packed.file_bytes:,}" in page.locator(".facts:visible").inner_text()
        assert page.locator("tr.on th").inner_text() == str(k)
        assert page.locator("circle.on").count() == page.locator(f'circle[data-k="{k}"]').count()


def test_zooming_to_pixels(page: Any, picture: Pixels) -> None:
    """At 800 % every pixel is a square of 64, and the divider still divides the view."""
    page.click("[data-zoom='8']")
    assert page.locator("#scale").inner_text() == "800 %"
    page.evaluate("document.getElementById('scroll').scrollTo(0, 0)")
    shown, _ = seen(page)
    squares = shown[16:32, 16 : 16 + 8 * 12].reshape(2, 8, 12, 8, 3)
    assert (squares == squares[:, :1, :, :1]).all()
    assert np.array_equal(squares[:, 0, :, 0], picture[2:4, 2:14])
    page.click("[data-zoom='out']")
    assert page.locator("#scale").inner_text() == "600 %"
    page.click("[data-zoom='fit']")
    assert page.evaluate(
        "(({scrollWidth, clientWidth}) => scrollWidth <= clientWidth)"
        "(document.getElementById('scroll'))"
    )


def test_the_cube_turns_by_keyboard_and_mouse(page: Any) -> None:
    """Its sliders and a drag turn it; k changes its discs."""
    looks = [page.evaluate("document.getElementById('cube').toDataURL()")]

    def changed() -> bool:
        looks.append(page.evaluate("document.getElementById('cube').toDataURL()"))
        return bool(looks[-1] != looks[-2])

    page.focus("#turn")
    page.keyboard.press("ArrowRight")
    assert changed()
    page.focus("#tilt")
    page.keyboard.press("ArrowLeft")
    assert changed()
    page.locator("#cube").scroll_into_view_if_needed()
    box = page.locator("#cube").bounding_box()
    page.mouse.move(box["x"] + 50, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 60, steps=3)
    page.mouse.up()
    assert changed()
    page.check("input[name=k][value='2']", force=True)
    assert changed()


def test_the_map_of_errors_is_true(page: Any, picture: Pixels, comparison: Comparison) -> None:
    """The brighter a pixel of the map, the greater its ΔE by the other implementation."""
    page.check("input[name=k][value='8']", force=True)
    page.wait_for_selector('#errors[data-k="8"]')
    values = page.evaluate(
        "[...document.getElementById('errors').getContext('2d').getImageData(0, 0, 240, 160).data]"
    )
    drawn = np.array(values, np.float64).reshape(160, 240, 4)[..., :3] @ (0.3, 0.59, 0.11)
    errors = delta_e(picture, comparison.quantizations[8].image.to_rgb())
    top = max(2.0, float(np.percentile(errors, 99.5)))
    inside = errors < top
    order = np.argsort(errors[inside])
    assert np.corrcoef(errors[inside], drawn[inside])[0, 1] > 0.97
    assert (np.diff(drawn[inside][order][:: max(1, len(order) // 40)]) > -3).all()
    assert drawn[~inside].min() > drawn.max() - 3


def test_the_name_is_inert(page: Any) -> None:
    """A hostile file name is shown as it is, and runs nothing."""
    assert page.locator("h1").inner_text() == HOSTILE.rpartition("/")[2]
    assert page.locator("h1 *").count() == 0


@every_look
def test_no_violation_of_wcag(page: Any, axe: str) -> None:
    """axe-core finds nothing against WCAG 2.2 A and AA, with few colours or many."""
    page.evaluate(axe)
    for k in (2, 64):
        page.check(f"input[name=k][value='{k}']", force=True)
        page.wait_for_selector(f'#errors[data-k="{k}"]')
        result = page.evaluate(f"axe.run(document, {{runOnly: {RULES}}})")
        found = [
            (violation["id"], [node["html"][:120] for node in violation["nodes"]])
            for violation in result["violations"]
        ]
        assert found == []
        assert len(result["passes"]) > 15


@pytest.mark.parametrize("width", [320, 360, 768])
def test_no_sideways_scrolling(page: Any, width: int) -> None:
    """On a narrow screen the page is as wide as that, and all of the viewer is on it."""
    page.set_viewport_size({"width": width, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    box = page.locator("#viewer").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert page.locator(".choice label").last.bounding_box()["x"] < width


def test_all_can_be_reached_by_keyboard(page: Any) -> None:
    """The Tab key leads through every control, each of which shows that it has the focus."""
    reached = []
    for _ in range(20):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.name"))
    assert [name for name in ("k", "scroll", "divider", "turn", "tilt") if name in reached] == [
        "k",
        "scroll",
        "divider",
        "turn",
        "tilt",
    ]


def test_print(page: Any) -> None:
    """On paper there are no controls, and the whole picture is on the sheet."""
    page.click("[data-zoom='8']")
    page.emulate_media(media="print")
    assert page.locator(".tools").is_hidden()
    assert page.locator(".turns").is_hidden()
    assert page.pdf(format="A4").startswith(b"%PDF")
    viewer = page.locator("#viewer").bounding_box()
    stack = page.locator("#stack").bounding_box()
    assert stack["width"] == pytest.approx(viewer["width"], abs=1)
    assert stack["height"] == pytest.approx(viewer["height"], abs=1)
