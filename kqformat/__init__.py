"""A palette image format: k-means colours, bit-packed indices, a file one can trust.

The names below are loaded when they are first used, so that importing the package, and asking
`kq` for help, costs next to nothing. Pillow is imported by `kqformat.pillow_plugin` only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kqformat.api import auto_colors, encode, quantization, quantize, reach, write
    from kqformat.codec.recovered import PixelState, Recovered
    from kqformat.decoding import decode, decode_indexed, open, read, read_indexed  # noqa: A004
    from kqformat.errors import (
        ChecksumError,
        FormatError,
        KqError,
        LimitError,
        MissingExtraError,
        PaletteError,
        ParameterError,
        RasterError,
        TargetError,
        TruncatedError,
        UnsupportedError,
    )
    from kqformat.kqfile import KqFile
    from kqformat.limits import Limits
    from kqformat.metadata import Metadata
    from kqformat.model import IndexedImage
    from kqformat.quantizer.pipeline import Quantization
    from kqformat.search.elbow import Elbow
    from kqformat.search.reach import Reached
    from kqformat.search.target import Target
    from kqformat.streaming.writing import Written, write_index_rows, write_rows

__version__ = "0.1.0"

__all__ = [
    "ChecksumError",
    "Elbow",
    "FormatError",
    "IndexedImage",
    "KqError",
    "KqFile",
    "LimitError",
    "Limits",
    "Metadata",
    "MissingExtraError",
    "PaletteError",
    "ParameterError",
    "PixelState",
    "Quantization",
    "RasterError",
    "Reached",
    "Recovered",
    "Target",
    "TargetError",
    "TruncatedError",
    "UnsupportedError",
    "Written",
    "auto_colors",
    "decode",
    "decode_indexed",
    "encode",
    "open",
    "quantization",
    "quantize",
    "reach",
    "read",
    "read_indexed",
    "write",
    "write_index_rows",
    "write_rows",
]

_MODULES = {
    "decode": "decoding",
    "decode_indexed": "decoding",
    "open": "decoding",
    "read": "decoding",
    "read_indexed": "decoding",
    "IndexedImage": "model",
    "KqFile": "kqfile",
    "Limits": "limits",
    "Metadata": "metadata",
    "PixelState": "codec.recovered",
    "Quantization": "quantizer.pipeline",
    "Recovered": "codec.recovered",
    "Elbow": "search.elbow",
    "Reached": "search.reach",
    "Target": "search.target",
    "Written": "streaming.writing",
    "write_index_rows": "streaming.writing",
    "write_rows": "streaming.writing",
}


def __getattr__(name: str) -> object:
    """Load a public name from its module (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module 'kqformat' has no attribute {name!r}")
    from importlib import import_module

    fallback = "errors" if name.endswith("Error") else "api"
    value = getattr(import_module(f"kqformat.{_MODULES.get(name, fallback)}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted({*globals(), *__all__})
