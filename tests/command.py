"""Running `kq`, in this process and as another, for the test modules."""

from __future__ import annotations

import fcntl
import os
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from unittest import mock

from PIL import Image

from kqformat.cli.main import main

COMMAND = [sys.executable, "-m", "kqformat"]


def kq(*arguments: str | Path) -> int:
    """Run `kq` in this process and return its exit status; Pillow's pixel limit is put back."""
    with mock.patch.object(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS):
        try:
            return main([str(argument) for argument in arguments])
        except SystemExit as refusal:  # of argparse
            return int(refusal.code or 0)


def run_kq(
    *arguments: str | bytes | Path, data: bytes = b"", cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run `kq` as a process of its own, with `data` on its standard input."""
    command = [*COMMAND, *arguments]
    return subprocess.run(
        command, input=data, cwd=cwd, capture_output=True, check=False, timeout=60
    )


def run_on_terminal(
    *arguments: str | Path,
    columns: int = 80,
    rows: int = 24,
    output: int | None = None,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> tuple[int, str]:
    """Run `kq` on a terminal of its own, in true colour; return its status and what is shown.

    With `output` (of `subprocess`), standard output goes there, and only errors to the terminal.
    """
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    unwanted = ("NO_COLOR", "COLUMNS", "LINES", "FORCE_COLOR", "TTY_COMPATIBLE")
    variables = {name: value for name, value in os.environ.items() if name not in unwanted}
    variables |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"} | {**environment}
    process = subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdin=slave,
        stdout=slave if output is None else output,
        stderr=slave,
        env=variables,
    )
    os.close(slave)
    shown = b""
    with suppress(OSError):  # EIO, when nobody has the other end any more
        while part := os.read(master, 1 << 16):
            shown += part
    os.close(master)
    return process.wait(timeout=60), shown.decode().replace("\r\n", "\n")


def names(folder: Path) -> list[str]:
    """Return what is in a folder and below, hidden files included, but no folders."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@contextmanager
def running(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command that can be interrupted, whatever runs the tests, and never outlives them.

    A shell that starts something in the background has it ignore interrupts, and what that starts
    inherits this.
    """

    def heed_interrupts() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    process = subprocess.Popen(command, stderr=subprocess.PIPE, preexec_fn=heed_interrupts)  # noqa: PLW1509
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()
