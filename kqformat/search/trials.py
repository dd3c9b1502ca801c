"""Trials of numbers of colours: each made once, its file measured, few images held.

The size is that of the real file: known in advance for packed coding, else by encoding it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from kqformat.codec import coded_palette
from kqformat.codec.head import PaletteFormat
from kqformat.codec.layout import packed_file_bytes
from kqformat.codec.stream import encode_indexed, head_of
from kqformat.errors import ParameterError
from kqformat.metadata import Metadata
from kqformat.model import IndexedImage
from kqformat.quantizer.pipeline import Quantization, Quantizer
from kqformat.quantizer.spaces import DEFAULT_SPACE
from kqformat.search.sparing import checked_price, spare_bits
from kqformat.search.worst import worst_error


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a number of colours.

    Attributes
    ----------
    colors : int
        Those asked for; an image with fewer has its own.
    file_bytes : int
        Size of the file.
    mean_squared_error : float
        Per pixel and channel.
    max_error : int or None
        Of the worst pixel; None where it was not asked for.
    lossless : bool
        Whether no pixel changed.
    palette_size : int
        Entries of the palette.
    channels : int
        Bytes of an entry.
    """

    colors: int
    file_bytes: int
    mean_squared_error: float
    max_error: int | None
    lossless: bool
    palette_size: int
    channels: int

    @property
    def psnr(self) -> float:
        """Peak signal-to-noise ratio in dB, infinite where lossless."""
        error = self.mean_squared_error
        return float(10 * np.log10(255**2 / error)) if error else float("inf")


@dataclass(frozen=True, slots=True)
class Storage:
    """How the file is stored, of which the size is looked for.

    Attributes
    ----------
    coding : {"packed", "entropy", "auto"}
        Unless packed, palettes are in the order that suits it.
    metadata : Metadata or None
        Goes into the file, and counts; None for that of the quantizer.
    exact_metadata : Metadata or None
        Takes its place where no pixel changes, if given.
    rdo : float
        What a bit may cost; see `sparing`. Not for "packed".
    fixed : ndarray, uint8, shape (n, 4), or None
        Colours that `rdo` must leave as they are.
    space : str
        Where `rdo` measures errors.
    """

    coding: str = "packed"
    metadata: Metadata | None = None
    exact_metadata: Metadata | None = None
    rdo: float = 0.0
    fixed: npt.NDArray[np.uint8] | None = None
    space: str = DEFAULT_SPACE

    def __post_init__(self) -> None:
        """Check that there are bits to spare."""
        if checked_price(self.rdo) and self.coding == "packed":
            raise ParameterError("rdo spares bits of entropy coding; coding is 'packed'")

    def suited(
        self, chosen: Quantization, pixels: Callable[[], npt.NDArray[np.uint8]]
    ) -> Quantization:
        """Return a palette and indices that suit the coding; `pixels` gives those, (N, c)."""
        if self.coding == "packed":
            return chosen
        if self.rdo:
            return spare_bits(chosen, pixels(), self.rdo, self.fixed, self.space)
        return replace(chosen, image=coded_palette.sort(chosen.image))

    def metadata_of(self, chosen: Quantization) -> Metadata:
        """Return the metadata that go into the file of a result."""
        if chosen.lossless and self.exact_metadata is not None:
            return self.exact_metadata
        return chosen.image.metadata if self.metadata is None else self.metadata


PACKED = Storage()


class Trials:
    """The trials of one image.

    Parameters
    ----------
    quantizer : Quantizer
        Of the image.
    storage : Storage
        Of their files.
    worst : bool
        Whether the worst pixel is measured.
    """

    def __init__(self, quantizer: Quantizer, storage: Storage, *, worst: bool = False) -> None:
        self._quantizer = quantizer
        self._storage = storage
        self._worst = worst
        self._made: dict[int, Trial] = {}
        self._last: dict[int, Quantization] = {}
        self._held: dict[int, Quantization] = {}

    @property
    def are_packed(self) -> bool:
        """Whether colours cost palette bytes only."""
        return self._storage.coding == "packed"

    @property
    def made(self) -> tuple[Trial, ...]:
        """All of them, in order."""
        return tuple(self._made.values())

    def at(self, colors: int) -> Trial:
        """Try a number of colours, if that was not done before."""
        if colors not in self._made:
            chosen = self._quantize(colors)
            self._made[colors] = self._measure(colors, chosen)
            self._last = {colors: chosen}
        return self._made[colors]

    def hold(self, trial: Trial) -> None:
        """Keep the image of a trial just made, in the place of the one held before."""
        if trial.colors in self._last:
            self._held = self._last

    def quantization(self, trial: Trial) -> Quantization:
        """Return the image of a trial: the last one, the one held, or made again."""
        images = self._held | self._last
        return images[trial.colors] if trial.colors in images else self._quantize(trial.colors)

    def _quantize(self, colors: int) -> Quantization:
        chosen = self._quantizer.at(colors)
        chosen = self._storage.suited(chosen, lambda: self._quantizer.pixels)
        metadata = self._storage.metadata_of(chosen)
        if metadata is chosen.image.metadata:
            return chosen
        return replace(chosen, image=replace(chosen.image, metadata=metadata))

    def _measure(self, colors: int, chosen: Quantization) -> Trial:
        pixels = self._quantizer.pixels
        return Trial(
            colors=colors,
            file_bytes=file_bytes(chosen.image, self._storage.coding),
            mean_squared_error=chosen.mean_squared_error,
            max_error=worst_error(pixels, chosen.image) if self._worst else None,
            lossless=chosen.lossless,
            palette_size=chosen.image.colors,
            channels=chosen.image.channels,
        )


def likely_bytes(image: IndexedImage, palette_size: int, channels: int) -> int:
    """Return the size of the packed file that an image would have with another palette."""
    head = replace(
        head_of(image),
        palette=bytes(palette_size * channels),
        palette_format=PaletteFormat(channels - 3),
    )
    return packed_file_bytes(head, image.metadata)


def file_bytes(image: IndexedImage, coding: str) -> int:
    """Return the size of the file of an image."""
    if coding == "packed":
        return packed_file_bytes(head_of(image), image.metadata)
    return len(encode_indexed(image, coding=coding))
