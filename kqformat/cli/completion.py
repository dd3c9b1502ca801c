"""``kq completion``: what has a shell complete commands, options and file names.

The work is done by `argcomplete`. A shell that has been told so runs `kq` with _ARGCOMPLETE in its
environment whenever the Tab key is pressed; `main` then calls `complete`.
"""

from __future__ import annotations

import argparse
from typing import NoReturn

from kqformat.cli.console import say
from kqformat.errors import MissingExtraError

_EPILOG = """\
examples:
  eval "$(kq completion bash)"         in ~/.bashrc
  eval "$(kq completion zsh)"          in ~/.zshrc, after compinit
  kq completion fish > ~/.config/fish/completions/kq.fish
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "completion",
        help="a script that completes kq's commands and options",
        description="Print what a shell has to run so that the Tab key completes the commands, "
        "options and file names of kq. It needs the package argcomplete: "
        "pip install 'kqformat[completion]'.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "shell", choices=("bash", "zsh", "fish"), metavar="SHELL", help="bash, zsh or fish"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the script."""
    try:
        from argcomplete.shell_integration import shellcode
    except ImportError as error:
        raise MissingExtraError("completion", "argcomplete", "completion") from error
    say(shellcode(["kq"], shell=options.shell).rstrip("\n"))
    return 0


def complete(parser: argparse.ArgumentParser) -> NoReturn:
    """Tell the shell what could follow, and leave: nothing else is to be done or printed.

    Raises
    ------
    SystemExit
        Always.
    """
    try:
        from argcomplete import autocomplete
    except ImportError:
        raise SystemExit(1) from None
    autocomplete(parser, always_complete_options="long")
    raise SystemExit(1)
