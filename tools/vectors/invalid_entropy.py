"""Vectors whose entropy-coded payloads do not end as they must (spec §7.1, §7.7)."""

from __future__ import annotations

from dataclasses import replace

from vectors.invalid import FORMAT, Invalid
from vectors.picture import entropy_picture, in_order, slope
from vectors.writer import section

COLORS = in_order(tuple((40 + i * 18, 30 + i * 20, 90 + i * 9) for i in range(11)))

# One band, its palette coded, and three bands of 4, 4 and 2 rows. Of the payloads with one byte
# less or another last byte many are those of other pictures, and legal: these here are not.
ONE = entropy_picture(23, 8, COLORS, slope(23, 8, 11, grain=3))
ONE_PAYLOAD = ONE.payload(ONE.indices, "E")
THREE = entropy_picture(24, 10, COLORS, slope(24, 10, 11, grain=1), band_shift=2)
THREE_BANDS = THREE.band_sections()
CODED = ONE.head().coded_palette or b""

# One band of the local model.
MANY = in_order(tuple((40 + i * 2, 30 + i * 3 // 2, 90 + i) for i in range(70)))
LOCAL = replace(entropy_picture(32, 9, MANY, slope(32, 9, 70, grain=8)), local=True)
LOCAL_PAYLOAD = LOCAL.payload(LOCAL.indices, "E")

# A band of two strips, of 8,192 columns each: the first one's length, and both payloads.
RAMP = in_order(tuple((40 + i * 9, 30 + i * 10, 90 + i * 5) for i in range(20)))
WIDE = entropy_picture(16_384, 1, RAMP, slope(16_384, 1, 20))
WIDE_PAYLOAD = WIDE.payload(WIDE.indices, "E")
FIRST_LENGTH = int.from_bytes(WIDE_PAYLOAD[:4], "big")


def changed_at_end(payload: bytes, step: int) -> bytes:
    """Return the payload with its last byte changed."""
    return payload[:-1] + bytes([(payload[-1] + step) & 255])


def band(name: str, rule: str, payload: bytes) -> Invalid:
    """Return the one-band file with another payload and the CRC-32 right for it."""
    data = ONE.head().encode() + section("E", payload)
    return Invalid(f"entropy-end-{name}", FORMAT, "§6.2, §7.1", rule, data)


def local(name: str, rule: str, payload: bytes) -> Invalid:
    """Return the file of the local model with another payload and the CRC-32 right for it."""
    data = LOCAL.head().encode() + section("E", payload)
    return Invalid(f"entropy-local-{name}", FORMAT, "§6.2, §7.1, §7.5", rule, data)


def strips(name: str, rule: str, payload: bytes) -> Invalid:
    """Return the file of two strips with another payload and the CRC-32 right for it."""
    data = WIDE.head().encode() + section("E", payload)
    return Invalid(f"entropy-strips-{name}", FORMAT, "§6.2", rule, data)


def with_length(length: int) -> bytes:
    """Return the payload of two strips with another length of the first."""
    return length.to_bytes(4, "big") + WIDE_PAYLOAD[4:]


def of_three(name: str, rule: str, *bands: bytes) -> Invalid:
    data = THREE.head().encode() + b"".join(bands)
    return Invalid(f"entropy-end-{name}", FORMAT, "§1.1, §6.2, §7.1", rule, data)


def palette(name: str, rule: str, coded: bytes, *bands: bytes) -> Invalid:
    """Return the one-band file with another coded palette and head_crc right for it."""
    head = replace(ONE.head(), coded_palette=coded)
    data = head.encode() + b"".join(bands or ONE.band_sections())
    return Invalid(f"coded-palette-end-{name}", FORMAT, "§3, check 10; §7.1, §7.7", rule, data)


BANDS = [
    band("cut", "A payload has all its bytes; here the last is missing.", ONE_PAYLOAD[:-1]),
    band("cut-all", "A payload is empty only where its pixels take no byte.", b""),
    band(
        "zero-more",
        "The tail is the shortest: a zero, which would be implied, does not follow.",
        ONE_PAYLOAD + b"\x00",
    ),
    band("more", "Nothing follows the tail.", ONE_PAYLOAD + b"\x5a"),
    band("last-byte", "The last byte is what the pixels take.", changed_at_end(ONE_PAYLOAD, 102)),
    band(
        "tail-not-least",
        "Of the shortest tails it is the least; the next one gives the same pixels.",
        changed_at_end(ONE_PAYLOAD, 1),
    ),
    band("first-byte", "A changed first byte shows at the end.", b"\x00" + ONE_PAYLOAD[1:]),
    band("all-ones", "A payload must reach to the last pixel; all ones do not.", b"\xff" * 3),
    of_three(
        "of-last-band",
        "The end of every band is checked, and that of the last is wrong.",
        *THREE_BANDS[:2],
        section("E", THREE_BANDS[2][5:-4] + b"\x00"),
    ),
    of_three(
        "before-crc",
        "Of two faults the first counts: the end of a band, then a crc in the next.",
        section("E", THREE_BANDS[0][5:-4] + b"\x00"),
        section("E", THREE_BANDS[1][5:-4], crc=bytes(4)),
        THREE_BANDS[2],
    ),
]

LOCALS = [
    local("cut", "A payload has all its bytes; here the last is missing.", LOCAL_PAYLOAD[:-1]),
    local("more", "Nothing follows the tail.", LOCAL_PAYLOAD + b"\x5a"),
    local("last-byte", "The last byte is what the pixels take.", changed_at_end(LOCAL_PAYLOAD, 91)),
    local(
        "first-bit",
        "The first bit says that it is the recalling model, by which the end is another.",
        bytes([LOCAL_PAYLOAD[0] & 127]) + LOCAL_PAYLOAD[1:],
    ),
    local("one-byte", "One byte with the first bit set tells no pixels.", b"\x80"),
]

STRIPS = [
    strips("none", "A payload of two strips begins with the length of the first.", b""),
    strips("length-cut", "The length has four bytes.", WIDE_PAYLOAD[:3]),
    strips(
        "too-long",
        "The first strip is not longer than the payload behind the length.",
        with_length(len(WIDE_PAYLOAD) - 3),
    ),
    strips("largest-claim", "However long it claims to be.", with_length(2**32 - 1)),
    strips(
        "border-later",
        "A strip ends with its last pixel, not later.",
        with_length(FIRST_LENGTH + 1),
    ),
    strips("border-earlier", "Nor earlier.", with_length(FIRST_LENGTH - 1)),
    strips("second-cut", "The last strip has all its bytes, too.", WIDE_PAYLOAD[:-1]),
    strips("more", "Nothing follows the last strip.", WIDE_PAYLOAD + b"\x5a"),
]

PALETTES = [
    palette("cut", "A coded palette has all its bytes; the last is missing.", CODED[:-1]),
    palette("cut-all", "A coded palette is empty only where its entries take no byte.", b""),
    palette(
        "zero-more",
        "The tail is the shortest: a zero, which would be implied, does not follow, though the "
        "entries stay the same.",
        CODED + b"\x00",
    ),
    palette("more", "Nothing follows the tail.", CODED + b"\x5a"),
    palette("last-byte", "The last byte is what the entries take.", changed_at_end(CODED, 100)),
    palette(
        "tail-not-least",
        "Of the shortest tails it is the least; the next one gives the same entries.",
        changed_at_end(CODED, 1),
    ),
    palette("all-ones", "A payload must reach to the last entry; all ones do not.", b"\xff" * 3),
    palette(
        "before-crc",
        "Of two faults the first counts: the end of the palette, then a crc in a band.",
        CODED + b"\x00",
        section("E", ONE_PAYLOAD, crc=bytes(4)),
    ),
]

INVALID_ENTROPY: list[Invalid] = [*BANDS, *LOCALS, *STRIPS, *PALETTES]
