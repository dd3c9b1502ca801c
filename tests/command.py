"""Running `kq`, in this process and as another, for the test modules."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
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


def names(folder: Path) -> list[str]:
    """Return what is in a folder and below, hidden files included, but no folders."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
