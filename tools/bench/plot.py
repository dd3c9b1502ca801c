"""A plot of time against error: one panel per k, one point per contender."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from bench.comparison import Record
from bench.contender import Contender
from bench.ours import EFFORTS
from bench.tables import geometric_mean

_OURS = ("#d62728", "#e8743b", "#8c1515")
_THEIRS = ("#1f77b4", "#17a2b8", "#2ca02c", "#9467bd", "#7f7f7f", "#8c564b", "#bcbd22", "#444444")
_MARKERS = "sD^vPX<>phd"


def draw(path: Path, records: Sequence[Record], contenders: Sequence[Contender]) -> None:
    """Write a picture of geometric means, in the format that the file's name says."""
    mpl.rcParams["svg.hashsalt"] = "kqformat"  # the same names in every run
    colors = sorted({each.k for each in records})
    columns = min(2, len(colors))
    rows = -(-len(colors) // columns)
    figure = Figure(figsize=(3.2 + 4.2 * columns, 0.6 + 3.4 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, sharex=True, squeeze=False).ravel()
    for panel, k in zip(panels, colors, strict=False):
        _draw_panel(panel, [each for each in records if each.k == k], contenders)
        panel.set_title(f"k = {k}", fontsize=10)
    for panel in panels[len(colors) :]:
        panel.set_axis_off()
    figure.supxlabel("time, ms a megapixel (geometric mean)", fontsize=10)
    figure.supylabel("mean squared error (geometric mean)", fontsize=10)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper", fontsize=8)
    metadata = {"Date": None} if path.suffix == ".svg" else None
    figure.savefig(path, dpi=150, metadata=metadata)


def _draw_panel(panel: Axes, records: Sequence[Record], contenders: Sequence[Contender]) -> None:
    theirs = 0
    for contender in contenders:
        own = [each for each in records if each.contender == contender.key]
        if contender.key in EFFORTS:
            style = {"color": _OURS[EFFORTS.index(contender.key)], "marker": "o", "s": 60}
        else:
            style = {"color": _THEIRS[theirs % len(_THEIRS)], "marker": _MARKERS[theirs % 11]}
            theirs += 1
        panel.scatter(
            geometric_mean(1e3 * each.seconds / each.megapixels for each in own),
            geometric_mean(each.mse for each in own),
            label=contender.title,
            zorder=3 if contender.key in EFFORTS else 2,
            **style,
        )
    panel.set(xscale="log", yscale="log")
    panel.grid(True, which="both", linewidth=0.4, alpha=0.5)
    panel.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
    panel.yaxis.set_minor_formatter(NullFormatter())
    for axis in (panel.xaxis, panel.yaxis):
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
