"""Ending a process while others of its threads write: writing ends first, and none begins.

Files appear whole even if a process is killed while it writes one. But what stands for a file until
it is whole would stay behind, where the system cannot do without (see `files.new_file`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Gate:
    """Lets writers through until it is closed.

    Examples
    --------
    >>> gate = Gate()
    >>> with gate.passing():
    ...     print("one writes")
    one writes
    >>> gate.close()
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._inside = 0
        self._is_closed = False

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Wait where the gate is closed, which is for ever, or have `close` wait for the block."""
        with self._changed:
            while self._is_closed:
                self._changed.wait()
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    def close(self) -> None:
        """Let nobody through any more, and wait until all are."""
        with self._changed:
            self._is_closed = True
            while self._inside:
                self._changed.wait()


_THIS_PROCESS = Gate()

writing = _THIS_PROCESS.passing
"""A block that is not cut off by the end of this process, if `close` comes before."""

close = _THIS_PROCESS.close
"""Wait for those who write, and let nobody begin to: the process is about to end."""
