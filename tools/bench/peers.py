"""The contenders made by others: imagequant, pngquant, Pillow and scikit-learn.

Each is optional. None dithers, and each has one thread. What is timed begins with the pixels in
the form that the software takes and ends with its indices and palette.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec

import numpy as np
from PIL import Image, features

from bench.contender import Contender, Job, Pixels


class MissingError(Exception):
    """A peer that is not there, and what would bring it."""


def peers() -> tuple[list[Contender], list[str]]:
    """Return the contenders that are installed, and a note on each that is not."""
    found: list[Contender] = []
    missing: list[str] = []
    for offer in (_imagequant, _pngquant, _pillow, _pillow_imagequant, _scikit_learn):
        try:
            found += offer()
        except MissingError as reason:
            missing.append(str(reason))
    return found, missing


def peer_packages() -> list[str]:
    """Return the names of the Python packages among the peers that are installed."""
    modules = {"imagequant": "imagequant", "pillow": "PIL", "scikit-learn": "sklearn"}
    return [package for package, module in modules.items() if find_spec(module)]


def pngquant_version() -> list[str]:
    """Return the name and version of pngquant, if it is installed."""
    if not shutil.which("pngquant"):
        return []
    done = subprocess.run(["pngquant", "--version"], capture_output=True, text=True, check=True)
    return [f"pngquant {done.stdout.split(',')[0].split()[0]}"]


def png_bytes(pixels: Pixels) -> bytes:
    """Return a PNG, stored with little compression, for a process to read."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def one_thread() -> dict[str, str]:
    """Return the environment for a process that would use OpenMP."""
    return os.environ | {"OMP_NUM_THREADS": "1"}


def _imagequant() -> list[Contender]:
    if not find_spec("imagequant"):
        raise MissingError("imagequant (PyPI) is not installed")

    def prepare(pixels: Pixels, k: int, seed: int) -> Job:
        import imagequant

        height, width = pixels.shape[:2]
        rgba = np.dstack([pixels, np.full((height, width), 255, np.uint8)]).tobytes()

        def job() -> Callable[[], Pixels]:
            indices, palette = imagequant.quantize_raw_rgba_bytes(
                rgba, width, height, dithering_level=0.0, max_colors=k
            )
            entries = np.array(palette, np.uint8).reshape(-1, 4)[:, :3]
            return lambda: entries[np.frombuffer(indices, np.uint8)].reshape(pixels.shape)

        return job

    return [Contender("imagequant", "imagequant", prepare)]


def _pngquant() -> list[Contender]:
    if not shutil.which("pngquant"):
        raise MissingError("pngquant (Debian) is not installed")
    return [
        _pngquant_contender("pngquant-1", "pngquant, speed 1", ["--speed", "1"]),
        _pngquant_contender("pngquant", "pngquant", []),
    ]


def _pngquant_contender(key: str, title: str, options: list[str]) -> Contender:
    def command(k: int) -> list[str]:
        return ["pngquant", "--nofs", *options, str(k), "-"]

    def prepare(pixels: Pixels, k: int, seed: int) -> Job:
        png, environment = png_bytes(pixels), one_thread()

        def job() -> Callable[[], Pixels]:
            done = subprocess.run(
                command(k), input=png, capture_output=True, check=True, env=environment
            )
            return lambda: _rgb(Image.open(io.BytesIO(done.stdout)))

        return job

    return Contender(key, f"{title} (process)", prepare, command=command)


def _pillow() -> list[Contender]:
    methods = Image.Quantize
    return [
        _pillow_contender("mediancut", "median cut", methods.MEDIANCUT),
        _pillow_contender("maxcoverage", "maximum coverage", methods.MAXCOVERAGE),
        _pillow_contender("octree", "fast octree", methods.FASTOCTREE),
        _pillow_contender("kmeans", "median cut, kmeans=1", methods.MEDIANCUT, kmeans=1),
    ]


def _pillow_imagequant() -> list[Contender]:
    if not features.check("libimagequant"):
        raise MissingError("Pillow is built without libimagequant, its fourth method")
    return [_pillow_contender("libimagequant", "libimagequant", Image.Quantize.LIBIMAGEQUANT)]


def _pillow_contender(key: str, title: str, method: Image.Quantize, kmeans: int = 0) -> Contender:
    def prepare(pixels: Pixels, k: int, seed: int) -> Job:
        image = Image.fromarray(pixels)
        return lambda: partial(_rgb, image.quantize(k, method, kmeans, dither=Image.Dither.NONE))

    return Contender(f"pillow-{key}", f"Pillow {title}", prepare)


def _rgb(image: Image.Image) -> Pixels:
    return np.asarray(image.convert("RGB"))


def _scikit_learn() -> list[Contender]:
    if not find_spec("sklearn"):
        raise MissingError("scikit-learn (PyPI) is not installed")
    return [
        Contender(f"sklearn-{key}", f"scikit-learn {kind}", partial(_prepare_scikit_learn, kind))
        for key, kind in (("kmeans", "KMeans"), ("minibatch", "MiniBatchKMeans"))
    ]


def _prepare_scikit_learn(kind: str, pixels: Pixels, k: int, seed: int) -> Job:
    """Cluster the distinct colours, weighted by their pixels; finding them is part of the time."""
    from sklearn import cluster
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)
    shifts = np.array([16, 8, 0], np.uint32)

    def job() -> Callable[[], Pixels]:
        packed = (pixels.astype(np.uint32) << shifts).sum(axis=2, dtype=np.uint32).ravel()
        keys, places, counts = np.unique(packed, return_inverse=True, return_counts=True)
        colors = (keys[:, None] >> shifts & np.uint32(255)).astype(np.float32)
        means = getattr(cluster, kind)(k, n_init=1, random_state=seed)
        means.fit(colors, sample_weight=counts)
        palette = np.rint(means.cluster_centers_).astype(np.uint8)
        indices = means.labels_[places]
        return lambda: palette[indices].reshape(pixels.shape)

    return job
