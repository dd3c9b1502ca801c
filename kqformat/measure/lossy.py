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
from kqformat.measure.pictures import saved

_NEAR = 13
"""Qualities so close together lie on a straight line, nearly."""


_JPEG = {"optimize": True, "progressive": True}

# Subsampled colour spares 2 % at most at these PSNRs, and costs half of the bytes where it matters.
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
    """The smallest file that reaches a PSNR.

    Attributes
    ----------
    data : bytes
        Of the file.
    quality : int
        The least that does.
    settings : str
        Those that gave the smaller file.
    seconds : float
        For encoding it once, without the search.
    """

    data: bytes
    quality: int
    settings: str
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
    _errors: dict[tuple[str, int], float] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def smallest(self, psnr: float) -> Found:
        """Return the smallest file of at least this PSNR.

        Raises
        ------
        RasterError
            If no quality reaches it, or the format cannot hold the picture.
        """
        with self._lock:
            found = [
                self._timed(settings, quality)
                for settings in self.peer.options
                if (quality := self._least_quality(settings, psnr)) is not None
            ]
            if not found:
                reached = max(
                    self._psnr(name, self.peer.qualities[-1]) for name in self.peer.options
                )
                raise RasterError(f"reaches {reached:.1f} dB at most, not {psnr:.1f}")
            return min(found, key=lambda one: len(one.data))

    def _least_quality(self, settings: str, psnr: float) -> int | None:
        """Search between the nearest two that are known: by halves, then by straight lines.

        Halves are the same ones for every PSNR, so the first steps cost nothing later on.
        """
        low, high = self.peer.qualities[0], self.peer.qualities[-1]
        if self._psnr(settings, high) < psnr:
            return None
        if self._psnr(settings, low) >= psnr:
            return low
        known = sorted(quality for name, quality in self._errors if name == settings)
        low = max(quality for quality in known if self._psnr(settings, quality) < psnr)
        high = min(q for q in known if q > low and self._psnr(settings, q) >= psnr)
        while high - low > 1:
            least, most = self._psnr(settings, low), self._psnr(settings, high)
            is_near = high - low <= _NEAR and most < math.inf
            share = (psnr - least) / (most - least) if is_near else 0.5
            middle = min(max(low + round(share * (high - low)), low + 1), high - 1)
            if self._psnr(settings, middle) < psnr:
                low = middle
            else:
                high = middle
        return high

    def _psnr(self, settings: str, quality: int) -> float:
        key = settings, quality
        if key not in self._errors:
            with Image.open(io.BytesIO(self._encode(*key))) as picture:
                shown = np.asarray(
                    picture.convert("RGBA" if self.original.shape[2] == 4 else "RGB")
                )
            self._errors[key] = mean_squared_error(self.original, shown)
        return psnr_of(self._errors[key])

    def _timed(self, settings: str, quality: int) -> Found:
        started = time.perf_counter()
        data = self._encode(settings, quality)
        return Found(data, quality, settings, time.perf_counter() - started)

    def _encode(self, settings: str, quality: int) -> bytes:
        picture = Image.fromarray(self.original)
        options = self.peer.options[settings]
        return saved(picture, self.peer.name.upper(), quality=quality, **options)
