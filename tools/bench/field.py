"""All contenders of the quantizer benchmark, by name."""

from __future__ import annotations

from collections.abc import Sequence

from bench.contender import Contender
from bench.evolved import evolved
from bench.ours import OPTION_MARK, ours, ours_with, plain_algorithms
from bench.peers import peers


def all_contenders() -> tuple[list[Contender], list[str]]:
    """Return those that run if none is named, and a note on each that is not installed."""
    theirs, notes = peers()
    return [*ours(), *theirs, *plain_algorithms()], notes


def named_contenders(names: Sequence[str]) -> tuple[list[Contender], list[str]]:
    """Return those of these names in the order of all, and a note on each that is missing.

    Besides the names of all there is evolved, which takes minutes, and an effort of ours may be
    followed by options: ``balanced:space=srgb:outliers=off``.
    """
    every, notes = all_contenders()
    with_options = [ours_with(name) for name in dict.fromkeys(names) if OPTION_MARK in name]
    own = len(ours())
    known = [*every[:own], *with_options, *every[own:], evolved()]
    keys = {each.key for each in known}
    notes += [f"{name} is not known, or not installed" for name in names if name not in keys]
    return [each for each in known if each.key in names], notes
