"""Grey of 16 and 32 bits and floating point to grey of 8 bits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

_TIFF_BITS_PER_SAMPLE = 258


def is_deep(image: Image.Image) -> bool:
    """Whether an image is grey of more than 8 bits."""
    return image.mode in ("I", "F") or image.mode.startswith("I;16")


def eight_bit(image: Image.Image) -> Image.Image:
    """Return deep grey in mode L, or LA where one value is transparent; with its profile.

    16 bits (or what a TIFF file says) are scaled to 8. 32-bit integers are taken as 16-bit grey
    unless none is above 255. Floats are taken as 0 to 1 if all are, as 0 to 255 if all are, and
    else stretched to their range, infinities to its ends and NaN to black.
    """
    values = np.asarray(image)
    if image.mode == "F":
        grey = Image.fromarray(_from_floats(values))
    elif image.mode == "I":
        grey = Image.fromarray(_from_integers(values, wide=image.format == "PPM"))
    else:
        grey = Image.fromarray(_scaled(values, _white_of(image)))
        transparent = image.info.get("transparency")
        if isinstance(transparent, int):
            grey.putalpha(Image.fromarray(np.where(values == transparent, 0, 255).astype(np.uint8)))
    grey.info["icc_profile"] = image.info.get("icc_profile")
    return grey


def _white_of(image: Image.Image) -> int:
    """Return the greatest value of 16-bit grey: less in a TIFF of, say, 12 bits."""
    bits = getattr(image, "tag_v2", {}).get(_TIFF_BITS_PER_SAMPLE, (16,))
    return (1 << min(16, max(1, int(bits[0])))) - 1


def _scaled(values: npt.NDArray[np.integer], white: int) -> npt.NDArray[np.uint8]:
    """Scale 0 to white, of 16 bits at most, to 0 to 255, rounding to the nearest."""
    capped = values.clip(0, white).astype(np.uint32)
    return ((capped * 510 + white) // (2 * white)).astype(np.uint8)


def _from_integers(values: npt.NDArray[np.int32], *, wide: bool) -> npt.NDArray[np.uint8]:
    """Take integers as 8 bits or 16; `wide` are those that are known to be 16."""
    white = 65_535 if wide or values.max() > 255 else 255
    return _scaled(values, white)


def _from_floats(values: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    elif (low >= 0 and high <= 255) or low == high:
        low, high = 0.0, 255.0
    exact = np.nan_to_num(values.astype(np.float64), nan=low, posinf=high, neginf=low)
    grey: npt.NDArray[np.uint8] = (
        (exact.clip(low, high) - low) * (255 / (high - low)) + 0.5
    ).astype(np.uint8)
    return grey
