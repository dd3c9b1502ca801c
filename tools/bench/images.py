"""The images that a benchmark runs on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

SAMPLES = Path(__file__).parent.parent.parent / "tests" / "data"
"""The real images of the repository, for a run without any other."""

_SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".ppm", ".gif", ".bmp"}


def image_paths(places: list[Path]) -> list[Path]:
    """Return the image files among files and in folders, sorted; an error if there are none."""
    paths: list[Path] = []
    for place in places:
        if place.is_dir():
            paths += [path for path in place.iterdir() if path.suffix.lower() in _SUFFIXES]
        else:
            paths.append(place)
    if not paths:
        raise SystemExit(f"no images in {', '.join(map(str, places))}")
    return sorted(paths)


def with_colors(place: str) -> tuple[Path, list[int]]:
    """Return what FOLDER:K,K… says: a folder and how many colours, 256 where that is left out."""
    name, _, colors = place.rpartition(":")
    if name and re.fullmatch(r"\d+(,\d+)*", colors):
        return Path(name), [int(k) for k in colors.split(",")]
    return Path(place), [256]


def photographs(places: list[Path]) -> Iterator[tuple[str, npt.NDArray[np.uint8]]]:
    """Yield the name and RGB pixels of each image."""
    for path in image_paths(places):
        yield path.stem, rgb_pixels(path)


def rgb_pixels(path: Path) -> npt.NDArray[np.uint8]:
    """Return an image's pixels, without their alpha if they have any."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))
