"""What importing parts of the package loads; asked of a fresh interpreter."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys

import pytest

import kqformat.codec

HEAVY = {"numpy", "PIL", "matplotlib", "bitarray"}
CODEC = [
    f"kqformat.codec.{module.name}" for module in pkgutil.iter_modules(kqformat.codec.__path__)
]
LIGHT = [f"kqformat{name}" for name in ("", ".errors", ".fields", ".limits", ".metadata")]
LIGHT += [f"kqformat.codec.{name}" for name in ("ancillary", "cursor", "head", "layout")]


def loaded_by(*modules: str) -> set[str]:
    """Return the modules that are loaded in an interpreter that imports these."""
    program = f"import sys, json, {', '.join(modules)}; print(json.dumps(list(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    return set(json.loads(result.stdout))


def test_codec_knows_no_image_library() -> None:
    """All of the codec together imports neither Pillow nor Matplotlib, nor the quantizer."""
    assert len(CODEC) >= 10
    loaded = loaded_by(*CODEC)
    assert loaded >= set(CODEC)
    assert not loaded & {"PIL", "matplotlib"}
    assert not [name for name in loaded if name.startswith(("kqformat.quantizer", "kqformat.cli"))]


@pytest.mark.parametrize("module", LIGHT)
def test_light_module_loads_nothing_heavy(module: str) -> None:
    """The package itself, and the structure of a file, need no NumPy."""
    loaded = loaded_by(module)
    assert module in loaded
    assert not loaded & HEAVY
