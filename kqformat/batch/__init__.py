"""Many pictures to `.kq` files: by threads, processes or a cluster, and restartable.

The names below are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kqformat.batch.many import encode_each, encode_many
    from kqformat.batch.palette import shared_palette
    from kqformat.batch.summary import Summary
    from kqformat.batch.working import Result

__all__ = ["Result", "Summary", "encode_each", "encode_many", "shared_palette"]

_MODULES = {
    "Result": "working",
    "Summary": "summary",
    "encode_each": "many",
    "encode_many": "many",
    "shared_palette": "palette",
}


def __getattr__(name: str) -> object:
    """Load a public name from its module (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module 'kqformat.batch' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"kqformat.batch.{_MODULES[name]}"), name)
    globals()[name] = value
    return value
