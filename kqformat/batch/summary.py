"""What came of many files: how many, their bytes before and after, and what went wrong."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from kqformat.batch.working import Result


@dataclass(slots=True)
class Summary:
    """Counts results.

    Attributes
    ----------
    files, skipped, recorded : int
        Files that were written, left out, and done already as the manifest has it.
    before, after : int
        Bytes of the sources and of the targets of those that were written.
    failures : list of Result
        Each with its `error`; the first `MAX_FAILURES` of them.
    failed : int
        How many there are.

    Examples
    --------
    >>> summary = Summary()
    >>> summary.add(Result("a.png", "a.kq", before=3000, after=1000))
    >>> summary.add(Result("b.png", "b.kq", error="Permission denied"))
    >>> summary.files, summary.after, summary.failures[0].error
    (1, 1000, 'Permission denied')
    >>> summary.line().partition(" s, ")[2]
    '1 failed'
    """

    started: float = field(default_factory=time.perf_counter)
    files: int = 0
    before: int = 0
    after: int = 0
    skipped: int = 0
    recorded: int = 0
    failed: int = 0
    failures: list[Result[object]] = field(default_factory=list)

    def add(self, result: Result[object]) -> None:
        """Count a file."""
        if result.error is not None:
            self.failed += 1
            if len(self.failures) < MAX_FAILURES:
                self.failures.append(result)
        elif result.skipped == RECORDED:
            self.recorded += 1
        elif result.skipped is not None:
            self.skipped += 1
        else:
            self.files += 1
            self.before += result.before
            self.after += result.after

    @property
    def seen(self) -> int:
        """How many files were counted."""
        return self.files + self.skipped + self.recorded + self.failed

    def line(self) -> str:
        """Return files, bytes before and after, their factor, seconds, and what was not done."""
        seconds = time.perf_counter() - self.started
        factor = f" ({self.before / self.after:.2f}:1)" if self.after else ""
        noun = "file" if self.files == 1 else "files"
        parts = [
            f"{self.files:,} {noun}: {self.before:,} -> {self.after:,} bytes{factor}",
            f"{seconds:.1f} s",
        ]
        if self.recorded:
            parts.append(f"{self.recorded:,} done before")
        if self.skipped:
            parts.append(f"{self.skipped:,} skipped")
        if self.failed:
            parts.append(f"{self.failed:,} failed")
        return ", ".join(parts)


MAX_FAILURES = 10_000
"""The most failures that are kept: of a million files, each may be wrong in the same way."""

RECORDED = "done in an earlier run"
"""Why a file is left out that the manifest has."""
