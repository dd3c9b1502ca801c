"""What travels with a picture besides its pixels (spec §5.2); imports no NumPy."""

from __future__ import annotations

from dataclasses import dataclass, field

from kqformat.errors import ParameterError
from kqformat.fields import MAX_U32

RESOLUTION_UNIT = 65_536
"""A stored resolution counts 1/65,536 dots per inch."""

KNOWN_TAGS = {"i": "icc_profile", "e": "exif", "x": "xmp", "r": "dpi"}
"""The tags of spec §5.2 in canonical order, with the names of what they hold."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """ICC profile, EXIF, XMP, resolution, and sections that only others understand.

    Parameters
    ----------
    icc_profile : bytes or None
        An ICC profile of an RGB colour space; None means sRGB.
    exif : bytes or None
        A TIFF stream, from its byte-order mark on.
    xmp : bytes or None
        An XMP packet in UTF-8.
    dpi : tuple of float or None
        Horizontal and vertical dots per inch; rounded to 1/65,536.
    unknown : tuple of (str, bytes)
        Ancillary sections with other tags, in the order of the file.

    Raises
    ------
    ParameterError
        If a part is empty, of the wrong type, or its tag not an unused lower-case letter.

    Examples
    --------
    >>> Metadata(dpi=(300, 300)).dpi
    (300.0, 300.0)
    """

    icc_profile: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    unknown: tuple[tuple[str, bytes], ...] = field(default=())

    def __post_init__(self) -> None:
        """Check every part, and bring it to the form in which a file gives it back."""
        for name in ("icc_profile", "exif", "xmp"):
            _check_payload(name, getattr(self, name))
        if self.dpi is not None:
            object.__setattr__(self, "dpi", _storable_dpi(self.dpi))
        object.__setattr__(self, "unknown", tuple(_checked_section(part) for part in self.unknown))


def _check_payload(name: str, payload: object) -> None:
    if payload is None:
        return
    if not isinstance(payload, bytes):
        raise ParameterError(f"{name} is {type(payload).__name__}, expected bytes")
    if not payload:
        raise ParameterError(f"{name} is empty: expected bytes, or None for none")


def _checked_section(section: tuple[str, bytes]) -> tuple[str, bytes]:
    try:
        tag, payload = section
    except (TypeError, ValueError) as error:
        raise ParameterError(f"section is {section!r}, expected (tag, payload)") from error
    if not (isinstance(tag, str) and len(tag) == 1 and "a" <= tag <= "z" and tag not in KNOWN_TAGS):
        raise ParameterError(
            f"section tag is {tag!r}, expected a lower-case letter other than "
            f"{', '.join(KNOWN_TAGS)}"
        )
    if not isinstance(payload, bytes):
        raise ParameterError(f"section {tag!r} is {type(payload).__name__}, expected bytes")
    return tag, payload


def _storable_dpi(dpi: tuple[float, float]) -> tuple[float, float]:
    if isinstance(dpi, str | bytes):
        raise ParameterError(f"dpi is {dpi!r}, expected two numbers")
    try:
        x, y = (round(float(value) * RESOLUTION_UNIT) for value in dpi)
    except (TypeError, ValueError, OverflowError) as error:
        raise ParameterError(f"dpi is {dpi!r}, expected two numbers") from error
    if not (0 <= x <= MAX_U32 and 0 <= y <= MAX_U32):
        raise ParameterError(f"dpi is {dpi!r}, expected numbers from 0 to 65,535")
    return x / RESOLUTION_UNIT, y / RESOLUTION_UNIT
