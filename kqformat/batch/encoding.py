"""The work of `encode_many` and ``kq encode``: a picture of any format to a `.kq` file."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from kqformat.api import auto_colors, quantization, reach, suited
from kqformat.batch.facts import UNLIMITED_PIXELS, EncodedFacts
from kqformat.batch.jobs import Job
from kqformat.batch.pictures import most_bytes_of, prepare_pillow, read_picture
from kqformat.batch.settings import Settings
from kqformat.batch.working import Made
from kqformat.codec.layout import read_layout
from kqformat.codec.stream import encode_indexed
from kqformat.model import IndexedImage
from kqformat.quantizer.options import Options
from kqformat.quantizer.pipeline import Quantization, Quantizer
from kqformat.rasters import Raster

_MAPPING = ("space", "dither", "dither_strength")
"""The options that say how pixels are mapped to a palette."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded(EncodedFacts):
    """The facts of a file, and how they came about.

    Attributes
    ----------
    reason : str
        Why so many colours, where that was to be found.
    quantization : Quantization or None
        Without its picture, where that is asked for.
    """

    reason: str = ""
    quantization: Quantization | None = None


@dataclass(frozen=True, slots=True)
class Encoding:
    r"""Encodes pictures.

    Attributes
    ----------
    settings : Settings
    with_story : bool
        Whether the facts have the account of the quantization.
    sets_pillow : bool
        Whether Pillow's own limit of pixels, which is one for the whole process, is set, too.

    Examples
    --------
    >>> import io
    >>> from PIL import Image
    >>> stream = io.BytesIO()
    >>> Image.new("RGB", (64, 64), "red").save(stream, "PNG")
    >>> made = Encoding(Settings(colors=4)).make(Job("", ""), stream.getvalue())
    >>> made.data[:3], made.facts.file_bytes, made.facts.lossless
    (b'\xbbKQ', 32, True)
    """

    settings: Settings
    with_story: bool = False
    sets_pillow: bool = False

    def read(self, job: Job) -> bytes:
        """Return the bytes of the source."""
        return job.read(most_bytes=most_bytes_of)

    def make(self, job: Job, source: bytes) -> Made[Encoded]:
        """Return the file, and the facts of it.

        Raises
        ------
        KqError
            If the source is no picture, or cannot be encoded as asked for.
        """
        started = time.perf_counter()
        prepare_pillow(self.settings.max_pixels if self.sets_pillow else None)
        raster = read_picture(source, self.settings.max_pixels, labels=self.settings.labels)
        chosen, reason = _quantized(raster, self.settings)
        metadata = self.settings.kept(raster.metadata, exact=chosen.lossless)
        image = replace(chosen.image, metadata=metadata)
        data = encode_indexed(image, coding=self.settings.coding)
        facts = Encoded(
            width=image.width,
            height=image.height,
            colors=image.colors,
            index_bits=image.index_width,
            coding=_coding(data) if self.settings.coding != "packed" else "packed",
            file_bytes=len(data),
            source_bytes=len(source),
            source_ratio=len(source) / len(data),
            lossless=chosen.lossless,
            psnr=None if chosen.lossless else chosen.psnr,
            iterations=chosen.iterations,
            converged=chosen.converged,
            frames=raster.frames,
            seconds=round(time.perf_counter() - started, 4),
            reason=reason,
            quantization=_without_pixels(chosen) if self.with_story else None,
        )
        return Made(data, facts)


def _coding(data: bytes) -> str:
    return read_layout(data, UNLIMITED_PIXELS).head.coding.name.lower()


def _quantized(raster: Raster, settings: Settings) -> tuple[Quantization, str]:
    """Quantize as it is asked for; return the reason for the number of colours, too."""
    content, reason = raster.content, ""
    if settings.palette is not None:
        heeded = {name: settings.options[name] for name in _MAPPING if name in settings.options}
        quantizer = Quantizer(raster.pixels, Options(**heeded))
        chosen = quantizer.with_palette(settings.palette)
        if not settings.is_palette_chosen:
            return chosen, ""
    elif settings.is_searched:
        return _searched(raster, settings)
    else:
        chosen = quantization(content, **settings.quantizer_arguments)
    asked = settings.quantizer_arguments
    return suited(chosen, content, settings.coding, settings.rdo, asked), reason


def _searched(raster: Raster, settings: Settings) -> tuple[Quantization, str]:
    """Quantize by a target, or at the elbow; return a line that says why, too."""
    arguments = dict(settings.options)
    arguments["metadata"] = settings.kept(raster.metadata, exact=False)
    arguments["exact_metadata"] = settings.kept(raster.metadata, exact=True)
    arguments |= {"coding": settings.coding, "rdo": settings.rdo}
    if settings.target is None:
        elbow = auto_colors(raster.content, **arguments)
        return elbow.quantization, elbow.reason
    most = settings.colors if isinstance(settings.colors, int) else None
    reached = reach(raster.content, settings.target, max_colors=most, **arguments)
    tried = ", ".join(f"{trial.palette_size:,}" for trial in reached.tried)
    return reached.quantization, f"{settings.target.wanted}: tried {tried} colours"


def _without_pixels(chosen: Quantization) -> Quantization:
    """Return the account, with an image of one pixel, since it is sent from process to process."""
    image = chosen.image
    return replace(chosen, image=IndexedImage(image.indices[:1, :1].copy(), image.palette))
