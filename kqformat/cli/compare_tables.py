"""What `kq compare` found of one picture, as tables to look at."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from kqformat.cli.console import input_name
from kqformat.cli.tables import BAD, FAINT, GOOD, Cell, Table

if TYPE_CHECKING:
    from kqformat.measure.comparison import Comparison, LeftOut, PeerRow, Row

_Value = TypeVar("_Value", bound=Hashable)

MISSING = Cell("-", FAINT)

_SCORE = "SSIMULACRA2"
_LOSSY = ("JPEG", "WebP", "AVIF")


def tables_of(found: Comparison) -> list[Table]:
    """Return what a picture costs and loses; then others with its pixels, and at its PSNR."""
    same = [peer for peer in found.peers if peer.lossless_of_palette]
    near = [peer for peer in found.peers if not peer.lossless_of_palette]
    tables = [_own(found)] if found.rows else []
    if same:
        tables.append(_same(found, same))
    if near:
        tables.append(_near(found, near))
    return tables


def title_of(found: Comparison) -> str:
    """Return a line about the picture."""
    source = ""
    if found.source_bytes is not None:
        ratio = found.baseline_bytes / found.source_bytes
        source = f"; its file has {found.source_bytes:,} ({ratio:.2f}:1)"
    return (
        f"{input_name(found.image)}, {found.width} x {found.height}: "
        f"{found.baseline_bytes:,} bytes at 24 bits a pixel{source}"
    )


def _own(found: Comparison) -> Table:
    codings = distinct(row.coding for row in found.rows)
    sizes = {(row.colors, row.coding): row for row in found.rows}
    lines = []
    for colors in distinct(row.colors for row in found.rows):
        rows = [sizes[colors, coding] for coding in codings]
        first = rows[0]
        cells = [
            Cell(f"{colors:,}"),
            Cell(str(first.index_bits)),
            ratio_cell(first.theoretical_ratio),
        ]
        for row in rows:
            cells += [Cell(f"{row.file_bytes:,}"), ratio_cell(row.ratio)]
        lines.append((*cells, *_fidelity(first)))
    sizes_headings = (heading for coding in codings for heading in (coding, ":1"))
    return Table(
        title_of(found),
        ("k", "bits", "24/bits", *sizes_headings, "PSNR", "SSIMULACRA2", "worst"),
        tuple(lines),
        _missing(found.left_out, lambda name: name == _SCORE),
    )


def _fidelity(row: Row) -> tuple[Cell, Cell, Cell]:
    score = MISSING if row.ssimulacra2 is None else Cell(f"{row.ssimulacra2:.1f}")
    return _psnr(row.psnr), score, Cell(str(row.worst_error))


def _same(found: Comparison, peers: Sequence[PeerRow]) -> Table:
    """Compare the bytes of the same pixels, the smallest marked."""
    names = distinct(peer.name for peer in peers)
    codings = distinct(row.coding for row in found.rows)
    sizes = {(row.colors, row.coding): row.file_bytes for row in found.rows}
    sizes |= {(peer.colors, peer.name): peer.file_bytes for peer in peers}
    lines = []
    for colors in distinct(colors for colors, _ in sizes):
        line = [sizes.get((colors, name)) for name in (*codings, *names)]
        least = min(size for size in line if size is not None)
        lines.append((Cell(f"{colors:,}"), *(_size(size, size == least) for size in line)))
    notes = ["* the smallest file of these pixels"]
    return Table(
        "The same pixels in other formats, bytes on disk",
        ("k", *codings, *map(short_name, names)),
        tuple(lines),
        (*notes, *_missing(found.left_out, lambda name: name not in (*_LOSSY, _SCORE))),
    )


def _size(size: int | None, is_least: bool) -> Cell:
    if size is None:
        return MISSING
    return Cell(f"* {size:,}", GOOD) if is_least else Cell(f"{size:,}")


def _near(found: Comparison, peers: Sequence[PeerRow]) -> Table:
    """Compare with lossy files of the same PSNR; those that are smaller are marked."""
    names = distinct(peer.name for peer in peers)
    by_place = {(peer.colors, peer.name): peer for peer in peers}
    own = _smallest_own(found)
    psnr = {row.colors: row.psnr for row in found.rows}
    lines = []
    for colors in distinct(peer.colors for peer in peers):
        line = [by_place.get((colors, name)) for name in names]
        least = own.get(colors)
        cells = [_psnr(psnr[colors]) if colors in psnr else MISSING]
        cells.append(MISSING if least is None else Cell(f"{least:,}"))
        lines.append((Cell(f"{colors:,}"), *cells, *(_rival(peer, least) for peer in line)))
    return Table(
        "Lossy formats at the same PSNR: bytes on disk, and SSIMULACRA2",
        ("k", "PSNR", "smallest .kq", *names),
        tuple(lines),
        (_verdict(own, peers), *_missing(found.left_out, lambda name: name in _LOSSY)),
    )


def _smallest_own(found: Comparison) -> dict[int, int]:
    """Return the bytes of the smallest `.kq` file at each k."""
    sizes: dict[int, int] = {}
    for row in found.rows:
        sizes[row.colors] = min(row.file_bytes, sizes.get(row.colors, row.file_bytes))
    return sizes


def _rival(peer: PeerRow | None, least: int | None) -> Cell:
    if peer is None:
        return MISSING
    score = "" if peer.ssimulacra2 is None else f" ({peer.ssimulacra2:.1f})"
    text = f"{peer.file_bytes:,}{score}"
    is_smaller = least is not None and peer.file_bytes < least
    return Cell(f"< {text}", BAD) if is_smaller else Cell(text)


def _verdict(own: dict[int, int], peers: Sequence[PeerRow]) -> str:
    """Say at which k a palette is the wrong tool."""
    beaten = distinct(p.colors for p in peers if p.file_bytes < own.get(p.colors, 0))
    if not own:
        return ""
    if not beaten:
        return "No lossy format is smaller than the .kq file at the same PSNR."
    where = ", ".join(f"{colors:,}" for colors in beaten)
    return (
        f"< smaller than any .kq at the same PSNR (k = {where}): "
        "where only bytes count, a palette is the wrong tool there"
    )


def _missing(left_out: Iterable[LeftOut], concerns: Callable[[str], bool]) -> tuple[str, ...]:
    """Return a line for each reason why something is not there."""
    by_reason: dict[str, list[LeftOut]] = {}
    for one in left_out:
        if concerns(one.name):
            by_reason.setdefault(one.reason, []).append(one)
    lines = []
    for reason, ones in by_reason.items():
        names = " and ".join(distinct(one.name for one in ones))
        numbers = ", ".join(f"{k:,}" for k in distinct(one.colors for one in ones) if k is not None)
        lines.append(f"{names}{f' at k = {numbers}' if numbers else ''}: {reason}")
    return tuple(lines)


def _psnr(psnr: float) -> Cell:
    return Cell("lossless", GOOD) if math.isinf(psnr) else Cell(f"{psnr:.2f}")


def short_name(name: str) -> str:
    """Return the name of a lossless peer where it is known to be lossless.

    Examples
    --------
    >>> short_name("PNG-8 (oxipng)"), short_name("WebP lossless")
    ('oxipng', 'WebP')
    """
    return "oxipng" if name == "PNG-8 (oxipng)" else name.removesuffix(" lossless")


def ratio_cell(ratio: float) -> Cell:
    """Return a factor with two decimals."""
    return Cell("inf") if math.isinf(ratio) else Cell(f"{ratio:.2f}")


def distinct(values: Iterable[_Value]) -> list[_Value]:
    """Return each value once, in the order in which they first come."""
    return list(dict.fromkeys(values))
