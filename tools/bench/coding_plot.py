"""A plot of bits a pixel: one panel per kind and k, one bar per format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.coding_report import grouped
from bench.shares import Record, form_totals

_OURS, _THEIRS, _REFERENCE = "#d62728", "#1f77b4", "#aaaaaa"
_COLUMNS = 3


def draw(path: Path, records: Sequence[Record], coder: str) -> None:
    """Draw our coder beside the formats of others, in the format that the file's name says."""
    mpl.rcParams["svg.hashsalt"] = "kqformat"  # the same names in every run
    shown = [record for record in records if record.role != "ours" or record.coder == coder]
    groups = grouped(shown)
    columns = min(_COLUMNS, len(groups))
    rows = -(-len(groups) // columns)
    figure = Figure(figsize=(0.6 + 3.4 * columns, 0.5 + 2.1 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel, ((kind, k), group) in zip(panels, groups.items(), strict=False):
        _draw_panel(panel, group)
        panel.set_title(f"{kind}, k = {k}", fontsize=10)
    for panel in panels[len(groups) :]:
        panel.set_axis_off()
    figure.supxlabel("bits a pixel, all files of the kind together", fontsize=10)
    metadata = {"Date": None} if path.suffix == ".svg" else None
    figure.savefig(path, dpi=150, metadata=metadata)


def _draw_panel(panel: Axes, group: Sequence[Record]) -> None:
    pixels = sum({record.picture: record.pixels for record in group}.values())
    roles = {record.form: record.role for record in group}
    bits = {form: 8 * total / pixels for form, total in form_totals(group).items()}
    colors = {"ours": _OURS, "peer": _THEIRS, "reference": _REFERENCE}
    forms = list(reversed(bits))
    bars = panel.barh(
        forms, [bits[form] for form in forms], color=[colors[roles[form]] for form in forms]
    )
    panel.bar_label(bars, fmt="%.2f", fontsize=8, padding=2)
    panel.margins(x=0.16)
    panel.tick_params(labelsize=8)
    panel.spines[["top", "right"]].set_visible(False)
