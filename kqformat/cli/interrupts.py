"""Ctrl-C and SIGTERM, which is taken in the same way: from the signal to the exit status."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn


class Terminated(KeyboardInterrupt):
    """SIGTERM came."""


def heed_termination() -> Callable[[], object]:
    """Have SIGTERM raise `Terminated`; return what puts back how it was.

    A process that was started with the signal ignored goes on ignoring it.
    """
    before = signal.getsignal(signal.SIGTERM)
    if before in (signal.SIG_IGN, None):
        return lambda: None
    try:
        signal.signal(signal.SIGTERM, _terminate)
    except ValueError:  # not in the main thread, which alone gets signals
        return lambda: None
    return lambda: signal.signal(signal.SIGTERM, before)


def farewell(stop: KeyboardInterrupt) -> int:
    """Say that work was stopped, and return the exit status that shells have for it."""
    is_terminated = isinstance(stop, Terminated)
    print("kq: terminated" if is_terminated else "kq: interrupted", file=sys.stderr, flush=True)
    return 128 + (signal.SIGTERM if is_terminated else signal.SIGINT)


def leave(stop: KeyboardInterrupt) -> NoReturn:
    """End the process at once, other threads or not."""
    os._exit(farewell(stop))


def _terminate(*_: object) -> NoReturn:
    raise Terminated
