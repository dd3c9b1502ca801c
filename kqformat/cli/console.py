"""What goes to the terminal: lines, errors, and names made safe to print."""

from __future__ import annotations

import os
import sys

from kqformat.batch.jobs import STANDARD

__all__ = [
    "STANDARD",
    "complain",
    "has_colour",
    "input_name",
    "output_name",
    "plural",
    "printable",
    "say",
]


def say(line: str, *, to_error: bool = False) -> None:
    """Print a line to standard output, or to standard error where output is data."""
    print(line, file=sys.stderr if to_error else sys.stdout, flush=True)


def complain(message: str) -> None:
    """Print an error as one line on standard error."""
    print(f"kq: {printable(message)}", file=sys.stderr, flush=True)


def printable(text: str) -> str:
    r"""Return text with everything escaped that could steer a terminal or break the line.

    Examples
    --------
    >>> printable("a\x1b[2Jb\nc é")
    'a\\x1b[2Jb\\nc é'
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"  # None where it is closed
    safe = "".join(map(_escaped, text))
    return safe.encode(encoding, "backslashreplace").decode(encoding)


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    if "\udc80" <= character <= "\udcff":  # a byte of a file name that is not UTF-8 (PEP 383)
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode()


def input_name(path: str) -> str:
    """Return how an input is called in what is printed."""
    return "standard input" if path == STANDARD else printable(path)


def output_name(path: str) -> str:
    """Return how an output is called in what is printed."""
    return "standard output" if path == STANDARD else printable(path)


def plural(count: int, noun: str, ending: str = "s") -> str:
    """Return a number and its noun.

    Examples
    --------
    >>> plural(1, "colour"), plural(4096, "colour"), plural(2, "pass", "es")
    ('1 colour', '4,096 colours', '2 passes')
    """
    return f"{count:,} {noun}{'' if count == 1 else ending}"


def has_colour() -> bool:
    """Whether standard output is a terminal that shows colour (and NO_COLOR is not set)."""
    return (
        sys.stdout.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") not in (None, "", "dumb")
    )
