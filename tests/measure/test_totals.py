"""Sums and means of many pictures, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from kqformat.measure.comparison import Comparison, PeerRow, Row
from kqformat.measure.totals import Total, kind_of, totals

_ROW: dict[str, Any] = {
    "psnr": 30.0,
    "ssimulacra2": None,
    "worst_error": 9,
    "seconds": 0.1,
}


def row(colors: int, coding: str, file_bytes: int, baseline: int) -> Row:
    return Row(
        colors=colors,
        palette_size=colors,
        index_bits=1,
        theoretical_ratio=24,
        coding=coding,
        file_bytes=file_bytes,
        ratio=baseline / file_bytes,
        **_ROW,
    )


def peer(name: str, colors: int, file_bytes: int, baseline: int) -> PeerRow:
    return PeerRow(
        name=name,
        colors=colors,
        file_bytes=file_bytes,
        ratio=baseline / file_bytes,
        lossless_of_palette=True,
        **_ROW,
    )


def picture(name: str, width: int, sizes: list[int], peer_bytes: int | None = None) -> Comparison:
    baseline = 3 * width
    return Comparison(
        image=name,
        width=width,
        height=1,
        baseline_bytes=baseline,
        source_bytes=None,
        rows=tuple(row(k, "packed", size, baseline) for k, size in zip((2, 4), sizes, strict=True)),
        peers=() if peer_bytes is None else (peer("PNG-8", 2, peer_bytes, baseline),),
    )


def short(total: Total) -> tuple[str, str, int, int, int]:
    return total.kind, total.name, total.colors, total.images, total.file_bytes


def test_sums_and_means_of_one_kind() -> None:
    """One kind has no part of its own; the ratio is of sums, the mean is geometric."""
    found = totals([picture("a.png", 100, [100, 150], 50), picture("b.PNG", 200, [50, 60])])
    assert [short(total) for total in found] == [
        ("all", "packed", 2, 2, 150),
        ("all", "PNG-8", 2, 1, 50),
        ("all", "packed", 4, 2, 210),
    ]
    assert found[0].baseline_bytes == 900
    assert found[0].ratio == 6
    assert found[0].mean_ratio == pytest.approx((3 * 12) ** 0.5)
    assert found[1].mean_ratio == pytest.approx(6)


def test_kinds_are_apart_and_together() -> None:
    """With several kinds, each has its part, in the order they come, and then all have theirs."""
    pictures = [
        picture("a.jpg", 100, [30, 40]),
        picture("b.png", 100, [10, 20]),
        picture("c.jpeg", 100, [5, 6]),
    ]
    assert [short(total) for total in totals(pictures)] == [
        ("jpeg", "packed", 2, 2, 35),
        ("jpeg", "packed", 4, 2, 46),
        ("png", "packed", 2, 1, 10),
        ("png", "packed", 4, 1, 20),
        ("all", "packed", 2, 3, 45),
        ("all", "packed", 4, 3, 66),
    ]


def test_nothing_has_no_totals() -> None:
    """No pictures, no sums."""
    assert totals([]) == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.JPG", "jpeg"), ("a.tif", "tiff"), ("x/y.kq", "kq"), ("-", "other"), ("a.b/c", "other")],
)
def test_kind_is_the_ending(name: str, kind: str) -> None:
    """Endings that mean the same are one kind."""
    assert kind_of(name) == kind
