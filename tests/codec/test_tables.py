"""What is computed once for all bands: the tables of spec §7, and who is near whom."""

from __future__ import annotations

import numpy as np
from suite import reference

from kqformat.codec import entropy, entropy_memory, entropy_tables


def test_chances_are_those_of_the_reference_decoder() -> None:
    """The probabilities of all states are computed as the specification's decoder does."""
    assert entropy_tables.chances() == reference.CHANCE
    assert len(entropy_tables.chances()) == reference.STATES


def test_squash_is_that_of_the_reference_decoder() -> None:
    """So is what a logit stands for, at each of them, and the refinement made of it."""
    logits = range(-reference.LARGEST_LOGIT, reference.LARGEST_LOGIT + 1)
    expected = [reference.squash(logit) for logit in logits]
    assert [entropy_tables.squash(logit) for logit in logits] == expected
    assert entropy_tables.squash_table().tolist() == expected


def test_slots_are_states_and_a_step() -> None:
    """A slot is sixteen times its state plus a step of confidence, whatever the table's shape."""
    slots = entropy_memory._of_states(np.array([[1, 2], [3, 4]], np.int32), 5)
    assert slots.tolist() == [21, 37, 53, 69]
    assert slots.dtype == np.uint16


def test_nearest_entries_are_near() -> None:
    """Each entry's list begins with itself; others follow by distance, ties by their order."""
    random_numbers = np.random.default_rng(2)
    entries = random_numbers.integers(-9, 9, (40, 4)).astype(np.int16)
    entries[7] = entries[3]
    nearest = entropy._nearest_ranks(entries)
    assert nearest.shape == (40, 24)
    assert nearest.dtype == np.uint16
    for rank, found in enumerate(nearest.tolist()):
        distances = ((entries.astype(int) - entries[rank]) ** 2).sum(axis=1).tolist()
        distances[rank] = -1
        ordered = sorted((distance, other) for other, distance in enumerate(distances))
        assert found == [other for _, other in ordered[:24]]


def test_of_large_palettes_each_entry_is_near_itself_only() -> None:
    """Above 4,096 entries no distances are computed."""
    largest = entropy._nearest_ranks(np.zeros((4096, 4), np.int16))
    assert largest.shape == (4096, 24)
    assert entropy._nearest_ranks(np.zeros((4097, 4), np.int16)).tolist() == [
        [rank] for rank in range(4097)
    ]
