"""Chromium, what pages are held to in it, and `tools/web` on a server, for the test modules."""

from __future__ import annotations

import importlib
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NoReturn

import pytest
from suite import ROOT

WEB = ROOT / "tools" / "web"
PHONE = {"width": 360, "height": 720}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

every_look = pytest.mark.parametrize(
    "page",
    [
        {"color_scheme": "light"},
        {"color_scheme": "dark"},
        {"color_scheme": "light", "viewport": PHONE},
        {"color_scheme": "dark", "viewport": PHONE},
        {"forced_colors": "active"},
    ],
    ids=["light", "dark", "phone, light", "phone, dark", "forced colours"],
    indirect=True,
)
"""Runs a test with the fixture `page` in light, in dark, on a phone, and in forced colours."""


class QuietHandler(SimpleHTTPRequestHandler):
    """Files of a folder, without a line for each."""

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the name it has
        """Say nothing."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder on a free port; give its address, which ends with a slash."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def lacking(reason: str) -> NoReturn:
    """Skip, or fail where browser tests are asked for."""
    if os.environ.get("KQ_BROWSER_TESTS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def chromium() -> Iterator[Any]:
    """Run Chromium, as the system has it."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        lacking("Chromium is not installed")
    try:
        playwright = importlib.import_module("playwright.sync_api")
    except ImportError:
        lacking("playwright is not installed: pip install 'kqformat[browser]'")
    with playwright.sync_playwright() as driver:
        # Without a sandbox, as containers give it no namespaces; it opens these pages only.
        launched = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield launched
        launched.close()


def axe_script() -> str:
    """Return the script of axe-core."""
    try:
        package = importlib.import_module("axe_playwright_python")
    except ImportError:
        lacking("axe-playwright-python is not installed: pip install 'kqformat[browser]'")
    return (Path(str(package.__file__)).parent / "axe.min.js").read_text(encoding="utf-8")
