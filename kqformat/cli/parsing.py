"""The parser of `kq`: its help lists commands by groups, and it says what was nearly meant."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

from kqformat.cli.console import printable

_RAW = "examples:"


class Formatter(argparse.HelpFormatter):
    """Leaves the lines of a text that begins with examples as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if text.startswith(_RAW):
            return "".join(indent + line for line in text.splitlines(keepends=True))
        return super()._fill_text(text, width, indent)


class Parser(argparse.ArgumentParser):
    """A parser that takes no abbreviations, and suggests what is like what it does not know.

    Attributes
    ----------
    groups : mapping of str to sequence of str
        The titles under which the help lists subcommands, and their names.
    """

    def __init__(self, **options: Any) -> None:
        if sys.version_info >= (3, 14):
            options.setdefault("suggest_on_error", False)  # as it would suggest twice
        options.setdefault("formatter_class", Formatter)
        super().__init__(**{"allow_abbrev": False} | options)
        self.groups: Mapping[str, Sequence[str]] = {}

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse arguments; of those that are unknown, say which option is like them."""
        known, unknown = self.parse_known_args(args, namespace)
        if unknown:
            chosen = getattr(known, "parser", self)
            self.error(f"unrecognized arguments: {' '.join(unknown)}{_hint(chosen, unknown)}")
        return known

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments, which are anybody's text, and leave."""
        super().error(printable(message))

    def format_help(self) -> str:
        """Return the help, with the commands under the titles of their groups."""
        if not self.groups:
            return super().format_help()
        formatter = self._get_formatter()
        formatter.add_usage(self.usage, self._actions, self._mutually_exclusive_groups)
        formatter.add_text(self.description)
        for title, actions in self._sections():
            formatter.start_section(title)
            formatter.add_arguments(actions)
            formatter.end_section()
        formatter.add_text(self.epilog)
        return formatter.format_help()

    def _sections(self) -> Iterable[tuple[str | None, Iterable[argparse.Action]]]:
        commands = [
            action for action in self._actions if isinstance(action, argparse._SubParsersAction)
        ]
        listed = {each.dest: each for action in commands for each in action._get_subactions()}
        for title, names in self.groups.items():
            yield title, [listed[name] for name in names]
        for group in self._action_groups:
            yield group.title, [each for each in group._group_actions if each not in commands]

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            near = _nearest(str(value), map(str, action.choices or ()))
            hint = f"; did you mean {near}?" if near else ""
            raise argparse.ArgumentError(action, f"{error.message}{hint}") from None


def _hint(parser: argparse.ArgumentParser, unknown: Sequence[str]) -> str:
    """Return what to ask about the unknown options, if anything is like them."""
    options = [word.partition("=")[0] for word in unknown if word.startswith("-")]
    near = [_nearest(option, parser._option_string_actions) for option in options]
    found = [option for option in near if option]
    return f"; did you mean {' and '.join(found)}?" if found else ""


def _nearest(word: str, known: Iterable[str]) -> str | None:
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, list(known), n=1)), None)
