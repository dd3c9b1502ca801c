"""Markdown tables, and the line that says on what machine they were made."""

from __future__ import annotations

import datetime
import math
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version


def markdown(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; floats get three significant digits."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines)


def geometric_mean(values: Iterable[float]) -> float:
    """Return the geometric mean."""
    logarithms = [math.log(value) for value in values]
    return math.exp(sum(logarithms) / len(logarithms))


def machine(*packages: str, also: Iterable[str] = ()) -> str:
    """Return the processor, the versions of Python, packages and what else, and the date."""
    processor = platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            models = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
            processor = models[0] if models else processor
    except OSError:
        pass
    parts = [processor, f"Python {platform.python_version()}"]
    parts += [f"{package} {version(package)}" for package in packages] + list(also)
    return f"{', '.join(parts)}; {datetime.date.today().isoformat()}"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}" if value < 100 else f"{value:.0f}"
    return str(value)
