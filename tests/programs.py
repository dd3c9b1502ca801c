"""Small C programs that try a header of the package's kernels."""

from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path

import pytest

CHECK = """
#if defined(KQ_SSE2) == defined(KQ_PLAIN_LANES)
#error "vectors where loops were asked for, or the other way round"
#endif
"""


def printed_by(source: str, header: Path, folder: Path, *options: str) -> str:
    """Compile a program that includes a header, run it, and return what it prints.

    The test is skipped where there is no compiler or header, or no vectors to compare.
    """
    if platform.machine() not in ("x86_64", "AMD64"):
        pytest.skip("there are no vectors here")
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None or not header.exists():
        pytest.skip("no C compiler, or no source of the package, is here")
    written, program = folder / "program.c", folder / "program"
    written.write_text(source + CHECK, "ascii")
    command = [compiler, "-O2", *options, f"-I{header.parent}", str(written), "-o", str(program)]
    subprocess.run(command, check=True)
    return subprocess.run([program], check=True, capture_output=True, text=True).stdout
