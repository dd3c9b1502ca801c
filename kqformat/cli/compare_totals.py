"""The totals of `kq compare`, as tables: for each kind of file, and for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from kqformat.cli.compare_tables import MISSING, distinct, short_name
from kqformat.cli.console import plural
from kqformat.cli.tables import Cell, Table

if TYPE_CHECKING:
    from kqformat.measure.totals import Total


def tables_of_totals(sums: Sequence[Total]) -> list[Table]:
    """Return the tables of each kind: bytes, factors, and lossy formats."""
    tables = []
    for kind in distinct(one.kind for one in sums):
        own = [one for one in sums if one.kind == kind]
        same = [one for one in own if not one.is_lossy]
        near = [one for one in own if one.is_lossy]
        images, baseline = (
            max(own, key=lambda one: one.images).images,
            max(one.baseline_bytes for one in own),
        )
        title = f"{kind}: {plural(images, 'image')}, {baseline:,} bytes at 24 bits a pixel"
        if same:
            tables.append(_table(f"{title}; bytes on disk", same, images, _bytes))
            tables.append(
                _table(f"{kind}: geometric mean of the factors to 24 bits", same, images, _factor)
            )
        if near:
            tables.append(
                _table(
                    f"{kind}: lossy formats at the same PSNR, bytes (factor)", near, images, _both
                )
            )
    return tables


def _table(title: str, sums: Sequence[Total], images: int, show: Callable[[Total], str]) -> Table:
    names = distinct(one.name for one in sums)
    by_place = {(one.colors, one.name): one for one in sums}
    lines = tuple(
        (
            Cell(f"{colors:,}"),
            *(_cell(by_place.get((colors, name)), images, show) for name in names),
        )
        for colors in distinct(one.colors for one in sums)
    )
    is_partial = any(one.images < images for one in sums)
    notes = ("[n]: of n images only; from the others it was left out",) if is_partial else ()
    return Table(title, ("k", *map(short_name, names)), lines, notes)


def _cell(total: Total | None, images: int, show: Callable[[Total], str]) -> Cell:
    if total is None:
        return MISSING
    return Cell(show(total) + ("" if total.images == images else f" [{total.images}]"))


def _bytes(total: Total) -> str:
    return f"{total.file_bytes:,}"


def _factor(total: Total) -> str:
    return f"{total.mean_ratio:.2f}"


def _both(total: Total) -> str:
    return f"{_bytes(total)} ({_factor(total)})"
