"""The vectors that a decoder must refuse, and what they are built from."""

from __future__ import annotations

from dataclasses import dataclass

from vectors.picture import ANNOTATED, picture, rgb_palette


@dataclass(frozen=True, slots=True)
class Invalid:
    """A file that breaks a rule.

    `error` is the kind by spec §1.1, `section` where the rule stands, `rule` what it says.
    """

    name: str
    error: str
    section: str
    rule: str
    data: bytes


FORMAT = "FormatError"
TRUNCATED = "TruncatedError"
CHECKSUM = "ChecksumError"
UNSUPPORTED = "UnsupportedError"
LIMIT = "LimitError"

# One band: the head, and the band section of 3 bytes, the last with 4 bits of padding.
ONE = ANNOTATED
ONE_HEAD = ONE.head().encode()
ONE_BAND_SECTION = ONE.band_sections()[0]
ONE_FILE = ONE.encode()

# Three bands of 2, 2 and 1 rows: payloads of 2, 2 and 1 bytes with 4, 4 and 2 bits of padding.
THREE = picture(3, 5, rgb_palette(3), band_shift=1)
THREE_HEAD = THREE.head().encode()
THREE_BANDS = THREE.band_sections()
THREE_FILE = THREE.encode()


def with_ancillary(*sections: bytes) -> bytes:
    """Return the one-band file with these sections before its band."""
    return ONE_HEAD + b"".join(sections) + ONE_BAND_SECTION


def with_bands(*bands: bytes) -> bytes:
    """Return the three-band file with these bands in place of its own."""
    return THREE_HEAD + b"".join(bands)
