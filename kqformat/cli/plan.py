"""The options that name files, and from these the list of what is to be done.

`encode` and `decode` share it. Nothing is read or written here, but folders are listed.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from kqformat.cli.console import STANDARD, complain
from kqformat.cli.jobs import Job
from kqformat.cli.places import Places, with_faults
from kqformat.errors import ParameterError
from kqformat.limits import DEFAULT_LIMITS
from kqformat.stores import is_folder, is_url, objects_below
from kqformat.threads import available

_STANDARD_OUTPUT = (STANDARD, "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")


def add_file_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `encode` and `decode` have in common."""
    files = parser.add_argument_group("files")
    add_inputs(files)
    files.add_argument(
        "-o", "--output", metavar="FILE", help="output file, or - for standard output"
    )
    files.add_argument(
        "-d",
        "--directory",
        metavar="DIR",
        help="write into this folder, which is made where it is missing",
    )
    existing = files.add_mutually_exclusive_group()
    existing.add_argument("-f", "--force", action="store_true", help="overwrite existing files")
    existing.add_argument(
        "--skip-existing",
        action="store_true",
        help="leave out what has been written already, without an error",
    )
    files.add_argument(
        "--dry-run",
        action="store_true",
        help="do all the work and say what comes of it, but write nothing",
    )
    files.add_argument(
        "-j",
        "--jobs",
        type=_jobs,
        default=available(),
        metavar="N",
        help="files at once, by processes where there are many; or all, for as many as there are "
        "cores (default); where there are fewer files than cores, each takes several",
    )
    loudness = parser.add_mutually_exclusive_group()
    loudness.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    loudness.add_argument("-v", "--verbose", action="store_true", help="print more")
    # Which only some commands have.
    parser.set_defaults(skip_if_larger=False, json=False, manifest=None, cluster=None)


def add_inputs(files: argparse._ActionsContainer) -> None:
    """Add the files and folders to be read, which are `expand_inputs`'s."""
    files.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="a file, a folder with -r, or - for standard input",
    )
    files.add_argument(
        "-r", "--recursive", action="store_true", help="take the folders among the inputs whole"
    )


def add_max_pixels(group: argparse._ActionsContainer) -> None:
    """Add the option for the most pixels that are decoded."""
    group.add_argument(
        "--max-pixels",
        type=positive_int,
        default=DEFAULT_LIMITS.pixels,
        metavar="N",
        help="refuse larger images (default: 2^28)",
    )


def positive_int(text: str) -> int:
    """Parse an int of at least 1, for argparse."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return value


def _jobs(text: str) -> int:
    """Parse a number of files at once, for argparse."""
    return available() if text == "all" else positive_int(text)


def plan_jobs(
    options: argparse.Namespace,
    suffix: str,
    extensions: Collection[str],
    named_only: Collection[str] = (),
) -> list[Job]:
    """Return what is to be done.

    Parameters
    ----------
    options : Namespace
        As `add_file_arguments` has them.
    suffix : str
        Of the outputs, with its dot.
    extensions : collection of str
        Lower-case, with their dots: the files to be taken from folders, and the endings that
        `suffix` takes the place of.
    named_only : collection of str
        More of these endings, but files with them are not taken from folders.

    Returns
    -------
    list of Job
        Those with a `fault` among them.

    Raises
    ------
    ParameterError
        If the options do not fit together.
    """
    _check_places(options)
    found = expand_inputs(options, extensions)
    if options.output is not None and len(found) != 1:
        raise ParameterError(f"-o takes one input, found {len(found)}; -d takes many")
    known = {*extensions, *named_only, ".kq"}
    short = [_target(*pair, options, suffix, known) for pair in found]
    if options.skip_if_larger and STANDARD in short:
        raise ParameterError("--skip-if-larger would leave standard output empty; -o names a file")
    if short.count(STANDARD) > 1:
        raise ParameterError("more than one file would be written to standard output")
    if STANDARD in short and _is_terminal():
        raise ParameterError("standard output is a terminal; -o names a file")
    places = Places()
    is_taken = Counter(map(places.of, short))
    targets = [
        _target(*pair, options, suffix, ()) if is_taken[places.of(target)] > 1 else target
        for pair, target in zip(found, short, strict=True)
    ]
    makes_folder = options.directory is not None
    jobs = [
        Job(name, target, makes_folder) for (name, _), target in zip(found, targets, strict=True)
    ]
    return with_faults(jobs, places)


def expand_inputs(
    options: argparse.Namespace, extensions: Collection[str]
) -> list[tuple[str, str]]:
    """Return each file of the inputs, and its path below the folder that was named.

    Raises
    ------
    ParameterError
        If a folder is named without -r.
    """
    return [pair for name in options.inputs for pair in _expand(name, options, extensions)]


def refuse_ending(output: str | None, suffix: str, others: Collection[str], advice: str) -> None:
    """Raise `ParameterError` if the name given with -o is that of another format."""
    ending = os.path.splitext(output or "")[1].lower()
    if ending != suffix and ending in others:
        raise ParameterError(
            f"-o {output} has the ending of another format than {suffix}; {advice}"
        )


def _check_places(options: argparse.Namespace) -> None:
    output, directory = options.output, options.directory
    if "" in (*options.inputs, output, directory):
        raise ParameterError("a file name is empty")
    if output is not None and directory is not None:
        raise ParameterError("-o and -d cannot be given together")
    if output is not None and os.path.isdir(output):
        raise ParameterError(f"{output} is a folder; -d writes into one")
    if directory is None or is_url(directory):
        return
    if os.path.exists(directory) and not os.path.isdir(directory):
        raise ParameterError(f"{directory} is not a folder")


def _expand(
    name: str, options: argparse.Namespace, extensions: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield each file of an input, and its path below the folder that was named."""
    if name == STANDARD or not _is_folder(name, options):
        yield name, os.path.basename(name)
        return
    if not options.recursive:
        raise ParameterError(f"{name} is a folder; -r takes folders whole")
    paths = list(_walk(name, extensions))
    if not paths and not options.quiet:
        complain(f"{name}: has no files to {options.command}")
    beginning = f"{name.rstrip('/')}/" if is_url(name) else os.path.join(name, "")
    for path in paths:
        yield path, os.curdir if path == name else path.removeprefix(beginning)


def _is_folder(name: str, options: argparse.Namespace) -> bool:
    """Whether an input is a folder; a store is only asked if it could be meant as one."""
    return options.recursive and is_folder(name) if is_url(name) else os.path.isdir(name)


def _walk(name: str, extensions: Collection[str]) -> Iterator[str]:
    """Yield the files in a folder, and the folders that cannot be read: opening these will fail."""
    if is_url(name):
        yield from (url for url in objects_below(name) if Path(url).suffix.lower() in extensions)
        return
    unreadable: list[OSError] = []
    for folder, folders, files in os.walk(name, onerror=unreadable.append):
        folders.sort()
        for file in sorted(files):
            if os.path.splitext(file)[1].lower() in extensions:
                yield os.path.join(folder, file)
    yield from (str(error.filename) for error in unreadable)


def _target(
    source: str, below: str, options: argparse.Namespace, suffix: str, known: Collection[str]
) -> str:
    if options.output is not None:
        return STANDARD if options.output in _STANDARD_OUTPUT else str(options.output)
    if source == STANDARD:
        if options.directory is not None:
            raise ParameterError("standard input has no name to write under; -o gives one")
        return STANDARD
    path = source if options.directory is None else _below(options.directory, below)
    stem, ending = os.path.splitext(path)
    return (stem if ending.lower() in known else path) + suffix


def _below(folder: str, path: str) -> str:
    return f"{folder.rstrip('/')}/{path}" if is_url(folder) else os.path.join(folder, path)


def _is_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()
