"""Each file of a comparison: made, written, read back from the disk, and measured."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kqformat.api import suited
from kqformat.codec.stream import encode_indexed
from kqformat.decoding import decode_indexed
from kqformat.errors import KqError, RasterError
from kqformat.measure.comparison import LeftOut, PeerRow, Row
from kqformat.measure.disk import FileOnDisk, Folder
from kqformat.measure.fidelity import Fidelity, fidelity_of
from kqformat.measure.lossless import LosslessPeer
from kqformat.measure.lossy import LossySearch
from kqformat.measure.pictures import loaded, shows_the_same
from kqformat.quantizer.options import QuantizeOptions
from kqformat.quantizer.pipeline import Quantization


@dataclass(frozen=True, slots=True)
class Made:
    """A picture at some k: what became of it, how far that is from the original, and its time."""

    colors: int
    chosen: Quantization
    seconds: float
    found: Fidelity


@dataclass(frozen=True, slots=True, eq=False)
class Maker:
    """Makes the files of one picture.

    Attributes
    ----------
    pixels : ndarray, uint8, shape (H, W, 3) or (H, W, 4)
        The picture.
    folder : Folder
        Where they go.
    options : QuantizeOptions
        By which the palettes are chosen.
    ssimulacra2 : bool
        Whether it is measured.
    """

    pixels: npt.NDArray[np.uint8]
    folder: Folder
    options: QuantizeOptions
    ssimulacra2: bool

    @property
    def baseline_bytes(self) -> int:
        """The pixels at 24 bits each."""
        return 3 * int(self.pixels.shape[0]) * int(self.pixels.shape[1])

    def measured(self, shown: npt.NDArray[np.uint8]) -> Fidelity:
        """Compare what is shown with the picture."""
        return fidelity_of(self.pixels, shown, ssimulacra2=self.ssimulacra2)

    def own(self, made: Made, coding: str) -> Row:
        """Write a `.kq` file.

        Raises
        ------
        RasterError
            If it has other pixels than those it was made of.
        """
        started = time.perf_counter()
        image = suited(made.chosen, self.pixels, coding, options=self.options).image
        file = self.folder.write(encode_indexed(image, coding=coding), ".kq")
        seconds = made.seconds + time.perf_counter() - started
        if not shows_the_same(decode_indexed(file.read()).to_rgb(), made.chosen.image):
            raise RasterError(f"{coding} coding changed pixels at {made.colors} colours")
        bits = image.index_width
        return Row(
            colors=made.colors,
            palette_size=image.colors,
            index_bits=bits,
            theoretical_ratio=24 / bits if bits else float("inf"),
            coding=coding,
            file_bytes=file.file_bytes,
            ratio=self.baseline_bytes / file.file_bytes,
            psnr=made.found.psnr,
            ssimulacra2=made.found.ssimulacra2,
            worst_error=made.found.worst_error,
            seconds=seconds,
        )

    def same(self, made: Made, peer: LosslessPeer) -> PeerRow | LeftOut:
        """Write the same pixels in another format.

        Raises
        ------
        RasterError
            If the file has other pixels.
        """
        started = time.perf_counter()
        try:
            data = peer.encode(made.chosen.image)
        except KqError as error:
            return LeftOut(peer.name, made.colors, str(error))
        file = self.folder.write(data, peer.suffix)
        seconds = time.perf_counter() - started
        if not shows_the_same(loaded(file.path), made.chosen.image):
            raise RasterError(f"{peer.name} changed pixels at {made.colors} colours")
        return self._peer_row(
            peer.name, made.colors, file, made.found, seconds, True, settings=peer.settings
        )

    def near(self, made: Made, search: LossySearch) -> PeerRow | LeftOut:
        """Write the picture in a lossy format, in no more bytes than the same PSNR needs."""
        name = search.peer.name
        if made.chosen.lossless:
            return LeftOut(name, made.colors, "is lossy, and nothing is lost here")
        try:
            smallest = search.smallest(made.found.psnr)
        except KqError as error:
            return LeftOut(name, made.colors, str(error))
        file = self.folder.write(smallest.data, search.peer.suffix)
        return self._peer_row(
            name,
            made.colors,
            file,
            self.measured(loaded(file.path)),
            smallest.seconds,
            False,
            quality=smallest.quality,
            settings=smallest.settings,
        )

    def _peer_row(
        self,
        name: str,
        colors: int,
        file: FileOnDisk,
        found: Fidelity,
        seconds: float,
        is_same: bool,
        *,
        quality: int | None = None,
        settings: str,
    ) -> PeerRow:
        return PeerRow(
            name=name,
            colors=colors,
            file_bytes=file.file_bytes,
            ratio=self.baseline_bytes / file.file_bytes,
            psnr=found.psnr,
            ssimulacra2=found.ssimulacra2,
            worst_error=found.worst_error,
            seconds=seconds,
            lossless_of_palette=is_same,
            quality=quality,
            settings=settings,
        )
