"""How figures look: one set of colours that all can tell apart, and the type."""

from __future__ import annotations

from typing import Any

# Okabe and Ito, "Color universal design" (2008), but yellow, which is too light for lines.
BLUE = "#0072b2"
VERMILION = "#d55e00"
GREEN = "#009e73"
PURPLE = "#a6528a"  # darker than theirs, for text
SKY = "#56b4e9"
ORANGE = "#e69f00"
INK = "#1d2126"
MUTED = "#59626c"
RULE = "#d7dbe0"

CYCLE = (BLUE, VERMILION, GREEN, PURPLE, SKY, ORANGE)

RC: Any = {
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 9.5,
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "image.interpolation": "antialiased",
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.6,
    "savefig.dpi": 150,
    "svg.hashsalt": "kqformat",
    "text.color": INK,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
}
"""For `matplotlib.rc_context`."""
