"""An `IndexedImage` as a Pillow image, and metadata as the entries of Pillow's `info`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PIL import Image

from kqformat.errors import ParameterError
from kqformat.metadata import Metadata
from kqformat.model import IndexedImage

EXIF_PREFIX = b"Exif\0\0"
"""What JPEG and Pillow put before the TIFF stream of EXIF."""


def image_from(indexed: IndexedImage) -> Image.Image:
    """Return a Pillow image: mode P for up to 256 colours, else RGB or RGBA; with its metadata."""
    if indexed.colors <= 256:
        image = Image.fromarray(indexed.indices.astype(np.uint8, copy=False), "L")
        image.putpalette(np.ascontiguousarray(indexed.palette[:, :3]).tobytes())
    else:
        image = Image.fromarray(indexed.to_rgb())
    image.info.update(info_of(indexed))
    return image


def info_of(indexed: IndexedImage) -> dict[str, object]:
    """Return the entries of Pillow's `info` for an indexed image."""
    entries = carried_info(indexed.metadata)
    if indexed.channels == 4 and indexed.colors <= 256:
        entries["transparency"] = indexed.palette[:, 3].tobytes()
    return entries


def carried_info(metadata: Metadata) -> dict[str, object]:
    """Return the entries of Pillow's `info` for metadata."""
    entries = {
        "icc_profile": metadata.icc_profile,
        "exif": EXIF_PREFIX + metadata.exif if metadata.exif else None,
        "xmp": metadata.xmp,
        "dpi": metadata.dpi,
    }
    return {name: value for name, value in entries.items() if value is not None}


def metadata_from(image: Image.Image) -> Metadata:
    """Return what an image carries, as far as a `.kq` file can."""
    info = image.info
    profile = info.get("icc_profile") or None
    if profile is not None and profile_space(profile) != "RGB":
        profile = None
    exif = info.get("exif") or b""
    xmp = info.get("xmp") or None
    metadata = Metadata(
        icc_profile=profile,
        exif=bytes(exif).removeprefix(EXIF_PREFIX) or None,
        xmp=xmp.encode() if isinstance(xmp, str) else xmp,
    )
    try:
        return replace(metadata, dpi=info.get("dpi"))
    except ParameterError:  # a resolution that makes no sense is as good as none
        return metadata


def profile_space(profile: bytes) -> str:
    """Return the colour space that an ICC profile says it is for (ICC.1, 7.2: bytes 16 to 19)."""
    return profile[16:20].decode("latin-1").strip()
