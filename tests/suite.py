"""The conformance suite in `spec/vectors/` and the reference decoder, for the test modules."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DECODER = ROOT / "spec" / "reference_decoder.py"
VECTORS = ROOT / "spec" / "vectors"
MANIFEST: dict[str, Any] = json.loads((VECTORS / "manifest.json").read_text("utf-8"))
VALID: list[dict[str, Any]] = MANIFEST["valid"]
INVALID: list[dict[str, Any]] = MANIFEST["invalid"]


def load_decoder() -> ModuleType:
    """Load the reference decoder by its path, as it belongs to no package."""
    specification = importlib.util.spec_from_file_location("kq_reference_decoder", DECODER)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module  # dataclasses look their module up there
    specification.loader.exec_module(module)
    return module


reference = load_decoder()


def read_vector(entry: dict[str, Any]) -> bytes:
    """Return the file of an entry of the manifest."""
    return (VECTORS / str(entry["file"])).read_bytes()


def vector(name: str) -> bytes:
    """Return the file of a valid vector."""
    return (VECTORS / "valid" / f"{name}.kq").read_bytes()


def vectors_below(size: int, entropy_size: int | None = None) -> list[dict[str, Any]]:
    """Return the valid vectors of less than `size` bytes, if given another for entropy coding."""
    sizes = {"packed": size, "entropy": size if entropy_size is None else entropy_size}
    return [
        entry
        for entry in VALID
        if (VECTORS / entry["file"]).stat().st_size < sizes[entry["coding"]]
    ]


def name(entry: dict[str, Any]) -> str:
    """Return the name of an entry, as the id of a test."""
    return str(entry["name"])
