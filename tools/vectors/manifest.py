"""The manifest of the vectors: what each must decode to, or the error it must give."""

from __future__ import annotations

import hashlib
import json

from vectors.invalid import Invalid
from vectors.picture import Picture
from vectors.valid import Valid

ABOUT = (
    "Written by tools/make_vectors.py. bytes is the size of the file. palette_sha256 is that of "
    "the palette's samples, entry by entry, pixels_sha256 that of the interleaved RGB or RGBA "
    "samples, indices_sha256 that of the indices as big-endian u16, both in raster order. "
    "metadata gives lengths, but for resolution, which is given itself. tags are those of "
    "the bands."
)
KEY_OF_TAG = {"i": "icc", "e": "exif", "x": "xmp"}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def metadata_entry(picture: Picture) -> dict[str, object]:
    """Return the lengths of the metadata, the resolution itself, and the unknown sections."""
    entry: dict[str, object] = {}
    others = []
    for tag, payload in picture.sections:
        if tag in KEY_OF_TAG:
            entry[KEY_OF_TAG[tag]] = len(payload)
        elif tag == "r":
            entry["resolution"] = [int.from_bytes(payload[at : at + 4], "big") for at in (0, 4)]
        else:
            others.append([tag, len(payload)])
    return {**entry, "others": others}


def valid_entry(vector: Valid) -> dict[str, object]:
    picture = vector.picture
    bands = picture.band_sections()
    indices = b"".join(index.to_bytes(2, "big") for index in picture.indices)
    return {
        "name": vector.name,
        "file": f"valid/{vector.name}.kq",
        "bytes": len(picture.encode()),
        "width": picture.width,
        "height": picture.height,
        "colors": len(picture.palette),
        "channels": picture.channels,
        "coding": ("packed", "entropy")[picture.coding],
        "is_palette_coded": picture.codes_palette,
        "bands": len(bands),
        "tags": "".join(chr(band[0]) for band in bands),
        "palette_sha256": sha256(b"".join(map(bytes, picture.palette))),
        "pixels_sha256": sha256(picture.pixels()),
        "indices_sha256": sha256(indices),
        "metadata": metadata_entry(picture),
        "shows": vector.shows,
    }


def invalid_entry(vector: Invalid) -> dict[str, object]:
    return {
        "name": vector.name,
        "file": f"invalid/{vector.name}.kq",
        "bytes": len(vector.data),
        "error": vector.error,
        "section": vector.section,
        "rule": vector.rule,
    }


def manifest(valid: list[Valid], invalid: list[Invalid]) -> bytes:
    """Return the manifest as JSON text in UTF-8."""
    content = {
        "about": ABOUT,
        "valid": [valid_entry(vector) for vector in valid],
        "invalid": [invalid_entry(vector) for vector in invalid],
    }
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()
