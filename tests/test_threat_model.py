"""The threat model: every test that it names is there, and its limits are those of the package."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest
from suite import ROOT

from kqformat import Limits
from kqformat.limits import DEFAULT_LIMITS

TEXT = (ROOT / "spec" / "threat-model.md").read_text("utf-8")
CLASSES = re.findall(
    r"^\| ([^|]+) \| ([^|]+) \| ((?:`test_\w+\.test_\w+`(?:, )?)+) \|$", TEXT, re.M
)
NAMED = sorted({test for _, _, tests in CLASSES for test in re.findall(r"`([\w.]+)`", tests)})
DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def test_table_is_found() -> None:
    """Each line of the table of classes names a test in a way that is understood here."""
    table = TEXT[TEXT.index("## Malformed classes") :]
    lines = [line for line in table.splitlines() if line.startswith("| ")]
    assert len(lines) - 1 == len(CLASSES) >= 25


@pytest.mark.parametrize("name", NAMED)
def test_named_test_exists(name: str) -> None:
    """A test that the table names is a function of the module it names, and of one only."""
    module, function = name.split(".")
    (path,) = Path(ROOT / "tests").rglob(f"{module}.py")
    tree = ast.parse(path.read_text("utf-8"))
    assert function in [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]


def value(text: str) -> int:
    """Return a number as the tables write it: 2²⁸, or 65,536."""
    if power := re.fullmatch("2([⁰¹²³⁴⁵⁶⁷⁸⁹]+)", text):
        return 1 << int(power[1].translate(DIGITS))
    return int(text.replace(",", ""))


def test_limits_are_those_of_the_package() -> None:
    """All limits are in the table, with their defaults, and none is wider for a server."""
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ", TEXT, re.MULTILINE)
    assert [name for name, _, _ in rows] == [limit.name for limit in fields(Limits)]
    for name, default, narrow in rows:
        assert value(default) == getattr(DEFAULT_LIMITS, name)
        assert value(narrow) <= value(default)


def test_links_lead_somewhere() -> None:
    """Every heading that is linked to is one of the specification."""
    text = (ROOT / "spec" / "kq-format.md").read_text("utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    linked = re.findall(r"\(kq-format\.md#([\w-]+)\)", TEXT)
    assert len(linked) >= 2
    assert set(linked) <= anchors
