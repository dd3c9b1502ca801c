"""Tables as text: aligned, as Markdown, or in colour on a terminal, which `rich` draws."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from kqformat.cli.console import has_colour, printable

_WIDEST = 240
"""Columns of a terminal at which tables are not cut: a narrower one wraps their lines."""

GOOD, BAD, FAINT, PLAIN = "bold green", "bold red", "dim", ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A text, and how it looks in colour: `GOOD`, `BAD`, `FAINT` or `PLAIN`."""

    text: str
    look: str = PLAIN


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings, all flush right.

    Attributes
    ----------
    title : str
        A line above.
    headings : tuple of str
    rows : tuple of tuple of Cell
    notes : tuple of str
        Lines below.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()


def as_text(table: Table) -> str:
    """Return a table with its columns aligned, for files, pipes and monospaced fonts.

    Examples
    --------
    >>> print(as_text(Table("sizes", ("k", "bytes"), ((Cell("2"), Cell("49,187")),), ("end",))))
    sizes
      k   bytes
      2  49,187
    end
    """
    lines = [table.headings, *([cell.text for cell in row] for row in table.rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        [
            printable(table.title),
            *("  " + "  ".join(map(str.rjust, line, widths)) for line in lines),
            *table.notes,
        ]
    )


def as_markdown(table: Table) -> str:
    r"""Return a table in Markdown; what is in bold has `GOOD` looks.

    Examples
    --------
    >>> print(as_markdown(Table("a|b", ("k", "bytes"), ((Cell("2"), Cell("187", GOOD)),))))
    a\|b
    <BLANKLINE>
    | k | bytes |
    |--:|--:|
    | 2 | **187** |
    """
    parts = [_escaped(table.title), "", _markdown_row(table.headings)]
    parts.append("|" + "--:|" * len(table.headings))
    parts += [_markdown_row([_marked(cell) for cell in row]) for row in table.rows]
    if table.notes:
        parts += ["", *map(_escaped, table.notes)]
    return "\n".join(parts)


def show(tables: Sequence[Table]) -> str:
    """Return tables as standard output takes them: in colour where it is a terminal that has it.

    Without `rich` they have no colour.
    """
    plain = "\n\n".join(map(as_text, tables))
    if not has_colour():
        return plain
    try:
        return "\n\n".join(map(_coloured, tables))
    except ImportError:
        return plain


def _marked(cell: Cell) -> str:
    text = _escaped(cell.text)
    return f"**{text}**" if cell.look == GOOD else text


def _markdown_row(texts: Sequence[str]) -> str:
    return f"| {' | '.join(texts)} |"


def _escaped(text: str) -> str:
    r"""Take from a line of Markdown what would be more than text."""
    safe = printable(text)
    return "".join(f"\\{letter}" if letter in r"\`*_[]<>|#~" else letter for letter in safe)


def _coloured(table: Table) -> str:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    drawn = RichTable(box=SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for heading in table.headings:
        drawn.add_column(Text(heading), justify="right", no_wrap=True)
    for row in table.rows:
        drawn.add_row(*(Text(cell.text, style=cell.look) for cell in row))
    console = Console(file=sys.stdout, highlight=False)
    console.width = max(console.width, _WIDEST)
    with console.capture() as capture:
        console.print(Text(printable(table.title), style="bold"))
        console.print(drawn)
        for note in table.notes:
            console.print(Text(note, style="dim"))
    return capture.get().rstrip("\n")
