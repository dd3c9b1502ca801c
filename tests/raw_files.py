"""A Hypothesis strategy for files that break a rule or two, their CRC-32 right all the same.

They come from the writer of the test vectors, which validates nothing. Where random damage is
stopped by a CRC-32, these files reach the checks behind it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from vectors import writer

LARGEST = 2**31 - 1

HEAD_FAULTS: dict[str, st.SearchStrategy[Any]] = {
    "width": st.sampled_from([0, 1, 8, LARGEST, LARGEST + 1]),
    "height": st.sampled_from([0, 1, 8, LARGEST, LARGEST + 1]),
    "band_shift": st.sampled_from([0, 1, 2, 3, 30, 31, 32, 255]),
    "coding": st.integers(0, 15),
    "palette_format": st.integers(0, 15),
    "palette_size": st.sampled_from([1, 2, 3, 4, 5, 8, 65_536]),
    "coded_palette": st.binary(max_size=9),
    "coded_length": st.integers(0, 9),
    "version": st.sampled_from([0, 1, 2]),
    "signature": st.sampled_from([b"\xbbKQ", b"\xbbKR", b"\x89PN"]),
}

SECTION_FAULTS: dict[str, st.SearchStrategy[Any]] = {
    "tag": st.sampled_from("BECiexrz@[`{0é"),
    "length": st.sampled_from([0, 1, 8, 2**24, 2**24 + 1, 2**32 - 1]),
    "payload": st.binary(max_size=9),
    "crc": st.just(bytes(4)),
}


FAULTS = ["none", *["head"] * 4, "head_crc", *["section"] * 4]
FAULTS += ["index", "order", "fewer", "more", "cut"]


@st.composite
def raw_files(draw: st.DrawFn) -> bytes:
    """Draw small files with up to two faults."""
    head = draw(heads())
    sections = draw(ancillary_sections()) + draw(bands(head))
    head_crc, size, more = None, None, b""
    for fault in draw(st.lists(st.sampled_from(FAULTS), min_size=1, max_size=2)):
        if fault == "head":
            field = draw(st.sampled_from(sorted(HEAD_FAULTS)))
            head = replace(head, **{field: draw(HEAD_FAULTS[field])})
        elif fault == "head_crc":
            head_crc = bytes(4)
        elif fault == "section" and sections:
            field = draw(st.sampled_from(sorted(SECTION_FAULTS)))
            draw(st.sampled_from(sections))[field] = draw(SECTION_FAULTS[field])
        elif fault == "index" and sections:
            section = draw(st.sampled_from(sections))
            section["payload"] = b"\xff" * len(section["payload"])
        elif fault == "order":
            sections = draw(st.permutations(sections + sections[:1]))
        elif fault == "fewer":
            sections = sections[: draw(st.integers(0, len(sections)))]
        elif fault == "more":
            more = b"\n"
        elif fault == "cut":
            size = draw(st.integers(0, 100))
    parts = [head.encode(crc=head_crc), *(writer.section(**section) for section in sections), more]
    return b"".join(parts)[:size]


@st.composite
def heads(draw: st.DrawFn) -> writer.Head:
    """Draw heads of small pictures."""
    height, channels = draw(st.integers(1, 9)), draw(st.sampled_from([3, 4]))
    entry = st.tuples(*[st.integers(0, 255)] * channels)
    palette = tuple(draw(st.lists(entry, min_size=1, max_size=9)))
    band_shift = draw(st.sampled_from([31] + [s for s in range(4) if 1 << s < height]))
    coding = draw(st.sampled_from([0, 1]))
    return writer.Head(draw(st.integers(1, 9)), height, palette, band_shift, channels - 3, coding)


@st.composite
def ancillary_sections(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw some metadata."""
    tags = draw(st.lists(st.sampled_from("iexrz"), max_size=3, unique=True))
    return [{"tag": tag, "payload": b"8 bytes."} for tag in tags]


@st.composite
def bands(draw: st.DrawFn, head: writer.Head) -> list[dict[str, Any]]:
    """Draw the bands of a head."""
    colors, rows = len(head.palette), 1 << head.band_shift
    counts = [min(rows, head.height - top) * head.width for top in range(0, head.height, rows)]
    indices = [
        draw(st.lists(st.integers(0, colors - 1), min_size=count, max_size=count))
        for count in counts
    ]
    return [{"tag": "B", "payload": writer.pack(run, (colors - 1).bit_length())} for run in indices]
