"""A bar with the time left, for work that takes long: on standard error, if that is a terminal.

Drawn by `rich`; without it, or with -q, there is none. Where colour is not wanted (NO_COLOR), it
has none.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kqformat.cli.console import printable, say

if TYPE_CHECKING:
    from rich.progress import Progress


class Bar:
    """What is done, of a number of files; without a display, it only prints lines.

    Parameters
    ----------
    display : Progress or None
        By `rich`.
    total : int
        The files.
    """

    def __init__(self, display: Progress | None, total: int) -> None:
        self._display = display
        self._finished = 0
        self._task = display.add_task("", total=total) if display is not None else None

    def begin(self, name: str) -> None:
        """Show the name of the file that is worked on."""
        if self._display is not None and self._task is not None:
            self._display.update(self._task, description=printable(name))

    def reach(self, done: int, steps: int) -> None:
        """Show how much of one file is done."""
        if self._display is not None and self._task is not None:
            self._display.update(self._task, completed=self._finished + done / steps)

    def finish(self) -> None:
        """Count a file, whether it went well or not."""
        self._finished += 1
        self.reach(0, 1)

    def say(self, line: str, *, to_error: bool = False) -> None:
        """Print a line where the bar is, which goes on below."""
        with self.aside():
            say(line, to_error=to_error)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the bar away while something is printed."""
        if self._display is None:
            yield
            return
        self._display.stop()
        try:
            yield
        finally:
            self._display.start()


@contextmanager
def progress(total: int, *, quiet: bool) -> Iterator[Bar]:
    """Give a bar that is gone afterwards.

    Parameters
    ----------
    total : int
        The files to be worked on.
    quiet : bool
        Whether nothing is to be shown.
    """
    display = None if quiet or not _is_shown() else _display()
    if display is None:
        yield Bar(None, total)
        return
    with display:
        yield Bar(display, total)


def _is_shown() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def _display() -> Progress | None:
    try:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            Progress,
            TaskProgressColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )
    except ImportError:
        return None
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("left", markup=False),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
