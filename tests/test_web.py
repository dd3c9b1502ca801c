"""The decoder and the page of `tools/web` in a real browser, on every vector, good and bad.

Needs Chromium and the extra `browser`; without them these tests are skipped, or fail where
KQ_BROWSER_TESTS is 1.
"""

from __future__ import annotations

import base64
import hashlib
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from make_web_mixer import MODULE as MIXER
from make_web_mixer import module_text as mixer_text
from make_web_starts import MODULE, SOURCE, module_text
from PIL import Image
from suite import INVALID, VALID, VECTORS, name, read_vector, reference, vector
from web_pages import RULES, WEB, axe_script, chromium, every_look, serving

HOSTILE = "<img src=x onerror=alert(1)>\u202egnp.kq"
# What the worker of the page makes of a file, its bytes hashed by the browser.
DECODE = """
async (text) => {
  const { Decoding } = await import("./decoding.js");
  window.decoding ??= new Decoding();
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const hash = async (data) => {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
    return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  };
  try {
    const picture = await window.decoding.decode(bytes);
    const indices = new DataView(new ArrayBuffer(2 * picture.indices.length));
    picture.indices.forEach((index, pixel) => indices.setUint16(2 * pixel, index));
    const { channels } = picture;
    const pixels = picture.rgba.filter((_, at) => at % 4 < channels);
    return {
      width: picture.width,
      height: picture.height,
      colors: picture.palette.length / channels,
      channels,
      coding: picture.coding,
      is_palette_coded: picture.isPaletteCoded,
      tags: picture.sections.map(({ tag }) => tag).filter((tag) => /[BE]/.test(tag)).join(""),
      palette_sha256: await hash(picture.palette),
      indices_sha256: await hash(indices.buffer),
      pixels_sha256: await hash(pixels),
      metadata: Object.fromEntries(
        Object.entries(picture.metadata).map(([key, value]) => [key, [...value]]),
      ),
      others: picture.others.map(({ tag, payload }) => [tag, [...payload]]),
    };
  } catch (error) {
    return error.kind;
  }
}
"""
SHARED = ["width", "height", "colors", "channels", "coding", "is_palette_coded"]
SHARED += ["palette_sha256", "indices_sha256", "pixels_sha256"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium."""
    with chromium() as launched:
        yield launched


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page on a server, with some vectors beside it."""
    folder = tmp_path_factory.mktemp("site") / "web"
    shutil.copytree(WEB, folder)
    for entry in (*VALID[:1], *INVALID):
        shutil.copy(VECTORS / entry["file"], folder)
    shutil.copy(Path(__file__).parent / "data" / "kq-image.html", folder)
    with serving(folder) as found:
        yield found


@pytest.fixture(scope="module")
def shared_page(browser: Any, address: str) -> Iterator[Any]:
    """The page, open for many decodings."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}index.html")
    yield page
    context.close()


@pytest.fixture
def page(browser: Any, address: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The page, open anew; nothing may be said on the console, asked for elsewhere, or thrown."""
    context = browser.new_context(**getattr(request, "param", {}))
    opened = context.new_page()
    said: list[str] = []

    def refuse(dialog: Any) -> None:
        said.append(dialog.message)
        dialog.dismiss()

    def note(asked: Any) -> None:
        if not asked.url.startswith((address, "data:", "blob:")):
            said.append(asked.url)

    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("dialog", refuse)
    opened.on("request", note)
    opened.goto(f"{address}index.html")
    yield opened
    context.close()
    assert said == []


def give(page: Any, files: list[tuple[str, bytes]]) -> None:
    """Choose files, and wait until the last is decoded."""
    before = page.locator(".card").count()
    page.set_input_files(
        "#files",
        [{"name": name, "mimeType": "image/x-kq", "buffer": data} for name, data in files],
    )
    page.locator(".card").nth(before + len(files) - 1).wait_for()
    page.locator("#status:empty").wait_for(state="attached")


def decoded(page: Any, data: bytes) -> Any:
    """Return what the page's worker makes of a file."""
    return page.evaluate(DECODE, base64.b64encode(data).decode())


def test_starts_are_those_of_the_spec() -> None:
    """The module of starting states says what the spec's table says."""
    assert MODULE.read_text("utf-8") == module_text(SOURCE.read_text("utf-8"))


def test_compiled_mixer_is_that_of_its_source() -> None:
    """The compiled module is what its text compiles to."""
    if shutil.which("wat2wasm") is None:
        pytest.skip("wat2wasm (wabt) is not installed")
    assert MIXER.read_text("utf-8") == mixer_text()


@pytest.mark.parametrize("entry", VALID, ids=name)
def test_valid_vector_is_that_of_the_manifest(shared_page: Any, entry: dict[str, Any]) -> None:
    """The worker gives the size, palette, indices, pixels, bands and metadata of each vector."""
    data = read_vector(entry)
    found = decoded(shared_page, data)
    assert isinstance(found, dict), found
    assert {key: found[key] for key in SHARED} == {key: entry[key] for key in SHARED}
    assert len(found["tags"]) == entry["bands"]
    assert set(found["tags"]) == set(entry["tags"])
    picture = reference.decode(data)
    expected = {key: list(value) for key, value in picture.metadata.items()}
    assert found["metadata"] == expected
    assert found["others"] == [[tag, list(payload)] for tag, payload in picture.others]


@pytest.mark.parametrize("entry", INVALID, ids=name)
def test_invalid_vector_is_refused(shared_page: Any, entry: dict[str, Any]) -> None:
    """The worker reports the kind of error that the manifest has."""
    assert decoded(shared_page, read_vector(entry)) == entry["error"]


def test_page_outlives_every_invalid_vector(page: Any) -> None:
    """Each is shown with its error, and a good file after all of them as a picture."""
    give(page, [(f"{entry['name']}.kq", read_vector(entry)) for entry in INVALID])
    shown = page.locator(".failure").evaluate_all(
        "cards => cards.map(card => [card.querySelector('h2'), card.querySelector('.kind')]"
        ".map(part => part.textContent))"
    )
    assert shown == [[f"{entry['name']}.kq", f"{entry['error']}:"] for entry in INVALID[::-1]]
    assert all(page.locator(".failure .message").all_inner_texts())
    give(page, [("annotated.kq", vector("annotated"))])
    assert page.locator(".card:not(.failure) canvas").count() == 2


def test_picture_is_drawn_as_stored(page: Any) -> None:
    """The canvas has the pixels of the reference decoder."""
    data = vector("annotated")
    give(page, [("annotated.kq", data)])
    values = page.evaluate(
        "[...document.querySelector('.view canvas').getContext('2d').getImageData(0, 0, 5, 2).data]"
    )
    drawn = np.array(values, np.uint8).reshape(10, 4)
    assert drawn[:, :3].tobytes() == reference.decode(data).pixels()
    assert (drawn[:, 3] == 255).all()


def test_palette_and_sections_are_listed(page: Any) -> None:
    """Every section has its offset and bytes, which sum to the file; every entry its number."""
    data = vector("meta-all")
    give(page, [("meta-all.kq", data)])
    rows = page.locator("tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )
    offsets = [int(row[1].replace(",", "")) for row in rows]
    sizes = [int(row[2].replace(",", "")) for row in rows]
    assert [row[0][0] for row in rows[1:-1]] == [chr(data[offset]) for offset in offsets[1:-1]]
    assert offsets == [sum(sizes[:at]) for at in range(len(sizes))]
    assert sum(sizes) == len(data)
    page.locator(".entries summary").click()
    page.locator(".entries li").first.wait_for()
    palette = reference.decode(data).palette
    expected = [f"#{bytes(entry).hex()}" for entry in palette]
    assert page.locator(".entries li").all_inner_texts() == expected


@pytest.mark.parametrize("entry", [*VALID[:1], *VALID[-20:]], ids=name)
def test_saved_png_has_the_same_pixels(page: Any, entry: dict[str, Any]) -> None:
    """The PNG that is saved has the pixels of the manifest, those without opacity included."""
    give(page, [(f"{entry['name']}.kq", read_vector(entry))])
    with page.expect_download() as download:
        page.click(".save")
    assert download.value.suggested_filename == f"{entry['name']}.png"
    with Image.open(io.BytesIO(Path(download.value.path()).read_bytes())) as image:
        pixels = image.convert("RGBA" if entry["channels"] == 4 else "RGB").tobytes()
    assert hashlib.sha256(pixels).hexdigest() == entry["pixels_sha256"]


def test_dropped_file_is_opened(page: Any) -> None:
    """A file that is dropped on the page is decoded like a chosen one."""
    transfer = page.evaluate_handle(
        "values => { const transfer = new DataTransfer();"
        "transfer.items.add(new File([new Uint8Array(values)], 'dropped.kq')); return transfer; }",
        list(vector("annotated")),
    )
    page.dispatch_event("body", "drop", {"dataTransfer": transfer})
    page.wait_for_selector(".card:not(.failure)")
    assert page.locator(".card h2").inner_text() == "dropped.kq"


def test_limits_of_the_page_are_obeyed(page: Any) -> None:
    """A picture of more pixels than the form allows is refused; of as many it is shown."""
    page.click("#drop summary")
    page.fill("[name=maxPixels]", "9")
    give(page, [("annotated.kq", vector("annotated"))])
    assert page.locator(".failure .kind").inner_text() == "LimitError:"
    page.fill("[name=maxPixels]", "10")
    give(page, [("annotated.kq", vector("annotated"))])
    assert page.locator(".card:not(.failure)").count() == 1


def test_the_name_is_inert(page: Any) -> None:
    """A hostile file name is text, and its control characters are replaced."""
    give(page, [(HOSTILE, vector("annotated")), (HOSTILE, b"no such file")])
    assert page.locator("h2 *, .summary *, .message *").count() == 0
    shown = HOSTILE.replace("\u202e", "\ufffd")
    assert page.locator(".card h2").all_text_contents() == [shown, shown]


def test_zoom_by_buttons_and_keys(page: Any) -> None:
    """Buttons and keys scale the picture in whole pixels."""
    give(page, [("annotated.kq", vector("annotated"))])

    def width() -> float:
        return float(page.locator(".view canvas").bounding_box()["width"])

    page.click("[data-zoom=one]")
    assert width() == 5
    page.click("[data-zoom=in]")
    assert width() == 10
    page.focus(".view")
    page.keyboard.press("+")
    assert width() == 15
    page.keyboard.press("-")
    assert width() == 10
    page.keyboard.press("1")
    assert width() == 5
    page.hover(".view canvas", position={"x": 2, "y": 0.5})
    assert page.locator(".pixel").inner_text().startswith("x 2, y 0: entry 2")


@every_look
def test_no_violation_of_wcag(page: Any) -> None:
    """axe-core finds nothing against WCAG 2.2 A and AA; nothing sticks out of a narrow screen."""
    give(page, [("bad.kq", b"bad"), ("meta-all.kq", vector("meta-all"))])
    page.click("#drop summary")
    page.click(".entries summary")
    page.evaluate(axe_script())
    result = page.evaluate(f"axe.run(document, {{runOnly: {RULES}}})")
    found = [
        (violation["id"], [node["html"][:120] for node in violation["nodes"]])
        for violation in result["violations"]
    ]
    assert found == []
    assert len(result["passes"]) > 15
    width = page.evaluate("document.documentElement.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_all_can_be_reached_by_keyboard(page: Any) -> None:
    """The Tab key leads through every control of the page and of a card."""
    give(page, [("annotated.kq", vector("annotated"))])
    page.focus("#files")
    reached = ["files"]
    for _ in range(11):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "(({ id, className, dataset, localName }) =>"
                " id || dataset.zoom || className || localName)(document.activeElement)"
            )
        )
    expected = ["files", "summary", "close", "out", "in", "fit", "one", "save", "view"]
    assert reached[:11] == [*expected, "summary", "scroll sections"]


def test_element_shows_a_picture_or_an_error(browser: Any, address: str) -> None:
    """<kq-image> draws its picture with its alt text; of a bad or missing file it says why not."""
    context = browser.new_context()
    opened = context.new_page()
    thrown: list[str] = []
    opened.on("pageerror", lambda error: thrown.append(str(error)))
    opened.goto(f"{address}kq-image.html")
    good, bad, missing, plain = (f"#{part}" for part in ("good", "bad", "missing", "plain"))
    opened.wait_for_function("window.settled === 4")
    canvas = opened.locator(f"{good} canvas")
    assert canvas.get_attribute("role") == "img"
    assert canvas.get_attribute("aria-label") == "Five by two pixels"
    assert canvas.evaluate("canvas => [canvas.width, canvas.height]") == [5, 2]
    assert opened.locator(f"{plain} canvas").get_attribute("role") == "presentation"
    assert "A picture: not shown, the file ends" in opened.locator(f"{bad} p").inner_text()
    assert "404" in opened.locator(f"{missing} p").inner_text()
    opened.evaluate("document.getElementById('bad').setAttribute('src', 'annotated.kq')")
    opened.wait_for_function("window.settled === 5")
    assert opened.locator(f"{bad} p").is_hidden()
    opened.evaluate(axe_script())
    violations = opened.evaluate(f"axe.run(document, {{runOnly: {RULES}}})")["violations"]
    assert violations == []
    context.close()
    assert thrown == []
