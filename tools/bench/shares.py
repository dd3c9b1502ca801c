"""What part of the smallest file of others a file of ours takes, image by image and together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bench.coder import Role
from bench.tables import geometric_mean


class Picture(NamedTuple):
    """An image at one k; its kind is the folder that it lies in."""

    kind: str
    k: int
    name: str


@dataclass(frozen=True, slots=True)
class Record:
    """One coder on one picture.

    Attributes
    ----------
    picture : Picture
    pixels, colors : int
        How many the picture has.
    coder, form : str
        The coder's name, and that of its format.
    role : {"ours", "peer", "reference"}
    byte_length : int
    encode_seconds, decode_seconds : float
    """

    picture: Picture
    pixels: int
    colors: int
    coder: str
    form: str
    role: Role
    byte_length: int
    encode_seconds: float
    decode_seconds: float


@dataclass(frozen=True, slots=True)
class Share:
    """One of our files beside the smallest file that any peer made of the same picture."""

    ours: Record
    smallest: Record

    @property
    def ratio(self) -> float:
        """Our bytes divided by theirs."""
        return self.ours.byte_length / self.smallest.byte_length


def by_form(records: Iterable[Record]) -> dict[Picture, dict[str, Record]]:
    """Return the smallest record of each format, by picture."""
    found: dict[Picture, dict[str, Record]] = {}
    for record in records:
        forms = found.setdefault(record.picture, {})
        known = forms.get(record.form)
        if known is None or record.byte_length < known.byte_length:
            forms[record.form] = record
    return found


def shares(records: Iterable[Record], coder: str) -> list[Share]:
    """Return the share of one of our coders on each picture that a peer has stored too."""
    found = []
    for forms in by_form(records).values():
        ours = [record for record in forms.values() if record.coder == coder]
        peers = [record for record in forms.values() if record.role == "peer"]
        if ours and peers:
            found.append(Share(ours[0], min(peers, key=lambda record: record.byte_length)))
    return found


def total_share(of: Sequence[Share]) -> float:
    """Return our bytes together, divided by those of the smallest files together."""
    return sum(share.ours.byte_length for share in of) / sum(
        share.smallest.byte_length for share in of
    )


def mean_share(of: Sequence[Share]) -> float:
    """Return the geometric mean of the ratios, in which every picture counts alike."""
    return geometric_mean(share.ratio for share in of)


def form_totals(records: Iterable[Record]) -> dict[str, int]:
    """Return the bytes of each format together, if it stored every picture that there is."""
    pictures = by_form(records)
    names = dict.fromkeys(form for forms in pictures.values() for form in forms)
    return {
        name: sum(forms[name].byte_length for forms in pictures.values())
        for name in names
        if all(name in forms for forms in pictures.values())
    }
