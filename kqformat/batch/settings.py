"""How pictures become `.kq` files, as a value that can be pickled, and told from others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from kqformat.limits import DEFAULT_LIMITS
from kqformat.metadata import Metadata

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from kqformat.search.target import Target

AUTO = "auto"
"""The number of colours that is to be chosen for each picture."""

PARTS = {
    "icc": "icc_profile",
    "exif": "exif",
    "xmp": "xmp",
    "dpi": "dpi",
    "other": "unknown",
}
"""The parts of `Metadata`, by short names."""


_NOTHING = Metadata()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Settings:
    """How pictures are encoded.

    Attributes
    ----------
    colors : int, "auto" or None
        The most palette entries; with "auto", as many as pay; None for 256, or, with a target,
        for as many as it takes.
    target : Target or None
        A quality or a size to be reached.
    palette : ndarray, uint8, shape (k, 3) or (k, 4), or None
        The palette of all pictures.
    is_palette_chosen : bool
        Whether the palette was chosen for these pictures, and its order may be another.
    coding : {"packed", "entropy", "auto"}
    rdo : float
        As in `encode`.
    keep : frozenset of str
        The parts of the metadata that are kept; see `PARTS`.
    max_pixels : int
        Larger pictures are refused.
    labels : bool
        Whether the values of grey masks are kept as indices.
    options : mapping
        The other arguments of `quantize`.

    Examples
    --------
    >>> Settings(colors=16).digest == Settings(colors=16).digest
    True
    >>> Settings(colors=16).digest == Settings(colors=16, options={"effort": "best"}).digest
    False
    """

    colors: int | str | None = None
    target: Target | None = None
    palette: npt.NDArray[np.uint8] | None = None
    is_palette_chosen: bool = False
    coding: str = "packed"
    rdo: float = 0.0
    keep: frozenset[str] = frozenset(PARTS)
    max_pixels: int = DEFAULT_LIMITS.pixels
    labels: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def quantizer_arguments(self) -> dict[str, Any]:
        """The keyword arguments of `quantization`."""
        number = {"colors": self.colors} if isinstance(self.colors, int) else {}
        return {**number, **self.options}

    @property
    def is_searched(self) -> bool:
        """Whether the number of colours is found by trying."""
        return self.colors == AUTO or self.target is not None

    @property
    def digest(self) -> str:
        """32 hexadecimal digits that are the same for the same settings."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        text = json.dumps(values, sort_keys=True, default=_plain)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def kept(self, metadata: Metadata, *, exact: bool) -> Metadata:
        """Return the parts that are kept; what nobody understands only where no pixel changed."""
        if metadata == _NOTHING:
            return metadata
        parts = self.keep if exact else self.keep - {"other"}  # spec §5.1
        return kept_parts(metadata, parts)


def kept_parts(metadata: Metadata, parts: frozenset[str]) -> Metadata:
    """Return some of the metadata, by the names of `PARTS`."""
    return Metadata(**{PARTS[part]: getattr(metadata, PARTS[part]) for part in parts})


def _plain(value: Any) -> object:
    """Return a value of a setting as JSON has values."""
    if hasattr(value, "tobytes") and hasattr(value, "shape") and value.shape:
        digest = hashlib.blake2b(value.tobytes(), digest_size=16).hexdigest()
        return [value.dtype.str, value.shape, digest]
    if isinstance(value, (frozenset, set)):
        return sorted(value)
    if hasattr(value, "wanted"):  # a target
        return repr(value)
    return value.item() if hasattr(value, "item") else list(value)
