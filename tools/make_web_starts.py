"""Write `tools/web/codec/starts.js`, the starting states of `spec/entropy_starts.txt` as a module.

The decoder of the page loads nothing but modules, so that it also works where a text file beside it
could not be fetched (from a worker, from Node). A test keeps the two files alike.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "spec" / "entropy_starts.txt"
MODULE = ROOT / "tools" / "web" / "codec" / "starts.js"
HEADER = """\
// The starting states of the entropy model (spec §7.6): spec/entropy_starts.txt as a module.
// Written by tools/make_web_starts.py; a test keeps them alike. Each table is a list, row by row.
"""


def module_text(source: str) -> str:
    """Return the module for the text of `entropy_starts.txt`."""
    parts = [HEADER]
    rows_left = 0
    for line in source.splitlines():
        if line.startswith("#"):
            continue
        if rows_left == 0:
            name, rows, _ = line.split()
            rows_left = int(rows)
            parts.append(f"\nexport const {name.upper()} = [\n")
            continue
        parts.append(f"  {', '.join(line.split())},\n")
        rows_left -= 1
        if rows_left == 0:
            parts.append("];\n")
    return "".join(parts)


def main() -> int:
    """Write the module."""
    MODULE.write_text(module_text(SOURCE.read_text("utf-8")), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
