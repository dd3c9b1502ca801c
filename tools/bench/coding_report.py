"""The tables of the coding benchmark, made of its records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from bench.shares import Record, Share, form_totals, mean_share, shares, total_share
from bench.tables import markdown

SMALL_PIXELS = 4_096
"""A picture with fewer is small: what a format adds to the pixels shows in it."""

_NONE = "–"

Groups = dict[tuple[str, int], list[Record]]
"""Records by kind and k."""


def grouped(records: Sequence[Record]) -> Groups:
    """Return the records by kind and k, in the order in which they were made."""
    groups: Groups = {}
    for record in records:
        groups.setdefault((record.picture.kind, record.picture.k), []).append(record)
    return groups


def byte_table(records: Sequence[Record]) -> str:
    """Return a Markdown table of bytes by kind, k and format."""
    references_last = sorted(records, key=lambda record: record.role == "reference")
    forms = list(dict.fromkeys(record.form for record in references_last))
    rows = []
    for (kind, k), group in grouped(records).items():
        pixels = {record.picture: record.pixels for record in group}
        totals = form_totals(group)
        cells = [f"{totals[form]:,}" if form in totals else _NONE for form in forms]
        rows.append((kind, k, len(pixels), sum(pixels.values()) / 1e6, *cells))
    header = ("kind", "k", "images", "megapixels", *forms)
    return f"### Bytes\n\n{markdown(header, rows)}"


def share_table(records: Sequence[Record], coder: str) -> str:
    """Return a Markdown table of a coder's bytes divided by those of the smallest peers."""
    groups = {name: shares(group, coder) for name, group in grouped(records).items()}
    rows = [(kind, k, *_share_cells(of)) for (kind, k), of in groups.items() if of]
    everything = [share for of in groups.values() for share in of]
    small = [share for share in everything if share.ours.pixels < SMALL_PIXELS]
    if small:
        rows.append((f"under {SMALL_PIXELS:,} pixels", "all", *_share_cells(small)))
    if everything and len(groups) > 1:
        rows.append(("all", "all", *_share_cells(everything)))
    header = (
        "kind",
        "k",
        "bytes of the smallest peers",
        f"{coder} / smallest",
        "geometric mean",
        "smaller on",
        "worst image",
        "which peer is smallest",
    )
    return f"### Share of {coder}\n\n{markdown(header, rows)}"


def _share_cells(of: Sequence[Share]) -> tuple[object, ...]:
    worst = max(of, key=lambda share: share.ratio)
    winners = Counter(share.smallest.form for share in of)
    return (
        f"{sum(share.smallest.byte_length for share in of):,}",
        total_share(of),
        mean_share(of),
        f"{sum(share.ratio < 1 for share in of)} of {len(of)}",
        f"{worst.ours.picture.name}, {worst.ratio:.3f}",
        ", ".join(f"{form} {count}" for form, count in winners.most_common()),
    )


def speed_table(records: Sequence[Record], memory: Mapping[str, tuple[int, int]]) -> str:
    """Return a Markdown table of each coder's speed on all its pictures, and its extra memory."""
    rows = []
    for coder in dict.fromkeys(record.coder for record in records):
        own = [record for record in records if record.coder == coder]
        megapixels = sum(record.pixels for record in own) / 1e6
        taken = [f"{most / 1e6:.1f}" for most in memory.get(coder, ())] or [_NONE, _NONE]
        rows.append(
            (
                coder,
                own[0].form,
                megapixels / sum(record.encode_seconds for record in own),
                megapixels / sum(record.decode_seconds for record in own),
                *taken,
            )
        )
    header = (
        "coder",
        "format",
        "encode, Mpx/s",
        "decode, Mpx/s",
        "encoding, MB beyond the image",
        "decoding, MB beyond the indices",
    )
    return f"### Speed, one thread\n\n{markdown(header, rows)}"
