"""What `encode` and `info` both say of a `.kq` file."""

from __future__ import annotations

from dataclasses import dataclass, field

from kqformat.fields import MAX_DIMENSION
from kqformat.limits import Limits

UNLIMITED_PIXELS = Limits(pixels=MAX_DIMENSION**2)
"""For where no pixel is decoded, so that none is one too many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """The numbers of one file, under the names that `--json` gives them.

    Examples
    --------
    >>> facts = FileFacts(
    ...     width=4, height=2, colors=2, index_bits=1, coding="packed", file_bytes=36
    ... )
    >>> facts.baseline_bytes, round(facts.ratio, 2)
    (24, 0.67)
    """

    width: int
    height: int
    colors: int
    index_bits: int
    coding: str
    file_bytes: int
    baseline_bytes: int = field(init=False)
    """The pixels at 24 bits each."""
    ratio: float = field(init=False)

    def __post_init__(self) -> None:
        """Compare the file with its pixels at 24 bits."""
        baseline = 3 * self.width * self.height
        object.__setattr__(self, "baseline_bytes", baseline)
        object.__setattr__(self, "ratio", baseline / self.file_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedFacts(FileFacts):
    """What there is to say of a picture that became a `.kq` file.

    Attributes
    ----------
    source_bytes : int
        Of the file that was read.
    source_ratio : float
        How many times as large that is.
    lossless : bool
        Whether every pixel kept its colour.
    psnr : float or None
        In dB; None where lossless.
    iterations : int
        Passes of k-means and rounds of swaps.
    converged : bool
        Whether another pass would have changed nothing.
    frames : int
        Frames of the source, of which the first was taken.
    seconds : float
        The work took, without reading and writing.
    """

    source_bytes: int
    source_ratio: float
    lossless: bool
    psnr: float | None
    iterations: int
    converged: bool
    frames: int
    seconds: float
