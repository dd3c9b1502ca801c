"""The tables of the quantizer benchmark, from its records."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

from bench.comparison import Record
from bench.contender import Contender
from bench.memory import Peak
from bench.tables import geometric_mean, markdown

REFERENCE, CONVERGED, SLOW_PEER = "imagequant", "wu50", "pngquant-1"
"""The contenders that the others' figures are divided by or counted against."""

_HEADER = (
    "contender",
    "MSE / imagequant's",
    "MSE / Wu + 50 passes'",
    "lower than imagequant",
    "lower than pngquant speed 1",
    "PSNR, dB",
    "SSIMULACRA2",
    "worst region, MSE",
    "ms a megapixel",
    "time / imagequant's",
)

_NONE = "–"


class Table:
    """Records by contender, image and k."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._records = records
        self._by_place = {(each.contender, each.image, each.k): each for each in records}

    def rows(self, contenders: Sequence[Contender]) -> list[tuple[object, ...]]:
        """Return a row of the table for each contender."""
        return [self._row(contender) for contender in contenders]

    def _row(self, contender: Contender) -> tuple[object, ...]:
        own = [each for each in self._records if each.contender == contender.key]
        scores = [each.ssimulacra2 for each in own if not math.isnan(each.ssimulacra2)]
        return (
            contender.title,
            _mean_ratio(self.ratios(own, REFERENCE, "mse")),
            _mean_ratio(self.ratios(own, CONVERGED, "mse")),
            _share_lower(self.ratios(own, REFERENCE, "mse")),
            _share_lower(self.ratios(own, SLOW_PEER, "mse")),
            statistics.fmean(each.psnr for each in own),
            statistics.fmean(scores) if scores else _NONE,
            geometric_mean(each.worst_region for each in own),
            f"{statistics.median(1e3 * each.seconds / each.megapixels for each in own):.1f}",
            _median_ratio(self.ratios(own, REFERENCE, "seconds")),
        )

    def ratios(self, own: Sequence[Record], reference: str, field: str) -> list[float]:
        """Return each record's figure divided by the reference's on the same image and k."""
        pairs = ((each, self._by_place.get((reference, each.image, each.k))) for each in own)
        return [
            getattr(each, field) / getattr(other, field)
            for each, other in pairs
            if other is not None and other.contender != each.contender
        ]

    def worst(self, key: str, reference: str, count: int) -> list[tuple[float, Record]]:
        """Return the records whose error is largest beside the reference's, and the ratios."""
        own = [each for each in self._records if each.contender == key]
        ratios = self.ratios(own, reference, "mse")
        ranked = sorted(zip(ratios, own, strict=False), key=lambda pair: -pair[0])
        return ranked[:count]


def table_of_k(records: Sequence[Record], contenders: Sequence[Contender], k: int) -> str:
    """Return the Markdown table for one k."""
    rows = Table([each for each in records if each.k == k]).rows(contenders)
    return f"### k = {k}\n\n{markdown(_HEADER, rows)}"


def summary(
    records: Sequence[Record],
    contenders: Sequence[Contender],
    peaks: Mapping[str, Peak],
    place: str,
) -> str:
    """Return the Markdown table over all images and k, with memory on one of them."""
    rows = Table(records).rows(contenders)
    if not peaks:
        return f"### All k\n\n{markdown(_HEADER, rows)}"
    header = (*_HEADER, f"peak memory ({place}), MB", "of it in the call, MB")
    full = [
        (*row, f"{peak.most / 1e6:.0f}", f"{(peak.most - peak.before) / 1e6:.0f}")
        for row, peak in zip(rows, (peaks[each.key] for each in contenders), strict=True)
    ]
    return f"### All k\n\n{markdown(header, full)}"


def worst_images(records: Sequence[Record], keys: Sequence[str], count: int) -> str:
    """Return a Markdown table of the images that suit a contender least."""
    table = Table(records)
    rows = [
        (key, reference, record.image, record.k, ratio, record.mse * 3)
        for key in keys
        for reference in (REFERENCE, SLOW_PEER, CONVERGED)
        for ratio, record in table.worst(key, reference, count)
    ]
    header = ("contender", "against", "image", "k", "MSE / theirs", "squared error a pixel")
    return f"### Worst images\n\n{markdown(header, rows)}"


def _mean_ratio(ratios: list[float]) -> object:
    return geometric_mean(ratios) if ratios else _NONE


def _median_ratio(ratios: list[float]) -> object:
    return statistics.median(ratios) if ratios else _NONE


def _share_lower(ratios: list[float]) -> str:
    return f"{sum(ratio < 1 for ratio in ratios)} of {len(ratios)}" if ratios else _NONE
