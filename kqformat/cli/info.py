"""``kq info``: what is in a `.kq` file, without decoding its pixels.

Imports no NumPy, unless there is a coded palette to decode.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from kqformat.batch.facts import UNLIMITED_PIXELS, FileFacts
from kqformat.cli.console import has_colour, input_name, plural, say
from kqformat.cli.jobs import FAILURES, open_input, report_failure
from kqformat.codec.cursor import byte_view
from kqformat.codec.head import SIGNATURE, Coding
from kqformat.codec.layout import Layout, read_layout
from kqformat.codec.sections import Section, checked_payload
from kqformat.errors import ChecksumError

if TYPE_CHECKING:
    from kqformat.codec.cursor import BytesLike

_MEANINGS = {
    "i": "ICC profile",
    "e": "EXIF",
    "x": "XMP",
    "r": "resolution",
    "B": "packed pixels",
    "E": "entropy-coded pixels",
}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "info",
        help="what is in .kq files",
        description="Describe .kq files, one line each, without decoding their pixels. Damage in "
        "the pixels is noticed with -v only, which checks the CRC-32 of each band; verify checks "
        "all.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="or - for standard input")
    parser.add_argument("--json", action="store_true", help="print one JSON object a file")
    parser.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="print every section, with its CRC-32 checked, and the palette",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Describe every file."""
    status = 0
    for path in options.files:
        try:
            text, damage = _described(path, options)
        except FAILURES as error:
            report_failure(path, error)
            status = 1
        else:
            say(text)
            if damage:
                report_failure(path, next(iter(damage.values())))
                status = 1
    return status


def _described(path: str, options: argparse.Namespace) -> tuple[str, dict[int, ChecksumError]]:
    """Return what is said of a file, and what is wrong in its bands."""
    data = open_input(path, SIGNATURE)
    try:
        layout = read_layout(data, UNLIMITED_PIXELS)
        damage = _damage(data, layout) if options.verbose else {}
        return _description(path, data, layout, damage, options), damage
    finally:
        if not isinstance(data, bytes):
            data.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts(FileFacts):
    alpha: bool
    palette_bytes: int
    """In the file, coded or not."""
    palette_coded: bool
    bands: int
    entropy_bands: int
    metadata: dict[str, int]
    dpi: tuple[float, float] | None


def _damage(data: BytesLike, layout: Layout) -> dict[int, ChecksumError]:
    """Check the CRC-32 of each band; return the errors by the bands' offsets."""
    errors = {}
    for band in layout.bands:
        try:
            checked_payload(data, band).release()
        except ChecksumError as error:
            errors[band.offset] = error
    return errors


def _description(
    path: str,
    data: BytesLike,
    layout: Layout,
    damage: dict[int, ChecksumError],
    options: argparse.Namespace,
) -> str:
    facts = _facts(layout)
    if options.json:
        import json

        return json.dumps({"file": path} | asdict(facts))
    details = "\n" + _details(data, layout, damage) if options.verbose else ""
    return _line(path, facts, layout) + details


def _facts(layout: Layout) -> _Facts:
    head = layout.head
    return _Facts(
        width=head.width,
        height=head.height,
        colors=head.palette_size,
        index_bits=head.index_width,
        coding=head.coding.name.lower(),
        file_bytes=layout.file_bytes,
        alpha=head.palette_format.channels == 4,
        palette_bytes=len(head.stored_palette),
        palette_coded=head.palette_format.is_coded,
        bands=len(layout.bands),
        entropy_bands=layout.entropy_bands,
        metadata={section.tag: section.length for section in layout.sections},
        dpi=layout.metadata.dpi,
    )


def _line(path: str, facts: _Facts, layout: Layout) -> str:
    is_entropy = layout.head.coding == Coding.ENTROPY
    packed_bands = facts.bands - facts.entropy_bands if is_entropy else 0
    parts = [
        f"{facts.width} x {facts.height}",
        plural(facts.colors, "colour") + (" with alpha" if facts.alpha else ""),
        plural(facts.index_bits, "bit"),
        facts.coding,
        plural(facts.file_bytes, "byte"),
        f"{facts.ratio:.2f}:1 to 24-bit",
    ]
    if facts.bands > 1 or packed_bands:
        packed = f" ({packed_bands} packed)" if packed_bands else ""
        parts.insert(4, plural(facts.bands, "band") + packed)
    parts += [_MEANINGS.get(s.tag, f"section {s.tag!r}") for s in layout.sections]
    return f"{input_name(path)}: {', '.join(parts)}"


def _details(data: BytesLike, layout: Layout, damage: dict[int, ChecksumError]) -> str:
    """Return a line for every part of the file, and the palette."""
    head = layout.head
    stored_bytes = len(head.stored_palette)
    coded = f" (coded, of {len(head.palette)} bytes)" if head.palette_format.is_coded else ""
    lines = [
        "  offset      length      crc-32    what",
        f"  {0:<10}  {16:<10}            head: band_shift {head.band_shift}, "
        f"coding {head.coding.value} ({head.coding.name.lower()}), "
        f"palette_format {head.palette_format.value} ({head.palette_format.name})",
        f"  {16:<10}  {stored_bytes:<10}  {_head_crc(data, layout)}  palette{coded} and head: ok",
    ]
    lines += [
        _section_line(section, layout, damage.get(section.offset))
        for section in layout.sections + layout.bands
    ]
    lines.append("  palette")
    lines += _swatches(layout)
    return "\n".join(lines)


def _head_crc(data: BytesLike, layout: Layout) -> str:
    end = layout.head.byte_length
    with byte_view(data) as view:
        return view[end - 4 : end].hex()


def _section_line(section: Section, layout: Layout, error: ChecksumError | None) -> str:
    state = "ok" if error is None else f"DAMAGED, crc-32 of the bytes is {error.expected}"
    meaning = _MEANINGS.get(section.tag, "unknown")
    if section.tag == "r" and layout.metadata.dpi:
        meaning += " {:g} x {:g} dpi".format(*layout.metadata.dpi)
    return (
        f"  {section.offset:<10}  {section.length:<10}  {section.crc:08x}  "
        f"section {section.tag}, {meaning}: {state}"
    )


def _swatches(layout: Layout) -> list[str]:
    """Return the palette in lines of eight, as coloured swatches where the terminal has colour."""
    head = layout.head
    channels = head.palette_format.channels
    entries = [head.palette[at : at + channels] for at in range(0, len(head.palette), channels)]
    colour = has_colour()
    cells = [
        (f"\x1b[48;2;{e[0]};{e[1]};{e[2]}m  \x1b[0m" if colour else "") + f"#{e.hex()}"
        for e in entries
    ]
    return [f"  {row:>6}  " + " ".join(cells[row : row + 8]) for row in range(0, len(cells), 8)]
