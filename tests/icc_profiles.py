"""Small ICC profiles, made by hand (ICC.1:2001-04), whose results one can compute."""

from __future__ import annotations

import struct

_D50 = struct.pack(">iii", 0xF6D6, 0x10000, 0xD32D)


def grey_profile(gamma: float = 1.0) -> bytes:
    """Return a profile of grey whose light is value^gamma."""
    curve = b"curv" + struct.pack(">IIH", 0, 1, round(gamma * 256)) + b"\0\0"
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"wtpt": b"XYZ \0\0\0\0" + _D50, b"kTRC": curve})


def cmyk_profile() -> bytes:
    """Return a profile without colour: white paper, black as black, full other inks L* = 50."""
    identity = bytes(range(256))
    matrix = struct.pack(">9i", 65_536, 0, 0, 0, 65_536, 0, 0, 0, 65_536)
    white, grey, black = (bytes((lightness, 128, 128)) for lightness in (255, 128, 0))
    nodes = white + black + (grey + black) * 7  # black ink varies fastest
    table = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + matrix + identity * 4 + nodes + identity * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": table})


def _profile(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    at = 128 + 4 + 12 * len(tags)
    directory, contents = struct.pack(">I", len(tags)), b""
    for signature, payload in tags.items():
        directory += signature + struct.pack(">II", at + len(contents), len(payload))
        contents += payload
    size = at + len(contents)
    header = struct.pack(">I4sI4s4s4s12s4s", size, b"", 0x02400000, kind, space, connection, b"",
                         b"acsp")  # fmt: skip
    return header.ljust(68, b"\0") + _D50 + bytes(48) + directory + contents


def srgb_of_light(light: float) -> float:
    """Return the sRGB value, 0 to 255, of linear light from 0 to 1 (IEC 61966-2-1)."""
    return 255 * (12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055)
