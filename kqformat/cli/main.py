"""The parser of `kq` and its exit codes; imports of weight are left to the subcommands."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from kqformat import __version__
from kqformat.cli import decode, encode, info, verify
from kqformat.cli.console import complain, silence_broken_pipe
from kqformat.errors import ParameterError

_EPILOG = """\
examples:
  kq encode photo.png                  write photo.kq with 256 colours
  kq encode photo.png -k 16 -o small.kq
  kq encode -r pictures -d packed -j 2 a folder, its tree mirrored
  kq decode small.kq                   write small.png
  kq info -v small.kq                  every section, and the palette

exit status: 0 all well, 1 some file failed (the others are done), 2 wrong usage, 130 interrupted
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `kq` and return its exit status."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except ParameterError as error:
        complain(str(error))
        return 2
    except KeyboardInterrupt:
        complain("interrupted")
        return 130
    except BrokenPipeError:
        silence_broken_pipe()
        return 1
    return status


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="kq",
        description="Palette images in the .kq format: k-means colours, packed indices.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"kq {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (encode, decode, info, verify):
        command.add_parser(commands)
    return parser
