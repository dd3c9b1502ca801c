"""The fuzzer's targets hold for some hundred mutants each; `tools/fuzz.py` runs them for hours."""

from __future__ import annotations

from random import Random

import pytest
from fuzzing.mutator import mutate, put_together, taken_apart
from fuzzing.targets import TARGETS
from suite import VALID, read_vector, vectors_below

from kqformat.codec.stream import decode_indexed
from kqformat.errors import ChecksumError, KqError

SEEDS = [read_vector(entry) for entry in vectors_below(1000)]


class Unchanging(Random):
    """Never has the mutator spoil a file."""

    def random(self) -> float:
        return 0.99


@pytest.mark.parametrize("target", TARGETS)
def test_target_holds_for_mutants(target: str) -> None:
    """Nothing that should hold is broken by the first mutants."""
    random = Random(11)
    for _ in range(40 if target == "differential" else 300):
        TARGETS[target](mutate(random.choice(SEEDS), random, SEEDS))


def test_file_taken_apart_is_put_together_again() -> None:
    """The mutator finds every piece of every vector."""
    for entry in VALID:
        data = read_vector(entry)
        if len(data) < 10_000:
            parts = taken_apart(data)
            assert parts is not None
            assert put_together(parts, Unchanging()) == data


def test_most_mutants_have_right_checksums() -> None:
    """Decoders see more of most mutants than a wrong checksum, and some are right files."""
    random = Random(5)
    outcomes = []
    for _ in range(2000):
        try:
            decode_indexed(mutate(random.choice(SEEDS), random, SEEDS))
            outcomes.append("right")
        except KqError as error:
            outcomes.append(type(error).__name__)
    assert outcomes.count(ChecksumError.__name__) < 500
    assert outcomes.count("right") > 100
    assert len(set(outcomes)) >= 5
