"""What `kq compare` found, as data for other programs: JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from kqformat.cli.console import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kqformat.measure.comparison import Comparison

_OF_IMAGE = ("image", "width", "height", "baseline_bytes", "source_bytes")
_OF_FILE = (
    "name",
    "colors",
    "palette_size",
    "index_bits",
    "theoretical_ratio",
    "file_bytes",
    "ratio",
    "psnr",
    "ssimulacra2",
    "worst_error",
    "lossless_of_palette",
    "quality",
    "settings",
    "seconds",
)


def as_json(found: Comparison) -> str:
    """Return one object: what is infinite (the PSNR of what is lossless) is null."""
    record: dict[str, Any] = {name: getattr(found, name) for name in _OF_IMAGE}
    for name in ("rows", "peers", "left_out"):
        record[name] = [_finite(asdict(one)) for one in getattr(found, name)]
    return json.dumps(record, allow_nan=False)


def csv_heading() -> str:
    """Return the names of the columns."""
    return _line({name: name for name in (*_OF_IMAGE, *_OF_FILE)})


def as_csv(found: Comparison) -> str:
    """Return a line for each file; what it has not, or what is infinite, is empty.

    The image's name is as it is printed elsewhere, as CSV has no way to escape what could steer a
    terminal; JSON has.
    """
    image = {name: getattr(found, name) for name in _OF_IMAGE} | {"image": printable(found.image)}
    rows = [asdict(row) | {"name": row.coding, "lossless_of_palette": True} for row in found.rows]
    records = rows + [asdict(peer) for peer in found.peers]
    return "\n".join(_line(image | _finite(record)) for record in records)


def _line(record: Mapping[str, object]) -> str:
    stream = io.StringIO()
    csv.DictWriter(
        stream, (*_OF_IMAGE, *_OF_FILE), extrasaction="ignore", lineterminator=""
    ).writerow(record)
    return stream.getvalue()


def _finite(record: dict[str, Any]) -> dict[str, Any]:
    return {
        name: None if isinstance(value, float) and math.isinf(value) else value
        for name, value in record.items()
    }
