"""Formats made for photographs, at the PSNR of a palette.

Where they are smaller, a palette is the wrong tool.

For each the least quality is found that reaches the PSNR, and so is the smallest file: by halving
the range, since more quality is more bytes and less error. What was encoded once serves the search
for every other PSNR.
"""

from __future__ import annotations

import io
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, features

from kqformat.errors import RasterError
from kqformat.measure.comparison import LeftOut
from kqformat.measure.fidelity import mean_squared_error, psnr_of
from kqformat.measure.pictures import plain_picture, saved

_NEAR = 13
"""Qualities so close together lie on a straight line, nearly."""


_JPEG = {"optimize": True, "progressive": True}

# On two photographs, subsampled colour spared 2 to 3 % of the bytes (a tenth at the lowest
# qualities), and cost up to 64 % more where the PSNR is high.
_AVIF = {"subsampling": "4:4:4", "speed": 6, "max_threads": 1}


@dataclass(frozen=True, slots=True)
class LossyPeer:
    """An encoder.

    Attributes
    ----------
    name, suffix : str
        Of its files.
    qualities : range
        That it has.
    options : mapping
        What Pillow is told besides, by the name of the settings; the smallest file counts.
    has_alpha : bool
        Whether it knows transparency.
    """

    name: str
    suffix: str
    qualities: range
    options: Mapping[str, Mapping[str, Any]]
    has_alpha: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """A file that was tried.

    Attributes
    ----------
    data : bytes
        Of the file.
    quality : int
        That the encoder was told.
    settings : str
        What else it was told.
    psnr : float
        That it reaches.
    seconds : float
        For encoding it.
    """

    data: bytes
    quality: int
    settings: str
    psnr: float
    seconds: float


def lossy_peers(*, alpha: bool) -> tuple[list[LossyPeer], list[LeftOut]]:
    """Return the encoders for a picture, with or without `alpha`, and why others are not here."""
    known = [
        LossyPeer(
            "JPEG",
            ".jpg",
            range(1, 101),
            {name: _JPEG | {"subsampling": name} for name in ("4:2:0", "4:4:4")},
            False,
        ),
        LossyPeer("WebP", ".webp", range(101), {"method 6": {"method": 6}}),
        LossyPeer("AVIF", ".avif", range(101), {"4:4:4, speed 6": _AVIF}),
    ]
    modules = {"JPEG": "jpg", "WebP": "webp", "AVIF": "avif"}
    peers, left_out = [], []
    for peer in known:
        if not features.check(modules[peer.name]):
            left_out.append(LeftOut(peer.name, None, f"Pillow is built without {peer.name}"))
        elif alpha and not peer.has_alpha:
            left_out.append(LeftOut(peer.name, None, "has no transparency"))
        else:
            peers.append(peer)
    return peers, left_out


@dataclass(slots=True)
class LossySearch:
    """Finds the smallest file for one PSNR after another, by one encoder, of one picture.

    Parameters
    ----------
    peer : LossyPeer
        The encoder.
    original : ndarray, uint8, shape (H, W, 3) or (H, W, 4)
        The picture.

    Examples
    --------
    >>> jpeg = lossy_peers(alpha=False)[0][0]
    >>> ramp = np.arange(3072, dtype=np.uint16).reshape(32, 32, 3) // 12
    >>> search = LossySearch(jpeg, ramp.astype(np.uint8))
    >>> search.smallest(30.0).quality < search.smallest(40.0).quality
    True
    """

    peer: LossyPeer
    original: npt.NDArray[np.uint8]
    _tried: dict[tuple[str, int], Found] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def smallest(self, psnr: float) -> Found:
        """Return the smallest file of at least this PSNR.

        Raises
        ------
        RasterError
            If no quality reaches it, or the format cannot hold the picture.
        """
        with self._lock:
            found = [self._least(settings, psnr) for settings in self.peer.options]
        nearest = max(found, key=lambda one: one.psnr)
        if nearest.psnr < psnr:
            raise RasterError(f"reaches {nearest.psnr:.1f} dB at most, not {psnr:.1f}")
        return min((one for one in found if one.psnr >= psnr), key=lambda one: len(one.data))

    def _least(self, settings: str, psnr: float) -> Found:
        """Search between the nearest two that are known: by halves, then by straight lines.

        Halves are the same ones for every PSNR, so the first steps cost nothing later on. Where
        the PSNR is out of reach, what comes nearest is returned.
        """
        low = self._try(settings, self.peer.qualities[0])
        if low.psnr >= psnr:
            return low
        high = self._try(settings, self.peer.qualities[-1])
        if high.psnr < psnr:
            return high
        known = [one for one in self._tried.values() if one.settings == settings]
        low = max((one for one in known if one.psnr < psnr), key=lambda one: one.quality)
        above = [one for one in known if one.psnr >= psnr and one.quality > low.quality]
        high = min(above, key=lambda one: one.quality)
        while high.quality - low.quality > 1:
            middle = self._try(settings, _between(low, high, psnr))
            low, high = (middle, high) if middle.psnr < psnr else (low, middle)
        return high

    def _try(self, settings: str, quality: int) -> Found:
        key = settings, quality
        if key not in self._tried:
            started = time.perf_counter()
            picture, form = plain_picture(self.original), self.peer.name.upper()
            data = saved(picture, form, quality=quality, **self.peer.options[settings])
            seconds = time.perf_counter() - started
            with Image.open(io.BytesIO(data)) as shown:
                pixels = np.asarray(shown.convert("RGBA" if picture.mode.endswith("A") else "RGB"))
            psnr = psnr_of(mean_squared_error(self.original, pixels))
            self._tried[key] = Found(data, quality, settings, psnr, seconds)
        return self._tried[key]


def _between(low: Found, high: Found, psnr: float) -> int:
    """Return the quality to try next."""
    distance = high.quality - low.quality
    is_near = distance <= _NEAR and high.psnr < math.inf
    share = (psnr - low.psnr) / (high.psnr - low.psnr) if is_near else 0.5
    return min(max(low.quality + round(share * distance), low.quality + 1), high.quality - 1)
