"""The shares that the coding benchmark reports."""

import pytest
from bench.coder import Role
from bench.shares import Picture, Record, form_totals, mean_share, shares, total_share


def _record(name: str, coder: str, form: str, role: Role, byte_length: int) -> Record:
    return Record(Picture("sprites", 16, name), 100, 16, coder, form, role, byte_length, 1.0, 1.0)


_RECORDS = [
    _record("one", "entropy", "kq entropy", "ours", 50),
    _record("one", "oxipng", "PNG", "peer", 100),
    _record("one", "zopfli", "PNG", "peer", 90),
    _record("one", "webp", "WebP", "peer", 100),
    _record("one", "xz", "xz", "reference", 10),
    _record("one", "gif", "GIF", "peer", 200),
    _record("two", "entropy", "kq entropy", "ours", 2000),
    _record("two", "oxipng", "PNG", "peer", 3000),
    _record("two", "zopfli", "PNG", "peer", 4000),
    _record("two", "webp", "WebP", "peer", 1000),
    _record("two", "xz", "xz", "reference", 900),
]


def test_each_picture_stands_beside_its_own_smallest_peer() -> None:
    """The smallest file of any coder of any peer counts, and a reference never does."""
    found = shares(_RECORDS, "entropy")
    assert [share.smallest.coder for share in found] == ["zopfli", "webp"]
    assert [share.ratio for share in found] == [50 / 90, 2.0]


def test_totals_weigh_by_bytes_and_the_mean_does_not() -> None:
    """Together, the larger picture counts for more; in the geometric mean both count alike."""
    found = shares(_RECORDS, "entropy")
    assert total_share(found) == 2050 / 1090
    assert mean_share(found) == pytest.approx((50 / 90 * 2) ** 0.5)


def test_a_format_is_added_up_with_its_best_coder_where_it_stored_all() -> None:
    """PNG takes Zopfli's file of one and Oxipng's of the other; GIF, of one alone, has no total."""
    assert form_totals(_RECORDS) == {"kq entropy": 2050, "PNG": 3090, "WebP": 1100, "xz": 910}


def test_a_picture_that_no_peer_stored_has_no_share() -> None:
    """Without peers, or without ours, there is nothing to divide."""
    lone = [_record("three", "entropy", "kq entropy", "ours", 5)]
    assert shares(lone, "entropy") == []
    assert shares(_RECORDS, "packed") == []
