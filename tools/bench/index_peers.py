"""The formats made by others that an indexed image can be stored in without loss.

Each is optional, has one thread, and works as hard as it can. Only what can be seen must come
back: the colours of pixels that are fully transparent may be lost, where that saves anything.
"""

from __future__ import annotations

import io
import lzma
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image, features

from bench.coder import Coder
from bench.peers import MissingError
from kqformat import IndexedImage
from kqformat.rasters import image_from

_WEBP = {"lossless": True, "quality": 100, "method": 6}
_JXL_EFFORTS = (9, 10)
_ZOPFLI_ITERATIONS = 15
_ZOPFLI_PIXELS = 1 << 16  # up to which Zopfli tries every filter itself: it takes minutes
# Besides the highest effort, what it leaves out and palette images gain from: large groups, with a
# tree learnt from all pixels, and with matches in place of predictions.
_CJXL_OPTIONS = {
    "cjxl": (),
    "cjxl-trees": ("-I", "100", "-g", "3", "-E", "3"),
    "cjxl-matches": ("-I", "100", "-g", "3", "-P", "0", "--patches=0"),
}


def index_peers() -> tuple[list[Coder], list[str]]:
    """Return the coders that are installed, and a note on each that is not."""
    found: list[Coder] = []
    missing: list[str] = []
    for offer in (_oxipng, _webp, _pillow_jxl, _cjxl, _gif, _xz):
        try:
            found += offer()
        except MissingError as reason:
            missing.append(str(reason))
    return found, missing


def same_picture(decoded: Image.Image, image: IndexedImage) -> bool:
    """Whether all pixels are equal, but for the colours of those that cannot be seen."""
    theirs, own = np.asarray(decoded.convert("RGBA")), image.to_rgb()
    if image.channels == 3:
        own = np.dstack([own, np.full(own.shape[:2], 255, np.uint8)])
    if theirs.shape != own.shape or not np.array_equal(theirs[..., 3], own[..., 3]):
        return False
    visible = own[..., 3] > 0
    return np.array_equal(theirs[visible], own[visible])


def plain_picture(image: IndexedImage) -> Image.Image:
    """Return the pixels in the least mode that holds them: L, LA, RGB or RGBA."""
    is_grey = (image.palette[:, :1] == image.palette[:, :3]).all()
    is_opaque = (image.palette[:, 3:] == 255).all()
    mode = ("L" if is_grey else "RGB") + ("" if is_opaque else "A")
    return Image.fromarray(image.to_rgb()).convert(mode)


def _picture_coder(key: str, form: str, release: str, encode, **options) -> Coder:
    return Coder(key, form, release, "peer", encode, _loaded, same_picture, **options)


def _saved(picture: Image.Image, form: str, **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, form, **options)
    return stream.getvalue()


def _loaded(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def _oxipng() -> list[Coder]:
    if not find_spec("oxipng"):
        raise MissingError("pyoxipng (PyPI) is not installed")
    os.environ["RAYON_NUM_THREADS"] = "1"  # it looks when it is first called
    import oxipng

    def optimized(image: IndexedImage, **options: object) -> bytes:
        png = _saved(image_from(image), "PNG")
        strip = oxipng.StripChunks.all()
        return oxipng.optimize_from_memory(
            png, level=6, optimize_alpha=True, strip=strip, **options
        )

    def with_zopfli(image: IndexedImage) -> bytes:
        deflate = oxipng.Deflaters.zopfli(_ZOPFLI_ITERATIONS)
        is_large = image.indices.size > _ZOPFLI_PIXELS
        return optimized(image, deflate=deflate, fast_evaluation=is_large)

    release = f"pyoxipng {version('pyoxipng')}"
    return [
        _picture_coder("oxipng", "PNG", release, optimized),
        _picture_coder("zopfli", "PNG", release, with_zopfli),
    ]


def _webp() -> list[Coder]:
    if not features.check("webp"):
        raise MissingError("Pillow is built without WebP")

    def encode(image: IndexedImage) -> bytes:
        picture = plain_picture(image)
        files = [_saved(picture, "WEBP", **_WEBP)]
        if picture.has_transparency_data:
            files.append(_saved(picture, "WEBP", exact=True, **_WEBP))
        return min(files, key=len)

    return [_picture_coder("webp", "WebP", f"libwebp {features.version('webp')}", encode)]


def _pillow_jxl() -> list[Coder]:
    if not find_spec("pillow_jxl"):
        raise MissingError("pillow-jxl-plugin (PyPI) is not installed")
    from pillow_jxl import JpegXLImagePlugin  # makes the format known to Pillow

    JpegXLImagePlugin.DECODE_THREADS = 0  # no thread but the caller's

    def encode(effort: int, image: IndexedImage) -> bytes:
        picture = plain_picture(image)
        return _saved(picture, "JXL", lossless=True, effort=effort, num_threads=1)

    release = f"pillow-jxl-plugin {version('pillow-jxl-plugin')}"
    return [
        _picture_coder(f"jxl-plugin-{effort}", "JPEG XL", release, partial(encode, effort))
        for effort in _JXL_EFFORTS
    ]


def _cjxl() -> list[Coder]:
    if not shutil.which("cjxl"):
        raise MissingError("cjxl (Debian: libjxl-tools) is not installed")
    if not find_spec("pillow_jxl"):
        raise MissingError("cjxl is left out, as pillow-jxl-plugin would read its files")

    def encode(options: Sequence[str], image: IndexedImage) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder, "image.png"), Path(folder, "image.jxl")
            plain_picture(image).save(source, compress_level=1)
            command = ["cjxl", source, target, "-d", "0", "-e", "9", "--num_threads=0", *options]
            subprocess.run(command, check=True, capture_output=True)
            return target.read_bytes()

    done = subprocess.run(["cjxl", "--version"], capture_output=True, text=True, check=True)
    release = re.search(r"v[\d.]+", done.stdout + done.stderr)
    name = f"cjxl {release[0] if release else 'of unknown version'}"
    return [
        _picture_coder(key, "JPEG XL", " ".join([name, *options]), partial(encode, options))
        for key, options in _CJXL_OPTIONS.items()
    ]


def _gif() -> list[Coder]:
    def encode(image: IndexedImage) -> bytes:
        clear = np.flatnonzero((image.palette[:, 3:] == 0).any(axis=1))
        indices = image.indices.astype(np.uint8)
        indices[np.isin(indices, clear[1:])] = clear[0] if len(clear) else 0  # GIF can have one
        picture = Image.fromarray(indices)
        picture.putpalette(np.ascontiguousarray(image.palette[:, :3]).tobytes())
        options = {"transparency": int(clear[0])} if len(clear) else {}
        return _saved(picture, "GIF", optimize=True, **options)

    def suits(image: IndexedImage) -> bool:
        return image.colors <= 256 and bool(np.isin(image.palette[:, 3:], (0, 255)).all())

    return [_picture_coder("gif", "GIF", f"Pillow {version('pillow')}", encode, suits=suits)]


def _xz() -> list[Coder]:
    """Return xz of the bare palette and indices: no picture that anything could show."""

    def plain(image: IndexedImage) -> bytes:
        return image.palette.tobytes() + image.indices.tobytes()

    def encode(image: IndexedImage) -> bytes:
        return lzma.compress(plain(image), preset=9 | lzma.PRESET_EXTREME)

    def check(decoded: bytes, image: IndexedImage) -> bool:
        return decoded == plain(image)

    return [Coder("xz", "xz", "lzma", "reference", encode, lzma.decompress, check)]
