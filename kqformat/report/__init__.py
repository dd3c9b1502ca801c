r"""Pictures of what k-means did and what it cost: figures, films, and one page with all of it.

The functions that draw figures take matplotlib's `Axes` and return it, or a sequence of them where
there are several pictures side by side. They are loaded when they are first used; matplotlib and
Jinja2 come with ``pip install 'kqformat[report]'``.

Examples
--------
>>> import numpy as np
>>> from matplotlib.figure import Figure
>>> import kqformat
>>> from kqformat import report
>>> ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
>>> ax = report.palette(Figure().subplots(), kqformat.quantize(ramp, 4))
>>> [text.get_text() for text in ax.texts][0]
'#202020\n25 %'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kqformat.quantizer.trace import Trace, random_starts, trace
    from kqformat.report.animation import Film, animate
    from kqformat.report.figures import convergence, cube, error, palette
    from kqformat.report.grids import k_grid, outliers, starts
    from kqformat.report.page import report_page
    from kqformat.report.planes import animate_plane
    from kqformat.report.plotting import Subject, plot
    from kqformat.report.rates import rate_distortion

__all__ = [
    "Film",
    "Subject",
    "Trace",
    "animate",
    "animate_plane",
    "convergence",
    "cube",
    "error",
    "k_grid",
    "outliers",
    "palette",
    "plot",
    "random_starts",
    "rate_distortion",
    "report_page",
    "starts",
    "trace",
]

_MODULES = {
    "Film": "report.animation",
    "animate": "report.animation",
    "animate_plane": "report.planes",
    "report_page": "report.page",
    "Subject": "report.plotting",
    "Trace": "quantizer.trace",
    "k_grid": "report.grids",
    "outliers": "report.grids",
    "plot": "report.plotting",
    "random_starts": "quantizer.trace",
    "rate_distortion": "report.rates",
    "starts": "report.grids",
    "trace": "quantizer.trace",
}


def __getattr__(name: str) -> object:
    """Load a public name from its module (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module 'kqformat.report' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"kqformat.{_MODULES.get(name, 'report.figures')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted({*globals(), *__all__})
