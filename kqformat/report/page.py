"""The page: a comparison, the pictures, palettes and errors, in one file that opens offline.

Nothing in it is loaded from elsewhere, and its policy forbids it; values are escaped by the
template, of which a file name, which anybody may choose, is one. The script and the style are
named in the policy by their hashes, so no other would run.
"""

from __future__ import annotations

import base64
import hashlib
import os
from importlib import resources
from typing import TYPE_CHECKING, Any

from kqformat.measure.comparison import Comparison
from kqformat.quantizer.options import Options, QuantizeOptions
from kqformat.report.answers import answer
from kqformat.report.charts import rates_chart
from kqformat.report.embedding import points, shown
from kqformat.report.extras import needed
from kqformat.report.levels import decibels, level_of, signed
from kqformat.report.pixels import Pixels, as_drawn

if TYPE_CHECKING:
    import jinja2

_CUBE_POINTS = 4000


def report_page(
    comparison: Comparison, pixels: Pixels, asked: QuantizeOptions | None = None
) -> bytes:
    """Return the page of a picture as HTML in UTF-8.

    Parameters
    ----------
    comparison : Comparison
        Of the picture.
    pixels : ndarray, uint8, shape (H, W), (H, W, 3) or (H, W, 4)
        What was compared.
    asked : QuantizeOptions or None
        With which it was compared.

    Returns
    -------
    bytes

    Raises
    ------
    MissingExtraError
        If Jinja2 is not installed.
    """
    options = Options(**(asked or {}))
    picture = shown(pixels)
    numbers = list(comparison.quantizations)
    levels = [level_of(k, comparison, pixels, picture, options) for k in numbers]
    environment = _environment()
    style, script = (_asset(name) for name in ("report.css", "report.js"))
    height, width = picture.pixels.shape[:2]
    html = environment.get_template("report.html.jinja").render(
        name=printable_name(comparison.image),
        comparison=comparison,
        levels=levels,
        first=_first(numbers),
        answer=answer(comparison),
        picture=picture,
        width=width,
        height=height,
        original=picture.uri(),
        rates=rates_chart(comparison),
        points=points(as_drawn(pixels), _CUBE_POINTS),
        palettes={
            level.asked: [[swatch.fill, round(swatch.share, 6)] for swatch in level.population]
            for level in levels
        },
        style=style,
        script=script,
        policy=_policy(style, script),
    )
    return html.encode("utf-8")


def printable_name(path: str) -> str:
    r"""Return the last part of a name, with all replaced that is not to be shown.

    Examples
    --------
    >>> printable_name("in/a\u202e.png")
    'a�.png'
    """
    name = os.path.basename(path)
    return "".join(character if character.isprintable() else "\ufffd" for character in name)


def _first(numbers: list[int]) -> int:
    """Return the k that the page opens with: 16 where it is there, or the middle one."""
    return 16 if 16 in numbers else numbers[len(numbers) // 2]


def _environment() -> jinja2.Environment:
    jinja = needed("jinja2", "a report")
    environment: jinja2.Environment = jinja.Environment(
        loader=jinja.PackageLoader("kqformat.report"),
        autoescape=True,
        undefined=jinja.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = {"thousands": "{:,}".format, "decibels": decibels, "signed": signed}
    environment.filters.update(filters)
    return environment


def _asset(name: str) -> str:
    folder = resources.files("kqformat.report") / "templates"
    return (folder / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Return the content security policy: data URIs for pictures, this style, this script."""
    hashes = (
        base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
        for text in (style, script)
    )
    styles, scripts = (f"'sha256-{value}'" for value in hashes)
    return (
        f"default-src 'none'; img-src data:; style-src {styles}; script-src {scripts}; "
        "base-uri 'none'; form-action 'none'"
    )
