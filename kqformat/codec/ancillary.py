"""Metadata as ancillary sections, and back (spec §5.2)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from kqformat.errors import FormatError
from kqformat.metadata import KNOWN_TAGS, RESOLUTION_UNIT, Metadata

_RESOLUTION = struct.Struct(">II")


def metadata_sections(metadata: Metadata) -> Iterator[tuple[str, bytes]]:
    """Yield the tag and payload of every section, in canonical order (spec §10)."""
    for tag in ("i", "e", "x"):
        payload = getattr(metadata, KNOWN_TAGS[tag])
        if payload is not None:
            yield tag, payload
    if metadata.dpi is not None:
        yield "r", _RESOLUTION.pack(*(round(value * RESOLUTION_UNIT) for value in metadata.dpi))
    yield from metadata.unknown


def metadata_from(sections: list[tuple[str, bytes]]) -> Metadata:
    """Gather sections that passed `check_length` to one value."""
    known = {tag: payload for tag, payload in sections if tag in KNOWN_TAGS}
    dpi = None
    if "r" in known:
        x, y = _RESOLUTION.unpack(known["r"])
        dpi = (x / RESOLUTION_UNIT, y / RESOLUTION_UNIT)
    unknown = tuple(section for section in sections if section[0] not in KNOWN_TAGS)
    return Metadata(known.get("i"), known.get("e"), known.get("x"), dpi, unknown)


def check_length(tag: str, length: int, offset: int) -> None:
    """Raise `FormatError` if a known section cannot have this length."""
    if tag == "r":
        right, expected = length == _RESOLUTION.size, str(_RESOLUTION.size)
    else:
        right, expected = length >= 1 or tag not in KNOWN_TAGS, "1 or more"
    if not right:
        raise FormatError(
            "bad section",
            field=f"length of section {tag!r}",
            offset=offset,
            found=length,
            expected=expected,
        )
