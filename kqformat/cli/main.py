"""The parser of `kq` and its exit codes; imports of weight are left to the subcommands."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from kqformat.cli.interrupts import farewell, heed_termination

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kqformat.cli.parsing import Parser

_EPILOG = """\
examples:
  kq encode photo.png                  write photo.kq with 256 colours
  kq encode photo.png -k 16 -o small.kq
  kq encode -r pictures -d out         a folder, its tree mirrored
  kq decode small.kq                   write small.png
  kq info -v small.kq                  every section, and the palette
  kq show small.kq                     the picture, in the terminal
  kq palette photo.png -k 8 -o p.gpl   a palette for GIMP
  kq compare photo.png                 bytes and fidelity at 2 to 256 colours, against others
  kq report photo.png -o photo.html    a page that shows all of it
  kq animate photo.png -o photo.gif    k-means, step by step
  eval "$(kq completion bash)"         complete commands and options by the Tab key

kq COMMAND --help tells all of a command.

exit status: 0 all well, 1 some file failed (the others are done), 2 wrong usage, 130 interrupted,
143 terminated
"""

_BARE = ("--keep", "--strip")
"""Options whose value is given behind `=` or not at all, so that a file name can follow."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `kq` and return its exit status."""
    restore = heed_termination()
    try:
        return _run(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt as stop:  # wherever it comes, so little is imported before
        return farewell(stop)
    finally:
        restore()


def spelled_out(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with `=all` after options that were given without a value.

    Examples
    --------
    >>> spelled_out(["encode", "--strip", "a.png", "--keep=icc", "--", "--strip"])
    ['encode', '--strip=all', 'a.png', '--keep=icc', '--', '--strip']
    """
    given = list(arguments)
    end = given.index("--") if "--" in given else len(given)
    return [f"{word}=all" if word in _BARE else word for word in given[:end]] + given[end:]


def build_parser() -> Parser:
    """Return the parser of the whole command line."""
    from kqformat import __version__
    from kqformat.cli import (
        animate,
        compare,
        completion,
        decode,
        encode,
        info,
        palette,
        plot,
        report,
        show,
        thumbnail,
        verify,
    )
    from kqformat.cli.parsing import Parser

    parser = Parser(
        prog="kq",
        description="Palette images in the .kq format: k-means colours, packed indices.",
        epilog=_EPILOG,
    )
    parser.add_argument("--version", action="version", version=f"kq {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", dest="command", required=True)
    groups = {
        "to .kq and back": (encode, decode),
        "what is in a file": (info, verify, show),
        "colours": (palette, compare),
        "pictures for people": (report, plot, animate, thumbnail),
        "the command line": (completion,),
    }
    for modules in groups.values():
        for module in modules:
            module.add_parser(commands)
    for name, command in commands.choices.items():
        command.set_defaults(parser=command, command=name)
    parser.groups = {
        title: [module.__name__.rpartition(".")[2] for module in modules]
        for title, modules in groups.items()
    }
    return parser


def _run(arguments: Sequence[str]) -> int:
    import warnings

    from kqformat.batch.jobs import abandon_output
    from kqformat.cli.console import complain
    from kqformat.cli.jobs import explanation
    from kqformat.errors import MissingExtraError, ParameterError

    parser = build_parser()
    if "_ARGCOMPLETE" in os.environ:  # the shell asks what could follow
        from kqformat.cli.completion import complete

        complete(parser)
    options = parser.parse_args(spelled_out(arguments))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, of files that it reads all the same
            status: int = options.run(options)
        if sys.stdout is not None:
            sys.stdout.flush()
    except ParameterError as error:
        complain(str(error))
        return 2
    except MissingExtraError as error:
        complain(str(error))
        return 1
    except BrokenPipeError:
        abandon_output()
        return 1
    except OSError as error:  # of a file, it was reported where it happened
        abandon_output()
        complain(f"standard output: {explanation(error)}")
        return 1
    return status
