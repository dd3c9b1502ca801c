"""What files names stand for, and from that the jobs that would spoil one."""

from __future__ import annotations

import os
from dataclasses import replace

from kqformat.cli.console import STANDARD
from kqformat.cli.jobs import Job
from kqformat.stores import is_url


class Places:
    """The one name of each file that may have several.

    Every folder is followed through its symbolic links once: what many names share costs little.

    Examples
    --------
    >>> places = Places()
    >>> places.of("cli/../plan.py") == places.of("./plan.py")
    True
    """

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}
        self._known: dict[str, str] = {}

    def of(self, name: str) -> str:
        """Return the one name of a file; of what is no file, the name itself."""
        place = self._known.get(name)
        if place is None:
            place = self._known[name] = self._found(name)
        return place

    def _found(self, name: str) -> str:
        if name == STANDARD or is_url(name):
            return name
        folder, own = os.path.split(name)
        if own in ("", os.curdir, os.pardir):
            return os.path.normcase(os.path.realpath(name))
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        path = os.path.join(self._folders[folder], own)
        return os.path.normcase(os.path.realpath(path) if os.path.islink(path) else path)


def with_faults(jobs: list[Job], places: Places) -> list[Job]:
    """Find the jobs that would spoil a file: their own source, or another's target."""
    writers: dict[str, list[Job]] = {}
    for job in jobs:
        writers.setdefault(places.of(job.target), []).append(job)
    found = []
    for job in jobs:
        fault = _fault(job, writers[places.of(job.target)], places)
        found.append(job if fault is None else replace(job, fault=fault))
    return found


def _fault(job: Job, writers: list[Job], places: Places) -> str | None:
    if job.target == STANDARD:
        return None
    source = places.of(job.source)
    if places.of(job.target) == source:
        return "would be overwritten with its own result; -o or -d gives that another place"
    others = [writer for writer in writers if writer is not job]
    if not others:
        return None
    if source in [places.of(other.source) for other in others]:
        return "is given more than once"
    return f"would be written to {job.target}, as would {others[0].source}; -o gives another name"
