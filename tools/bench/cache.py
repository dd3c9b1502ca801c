"""What peers made of images in earlier runs, so that a rerun need not wait for them.

An entry is found again by the image's indices and palette, the coder's name and its version. If
something else about a coder changes, delete the file.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

from bench.coder import Coder, Stored, store
from kqformat import IndexedImage


class Cache:
    """A file of JSON lines, one a result; without a path, nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: dict[str, Stored] = {}
        if path is not None and path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                key, fields = json.loads(line)
                self._known[key] = Stored(**fields)

    def stored(self, coder: Coder, image: IndexedImage) -> Stored:
        """Return what a coder makes of an image, from the file if it is there."""
        key = f"{_digest(image)} {coder.key} {coder.version}"
        if key not in self._known:
            self._known[key] = store(coder, image)
            self._append(key, self._known[key])
        return self._known[key]

    def _append(self, key: str, stored: Stored) -> None:
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps([key, dataclasses.asdict(stored)]) + "\n")


def _digest(image: IndexedImage) -> str:
    digest = hashlib.sha256(f"{image.indices.shape} {image.palette.shape}".encode())
    digest.update(image.indices.astype("<u2").tobytes())
    digest.update(image.palette.tobytes())
    return digest.hexdigest()
