"""The record of a batch, from which a run that was cut off is taken up again.

A file of JSON, an object a line, to which is only appended. A line is written with one call, when
the target is on the disk; of a run that is killed at most the last one is torn, and is ignored.

A file counts as done if its last line has no error, its source has the size and time it had, the
options were the same, and its target has the size that was written.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self

from kqformat.batch.jobs import Job, status_of
from kqformat.batch.working import Result
from kqformat.errors import KqError, ParameterError
from kqformat.stores import Status, is_url


@dataclass(frozen=True, slots=True)
class _Entry:
    source: str
    status: Status
    digest: str
    target_bytes: int
    is_failed: bool
    skipped: str | None


class ManifestError(KqError):
    """A file is no manifest.

    Parameters
    ----------
    filename : str
        Its name.
    reason : str
        Why not.

    Examples
    --------
    >>> print(ManifestError("notes.txt", "it has no whole line"))
    is no manifest: it has no whole line
    """

    def __init__(self, filename: str, reason: str) -> None:
        self.filename = filename
        self.reason = reason
        super().__init__(filename, reason)

    def __str__(self) -> str:
        """Say why it is none."""
        return f"is no manifest: {self.reason}"


class Manifest:
    """A manifest that is read and then appended to.

    Parameters
    ----------
    path : str or path-like
        Its name; it is made where it is missing.
    digest : str
        Of the options that files are made with.

    Attributes
    ----------
    torn : bool
        Whether the last line was not whole.

    Raises
    ------
    ManifestError
        If it is another kind of file, which stays as it is.
    ParameterError
        If it is a URL.
    OSError
        If it cannot be read or written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     job = Job(__file__, f"{folder}/a.kq")
    ...     with Manifest(f"{folder}/m", "options") as manifest:
    ...         status = manifest.done(job)[1]
    ...         job.write(b"data", force=False)
    ...         manifest.add([(Result(job.source, job.target, after=4), status)])
    ...     with Manifest(f"{folder}/m", "options") as manifest:
    ...         manifest.done(job)[0]
    True
    """

    def __init__(self, path: str | os.PathLike[str], digest: str) -> None:
        if is_url(path):
            raise ParameterError(f"{path}: the manifest is appended to, which stores do not have")
        self._path = os.fspath(path)
        self._digest = digest
        self._entries: dict[str, _Entry] = {}
        self.torn = False
        # "a", so that each line goes to the end, whatever else appends.
        self._file = open(self._path, "ab+", buffering=0)  # noqa: SIM115
        try:
            self._load()
        except BaseException:
            self._file.close()
            raise

    def done(self, job: Job) -> tuple[bool, Status | None]:
        """Return whether a job is done, and the state of its source, to be recorded."""
        status = status_of(job.source)
        entry = self._entries.get(job.target)
        if entry is None or entry.is_failed or status is None:
            return False, status
        is_same = (entry.source, entry.status, entry.digest) == (job.source, status, self._digest)
        return is_same and (entry.skipped is not None or self.is_ours(job)), status

    def is_ours(self, job: Job) -> bool:
        """Whether the target is as an earlier run left it, as far as its size tells."""
        entry = self._entries.get(job.target)
        if entry is None or not entry.target_bytes:
            return False
        found = status_of(job.target)
        return found is not None and found.size == entry.target_bytes

    def add(self, results: Iterable[tuple[Result[object], Status | None]]) -> None:
        """Append a line for each result, with the state that its source had before."""
        lines = [self._line(result, status or Status(0)) for result, status in results]
        self._write("".join(lines).encode())

    def __len__(self) -> int:
        """Return how many targets have been recorded."""
        return len(self._entries)

    def __enter__(self) -> Self:
        """Return the manifest."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file."""
        self._file.close()

    def _line(self, result: Result[object], status: Status) -> str:
        record: dict[str, Any] = {
            "source": result.source,
            "target": result.target,
            "size": status.size,
            "mtime_ns": status.mtime_ns,
        }
        if status.mark is not None:
            record["mark"] = status.mark
        record["options"] = self._digest
        if result.error is not None:
            record["error"] = result.error
        elif result.skipped is not None:
            record["skipped"] = result.skipped
        else:
            record["bytes"] = result.after
            record["ratio"] = round(result.before / result.after, 4) if result.after else None
        return json.dumps(record) + "\n"

    def _write(self, data: bytes) -> None:
        written = self._file.write(data)
        while written is not None and written < len(data):  # a signal came, or the disk is full
            data = data[written:]
            written = self._file.write(data)

    def _load(self) -> None:
        self._file.seek(0)
        data = self._file.readall()
        lines = data.split(b"\n")
        last = lines.pop()
        for number, line in enumerate(lines, 1):
            try:
                target, entry = _parsed(line)
            except (ValueError, KeyError, TypeError) as error:
                # A torn line is followed by others where the run was then taken up again.
                if number == 1 and not _begins_a_record(line):
                    raise ManifestError(self._path, "line 1 is not a record of a file") from error
                self.torn = True
                continue
            before = self._entries.get(target)
            if before is not None and (entry.is_failed or entry.skipped is not None):
                entry = replace(entry, target_bytes=before.target_bytes)  # which is still there
            self._entries[target] = entry
        if last:
            if not lines and not _begins_a_record(last):
                raise ManifestError(self._path, "it has no whole line")
            self.torn = True
            self._write(b"\n")


def _begins_a_record(line: bytes) -> bool:
    start = b'{"source": '
    return line[: len(start)] == start[: len(line)]


def _parsed(line: bytes) -> tuple[str, _Entry]:
    """Parse a line; raise `ValueError`, `KeyError` or `TypeError` where it is no record."""
    record = json.loads(line)
    status = Status(record["size"], record["mtime_ns"], record.get("mark"))
    target, source, digest = record["target"], record["source"], record["options"]
    is_failed, skipped = "error" in record, record.get("skipped")
    target_bytes = 0 if is_failed or skipped is not None else int(record["bytes"])
    return str(target), _Entry(str(source), status, str(digest), target_bytes, is_failed, skipped)
