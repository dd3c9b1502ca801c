"""Which palette entry each colour has: where a pixel's is found without comparing it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from kqformat import pages
from kqformat.errors import ParameterError
from kqformat.model import Indices
from kqformat.quantizer import opaque_kernel
from kqformat.quantizer.histogram import MAX_COLORS
from kqformat.quantizer.opaque_counts import OPAQUE_COLORS
from kqformat.quantizer.tabled import tabled_block
from kqformat.threads import available, for_each_slice

_MOST_PARTS = 4
_NO_PLACES = np.empty(0, np.intp)


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """The palette entries of colours.

    Attributes
    ----------
    opaque : ndarray, uint8 or uint16, shape (2^24,)
        That of each opaque colour, at its place (see `opaque_kernel`); anything where none is.
    known : ndarray, uint8, shape (2^21,)
        A bit for each place, the first in the highest of a byte: whether its colour has an entry.
    keys : ndarray, uint32, shape (n,), or None
        The other colours that have one, ascending; None if they have to be compared.
    labels : ndarray, uint8 or uint16, shape (n,), or None
        Their entries.
    """

    opaque: Indices
    known: npt.NDArray[np.uint8]
    keys: npt.NDArray[np.uint32] | None = None
    labels: Indices | None = None

    @staticmethod
    def of_labels(keys: npt.NDArray[np.uint32], labels: Indices) -> Entries:
        """Return the entries of colours, by their keys in any order, that were labelled."""
        is_opaque = keys & 255 == 255
        opaque: Indices = pages.empty(OPAQUE_COLORS, labels.dtype)
        known = np.zeros(OPAQUE_COLORS // 8, np.uint8)
        own_keys, own_labels = keys, labels
        if not is_opaque.all():
            own_keys, own_labels = keys[is_opaque], labels[is_opaque]

        def write(part: slice) -> None:
            opaque_kernel.write_labels(own_keys, own_labels, part.start, part.stop, opaque, known)

        # As few parts as will do, since each has to look at all keys; of whole bytes of `known`.
        parts = min(available(), _MOST_PARTS)
        for_each_slice(write, OPAQUE_COLORS, -(-OPAQUE_COLORS // (8 * parts)) * 8)
        others = keys[~is_opaque]
        order = np.argsort(others)
        own: Indices = labels[~is_opaque][order]
        return Entries(opaque, known, others[order], own)

    def moved(self, place: Indices) -> Entries:
        """Return the same where entry n has become entry ``place[n]``."""
        labels = None if self.labels is None else place[self.labels]
        return replace(self, opaque=place.take(self.opaque, mode="clip"), labels=labels)

    def write(self, pixels: npt.NDArray[np.uint8], out: Indices) -> npt.NDArray[np.intp]:
        """Write the entry of each pixel (uint8, shape (N, 1), (N, 3) or (N, 4)).

        Returns
        -------
        ndarray, intp
            The places of those that have to be compared.

        Raises
        ------
        ParameterError
            If there is a colour without an entry.
        """
        seen, others = opaque_kernel.look_up_opaque(pixels, self.known, self.opaque, out)
        if seen < len(pixels):
            raise _changed()
        if not others:
            return _NO_PLACES
        places = np.flatnonzero(pixels[:, 3] < 255)
        if self.keys is None or self.labels is None:
            return places
        for first in range(0, len(places), MAX_COLORS):
            some = places[first : first + MAX_COLORS]
            block = tabled_block(np.ascontiguousarray(pixels[some]))
            keys = block.histogram.keys
            found = np.searchsorted(self.keys, keys)
            if len(self.keys) == 0 or (self.keys.take(found, mode="clip") != keys).any():
                raise _changed()
            own: Indices = np.empty(len(some), out.dtype)
            block.look_up(self.labels[found], own)
            out[some] = own
        return _NO_PLACES


def _changed() -> ParameterError:
    return ParameterError("the pixels are not the same as when their colours were counted")
