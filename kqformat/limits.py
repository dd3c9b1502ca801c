"""How much a file may ask for (spec §9). Checked before memory is taken; imports no NumPy."""

from __future__ import annotations

from dataclasses import dataclass, fields

from kqformat.errors import LimitError, ParameterError
from kqformat.fields import MAX_COLORS


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that a decoder accepts; every number is the largest that is allowed.

    Parameters
    ----------
    pixels : int
        Width times height.
    bands : int
        Bands of rows.
    palette_entries : int
        Colours in the palette.
    metadata_bytes : int
        Payload bytes of all ancillary sections together.
    metadata_sections : int
        Ancillary sections.

    Raises
    ------
    ParameterError
        If a limit is not a positive integer.

    Examples
    --------
    >>> Limits(pixels=1_000_000).check_pixels(2000, 1000)
    Traceback (most recent call last):
    kqformat.errors.LimitError: 2,000,000 pixels are more than the limit of 1,000,000
    """

    pixels: int = 2**28
    bands: int = 2**16
    palette_entries: int = MAX_COLORS
    metadata_bytes: int = 2**24
    metadata_sections: int = 64

    def __post_init__(self) -> None:
        """Refuse limits that could never be kept."""
        for limit in fields(self):
            value = getattr(self, limit.name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ParameterError(f"limit {limit.name} is {value!r}, expected a positive int")

    def check_pixels(self, width: int, height: int) -> None:
        """Raise `LimitError` if an image of this size has too many pixels."""
        _check("pixels", width * height, self.pixels)

    def check_bands(self, count: int) -> None:
        """Raise `LimitError` if there are too many bands."""
        _check("bands", count, self.bands)

    def check_palette(self, entries: int) -> None:
        """Raise `LimitError` if the palette has too many entries."""
        _check("palette entries", entries, self.palette_entries)

    def check_metadata(self, sections: int, byte_length: int) -> None:
        """Raise `LimitError` if there is too much metadata."""
        _check("metadata sections", sections, self.metadata_sections)
        _check("metadata bytes", byte_length, self.metadata_bytes)


def checked_limits(limits: object) -> Limits:
    """Return the limits, or raise `ParameterError` if they are something else."""
    if not isinstance(limits, Limits):
        raise ParameterError(f"limits is {limits!r}, expected Limits")
    return limits


def _check(quantity: str, found: int, limit: int) -> None:
    if found > limit:
        raise LimitError(quantity, found, limit)


DEFAULT_LIMITS = Limits()
