"""The codings of this project, as the coding benchmark calls them, and their memory."""

from __future__ import annotations

from functools import partial

import numpy as np

import kqformat
from bench.coder import Coder
from bench.memory import peak_of_call
from kqformat.codec import coded_palette

_CODINGS = ("packed", "entropy")


def our_codings() -> tuple[list[Coder], list[str]]:
    """Return our coders, and a note on each coding that this version does not know."""
    found: list[Coder] = []
    missing: list[str] = []
    pixel = kqformat.IndexedImage(np.zeros((1, 1), np.uint8), np.zeros((1, 3), np.uint8))
    for coding in _CODINGS:
        encode = partial(_encode, coding=coding)
        try:
            encode(pixel)
        except kqformat.ParameterError as reason:
            missing.append(f"{coding}, as kqformat says: {reason}")
            continue
        form, release = f"kq {coding}", f"kqformat {kqformat.__version__}"
        decode = kqformat.decode_indexed
        found.append(Coder(coding, form, release, "ours", encode, decode, _is_same_picture))
    return found, missing


def _encode(image: kqformat.IndexedImage, coding: str) -> bytes:
    """Store an image; the order of a palette that was chosen is free, for peers too."""
    if coding != "packed":
        image = coded_palette.sort(image)
    return kqformat.encode(image, coding=coding)


def _is_same_picture(decoded: kqformat.IndexedImage, image: kqformat.IndexedImage) -> bool:
    """Whether each pixel has the very colour that it had."""
    return np.array_equal(decoded.to_rgb(), image.to_rgb())


def extra_memory(coder: Coder, image: kqformat.IndexedImage) -> tuple[int, int]:
    """Return the bytes that encoding takes beyond the image, and decoding beyond the indices."""
    data = coder.encode(image)
    encoding = peak_of_call(lambda: coder.encode(image))
    decoding = peak_of_call(lambda: coder.decode(data))
    return (
        encoding.most - encoding.before,
        max(0, decoding.most - decoding.before - image.indices.nbytes),
    )
