"""A bar with the time left, for work that takes long: on standard error, if that is a terminal.

It comes after half a second, so that what is done sooner has none. Drawn by `rich`; without it,
or with -q, there is none. Where colour is not wanted (NO_COLOR), it has none.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock, Timer
from typing import TYPE_CHECKING

from kqformat.cli.console import printable, say

if TYPE_CHECKING:
    from rich.progress import Progress

_PATIENCE = 0.5
"""Seconds before a bar is shown."""

_NAME_WIDTH = 24


class Bar:
    """What is done, of a number of files; without a display, it only prints lines.

    Parameters
    ----------
    total : int or None
        The files; None where nobody knows how far the work is.
    is_shown : bool
        Whether there may be a display.
    """

    def __init__(self, total: int | None, *, is_shown: bool) -> None:
        self._total = total
        self._name = ""
        self._finished = 0
        self._part = 0.0
        self._display: Progress | None = None
        self._lock = RLock()  # as the display comes in a thread of its own
        self._timer = Timer(_PATIENCE, self._appear)
        self._timer.daemon = True
        if is_shown:
            self._timer.start()

    def begin(self, name: str) -> None:
        """Show the name of the file that is worked on."""
        self._name = _short(os.path.basename(name))
        self._update()

    def reach(self, done: int, steps: int) -> None:
        """Show how much of one file is done."""
        self._part = done / steps
        self._update()

    def finish(self) -> None:
        """Count a file, whether it went well or not."""
        self._finished += 1
        self._part = 0.0
        self._update()

    def say(self, line: str, *, to_error: bool = False) -> None:
        """Print a line where the bar is, which goes on below."""
        with self.aside():
            say(line, to_error=to_error)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the bar away while something is printed."""
        with self._lock:
            display = self._display
            if display is None:
                yield
                return
            display.stop()
            try:
                yield
            finally:
                display.start()

    def close(self) -> None:
        """Take the bar away for good."""
        self._timer.cancel()
        with self._lock:
            if self._display is not None:
                self._display.stop()
            self._display = None

    def _appear(self) -> None:
        display = _new_display()
        with self._lock:
            if display is None or self._timer.finished.is_set():
                return
            self._display = display
            display.add_task("", total=self._total)
            self._update()
            display.start()

    def _update(self) -> None:
        with self._lock:
            if self._display is not None:
                done = self._finished + self._part
                task = self._display.task_ids[0]
                self._display.update(task, description=self._name, completed=done)


@contextmanager
def progress(total: int | None, *, quiet: bool) -> Iterator[Bar]:
    """Give a bar that is gone afterwards.

    Parameters
    ----------
    total : int or None
        The files to be worked on; None for work of which nobody knows how far it is.
    quiet : bool
        Whether nothing is to be shown.
    """
    is_terminal = sys.stderr is not None and sys.stderr.isatty()
    bar = Bar(total, is_shown=is_terminal and not quiet)
    try:
        yield bar
    finally:
        bar.close()


def _short(name: str) -> str:
    """Return a name that leaves room for the bar on a terminal of 80 columns.

    Examples
    --------
    >>> _short("photo.png"), _short("a" * 20 + "b" * 20 + ".png")
    ('photo.png', 'aaaaaaaaaa...bbbbbbb.png')
    """
    text = printable(name)
    return text if len(text) <= _NAME_WIDTH else f"{text[:10]}...{text[-11:]}"


def _new_display() -> Progress | None:
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
        BarColumn(bar_width=20),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("left", markup=False),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
