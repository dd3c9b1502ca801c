"""What came of many files: how many, their bytes before and after, and what went wrong."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from kqformat.cli.console import plural


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one file.

    Attributes
    ----------
    report : str
        What is said of it.
    before, after : int
        Bytes of the source and of the target.
    is_skipped : bool
        Whether it was passed over; its bytes do not count.
    """

    report: str
    before: int = 0
    after: int = 0
    is_skipped: bool = False


@dataclass(slots=True)
class Summary:
    """Counts outcomes.

    Examples
    --------
    >>> summary = Summary(started=time.perf_counter())
    >>> summary.add(Outcome("", before=3000, after=1000))
    >>> summary.add(Outcome("", is_skipped=True))
    >>> summary.failures += 1
    >>> summary.line().partition(" s, ")[2]
    '1 skipped, 1 failed'
    """

    started: float = field(default_factory=time.perf_counter)
    files: int = 0
    before: int = 0
    after: int = 0
    skipped: int = 0
    failures: int = 0

    def add(self, outcome: Outcome) -> None:
        """Count a file that went well."""
        if outcome.is_skipped:
            self.skipped += 1
            return
        self.files += 1
        self.before += outcome.before
        self.after += outcome.after

    def line(self) -> str:
        """Return files, bytes before and after, their factor, seconds, and what was not done."""
        seconds = time.perf_counter() - self.started
        factor = f" ({self.before / self.after:.2f}:1)" if self.after else ""
        parts = [
            f"{plural(self.files, 'file')}: {self.before:,} -> {self.after:,} bytes{factor}",
            f"{seconds:.1f} s",
        ]
        if self.skipped:
            parts.append(f"{self.skipped:,} skipped")
        if self.failures:
            parts.append(f"{self.failures:,} failed")
        return ", ".join(parts)
