"""What goes to the terminal: lines, errors, and names made safe to print."""

from __future__ import annotations

import os
import sys


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
    encoding = sys.stdout.encoding or "utf-8"
    safe = "".join(
        character
        if character.isprintable()
        else character.encode("unicode_escape").decode()
        if not "\ud800" <= character <= "\udfff"
        else "?"
        for character in text
    )
    return safe.encode(encoding, "backslashreplace").decode(encoding)


def plural(count: int, noun: str) -> str:
    """Return a number and its noun.

    Examples
    --------
    >>> plural(1, "colour"), plural(4096, "colour")
    ('1 colour', '4,096 colours')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def has_colour() -> bool:
    """Whether standard output is a terminal that shows colour (and NO_COLOR is not set)."""
    return (
        sys.stdout.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") not in (None, "", "dumb")
    )


def silence_broken_pipe() -> None:
    """Keep Python from complaining, at exit, of a reader that has gone away."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
