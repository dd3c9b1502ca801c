"""``kq info``: what is in a `.kq` file, without decoding its pixels. Imports no NumPy."""

from __future__ import annotations

import argparse
import json
import mmap

from kqformat.cli.console import has_colour, input_name, plural, say
from kqformat.cli.jobs import FAILURES, map_input, report_failure
from kqformat.codec.head import PaletteFormat
from kqformat.codec.layout import Layout, read_layout
from kqformat.codec.sections import Section, checked_payload
from kqformat.errors import ChecksumError
from kqformat.limits import Limits

_MEANINGS = {
    "i": "ICC profile",
    "e": "EXIF",
    "x": "XMP",
    "r": "resolution",
    "B": "pixels",
}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "info",
        allow_abbrev=False,
        help="what is in .kq files",
        description="Describe .kq files, one line each, without decoding their pixels.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="or - for standard input")
    parser.add_argument("--json", action="store_true", help="print one JSON object a file")
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="print every section and the palette"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Describe every file."""
    status = 0
    limits = Limits(pixels=2**62, bands=2**31)  # nothing is decoded, so nothing is too large
    for path in options.files:
        try:
            data = map_input(path)
            layout = read_layout(data, limits)
        except FAILURES as error:
            report_failure(path, error)
            status = 1
        else:
            say(_description(path, data, layout, options))
    return status


def _description(
    path: str, data: bytes | mmap.mmap, layout: Layout, options: argparse.Namespace
) -> str:
    if options.json:
        return json.dumps(_facts(path, layout))
    details = "\n" + _details(data, layout) if options.verbose else ""
    return _line(path, layout) + details


def _facts(path: str, layout: Layout) -> dict[str, object]:
    head = layout.head
    baseline = 3 * head.width * head.height
    metadata = layout.metadata
    return {
        "file": path,
        "width": head.width,
        "height": head.height,
        "colors": head.palette_size,
        "index_bits": head.index_width,
        "alpha": head.palette_format == PaletteFormat.RGBA,
        "coding": head.coding.name.lower(),
        "bands": len(layout.bands),
        "file_bytes": layout.file_bytes,
        "baseline_bytes": baseline,
        "ratio": baseline / layout.file_bytes,
        "metadata": {section.tag: section.length for section in layout.sections},
        "dpi": metadata.dpi,
    }


def _line(path: str, layout: Layout) -> str:
    facts = _facts(path, layout)
    parts = [
        f"{facts['width']} x {facts['height']}",
        plural(layout.head.palette_size, "colour") + (" with alpha" if facts["alpha"] else ""),
        plural(layout.head.index_width, "bit"),
        str(facts["coding"]),
        plural(layout.file_bytes, "byte"),
        f"{facts['ratio']:.2f}:1 to 24-bit",
    ]
    if len(layout.bands) > 1:
        parts.insert(4, plural(len(layout.bands), "band"))
    parts += [_MEANINGS.get(s.tag, f"section {s.tag!r}") for s in layout.sections]
    return f"{input_name(path)}: {', '.join(parts)}"


def _details(data: bytes | mmap.mmap, layout: Layout) -> str:
    """Return a line for every part of the file, and the palette."""
    head = layout.head
    palette_bytes = len(head.palette)
    lines = [
        "  offset      length      crc-32    what",
        f"  {0:<10}  {16:<10}            head: band_shift {head.band_shift}, "
        f"coding {head.coding.value} ({head.coding.name.lower()}), "
        f"palette_format {head.palette_format.value} ({head.palette_format.name})",
        f"  {16:<10}  {palette_bytes:<10}  {_head_crc(data, layout)}  palette and head: ok",
    ]
    lines += [_section_line(data, section, layout) for section in layout.sections + layout.bands]
    lines.append("  palette")
    lines += _swatches(layout)
    return "\n".join(lines)


def _head_crc(data: bytes | mmap.mmap, layout: Layout) -> str:
    end = layout.head.byte_length
    return bytes(memoryview(data)[end - 4 : end]).hex()


def _section_line(data: bytes | mmap.mmap, section: Section, layout: Layout) -> str:
    try:
        checked_payload(data, section)
        state = "ok"
    except ChecksumError as error:
        state = f"DAMAGED, crc-32 of the bytes is {error.expected}"
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
