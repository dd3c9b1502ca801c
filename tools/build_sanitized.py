"""Build the package with its kernels watched by AddressSanitizer and UndefinedBehaviorSanitizer.

What is built goes to a folder of its own; the installed package is left as it is. With gcc, whose
libraries are then to be loaded before all others, in front of any command:

    python tools/build_sanitized.py build/sanitized
    eval "$(python tools/build_sanitized.py build/sanitized --environment)"
    python tools/fuzz.py decode --blind --seconds 60

libFuzzer sees nothing of what is reached while these libraries are loaded, so `--blind` is wanted;
the corpus that a run without them has made can be given with `--seeds`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SANITIZERS = "-fsanitize=address,undefined"
FLAGS = f"{SANITIZERS} -fno-sanitize-recover=undefined -fno-omit-frame-pointer"
OPTIONS = {
    "ASAN_OPTIONS": "detect_leaks=0:quarantine_size_mb=16:allocator_may_return_null=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}


def main() -> None:
    """Build, or print what is to be set."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--environment", action="store_true", help="print what is to be set")
    options = parser.parse_args()
    if options.environment:
        print(environment(options.folder.resolve()))
    else:
        build(options.folder)


def build(folder: Path) -> None:
    """Copy the sources, without what was compiled of them, and compile them."""
    shutil.rmtree(folder / "kqformat", ignore_errors=True)
    compiled = shutil.ignore_patterns("*.so", "*.c", "__pycache__")
    shutil.copytree(ROOT / "kqformat", folder / "kqformat", ignore=compiled)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    subprocess.run(
        [sys.executable, "-c", "import setuptools; setuptools.setup()", "-q", "build_ext", "-i"],
        cwd=folder,
        env=os.environ | {"CFLAGS": FLAGS, "LDFLAGS": SANITIZERS},
        check=True,
    )


def environment(folder: Path) -> str:
    """Return the lines of a shell that have a command use what was built."""
    libraries = [library(name) for name in ("libasan.so", "libubsan.so")]
    variables = {
        "PYTHONPATH": os.pathsep.join(map(str, (folder, ROOT / "tools"))),
        "PYTHONSAFEPATH": "1",  # or the folder of the script would come first
        "LD_PRELOAD": " ".join(libraries),
        **OPTIONS,
    }
    return "\n".join(f"export {name}='{value}'" for name, value in variables.items())


def library(name: str) -> str:
    """Return where the compiler has a library."""
    command = ["gcc", f"-print-file-name={name}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
