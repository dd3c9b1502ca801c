"""What a comparison found: the values that are printed, plotted and summed up elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kqformat.quantizer.pipeline import Quantization


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A picture as a `.kq` file.

    Attributes
    ----------
    colors : int
        The k that was asked for.
    palette_size : int
        The colours there are, which are fewer where the picture has no more.
    index_bits : int
        Of an index, ceil(log2 palette_size).
    theoretical_ratio : float
        24 / index_bits: what an endless picture would have; infinite for one colour.
    coding : str
        As it was asked for.
    file_bytes : int
        Of the file on disk.
    ratio : float
        The pixels at 24 bits / `file_bytes`.
    psnr : float
        In dB; infinite where lossless.
    ssimulacra2 : float or None
        None where it was not measured.
    worst_error : int
        The greatest difference of a channel.
    seconds : float
        For choosing the palette, mapping, encoding and writing, while other threads had their own
        work.
    """

    colors: int
    palette_size: int
    index_bits: int
    theoretical_ratio: float
    coding: str
    file_bytes: int
    ratio: float
    psnr: float
    ssimulacra2: float | None
    worst_error: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerRow:
    """A picture in another format.

    Attributes
    ----------
    name : str
        Of the format, and of the encoder where there are several.
    colors : int
        The k to which it compares: with the same pixels, or at the same PSNR.
    file_bytes, ratio, psnr, ssimulacra2, worst_error, seconds
        As in `Row`; `seconds` are those of the file, not of the search for it.
    lossless_of_palette : bool
        Whether its pixels are those of the `.kq` files (this was checked), or another
        approximation of the original.
    quality : int or None
        The least at which it reaches the PSNR, where it is lossy.
    settings : str
        What else the encoder was told.
    """

    name: str
    colors: int
    file_bytes: int
    ratio: float
    psnr: float
    ssimulacra2: float | None
    worst_error: int
    seconds: float
    lossless_of_palette: bool
    quality: int | None = None
    settings: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What could not be had.

    Attributes
    ----------
    name : str
        Of the peer, or of the measure.
    colors : int or None
        The k at which it is missing; None for all.
    reason : str
        Why.
    """

    name: str
    colors: int | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """All that was measured of a picture.

    Attributes
    ----------
    image : str
        Its name.
    width, height : int
        In pixels.
    baseline_bytes : int
        Its pixels at 24 bits each, without alpha.
    source_bytes : int or None
        Of the file that it comes from.
    rows : tuple of Row
        By number of colours, then by coding.
    peers : tuple of PeerRow
        By number of colours; those with the same pixels before those that are lossy.
    left_out : tuple of LeftOut
        The peers and measures that are missing, and why.
    quantizations : mapping of int to Quantization
        The pictures themselves, by the k asked for.
    """

    image: str
    width: int
    height: int
    baseline_bytes: int
    source_bytes: int | None
    rows: tuple[Row, ...]
    peers: tuple[PeerRow, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    quantizations: Mapping[int, Quantization] = field(default_factory=dict, repr=False)
