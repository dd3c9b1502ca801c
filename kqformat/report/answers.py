"""The question that one comes with, whether a palette is good enough, answered in words."""

from __future__ import annotations

import math

from kqformat.measure.comparison import Comparison, Row
from kqformat.report.levels import decibels, signed, smallest

GOOD_SSIMULACRA2 = 70.0
"""High quality, as SSIMULACRA2's authors have it: an artefact is hard to notice."""

GOOD_PSNR = 36.0
"""In dB; in its place where SSIMULACRA2 was not measured."""


def answer(comparison: Comparison) -> str:
    """Return from how many colours on a palette is good, in how many bytes, and what else is.

    Parameters
    ----------
    comparison : Comparison
        With a row at least.

    Returns
    -------
    str
        A few sentences.
    """
    numbers = dict.fromkeys(row.colors for row in comparison.rows)
    best = {k: smallest([row for row in comparison.rows if row.colors == k]) for k in numbers}
    good = next((row for row in best.values() if _is_good(row)), None)
    if good is None:
        most = best[max(best)]
        return (
            f"With {most.colors} colours, the most compared, the result is still seen to differ: "
            f"{_score(most)}." + _elsewhere(comparison, most)
        )
    if math.isinf(good.psnr):
        return (
            f"With {good.colors} colours nothing is lost, in {good.file_bytes:,} bytes "
            f"({good.coding}), {good.ratio:.1f} times fewer than 24-bit pixels."
        )
    return (
        f"From {good.colors} colours on the result is good: {_score(good)}, in "
        f"{good.file_bytes:,} bytes ({good.coding}), {good.ratio:.1f} times fewer than 24-bit "
        "pixels." + _elsewhere(comparison, good)
    )


def _is_good(row: Row) -> bool:
    if math.isinf(row.psnr):
        return True
    if row.ssimulacra2 is None:
        return row.psnr >= GOOD_PSNR
    return row.ssimulacra2 >= GOOD_SSIMULACRA2


def _score(row: Row) -> str:
    if row.ssimulacra2 is None:
        return f"PSNR {decibels(row.psnr)}, where {GOOD_PSNR:.0f} is good"
    return f"SSIMULACRA2 {signed(row.ssimulacra2)}, where {GOOD_SSIMULACRA2:.0f} is good"


def _elsewhere(comparison: Comparison, own: Row) -> str:
    """Return what a lossy format takes for the same PSNR, and what follows."""
    rows = [
        row for row in comparison.peers if row.colors == own.colors and not row.lossless_of_palette
    ]
    if not rows:
        return ""
    best = smallest(rows)
    if best.file_bytes < own.file_bytes:
        return (
            f" {best.name} has that PSNR in {best.file_bytes:,} bytes: where a lossy format will "
            "do, a palette is not the smaller tool for this picture."
        )
    return (
        f" {best.name} takes {best.file_bytes:,} bytes for that PSNR: a palette suits this picture."
    )
